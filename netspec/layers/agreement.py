"""When branches can be merged: their sizes compared axis by axis, and errors that show both shapes.

Sizes in letters agree unless they differ at every size of the input; for which sizes they do is the analysis' to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from math import lcm
from typing import TypeAlias

from netspec.layers.base import Layer, Misuse, Shapes
from netspec.layers.steps import AXIS_NAMES
from netspec.records import frozen
from netspec.shape import MAX_PERIOD, Dim, Shape, Symbol, Unknown, agreement, dim_at

Agreement: TypeAlias = Callable[[Dim, Dim], bool | None]
"""Whether two sizes go together: True always, False never, None for some sizes of the input."""


def axis_words(shape: Shape) -> tuple[str, ...]:
    """What the sizes of `shape.dims` are called, in their order."""
    lead = () if shape.rows is None else ("regions",)
    if shape.tokens is not None:
        return (*lead, "tokens", "features")
    return (*lead, "channels", *AXIS_NAMES[shape.rank]) if shape.is_map else (*lead, "features")


def kind_of(shape: Shape) -> str:
    """A vector, a sequence of tokens, a signal, a map or a clip; or several, one a region."""
    if shape.is_map:
        word = ("signal", "map", "clip")[shape.rank - 1]
    else:
        word = "vector" if shape.is_vector else "sequence of tokens"
    return f"a {word}" if shape.rows is None else f"a {word} for each region"


def from_dims(like: Shape, dims: tuple[Dim, ...]) -> Shape:
    """The shape of the same kind as `like` with these sizes, in the order of `Shape.dims`."""
    rows = None
    if like.rows is not None:
        rows, *rest = dims
        dims = tuple(rest)
    if like.tokens is not None:
        return Shape(dims[1], tokens=dims[0], rows=rows)
    return Shape(dims[0], dims[1:], rows=rows)


@frozen
class Clash:
    """Two branches that can't be merged, by number: `odd` is the one to blame.

    `words` are the axes in which they differ, none if they are of different kinds; `by_letters` says that sizes which
    depend on the input's never meet, where no two numbers differ.
    """

    kept: int
    odd: int
    words: tuple[str, ...] = ()
    by_letters: bool = False


def find_clash(inputs: Shapes, free: Collection[str] = (), same: Agreement = agreement) -> Clash | None:
    """The first two branches that differ in other axes than `free`; the rarer of the two is odd, or else the later.

    Branches of equal sizes are compared once, so that a merge of thousands takes no longer than it must.
    """
    words = axis_words(inputs[0])
    for number, shape in enumerate(inputs):
        if axis_words(shape) != words:
            return Clash(0, number)
    axes = [axis for axis, word in enumerate(words) if word not in free]
    compared = [tuple(shape.dims[axis] for axis in axes) for shape in inputs]
    firsts: dict[tuple[Dim, ...], int] = {}
    for number, dims in enumerate(compared):
        if dims in firsts:
            continue
        for other, earlier in firsts.items():
            differing = [axis for axis, (a, b) in enumerate(zip(other, dims, strict=True)) if same(a, b) is False]
            if differing:
                counts = Counter(compared)
                kept, odd = (earlier, number) if counts[other] >= counts[dims] else (number, earlier)
                numbers = any(isinstance(other[axis], int) and isinstance(dims[axis], int) for axis in differing)
                return Clash(kept, odd, tuple(words[axes[axis]] for axis in differing), not numbers)
        firsts[dims] = number
    return None


def refuse(layer: Layer, clash: Clash, inputs: Shapes, needs: str, cannot: str, code: str = "E301") -> Misuse:
    """The error for branches that clash.

    `needs` completes the title after the layer's name, and `cannot` the label, with a place for each of the two shapes:
    "add {} to {}".
    """
    kept, odd = inputs[clash.kept], inputs[clash.odd]
    differ = listed(clash.words)
    notes: tuple[str, ...] = ()
    if not clash.words:
        what = f"`{layer.name}` {needs}, but {kind_of(kept)} and {kind_of(odd)} flow in"
        if {kept.is_map, odd.is_map} == {True, False}:
            notes = ("`flatten` or `gap` makes a vector of a map",) if kept.is_vector or odd.is_vector else ()
    elif clash.by_letters:
        code, what = "E304", f"the branches of `{layer.name}` differ in {differ} at every size of the input"
    else:
        what = f"`{layer.name}` {needs}, but its branches differ in {differ}"
    first, second = sorted((clash.kept, clash.odd))
    here = f"cannot {cannot.format(inputs[first], inputs[second])}"
    return Misuse(code, what, here=here, notes=notes, branch=clash.odd)


def listed(words: Iterable[str]) -> str:
    """`channels, height and width`."""
    *most, last = words or ("",)
    return f"{', '.join(most)} and {last}" if most else last


def need_branches(layer: Layer, inputs: Shapes, exactly: int | None = None) -> None:
    """At least two branches, or exactly so many. Raises Misuse E303."""
    count = len(inputs)
    if exactly is None and count < 2:
        needs = "at least two branches"
    elif exactly is not None and count != exactly:
        needs = f"exactly {('no', 'one', 'two')[exactly]} branches"
    else:
        return
    raise Misuse("E303", f"`{layer.name}` needs {needs}, but has {count}", here="each branch begins with `|`")


def simplest(sizes: Iterable[Dim]) -> Dim:
    """Of sizes that agree the one to go on with: a number, or else the shortest formula, or else the first."""
    return min(sizes, key=lambda size: (isinstance(size, Unknown), isinstance(size, Symbol) and len(str(size))))


def merged(inputs: Shapes) -> Shape:
    """The shape of branches that agree in every axis."""
    if len(set(inputs)) == 1:
        return inputs[0]
    return from_dims(inputs[0], tuple(map(simplest, zip(*(shape.dims for shape in inputs), strict=True))))


def smallest(sizes: Iterable[Dim]) -> Dim:
    """The least of some sizes at every size of the input, if one of them is."""
    least, *others = dict.fromkeys(sizes)
    for size in others:
        least = _smaller(least, size)
    return least


def _smaller(a: Dim, b: Dim) -> Dim:
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return a if isinstance(a, Unknown) else b
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    letters = {size.letter for size in (a, b) if isinstance(size, Symbol)}
    period_a, rise_a = a.period if isinstance(a, Symbol) else (1, 0)
    period_b, rise_b = b.period if isinstance(b, Symbol) else (1, 0)
    period = lcm(period_a, period_b)
    undecided = Unknown(f"it is the smaller of {a} and {b}")
    if len(letters) > 1 or rise_a * period_b != rise_b * period_a or period > MAX_PERIOD:
        return undecided
    # Both rise alike, so their difference repeats: one period shows which is smaller.
    (letter,) = letters
    signs = set()
    for n in range(period):
        at_a, at_b = dim_at(a, {letter: n}), dim_at(b, {letter: n})
        assert isinstance(at_a, int) and isinstance(at_b, int)
        signs.add((at_a > at_b) - (at_a < at_b))
    if {1, -1} <= signs:
        return undecided
    return b if 1 in signs else a
