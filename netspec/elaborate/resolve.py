"""From a word or call as written to a layer with its arguments, and the place of each argument in the text."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypeAlias

from netspec.diagnostics import Diagnostic, Help, Label, nearest
from netspec.elaborate.scope import Frame
from netspec.language import tree
from netspec.language.evaluate import evaluate
from netspec.language.reading import read_number
from netspec.language.shorthand import Expectation, Misread, Reading, read_word, title
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import Argument, Value, arguments_of, bind
from netspec.layers.base import Layer, Misuse
from netspec.records import frozen
from netspec.shape import Shape
from netspec.source import Span

TypedValues: TypeAlias = tuple[tuple[str, type, Value], ...]
"""Arguments by name, with their types."""


@frozen
class Site:
    """Where a layer is written: all of it, its word, and each argument by the name of the field that it fills."""

    span: Span
    word: Span
    arguments: Mapping[str, Span]
    item: tree.Word | tree.Call


@frozen
class Resolved:
    """A layer ready to be placed. `constant` says of a word that it is the same wherever it is expanded."""

    layer: Layer
    title: str
    site: Site
    constant: bool = True
    flows_in: Expectation | None = None
    notes: tuple[Diagnostic, ...] = ()


class Unresolved(Exception):
    """A word or call is no layer, or its arguments don't fit; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.title)
        self.diagnostic = diagnostic


class MisusedArgument(Exception):
    """A misuse found while the arguments were bound, with the place where they are written."""

    def __init__(self, misuse: Misuse, site: Site) -> None:
        super().__init__(misuse.what)
        self.misuse = misuse
        self.site = site


def resolve_word(word: tree.Word, frame: Frame, number: int = 1) -> Resolved | Reading:
    """The layer that a word stands for; a `Reading` where it is only a marker (`Input`, `Output`).

    `number` says the how manieth this is, for `300nC2`.

    Raises:
        Unresolved: E102 and what `read_word` refuses.
        MisusedArgument: E105 and others, where the layer needs arguments.
    """
    if word.text in TABLE:
        site = Site(word.span, word.span, {}, word)
        return _bound(layer_class(word.text), {}, site, frame)
    reading = read_paper(word)
    if reading is None:
        raise Unresolved(no_such_layer(word.text, word.span, frame))
    if reading.marker is not None:
        return reading
    start = word.span.start
    places = {part.name: Span(word.span.source, start + part.start, start + part.end) for part in reading.parts}
    given: dict[str, Value] = {part.name: part.value for part in reading.parts}
    if reading.numbered:
        maps = given["maps"]
        assert isinstance(maps, int)
        given["maps"] = maps * number
    notes = tuple(Diagnostic(code, text, (Label(word.span),)) for code, text in reading.notes)
    site = Site(word.span, word.span, places, word)
    return _bound(
        layer_class(reading.layer),
        given,
        site,
        frame,
        flows_in=reading.flows_in,
        notes=notes,
        constant=not reading.numbered,
    )


def resolve_number(word: tree.Word, frame: Frame) -> Resolved:
    """The dense layer that a number without a letter stands for, where it is one.

    Raises:
        Unresolved: E008 or E108, for a number that can't be read.
        MisusedArgument: for 0.
    """
    try:
        units = read_number(word.text, 0, len(word.text), "units")
    except Misread as refused:
        raise Unresolved(misread(refused, word.span)) from None
    site = Site(word.span, word.span, {"units": word.span}, word)
    return _bound(layer_class("dense"), {"units": units}, site, frame, constant=False)


def read_paper(word: tree.Word) -> Reading | None:
    """A word in a paper's notation. Raises Unresolved where it is refused."""
    try:
        return read_word(word.text)
    except Misread as refused:
        raise Unresolved(misread(refused, word.span)) from None


def misread(refused: Misread, word: Span) -> Diagnostic:
    """The diagnostic for a word or shape that can't be read, at the characters of it that are at fault."""
    at = Span(word.source, word.start + refused.start, word.start + refused.end)
    helps = tuple(Help(text) for text in refused.helps)
    return Diagnostic(refused.code, refused.what, (Label(at, refused.here),), tuple(refused.notes), helps)


