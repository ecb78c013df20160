"""Which short form a layer is printed in: words of papers and calls of plain numbers become canonical."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from netspec.language import tree
from netspec.language.reading import Misread, Reading, is_number
from netspec.language.shorthand import ACCEPTED, is_shape, read_shape, read_word, title, write_short
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import LARGEST, Value, Word, arguments_of
from netspec.records import frozen

SHORT = {*ACCEPTED, "dense", "gap", "gmp"}
PASSED_OVER = ("activation", "normalisation", "regularisation")
"""Families behind which a bare number still follows what was before."""

VECTORS = ("spp", "taketoken", "distance", "dot")
"""Layers, besides pools and dense layers, behind which a bare number is a dense layer."""


class Flow(Enum):
    """What flows to the next item, as far as the words before it say."""

    NOTHING = auto()
    UNSURE = auto()
    GROUP = auto()  # out of brackets
    DENSE = auto()  # out of a pool or dense layer, or a vector: a bare number is a dense layer


@frozen
class Names:
    """What a file defines that bears on its words: names of blocks and shares, layers that have a `default`.

    With `uses`, another file's blocks may be called by any name.
    """

    own: frozenset[str] = frozenset()
    defaults: frozenset[str] = frozenset()
    uses: bool = False

    def are_own(self, name: str) -> bool:
        """Whether a word may be a name that the author gave."""
        return name in self.own or (self.uses and name not in TABLE and name.isidentifier())


def names_of(chain: tree.Chain) -> Names:
    """The names that a file defines."""
    own, defaults, uses = set(), set(), False
    for item in _statements(chain):
        if isinstance(item, (tree.Block, tree.Share)):
            own.add(item.name)
        elif isinstance(item, tree.Default):
            defaults.add(item.call.name)
        uses = uses or isinstance(item, tree.Use)
    return Names(frozenset(own), frozenset(defaults), uses)


def _statements(chain: tree.Chain) -> Iterator[tree.Item]:
    return (item for item in chain.items if isinstance(item, (tree.Block, tree.Share, tree.Default, tree.Use)))


def canonical_word(text: str, names: Names) -> str:
    """The word in its canonical form; a name of the author's, or a word that can't be read, as it stands."""
    if names.are_own(text):
        return text
    if text in ("gap", "gmp"):
        return text.upper()
    if text in TABLE:
        return text
    reading = _reading(text)
    if reading is None or reading.marker or reading.numbered:
        return text
    keep = reading.layer in names.defaults
    short = write_short(reading.layer, reading.arguments, keep=keep)
    canonical = short or title(reading.layer, reading.arguments, tuple(reading.arguments))
    return text if canonical in names.own else canonical


def _reading(text: str) -> Reading | None:
    try:
        return read_word(text)
    except Misread:
        return None


def canonical_shape(text: str) -> str:
    """The shape channels first and with `x`: `227x227x3` is `3x227x227`; a faulty one as it stands."""
    try:
        read = read_shape(text)
    except Misread:
        return text
    return read.instead or text.replace("×", "x").replace("@", "x")


def canonical_call(call: tree.Call, names: Names) -> str | None:
    """The short form of a call whose arguments are all plain numbers, sizes or `same`; else None."""
    if call.name in names.own or call.name not in TABLE:
        return None
    if call.name not in SHORT:
        return None if call.arguments else call.name
    order = tuple(each.name for each in arguments_of(layer_class(call.name)))
    given: dict[str, Value] = {}
    for place, each in enumerate(call.arguments):
        name = each.name if each.name is not None else order[place] if place < len(order) else ""
        value = _plain(each.value)
        if value is None or name in given:
            return None
        given[name] = value
    short = write_short(call.name, given, keep=call.name in names.defaults)
    # a number that no reader takes (too large, leading zeros) stays where its error can be seen
    return short if short is not None and short not in names.own and _reading(short) is not None else None


def _plain(value: tree.Expr) -> Value | None:
    if isinstance(value, tree.Literal) and not isinstance(value.value, bool):
        return value.value
    return Word("same") if isinstance(value, tree.Name) and value.name == "same" else None


def flow_after(item: tree.Item, names: Names, before: Flow) -> Flow:
    """What flows out of an item when `before` flows into it."""
    match item:
        case tree.Word():
            return _after_word(item.text, names, before)
        case tree.Call():
            return _after_word(item.name, names, before)
        case tree.Branching():
            return flow_after(item.head, names, Flow.UNSURE)
        case tree.Input():
            return _after_shape(item.shape.text)
        case tree.Named():
            return flow_after(item.item, names, before)
        case tree.Group() | tree.Repeat():
            return Flow.GROUP
        case tree.If() | tree.Each() | tree.Reference():
            return Flow.UNSURE
    return before


def _after_word(text: str, names: Names, before: Flow) -> Flow:
    if names.are_own(text):
        return Flow.UNSURE
    if is_number(text) and before is not Flow.NOTHING:
        return Flow.DENSE if before is not Flow.UNSURE else before
    if is_shape(text):
        return _after_shape(text)
    if text.lower() in ("input", "output"):
        return before
    layer = layer_of(text, names)
    if layer is None:
        return Flow.UNSURE
    family = layer_class(layer).family
    if family in ("pooling", "dense") or layer in VECTORS:
        return Flow.DENSE
    return before if family in PASSED_OVER and before is Flow.DENSE else Flow.UNSURE


def _after_shape(text: str) -> Flow:
    try:
        return Flow.UNSURE if read_shape(text).shape.is_map else Flow.DENSE
    except Misread:
        return Flow.UNSURE


def layer_of(text: str, names: Names) -> str | None:
    """The layer that a word or the name of a call stands for, or None if it is a name of the author's or no layer."""
    if names.are_own(text):
        return None
    if text in TABLE:
        return text
    reading = _reading(text)
    return None if reading is None or reading.marker else reading.layer


def bare_number(text: str, flow: Flow) -> str:
    """`10` as `10N` where it is a dense layer for certain."""
    certain = flow in (Flow.DENSE, Flow.GROUP)
    return f"{text}N" if certain and text[0] != "0" and len(text) < 11 and int(text) <= LARGEST else text
