"""Whose tensor is whose: the tensors of a weight file against those of a network, by name, shape and order.

Nothing here needs torch. Tensors are matched a layer at a time: those whose names differ in the last part only, a
convolution's weight and bias. Layers whose tensors have the same shapes are a kind, and each kind is settled by itself:
by name where all the names of the kind agree, else by order where there are equally many on both sides. A kernel of 1x1
and a matrix are the same numbers, so sizes of 1 at the end of a shape part kinds only where that settles them. An order
is believed only as far as it fits the names: a block of theirs, `layer1.0`, must become one stretch of our layers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from netspec.records import frozen

Sizes: TypeAlias = tuple[int, ...]
Kind: TypeAlias = tuple[tuple[str, Sizes], ...]

COUNTER = "num_batches_tracked"
"""Torch's count of batches, which batch normalisation does not compute with: old files and other frameworks lack it."""


@frozen
class Pair:
    """One tensor of ours and the one of theirs that it gets; `by` is `name`, `shape` (no other has it) or `order`."""

    ours: str
    theirs: str
    shape: Sizes
    by: str


@frozen
class Doubt:
    """A layer of ours that could be several of theirs: `why` completes "`conv3` is doubtful: …"."""

    layer: str
    why: str


@frozen
class Matching:
    """What a file gives to a network.

    `pairs` in our order; `missing` are tensors of ours that get nothing, `left_over` those of theirs that go nowhere,
    with their shapes; `doubts` are layers for which order is the only ground, and a doubtful one. Their tensors are
    among the missing and the left over.
    """

    pairs: tuple[Pair, ...]
    missing: Mapping[str, Sizes]
    left_over: Mapping[str, Sizes]
    doubts: tuple[Doubt, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every tensor of ours gets one of theirs, and none is left over."""
        return not self.missing and not self.left_over


@frozen
class _Layer:
    """The tensors of one layer: its place among the layers, how their names begin, these by the last part, its kind."""

    place: int
    prefix: str
    tensors: Mapping[str, str]
    kind: Kind

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.prefix.removesuffix(".")


@frozen
class _Match:
    """A layer of ours with one of theirs."""

    ours: _Layer
    theirs: _Layer
    by: str


def match(theirs: Mapping[str, Sizes], ours: Mapping[str, Sizes], *, in_order: bool = False) -> Matching:
    """Match the tensors of a file with those of a network: names and shapes of both, each in its own order.

    An alphabetical order, which `.safetensors` files have, says nothing about the network; then numbers in names count
    as numbers. With `in_order` an order is believed even where the names speak against it.
    """
    their_layers, our_layers = _layers(_by_number(theirs)), _layers(ours)
    matches, doubts = _settled(their_layers, our_layers)
    if not in_order:
        wrong = _doubted(matches, their_layers, our_layers)
        doubts += [Doubt(each.ours.name, why) for each, why in wrong]
        refused = {id(each) for each, _ in wrong}
        matches = [each for each in matches if id(each) not in refused]
    return _matching(matches, doubts, theirs, ours)


def _matching(
    matches: Sequence[_Match], doubts: Sequence[Doubt], theirs: Mapping[str, Sizes], ours: Mapping[str, Sizes]
) -> Matching:
    pairs = tuple(pair for each in sorted(matches, key=lambda each: each.ours.place) for pair in _pairs(each))
    taken, given = {pair.ours for pair in pairs}, {pair.theirs for pair in pairs}
    missing = {name: shape for name, shape in ours.items() if name not in taken and not _counts(name)}
    left_over = {name: shape for name, shape in theirs.items() if name not in given and not _counts(name)}
    return Matching(pairs, missing, left_over, tuple(doubts))


def _pairs(each: _Match) -> Iterator[Pair]:
    shapes = dict(each.ours.kind)
    for leaf, name in each.ours.tensors.items():
        yield Pair(name, each.theirs.tensors[leaf], shapes[leaf], each.by)


def _by_number(tensors: Mapping[str, Sizes]) -> Mapping[str, Sizes]:
    """In the order of their names with numbers as numbers, if they stand in alphabetical order."""
    names = [name for name in tensors if not _counts(name)]
    if names != sorted(names):
        return tensors
    return {name: tensors[name] for name in sorted(names, key=_numbered)}


def _numbered(name: str) -> list[tuple[int, int, str]]:
    """A key that puts `features.3` before `features.10`."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(part[:4000]), "") if part[0] in "0123456789" else (1, 0, part) for part in parts]


def _layers(tensors: Mapping[str, Sizes]) -> tuple[_Layer, ...]:
    """The layers that own these tensors, in the order of their first."""
    owned: dict[str, dict[str, str]] = {}
    for name in tensors:
        if not _counts(name):
            leaf = name.rpartition(".")[2]
            owned.setdefault(name.removesuffix(leaf), {})[leaf] = name
    return tuple(
        _Layer(place, prefix, names, _kind(names, tensors)) for place, (prefix, names) in enumerate(owned.items())
    )


def _kind(names: Mapping[str, str], tensors: Mapping[str, Sizes]) -> Kind:
    return tuple(sorted((leaf, tuple(tensors[name])) for leaf, name in names.items()))


def _counts(name: str) -> bool:
    return name.rpartition(".")[2] == COUNTER


# Kind by kind


def _settled(theirs: Sequence[_Layer], ours: Sequence[_Layer]) -> tuple[list[_Match], list[Doubt]]:
    """The matches that each kind of layer allows, and the layers of ours that have too many or too few of theirs."""
    their_kinds, our_kinds = _kinds(theirs, _without_ones), _kinds(ours, _without_ones)
    matches: list[_Match] = []
    doubts: list[Doubt] = []
    for kind, mine in our_kinds.items():
        for some, others in _parted(mine, their_kinds.get(kind, [])):
            found, doubtful = _of_one_kind(others, some)
            matches += found
            doubts += doubtful
    return matches, doubts


def _parted(ours: Sequence[_Layer], theirs: Sequence[_Layer]) -> Iterator[tuple[Sequence[_Layer], Sequence[_Layer]]]:
    """Layers of one kind but for sizes of 1: those whose very shapes both sides have equally often, then the rest.

    So dense layers of ours may be 1x1 convolutions of theirs, as in squeeze-and-excitation, and the other way round.
    """
    our_kinds, their_kinds = _kinds(ours, _as_it_is), _kinds(theirs, _as_it_is)
    same = [kind for kind, mine in our_kinds.items() if len(their_kinds.get(kind, [])) == len(mine)]
    for kind in same:
        yield our_kinds[kind], their_kinds[kind]
    rest = [layer for layer in ours if layer.kind not in same]
    if rest:
        yield rest, [layer for layer in theirs if layer.kind not in same]


def _kinds(layers: Sequence[_Layer], of: Callable[[Kind], Kind]) -> dict[Kind, list[_Layer]]:
    kinds: dict[Kind, list[_Layer]] = {}
    for layer in layers:
        kinds.setdefault(of(layer.kind), []).append(layer)
    return kinds


def _as_it_is(kind: Kind) -> Kind:
    return kind


def _without_ones(kind: Kind) -> Kind:
    """The kind with shapes up to their last size that isn't 1."""
    return tuple((leaf, shape[: max((at for at, size in enumerate(shape, 1) if size != 1), default=0)])
                 for leaf, shape in kind)  # fmt: skip


def _of_one_kind(theirs: Sequence[_Layer], ours: Sequence[_Layer]) -> tuple[list[_Match], list[Doubt]]:
    named = {layer.prefix: layer for layer in theirs}
    common = [layer for layer in ours if layer.prefix in named]
    if len(common) == min(len(theirs), len(ours)):  # all names of the smaller side
        return [_Match(layer, named[layer.prefix], "name") for layer in common], []
    if len(theirs) == len(ours):
        by = "shape" if len(ours) == 1 else "order"
        pairs = zip(ours, theirs, strict=True)
        return [_Match(mine, other, "name" if mine.prefix == other.prefix else by) for mine, other in pairs], []
    matches = [_Match(layer, named[layer.prefix], "name") for layer in common]
    why = f"the file has {len(theirs)} layers of its shapes, and the network {len(ours)}"
    return matches, [Doubt(layer.name, why) for layer in ours if layer.prefix not in named]


# How far an order is believed


def _doubted(matches: Sequence[_Match], theirs: Sequence[_Layer], ours: Sequence[_Layer]) -> list[tuple[_Match, str]]:
    """The matches by order that the names speak against, with the reason."""
    reasons = _scattered(matches)
    their_kinds = {layer.prefix: layer.kind for layer in theirs}
    mine = {layer.prefix for layer in ours}
    found = []
    for each in matches:
        if each.by != "order":
            continue
        if their_kinds.get(each.ours.prefix) == each.ours.kind and each.theirs.prefix in mine:
            found.append((each, f"by order it gets `{each.theirs.name}`, though the file has a `{each.ours.name}`"))
        elif id(each) in reasons:
            found.append((each, reasons[id(each)]))
    return found


def _scattered(matches: Sequence[_Match]) -> dict[int, str]:
    """By id, the matches within a block of theirs whose layers do not follow each other here."""
    blocks: dict[str, list[tuple[int, _Match]]] = {}
    for place, each in enumerate(sorted(matches, key=lambda each: each.ours.place)):
        parts = each.theirs.prefix.split(".")[:-1]
        for end in range(1, len(parts)):
            blocks.setdefault(".".join(parts[:end]), []).append((place, each))
    reasons: dict[int, str] = {}
    for name, inside in blocks.items():
        if inside[-1][0] - inside[0][0] >= len(inside):
            why = f"the layers of `{name}` in the file would not follow each other here"
            reasons.update((id(each), why) for _, each in inside)
    return reasons
