"""Which values of a network have their receptive field measured, at which unit, and on how large an input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import lcm

from netspec.analysis.facts import Analysis, Field
from netspec.graph import Graph
from netspec.lowering.calls import calls_of
from netspec.lowering.roles import ancestors
from netspec.lowering.verification.linear import followed
from netspec.lowering.verification.steps import boxes, running
from netspec.records import frozen, replace
from netspec.shape import Shape

LARGEST_FIELD = 450
"""Fields of more pixels are not measured: they would take too large an input."""

LARGEST_CLIP = 20
"""The same for clips, whose inputs are cubes."""

MOST_VALUES = 6
"""So many values of a network are measured, those of its last stages."""

STEP = 32
"""Inputs grow by so many pixels, which keeps the remainders that most networks ask for."""

TRIES = 16
"""So many sizes of the input are tried."""


@frozen
class Unit:
    """The unit at the place (at, at, …) of a node's value, and how many from it on differ in what they see."""

    node: int
    at: int
    period: int


def chosen(analysis: Analysis) -> tuple[int, ...]:
    """The nodes to measure: those where a stage ends, which is where the distance of neighbouring fields changes."""
    graph = analysis.graph
    clear = _followed(graph)
    ends: list[int] = []
    for number in sorted(running(graph, training=False) & clear):
        if not _measurable(analysis, number):
            continue
        if ends and _jumps(analysis, ends[-1]) == _jumps(analysis, number):
            ends.pop()
        ends.append(number)
    return tuple(ends[-MOST_VALUES:])


def units(analysis: Analysis, numbers: tuple[int, ...]) -> tuple[Unit, ...] | None:
    """For each node a unit whose field, and those of its whole period, lie inside; None if an input is too small."""
    found = tuple(_unit(analysis, number) for number in numbers)
    return found if all(_inside(analysis, unit) for unit in found) else None


def inputs_to_try(analysis: Analysis, numbers: tuple[int, ...]) -> Iterator[Mapping[str, Shape]]:
    """Growing sizes for the network's inputs but boxes, from where the fields of these nodes may lie inside."""
    graph = analysis.graph
    least = max(_wanted(analysis, _unit(analysis, number)) for number in numbers)
    given = {name: graph.nodes[number].shape for name, number in graph.inputs.items()}
    fixed = boxes(graph)
    images = {name for name, number in graph.inputs.items() if number not in fixed}
    smallest = min(size for name in images for size in given[name].sizes if isinstance(size, int))
    first = -(-(least - smallest) // STEP)
    for more in range(first, first + TRIES):
        yield {name: _grown(shape, more * STEP) if name in images else shape for name, shape in given.items()}


def _grown(shape: Shape, by: int) -> Shape:
    return replace(shape, sizes=tuple(size + by if isinstance(size, int) else size for size in shape.sizes))


def _unit(analysis: Analysis, number: int) -> Unit:
    """The first unit, not the very first of all, whose field and those around it don't begin in the padding."""
    period, at = _period(analysis, number), 1
    for start, jump, _ in _axes(analysis, number):
        margin = (period > 1) * period * jump  # other units of a period may begin before the first
        at = max(at, -int((start - margin) // jump))
    return Unit(number, -(-at // period) * period, period)


def _wanted(analysis: Analysis, unit: Unit) -> int:
    """How many pixels the input must have along each axis."""
    more = 2 * unit.period - 1 if unit.period > 1 else 0
    return max(int(start + (unit.at + more) * jump) + size for start, jump, size in _axes(analysis, unit.node))


def _inside(analysis: Analysis, unit: Unit) -> bool:
    graph = analysis.graph
    shapes = [graph.nodes[graph.inputs[name]].shape for name in analysis.layers[unit.node].fields]
    pixels = min(size for shape in shapes for size in shape.sizes if isinstance(size, int))
    places = [size for size in graph.nodes[unit.node].shape.sizes if isinstance(size, int)]
    return _wanted(analysis, unit) <= pixels and unit.at + unit.period <= min(places)


def _axes(analysis: Analysis, number: int) -> list[tuple[int, int | Fraction, int]]:
    """Start, jump and size along each axis of each input that a measurable node sees."""
    found: list[tuple[int, int | Fraction, int]] = []
    for field in analysis.layers[number].fields.values():
        for start, jump, size in zip(field.start, field.jump, field.size, strict=True):
            assert start is not None and jump is not None and isinstance(size, int)
            found.append((start, jump, size))
    return found


def _period(analysis: Analysis, number: int) -> int:
    """After how many units the fields repeat: after upsampling, as many as cover the largest jump before it."""
    earlier = [each for each in ancestors(analysis.graph, (number,)) if _jumps(analysis, each)]
    largest = [jump for each in earlier for jumps in _jumps(analysis, each) for jump in jumps if jump is not None]
    ratios = (Fraction(most) / jump for most in set(largest) for _, jump, _ in _axes(analysis, number))
    return lcm(*(ratio.numerator for ratio in ratios if ratio > 1))


def _jumps(analysis: Analysis, number: int) -> tuple[tuple[int | Fraction | None, ...], ...]:
    return tuple(field.jump for field in analysis.layers[number].fields.values())


def _measurable(analysis: Analysis, number: int) -> bool:
    """Whether a node is a map that sees a known part of its inputs, within bounds."""
    fields = analysis.layers[number].fields
    is_map = analysis.graph.nodes[number].shape.is_map and analysis.graph.nodes[number].shape.rows is None
    return is_map and bool(fields) and all(_is_known(field) for field in fields.values())


def _is_known(field: Field) -> bool:
    if field.whole or None in field.start or None in field.jump:
        return False
    largest = LARGEST_CLIP if len(field.size) == 3 else LARGEST_FIELD
    return all(isinstance(size, int) and size <= largest for size in field.size)


def _followed(graph: Graph) -> frozenset[int]:
    """The nodes that are computed through stand-ins only."""
    calls = calls_of(graph)
    clear: set[int] = set()
    for node in graph.nodes:
        if clear.issuperset(node.inputs) and all(map(followed, calls[node.number])):
            clear.add(node.number)
    return frozenset(clear)