def resolve_call(call: tree.Call, frame: Frame, incoming: Shape | None) -> Resolved:
    """The layer that a call stands for.

    Raises:
        Unresolved: E102 if there is no such layer.
        MisusedArgument: if the arguments don't fit it.
        BadExpression: if an argument can't be evaluated.
    """
    if call.name not in TABLE:
        raise Unresolved(no_such_layer(call.name, call.name_span, frame))
    layer = layer_class(call.name)
    accepted = arguments_of(layer)
    places: dict[str, Span] = {}
    given: dict[str, Value] = {}
    site = Site(call.span, call.name_span, places, call)
    for position, argument in enumerate(call.arguments):
        known = _argument(accepted, argument, position)
        words = known.kind.words if known is not None else ()
        name = argument.name or (known.name if known is not None else str(position))
        if name in given:
            raise MisusedArgument(Misuse("E105", f"`{name}` of `{layer.name}` is given twice", at=name), site)
        places[name] = argument.value.span if known is not None or argument.name is None else _word_of(argument)
        given[name] = evaluate(argument.value, frame.values, incoming=incoming, words=words)
    return _bound(layer, given, site, frame)


def _word_of(argument: tree.Argument) -> Span:
    """Where the name of an argument stands that was given by name."""
    start = argument.span.start
    return Span(argument.span.source, start, start + len(argument.name or ""))


def _argument(accepted: tuple[Argument, ...], argument: tree.Argument, position: int) -> Argument | None:
    if argument.name is None:
        return accepted[position] if position < len(accepted) else None
    return next((each for each in accepted if each.name == argument.name), None)


def _bound(
    layer: type[Layer],
    given: Mapping[str, Value],
    site: Site,
    frame: Frame,
    *,
    constant: bool = True,
    flows_in: Expectation | None = None,
    notes: tuple[Diagnostic, ...] = (),
) -> Resolved:
    extra = [name for name in given if name.isdecimal()]
    if extra:
        misuse = Misuse("E105", _too_many(layer, len(given)), at=extra[0])
        raise MisusedArgument(misuse, site)
    defaults = frame.module.defaults.get(layer.name)
    standing = (defaults.at(site.span.start) if defaults is not None else None) or {}
    try:
        made, called = _made(layer, _typed(given), _typed(standing))
    except Misuse as misuse:
        raise MisusedArgument(misuse, site) from None
    return Resolved(made, called, site, constant, flows_in, notes)


def _typed(given: Mapping[str, Value]) -> TypedValues:
    """Arguments as a key: with their types, for 1 and `true` are equal to Python."""
    return tuple((name, type(value), value) for name, value in given.items())


@lru_cache(maxsize=4096)
def _made(layer: type[Layer], given: TypedValues, standing: TypedValues) -> tuple[Layer, str]:
    """The layer and its title: blocks write the same one again and again."""
    arguments = {name: value for name, _, value in given}
    usual = {name: value for name, _, value in standing}
    made = bind(layer, (), {**usual, **arguments})
    accepted = arguments_of(layer)
    for each in accepted[1:]:
        if each.name in arguments and each.name not in usual and each.kind.read(arguments[each.name]) == each.default:
            del arguments[each.name]  # `stride=s` where s is 1
    return made, title(layer.name, arguments, tuple(each.name for each in accepted))


def _too_many(layer: type[Layer], count: int) -> str:
    most = len(arguments_of(layer))
    takes = f"takes {most} argument{'s' * (most != 1)}" if most else "takes no arguments"
    return f"`{layer.name}` {takes}, but {count} {'are' if count > 1 else 'is'} given"


def no_such_layer(name: str, span: Span, frame: Frame) -> Diagnostic:
    """E102 with the nearest word that exists."""
    known = [*TABLE, *frame.module.blocks, *frame.module.shares]
    guess = nearest(name, known) or nearest(name.lower(), known)
    label = Label(span, f"did you mean `{guess}`?" if guess else "neither a layer nor a block of this spec")
    helps = () if guess else (Help("`netspec layers` lists all layers"),)
    return Diagnostic("E102", f"there is no layer `{name}`", (label,), helps=helps)
