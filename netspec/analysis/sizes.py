"""Questions about unknown sizes: which values of a letter of the input (`3xHxW`) work, and which waste no pixel.

Every size is linear plus periodic in its letter (`f(n + P) = f(n) + Q`), so what holds over one period holds for ever:
the answers are exact, found by walking one period. A letter is decided by itself, the others staying unknown; they
meet only where two sizes must be equal, and such a condition is reported with both.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from itertools import pairwise
from math import lcm

from netspec.analysis.size_set import Sizes, meet, periodic
from netspec.graph import Graph, Node
from netspec.layers.arguments import LARGEST, SAME
from netspec.layers.base import Layer, Misuse, Shapes
from netspec.layers.windows import Axes, Window
from netspec.records import frozen, replace
from netspec.shape import Dim, Shape, Symbol, dim_at, letter

WALKED = 200_000
"""How many sizes are tried at most, over all layers: beyond (periods of many thousands) a letter stays undecided."""

TRIED = 4_096
"""How many sizes are tried one by one where a layer takes a few only (a reshape to a fixed size)."""


@frozen
class Formula:
    """A size in closed form, and the first node that has it."""

    size: Symbol
    node: Node


@frozen
class Condition:
    """A node that can be computed for some sizes only, beyond that all sizes before it are at least 1.

    `sizes` says for which; it is None where two letters meet (`text` is then `H = W`).
    """

    node: Node
    text: str
    sizes: Sizes | None


@frozen
class LetterReport:
    """What there is to say about one letter of the input.

    `works` are the sizes for which every layer fits and every merge agrees, `smallest` the first of them; `exact` are
    those of them for which every strided window with explicit padding divides its input, so that no pixel is wasted
    (None if there are none). If the period is too long to walk, `works` and `exact` are None and `reason` says so.
    """

    letter: str
    formulas: tuple[Formula, ...]
    conditions: tuple[Condition, ...]
    works: Sizes | None
    exact: Sizes | None
    reason: str = ""

    @property
    def smallest(self) -> int | None:
        """The smallest size that works."""
        return self.works.smallest if self.works else None


def sizes(graph: Graph) -> tuple[LetterReport, ...]:
    """A report on each letter of the input, in the order in which the spec names them; none if all sizes are known."""
    given = (size for number in graph.inputs.values() for size in graph.nodes[number].shape.dims)
    letters = dict.fromkeys(size.letter for size in given if isinstance(size, Symbol))
    return tuple(_report(graph, name) for name in letters)


def samples(graph: Graph, periods: int, most: int) -> list[Mapping[str, int]] | None:
    """Values of all letters that work, over so many periods from the smallest; None if more than `most` or undecided.

    The letters move together: an axis depends on one letter only, so it meets all of that letter's values.
    """
    columns: dict[str, list[int]] = {}
    for report in sizes(graph):
        works = report.works
        if works is None or works.smallest is None:
            return None
        period = lcm(works.modulus, _period(formula.size for formula in report.formulas))
        reached = range(works.least, works.least + periods * period)
        columns[report.letter] = list(works.values or [n for n in reached if n in works])
    count = max(map(len, columns.values()), default=0)
    if not 0 < count <= most:
        return None
    return [{name: column[row % len(column)] for name, column in columns.items()} for row in range(count)]


def _report(graph: Graph, name: str) -> LetterReport:
    formulas = tuple(_formulas(graph, name))
    floors = _floors(graph, name)
    uses = {node.number: _Use(node.layer, graph.inputs_of(node), floors[node.number]) for node in graph.nodes}
    uses = {number: use for number, use in uses.items() if _symbols(use.inputs, name)}
    rules = set(_divisions(graph, name))
    period = _period([*(formula.size for formula in formulas), *((size + add) // by for size, add, by in rules)])
    walked = period + sum(_period(_symbols(use.inputs, name)) for use in dict.fromkeys(uses.values()))
    if walked > WALKED:
        return LetterReport(name, formulas, (), None, None, f"deciding it would take {walked:,} steps")
    limits = {use: _limit(use, name) for use in dict.fromkeys(uses.values())}
    conditions = tuple(_conditions(graph, name, uses, limits))
    works = meet(name, max(floors, default=1), [limit for limit in limits.values() if limit])
    return LetterReport(name, formulas, conditions, works, _exact(works, rules, period))


@frozen
class _Use:
    """A layer on these inputs, from the size on at which all before it fits; asked once for all its places."""

    layer: Layer
    inputs: Shapes
    floor: int


def _symbols(shapes: Shapes, name: str) -> list[Symbol]:
    return [size for shape in shapes for size in shape.dims if isinstance(size, Symbol) and size.letter == name]


def _is_of(size: Dim | None, name: str) -> bool:
    return isinstance(size, Symbol) and size.letter == name


def _formulas(graph: Graph, name: str) -> Iterable[Formula]:
    """Each closed form in the letter once, the bare letter left out, at the node where it first comes out."""
    seen = {letter(name)}
    for node in graph.nodes:
        for size in node.shape.dims:
            if isinstance(size, Symbol) and size.letter == name and size not in seen:
                seen.add(size)
                yield Formula(size, node)


def _period(symbols: Iterable[Symbol]) -> int:
    return lcm(*(symbol.period[0] for symbol in symbols))


def _floors(graph: Graph, name: str) -> list[int]:
    """For each node, the least value of the letter from which its size and all sizes before it are at least 1."""
    least: dict[Symbol, int] = {}
    floors: list[int] = []
    for node in graph.nodes:
        floor = max((floors[number] for number in node.inputs), default=1)
        for size in node.shape.dims:
            if isinstance(size, Symbol) and size.letter == name:
                if size not in least:
                    least[size] = _reaching(size, 1)
                floor = max(floor, least[size])
        floors.append(floor)
    return floors


def _reaching(size: Symbol, target: int) -> int:
    """The least value, from 1, of the letter for which the size is `target` or more."""
    inner = -((size.offset - target) // size.factor) * size.divisor - size.add
    return max(inner, 1) if isinstance(size.inner, str) else _reaching(size.inner, inner)


def _conditions(
    graph: Graph, name: str, uses: Mapping[int, _Use], limits: Mapping[_Use, Sizes | None]
) -> Iterable[Condition]:
    for number, use in uses.items():
        if found := limits[use]:
            yield Condition(graph.nodes[number], str(found), found)
        if use.layer.merges:
            for text in _equalities(use.inputs, name):
                yield Condition(graph.nodes[number], text, None)


def _limit(use: _Use, name: str) -> Sizes | None:
    """The sizes from the use's floor on that its layer takes; None if it takes all of them.

    What a layer asks is that sizes are equal, divide, or reach a bound of its own (a crop's): far beyond all bounds,
    and where branches with other slopes have met, it repeats with the period. Nearer, bounds are found by halving.
    """
    fits = partial(_fits, use, name)
    symbols = _symbols(use.inputs, name)
    period = _period(symbols)
    meetings = [size for size in _meetings(use.inputs, name) if size >= use.floor] if use.layer.merges else []
    near = max(use.floor, 1 + max(meetings, default=0))
    if all(fits(size) for size in range(near, near + period)):
        return None
    far = max(near, *(_reaching(size, LARGEST) for size in symbols))
    fitting = [size for size in range(far, far + period) if fits(size)]
    if not fitting:
        tried = meetings if use.layer.merges else range(use.floor, use.floor + TRIED)
        return Sizes(name, values=tuple(size for size in tried if fits(size)))
    residues = {size % period for size in fitting}
    if use.layer.merges:
        return periodic(name, use.floor, period, residues)
    bound = max(_first(fits, use.floor, size, period) for size in fitting) - period + 1
    return periodic(name, bound, period, residues)


def _fits(use: _Use, name: str, size: int) -> bool:
    try:
        use.layer.out_shape(tuple(shape.at({name: size}) for shape in use.inputs))
    except Misuse:
        return False
    return True


def _first(fits: Callable[[int], bool], floor: int, fitting: int, period: int) -> int:
    """The smallest size from `floor` on that fits, of those that are whole periods before one that does."""
    turns = (fitting - floor) // period
    return (
        fitting
        - (turns - bisect_left(range(turns), True, key=lambda turn: fits(fitting - (turns - turn) * period))) * period
    )


def _meetings(inputs: Shapes, name: str) -> list[int]:
    """Where branches may go together that don't in the long run.

    Sizes of different slope are equal at most once for each residue, and `mul` broadcasts a size while it is 1.
    """
    found = {each for size in _symbols(inputs, name) for each in range(_reaching(size, 1), _reaching(size, 2))}
    for one, other in pairwise(inputs):
        for a, b in zip(one.dims, other.dims, strict=False):
            if a != b and (_is_of(a, name) or _is_of(b, name)):
                found.update(_equal_at(a, b, name))
    return sorted(found)


def _equal_at(a: Dim, b: Dim, name: str) -> Iterable[int]:
    if not all(isinstance(size, int) or _is_of(size, name) for size in (a, b)):
        return
    period = _period(size for size in (a, b) if isinstance(size, Symbol))

    def gap(size: int) -> int:
        return dim_at(a, {name: size}) - dim_at(b, {name: size})  # type: ignore[operator, return-value]

    rise = gap(period) - gap(0)
    for residue in range(period if rise else 0):
        if gap(residue) % rise == 0:
            yield residue - gap(residue) // rise * period


def _equalities(inputs: Shapes, name: str) -> Iterable[str]:
    """Conditions between two letters, as formulas; the letter that `name`s the first size has them."""
    pairs = (pair for one, other in pairwise(inputs) for pair in zip(one.sizes, other.sizes, strict=False))
    found = (
        f"{a} = {b}"
        for a, b in pairs
        if isinstance(a, Symbol) and isinstance(b, Symbol) and a.letter == name != b.letter
    )
    return dict.fromkeys(found)


def _exact(works: Sizes, rules: Collection[tuple[Symbol, int, int]], period: int) -> Sizes | None:
    """Those of the sizes that work for which every strided window divides its input exactly."""

    def divides(value: int) -> bool:
        return all((size.at({works.letter: value}) + add) % by == 0 for size, add, by in rules)

    if works.values is not None:
        kept = tuple(value for value in works.values if divides(value))
        return Sizes(works.letter, values=kept) if kept else None
    period, least = lcm(period, works.modulus), works.least
    residues = {n % period for n in range(least, least + period) if n in works and divides(n)}
    return periodic(works.letter, least, period, residues) if residues else None


def _divisions(graph: Graph, name: str) -> Iterable[tuple[Symbol, int, int]]:
    """(size, add, by): a window divides its input exactly when `(size + add) mod by = 0`."""
    known: set[tuple[Layer, Shape]] = set()
    for node in graph.nodes:
        inputs = graph.inputs_of(node)
        if len(inputs) != 1 or (node.layer, inputs[0]) in known:
            continue
        known.add((node.layer, inputs[0]))
        (reach,) = node.layer.window(inputs, node.shape)
        if not isinstance(reach, Axes) or getattr(node.layer, "pad", None) == SAME:
            continue
        for number, axis in enumerate(reach.axes):
            size = inputs[0].sizes[number]
            if isinstance(axis, Window) and axis.stride > 1 and isinstance(size, Symbol) and size.letter == name:
                yield size, _leftover(node.layer, inputs[0], number, axis), axis.stride


def _leftover(layer: Layer, shape: Shape, number: int, axis: Window) -> int:
    """What to add to the size so that the stride divides it, when it does.

    Asked of a fresh letter, the layer's own formula shows it: `⌊(n + add) / stride⌋ + offset`. Patches have no sizes to
    show it, and no padding.
    """
    if getattr(layer, "ceil", False):  # rounding up, a window divides its input when rounding down it does
        layer = replace(layer, ceil=False)
    fresh = (*shape.sizes[:number], letter("n"), *shape.sizes[number + 1 :])
    lengths = layer.out_shape((replace(shape, sizes=fresh),)).sizes
    length = lengths[number] if lengths else None
    return length.add if isinstance(length, Symbol) else -axis.dilation * (axis.kernel - 1) - 1
