"""Receptive fields: what each value sees of each input of the network, exactly, in one walk through the graph.

The laws, cited by number below:

1. An input sees itself: size 1, jump 1, start 0.
2. A layer that carries values on changes nothing; one that sees everything sees all of the input; windows move the
   track of each axis (`netspec.analysis.tracks`).
3. Where branches meet, a unit sees the union of what they see. They are aligned if their jumps and centres are equal;
   what is made of misaligned branches stays misaligned. A branch that has seen everything aligns with any other. Of
   vectors that are laid end to end, no entries meet: the one that sees most counts.
4. Where padding depends on an unknown size (TensorFlow's SAME with a stride), the network is walked for every way in
   which its sizes can fall, and a figure is known if all walks give the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, TypeVar

from netspec.analysis.facts import Field
from netspec.analysis.tracks import PIXELS, Lost, Track, aligned, through, union, widest
from netspec.graph import Graph, Node
from netspec.layers.windows import Axes, Carry, Everything, Reach, Window
from netspec.records import frozen
from netspec.shape import Dim, Shape, Unknown

Fields: TypeAlias = Mapping[str, Field]
Reaches: TypeAlias = tuple[Reach, ...]

WALKED_NODES = 1_000_000
"""Law 4 walks through at most this many nodes in all; beyond, what it would decide stays unknown."""


@frozen
class View:
    """How a value sees one input of the network, per axis of that input.

    `along` is the axis of the value that moves the field along this axis (its own number unless axes were permuted);
    `tracks` is None where the value's units have no place in the input (a dense layer's).
    """

    tracks: tuple[Track | Lost, ...] | None
    along: tuple[int, ...]
    aligned: tuple[bool, ...]
    whole: bool = False


Views: TypeAlias = Mapping[str, View]


def receptive_fields(graph: Graph, reaches: Sequence[Reaches]) -> tuple[Fields, ...]:
    """The fields of each node by name of network input, for the inputs that are maps; `reaches` is each node's window.

    Linear in the number of nodes, times the number of ways in which unknown sizes decide padding.
    """
    open_ways = [way for node, ways in zip(graph.nodes, reaches, strict=True) for way in _open_ways(node, ways)]
    if not open_ways:
        return _walk(graph, reaches)
    from netspec.analysis.sizes import samples

    # What SAME adds repeats with the sizes; what a cut about the centre leaves out may grow, and halves what it is of.
    periods = 4 if any(way.stride == 1 for _, way in open_ways) else 1
    assignments = samples(graph, periods, WALKED_NODES // len(graph.nodes))
    if assignments is None:
        return _walk(graph, reaches)
    nodes = dict.fromkeys(number for number, _ in open_ways)
    return _join(_walk(graph, _settled(graph, reaches, nodes, letters)) for letters in assignments)


def _open_ways(node: Node, ways: Reaches) -> Iterable[tuple[int, Window]]:
    """The windows of a node whose padding depends on an unknown size."""
    for reach in ways:
        for axis in reach.axes if isinstance(reach, Axes) else ():
            if isinstance(axis, Window) and axis.before is None:
                yield node.number, axis


def _settled(
    graph: Graph, reaches: Sequence[Reaches], numbers: Iterable[int], letters: Mapping[str, int]
) -> list[Reaches]:
    """The windows when the letters have these values."""
    shapes: list[Shape] = []
    for node in graph.nodes:
        inputs = tuple(shapes[number] for number in node.inputs)
        shapes.append(node.layer.out_shape(inputs) if inputs else node.shape.at(letters))
    settled = list(reaches)
    for number in numbers:
        node = graph.nodes[number]
        settled[number] = node.layer.window(tuple(shapes[number] for number in node.inputs), shapes[number])
    return settled


def _walk(graph: Graph, reaches: Sequence[Reaches]) -> tuple[Fields, ...]:
    extents = {name: graph.nodes[number].shape.sizes for name, number in graph.inputs.items()}
    views = _views(graph, reaches)
    fields: list[Fields] = []
    for node, seen in zip(graph.nodes, views, strict=True):
        first = node.inputs[0] if node.inputs else node.number
        is_vector = node.shape.is_vector
        if first != node.number and seen is views[first] and is_vector == graph.nodes[first].shape.is_vector:
            fields.append(fields[first])
        else:
            fields.append({name: _field(view, extents[name], is_vector) for name, view in seen.items()})
    return tuple(fields)


def _views(graph: Graph, reaches: Sequence[Reaches]) -> list[Views]:
    names = {number: name for name, number in graph.inputs.items()}
    views: list[Views] = []
    for node, ways in zip(graph.nodes, reaches, strict=True):
        if not node.inputs:
            views.append(_given(names[node.number], node.shape))  # law 1
        elif len(node.inputs) == 1:
            views.append(_follow(views[node.inputs[0]], ways[0]))
        else:
            branches = [_follow(views[number], way) for number, way in zip(node.inputs, ways, strict=True)]
            joined = node.shape.is_vector and node.shape != graph.nodes[node.inputs[0]].shape
            views.append(_meet(branches, end_to_end=joined))
    return views


def _given(name: str, shape: Shape) -> Views:
    if not shape.is_map:
        return {}
    rank = shape.rank
    return {name: View((PIXELS,) * rank, tuple(range(rank)), (True,) * rank)}


def _follow(views: Views, reach: Reach) -> Views:
    """Law 2; the same object where nothing changes."""
    if isinstance(reach, Carry) or not views:
        return views
    if isinstance(reach, Everything):
        return {name: View(None, view.along, view.aligned, whole=True) for name, view in views.items()}
    return {name: _look_through(view, reach) for name, view in views.items()}


def _look_through(view: View, reach: Axes) -> View:
    if view.tracks is None:
        return view
    if reach.order is None:
        tracks = tuple(through(track, reach.axes[axis]) for track, axis in zip(view.tracks, view.along, strict=True))
        return View(tracks, view.along, view.aligned, view.whole)
    along = tuple(reach.order.index(axis) for axis in view.along)
    tracks = tuple(through(track, reach.axes[axis]) for track, axis in zip(view.tracks, along, strict=True))
    return View(tracks, along, view.aligned, view.whole)


def _meet(branches: Sequence[Views], *, end_to_end: bool) -> Views:
    """Law 3, for each input that any of the branches sees."""
    names = dict.fromkeys(name for branch in branches for name in branch)
    return {name: _unite([branch[name] for branch in branches if name in branch], end_to_end) for name in names}


def _unite(views: Sequence[View], end_to_end: bool) -> View:
    if all(view is views[0] for view in views):
        return views[0]
    inherited = tuple(map(all, zip(*(view.aligned for view in views), strict=True)))
    whole = any(view.whole for view in views)
    placed = [(view.tracks, view.along) for view in views if view.tracks is not None]
    if not placed:
        return View(None, views[0].along, inherited, whole)
    along = placed[0][1]
    if any(other != along for _, other in placed):
        lost = Lost("the branches that meet see it along different axes")
        return View((lost,) * len(along), along, (False,) * len(along), whole)
    columns = tuple(zip(*(tracks for tracks, _ in placed), strict=True))
    if end_to_end:
        return View(tuple(widest(column) for column in columns), along, inherited, whole)
    flags = tuple(flag and aligned(column) for flag, column in zip(inherited, columns, strict=True))
    return View(tuple(union(column) for column in columns), along, flags, whole)


def _field(view: View, extent: tuple[Dim, ...], is_vector: bool) -> Field:
    """The view as a fact; a vector's entries have no jump even where they come from units with places."""
    if view.whole:
        placed = view.tracks if view.tracks and not is_vector else (None,) * len(extent)
        jumps = tuple(track.jump if isinstance(track, Track) else None for track in placed)
        return Field(extent, jumps, (0,) * len(extent), view.aligned, whole=True)
    assert view.tracks is not None  # only units that see everything have no place
    sizes, jumps, starts = zip(*map(_figures, view.tracks), strict=True)
    return Field(sizes, (None,) * len(jumps) if is_vector else jumps, starts, view.aligned)


