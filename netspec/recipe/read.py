"""From a `train` section to plain checked data.

Numbers are exact (`int`, `Fraction`); a choice is a dict with its name and all its arguments, defaults filled in
(`{"name": "sgd", "lr": Fraction(1, 10), "momentum": 0, …}`); a chain is a list of such dicts; a setting that can
differ by output is a dict by output name, whether the spec writes it as one or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from netspec.diagnostics import Diagnostic, Label, nearest
from netspec.language import tree
from netspec.language.evaluate import BadExpression, evaluate
from netspec.layers.arguments import Argument, Kind, Value, show
from netspec.recipe.choices import Choice
from netspec.recipe.settings import SETTINGS, Setting
from netspec.records import frozen
from netspec.source import Span

Scope: TypeAlias = Mapping[str, Value]
Chosen: TypeAlias = dict[str, Any]


class _Fault(Exception):
    """A setting can't be read; carries the finding."""

    def __init__(self, finding: Diagnostic) -> None:
        super().__init__(finding.title)
        self.finding = finding


def _fault(title: str, span: Span, here: str = "", *notes: str, code: str = "E402") -> _Fault:
    return _Fault(Diagnostic(code, title, (Label(span, here),), notes))


def _twice(title: str, span: Span, first: Span) -> _Fault:
    return _Fault(Diagnostic("E109", title, (Label(span), Label(first, "first here"))))


def read_recipe(
    train: tree.Train, outputs: Collection[str], scope: Scope | None = None
) -> tuple[Mapping[str, Any], tuple[Diagnostic, ...]]:
    """The recipe that a `train` section writes, and what is wrong with it.

    `outputs` are the names of the network's outputs, `scope` the spec's parameters, which expressions may use.
    A setting at fault is left out of the recipe.

    Findings: E401 unknown setting, E402 a value that the setting can't have, E403 an output that is not there, E109 a
    setting written twice, and those of expressions.
    """
    recipe: dict[str, Any] = {}
    findings: list[Diagnostic] = []
    written: dict[str, Span] = {}
    for each in train.settings:
        try:
            first = written.setdefault(each.name, each.name_span)
            if first is not each.name_span:
                raise _twice(f"`{each.name}` is set twice", each.name_span, first)
            recipe[each.name] = _read(each, outputs, scope or {})
        except _Fault as fault:
            findings.append(fault.finding)
        except BadExpression as fault:
            findings.append(fault.diagnostic)
    return recipe, tuple(findings)


def _read(written: tree.Setting, outputs: Collection[str], scope: Scope) -> Any:
    """The value of one setting."""
    setting = next((each for each in SETTINGS if each.name == written.name), None)
    if setting is None:
        raise _unknown(written)
    value = written.value
    if isinstance(value, tuple):
        return _by_output(setting, written, value, outputs, scope)
    if isinstance(value, tree.Chain):
        if not setting.chain:
            raise _fault(f"`{setting.name}` takes one value, not a chain", written.name_span, _such_as(setting))
        return [_choose(setting, _called(setting, item), scope) for item in value.items]
    if setting.kind is not None:
        return _value(f"`{setting.name}`", setting.kind, value, _such_as(setting), scope)
    chosen = _choose(setting, _called(setting, value), scope)
    if setting.by_output:
        return dict.fromkeys(outputs, chosen)
    return [chosen] if setting.chain else chosen


def _unknown(written: tree.Setting) -> _Fault:
    """E401, with the nearest setting, or the choice that takes an argument of this name."""
    title, span = f"the recipe has no setting `{written.name}`", written.name_span
    guess = nearest(written.name, (setting.name for setting in SETTINGS))
    if guess:
        return _fault(title, span, f"did you mean `{guess}`?", code="E401")
    for setting in SETTINGS:
        for choice in setting.choices:
            if any(written.name == argument.name for argument in choice.arguments):
                here = f"give it to the {setting.name}: `{setting.name} = {choice.name}({written.name}=…)`"
                return _fault(title, span, here, code="E401")
    return _fault(title, span, "", f"it has {_listed(setting.name for setting in SETTINGS)}", code="E401")


