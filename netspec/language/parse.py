"""Text to Tree.

The aliases of `grammar.lark` say what is built: `BUILD` has the node that each of them makes, of its parts (tokens and
values, in the order of the rule) and of the span that they cover; `COLLECT` what the others hand on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from netspec.diagnostics import Diagnostic, Label, SpecError
from netspec.language import parser, tree
from netspec.language.brackets import MOST_ERRORS, too_deep
from netspec.language.lexer import read_tokens
from netspec.language.literals import BadLiteral, read_number
from netspec.language.mistakes import unexpected
from netspec.language.tokens import Token
from netspec.source import Source, Span

Parts: TypeAlias = list[Any]


def parse(source: Source) -> tree.Tree:
    """The Tree of a text. Raises SpecError with every error of the syntax, up to a hundred."""
    lexed = read_tokens(source)
    errors = list(lexed.brackets.errors)

    def build(alias: str, parts: Parts, start: int, end: int) -> Any:
        collect = COLLECT.get(alias)
        if collect is not None:
            return collect(parts)
        span = Span(source, start, end)
        try:
            return BUILD[alias](parts, span)
        except BadLiteral as bad:
            errors.append(bad.diagnostic)
            return tree.Literal(1, span)

    def refuse(before: Token | None, token: Token, expected: Callable[[], frozenset[str]]) -> None:
        torn_to = lexed.brackets.torn_to(token.start)
        if torn_to is None:
            found = token.value if token.kind == "BAD" else unexpected(source, before, token, expected())
            errors.extend([found] if found else [])
        if len(errors) >= MOST_ERRORS or torn_to == len(source.text):
            raise _Enough

    try:
        chain = parser.run(lexed.tokens, build, refuse, NESTING)
    except parser.TooDeep as deep:
        errors.append(too_deep(Span(source, deep.start, deep.end)))
    except _Enough:
        pass
    if errors:
        raise SpecError(sorted(errors, key=_begins))
    return tree.Tree(chain, lexed.comments, source)


class _Enough(Exception):
    """There are as many errors as are reported in one run, or the rest of the text can only repeat them."""


def _begins(error: Diagnostic) -> int:
    return error.labels[0].span.start


def place(token: Token, span: Span) -> Span:
    """The span of a token of the text that `span` is of."""
    return Span(span.source, token.start, token.end)


# Lists, which grow in place; a chain that is being read is a list of lines, each a list of items


def append(values: list[Any], value: Any) -> list[Any]:
    """The list with one more value."""
    values.append(value)
    return values


def append_item(lines: list[list[tree.Item]], separator: Token, item: tree.Item) -> list[list[tree.Item]]:
    """The lines with one more item: on the last line, or on one of its own if the separator ends a line."""
    if separator.value.endswith("\n"):
        lines.append([item])
    else:
        lines[-1].append(item)
    return lines


def chain(lines: list[list[tree.Item]]) -> tree.Chain:
    """The chain of these lines, which covers its items."""
    first, last = lines[0][0].span, lines[-1][-1].span
    return tree.Chain(tuple(map(tuple, lines)), Span(first.source, first.start, last.end))


def alternative(node: tree.If) -> tree.Chain:
    """`else if …` is an `else` whose chain is that `if` alone."""
    return tree.Chain(((node,),), node.span)


COLLECT: dict[str, Callable[[Parts], Any]] = {
    "none": lambda parts: [],
    "first": lambda parts: [parts[0]],
    "next": lambda parts: append(parts[0], parts[1]),
    "next_after_separator": lambda parts: append(parts[0], parts[2]),
    "first_item": lambda parts: [[parts[0]]],
    "next_item": lambda parts: append_item(*parts),
    "keep": lambda parts: parts[0],
    "parenthesis": lambda parts: parts[1],
    "spec": lambda parts: chain(parts[0]),
    "inner_chain": lambda parts: chain(parts[1]),
}


# Nodes that take more than a line


def number(token: Token, span: Span) -> tree.Literal:
    """A number that stands in a chain. Raises BadLiteral."""
    here = place(token, span)
    return tree.Literal(read_number(token.value, here), here)


def version(token: Token, span: Span) -> tree.Version:
    """Raises BadLiteral E011 for what is no whole number."""
    written = number(token, span)
    if not isinstance(written.value, int):
        title = f"there is no version {token.value} of the language"
        raise BadLiteral(Diagnostic("E011", title, (Label(written.span, "versions are whole numbers"),)))
    return tree.Version(written.value, span)


def empty_chain(parts: Parts, span: Span) -> tree.Chain:
    """A chain without items: it stands where the bracket or `|` before it ends."""
    at = parts[0].end if parts else span.end
    return tree.Chain((), Span(span.source, at, at))


def block(name: Token, parameters: list[tree.Parameter], body: tree.Chain, span: Span) -> tree.Block:
    """A block, with parameters or without."""
    return tree.Block(name.value, tuple(parameters), body, place(name, span), span)


def setting(name: Token, value: Any, span: Span) -> tree.Setting:
    """One setting of a recipe."""
    return tree.Setting(name.value, value, place(name, span), span)


BUILD: dict[str, Callable[[Parts, Span], Any]] = {
    "empty_chain": empty_chain,
    # statements
    "version": lambda p, span: version(p[1], span),
    "input": lambda p, span: tree.Input(None, p[1], span),
    "named_input": lambda p, span: tree.Input(p[1].value, p[2], span),
    "define": lambda p, span: tree.Define(p[0].value, p[1].value, p[3], place(p[1], span), span),
    "default": lambda p, span: tree.Default(p[1], span),
    "bare_block": lambda p, span: block(p[1], [], p[2], span),
    "block": lambda p, span: block(p[1], p[3], p[4], span),
    "parameter": lambda p, span: tree.Parameter(p[0].value, None, span),
    "default_parameter": lambda p, span: tree.Parameter(p[0].value, p[2], span),
    "use": lambda p, span: tree.Use(p[1].value, place(p[1], span), span),
    "share": lambda p, span: tree.Share(p[1].value, p[2], place(p[1], span), span),
    "assertion": lambda p, span: tree.Assert(p[1], None, span),
    "explained_assertion": lambda p, span: tree.Assert(p[1], p[3].value, span),
    "output": lambda p, span: tree.Output(p[1].value, place(p[1], span), p[2], span),
    # items
    "word": lambda p, span: tree.Word(p[0].value, span),
    "call": lambda p, span: tree.Call(p[0].value, tuple(p[2]), place(p[0], span), span),
    "branching": lambda p, span: tree.Branching(p[0], tuple(p[2]), span),
    "reference": lambda p, span: tree.Reference(p[0].value, span),
    "group": lambda p, span: tree.Group(p[0], span),
    "bracket_group": lambda p, span: tree.Group(chain(p[1]), span),
    "number": lambda p, span: number(p[0], span),
    "repeat": lambda p, span: tree.Repeat(p[0], p[2], span),
    "times": lambda p, span: tree.Repeat(number(p[2], span), p[0], span),
    "named": lambda p, span: tree.Named(p[0], p[2].value, place(p[2], span), span),
    "if": lambda p, span: tree.If(p[1], p[2], None, span),
    "if_else": lambda p, span: tree.If(p[1], p[2], p[4], span),
    "else_if": lambda p, span: tree.If(p[1], p[2], alternative(p[4]), span),
    "each": lambda p, span: tree.Each(tuple((name.value, place(name, span)) for name in p[1]), p[3], p[4], span),
    # the recipe
    "empty_train": lambda p, span: tree.Train((), span),
    "train": lambda p, span: tree.Train(tuple(p[2]), span),
    "setting": lambda p, span: setting(p[0], p[2], span),
    "chain_setting": lambda p, span: setting(p[0], p[1], span),
    "table_setting": lambda p, span: setting(p[0], tuple(p[2]), span),
    "pair": lambda p, span: (p[0].value, place(p[0], span), p[2]),
    # expressions
    "literal": lambda p, span: tree.Literal(p[0].value, span),
    "name": lambda p, span: tree.Name(p[0].value, span),
    "incoming": lambda p, span: tree.Incoming(p[0].value, span),
    "listing": lambda p, span: tree.Listing(tuple(p[1]), span),
    "unary": lambda p, span: tree.Operation(p[0].value, (p[1],), span),
    "binary": lambda p, span: tree.Operation(p[1].value, (p[0], p[2]), span),
    "apply": lambda p, span: tree.Apply(p[0].value, tuple(p[2]), span),
    "argument": lambda p, span: tree.Argument(None, p[0], span),
    "named_argument": lambda p, span: tree.Argument(p[0].value, p[2], span),
}

NESTING = frozenset(
    (
        *("output", "block", "bare_block", "share", "train", "chain_setting", "if", "if_else", "else_if", "each"),
        *("call", "branching", "group", "bracket_group", "repeat", "times"),
        *("parenthesis", "listing", "unary", "binary", "apply"),
    )
)
"""What may stand one inside another, as deep as `brackets.DEEPEST`."""