def _figures(track: Track | Lost) -> tuple[Dim, int | Fraction | None, int | None]:
    """Size, jump and start along an axis."""
    if isinstance(track, Lost):
        return Unknown(track.reason), None, None
    return track.size, track.jump, track.start


def _join(walks: Iterable[tuple[Fields, ...]]) -> tuple[Fields, ...]:
    """Law 4: the figures on which all walks agree."""
    joined: tuple[Fields, ...] | None = None
    for walk in walks:
        joined = walk if joined is None else tuple(map(_join_fields, joined, walk))
    assert joined is not None
    return joined


def _join_fields(one: Fields, other: Fields) -> Fields:
    return one if one == other else {name: _join_field(one[name], other[name]) for name in one}


AnyFigure = TypeVar("AnyFigure")


def _join_field(one: Field, other: Field) -> Field:
    differs = Unknown("it depends on the size of the input")
    sizes = tuple(a if a == b else differs for a, b in zip(one.size, other.size, strict=True))
    return Field(
        sizes,
        _common(one.jump, other.jump),
        _common(one.start, other.start),
        _common(one.aligned, other.aligned),
        one.whole,
    )


def _common(one: tuple[AnyFigure | None, ...], other: tuple[AnyFigure | None, ...]) -> tuple[AnyFigure | None, ...]:
    """Entry by entry, what both say, or None."""
    return tuple(a if a == b else None for a, b in zip(one, other, strict=True))