def _by_output(
    setting: Setting,
    written: tree.Setting,
    table: Iterable[tuple[str, Span, tree.Expr]],
    outputs: Collection[str],
    scope: Scope,
) -> dict[str, Chosen]:
    """A setting that differs by output: `loss { class: cross_entropy, box: smooth_l1(weight=1.0) }`."""
    if not setting.by_output:
        raise _fault(f"`{setting.name}` can't differ by output", written.name_span, _such_as(setting))
    chosen: dict[str, Chosen] = {}
    spans: dict[str, Span] = {}
    for output, span, value in table:
        if output not in outputs:
            here = _meant(output, outputs, "the network's outputs are")
            raise _fault(f"`{setting.name}` names an output `{output}`, which is not there", span, here, code="E403")
        if output in spans:
            raise _twice(f"`{setting.name}` of the output `{output}` is set twice", span, spans[output])
        spans[output] = span
        chosen[output] = _choose(setting, _called(setting, value), scope)
    return chosen


@frozen
class _Called:
    """A choice as it is written, in an expression or in a chain."""

    name: str
    arguments: Sequence[tree.Argument]
    span: Span


def _called(setting: Setting, written: tree.Expr | tree.Item) -> _Called:
    match written:
        case tree.Name(name, span) | tree.Word(name, span):
            return _Called(name, (), span)
        case tree.Apply(name, arguments, span):
            return _Called(name, arguments, Span(span.source, span.start, span.start + len(name)))
        case tree.Call(name, arguments, span, _):
            return _Called(name, arguments, span)
        case _:
            words = _listed(choice.name for choice in setting.choices)
            raise _fault(f"`{setting.name}` takes a word or call", written.span, _such_as(setting), f"it takes {words}")


def _choose(setting: Setting, called: _Called, scope: Scope) -> Chosen:
    """The choice that is called, with all its arguments."""
    choice = next((each for each in setting.choices if each.name == called.name), None)
    if choice is None:
        known = [each.name for each in setting.choices]
        raise _fault(f"`{setting.name}` can't be `{called.name}`", called.span, _meant(called.name, known, "it takes"))
    given: Chosen = {}
    for position, written in enumerate(called.arguments):
        argument = _argument(choice, position, written)
        if argument.name in given:
            raise _fault(f"`{argument.name}` of `{choice.name}` is given twice", written.span)
        of = f"`{argument.name}` of `{choice.name}`"
        given[argument.name] = _value(of, argument.kind, written.value, argument.help, scope)
    for argument in choice.arguments:
        if argument.required and argument.name not in given:
            title = f"`{choice.name}` needs `{argument.name}`: {argument.help}"
            raise _fault(title, called.span, f"`{argument.name}` is missing")
    return {"name": choice.name, **{each.name: given.get(each.name, each.default) for each in choice.arguments}}


def _argument(choice: Choice, position: int, written: tree.Argument) -> Argument:
    """The argument that is meant, by its name or its position."""
    accepted = choice.arguments
    names = [each.name for each in accepted]
    if written.name is None:
        if position < len(accepted):
            return accepted[position]
        takes = f"{len(accepted)} argument{'s' * (len(accepted) != 1)}" if accepted else "no arguments"
        here = f"it takes {_listed(names)}" if names else ""
        raise _fault(f"`{choice.name}` takes {takes}", written.span, here)
    if written.name not in names:
        here = _meant(written.name, names, "it takes") if names else "it takes none"
        raise _fault(f"`{choice.name}` has no argument `{written.name}`", written.span, here)
    return accepted[names.index(written.name)]


def _value(what: str, kind: Kind, written: tree.Expr, here: str, scope: Scope) -> Any:
    """The value of an expression as the kind reads it."""
    value = evaluate(written, scope, words=kind.words)
    result = kind.read(value)
    if result is None:
        raise _fault(f"{what} takes {kind.says}, not {show(value)}", written.span, here)
    return result


def _meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """The nearest known word, or all of them."""
    known = list(known)
    guess = nearest(word, known)
    return f"did you mean `{guess}`?" if guess else f"{otherwise} {_listed(known)}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _such_as(setting: Setting) -> str:
    equals = " " if setting.example.startswith("{") else " = "
    return f"such as `{setting.name}{equals}{setting.example}`"
