"""Which pixels a value sees, measured: where the gradient of one unit with respect to the input is not 0.

The module runs with linear stand-ins for its layers (`linear`), in double precision, on a real input just large enough
for the unit and its field to lie inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import torch
from torch import nn

from netspec.graph import Graph
from netspec.lowering.verification.following import Follower
from netspec.lowering.verification.linear import stand_in
from netspec.lowering.verification.measures import examples
from netspec.lowering.verification.steps import Step, steps, torch_shape
from netspec.lowering.verification.units import Unit
from netspec.records import frozen


@frozen
class Footprint:
    """Per axis of an input: the first pixel that the unit sees, and the most pixels that one of its period does."""

    start: tuple[int, ...]
    size: tuple[int, ...]


class _Enough(Exception):
    """All values that are wanted have come."""


def footprints(graph: Graph, module: nn.Module, units: Sequence[Unit]) -> Mapping[int, Mapping[str, Footprint]]:
    """For each unit, by the number of its node, its footprint in each input of the network that it sees, by name.

    `module` is the graph's; on the meta device, which costs no memory, since its weights are never used.

    Raises:
        Strayed: if the module computes other steps than the graph's.
    """
    values = [value.requires_grad_() for value in examples(graph, 1, dtype=torch.double)]
    wanted = {unit.node for unit in units}
    found: dict[int, torch.Tensor] = {}

    def see(step: Step, value: torch.Tensor) -> None:
        if step.ends and step.node in wanted:
            found[step.node] = value
            if len(found) == len(wanted):
                raise _Enough

    def swap(step: Step, called: Callable[..., Any]) -> Callable[..., Any]:
        return stand_in(step.call, called, torch_shape(graph, step.node, 1))

    with suppress(_Enough):
        Follower(steps(graph, training=False), see, swap).run(module.eval(), values)
    names = dict(zip(graph.inputs, values, strict=True))
    return {unit.node: _of_period(found[unit.node], unit, names) for unit in units}


def _of_period(value: torch.Tensor, unit: Unit, inputs: Mapping[str, torch.Tensor]) -> Mapping[str, Footprint]:
    """A gradient for each unit of the period, along the diagonal: each shows all axes."""
    seen: dict[str, list[list[tuple[int, int]]]] = {}
    for at in range(unit.at, unit.at + unit.period):
        gradients = torch.autograd.grad(_unit(value, at), tuple(inputs.values()), retain_graph=True, allow_unused=True)
        for name, gradient in zip(inputs, gradients, strict=True):
            if gradient is not None and gradient.any():
                seen.setdefault(name, []).append(_extents(gradient))
    return {name: _footprint(extents) for name, extents in seen.items()}


def _unit(value: torch.Tensor, at: int) -> torch.Tensor:
    """The sum over the channels of the unit at (at, at, …), of the one image."""
    for axis in range(value.dim() - 1, 1, -1):
        value = value.select(axis, at)
    return value.sum()


def _footprint(extents: Sequence[Sequence[tuple[int, int]]]) -> Footprint:
    sizes = (max(last - first + 1 for first, last in axis) for axis in zip(*extents, strict=True))
    return Footprint(tuple(first for first, _ in extents[0]), tuple(sizes))


def _extents(gradient: torch.Tensor) -> list[tuple[int, int]]:
    """First and last pixel that is not 0, along each axis."""
    places = gradient.nonzero()[:, 2:]
    return [(int(axis.min()), int(axis.max())) for axis in places.unbind(dim=1)]
