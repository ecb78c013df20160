"""The torch calls of each node, checked: every number in them is known."""

from __future__ import annotations

from collections.abc import Iterator
from re import fullmatch
from typing import Any

from netspec.diagnostics import Diagnostic, Help, Label, SpecError
from netspec.graph import Graph, Node
from netspec.layers.base import Call
from netspec.shape import Polynomial, Symbol, Unknown


def calls_of(graph: Graph) -> tuple[tuple[Call, ...], ...]:
    """The torch calls of every node, in order.

    Raises:
        SpecError: E127 for all layers of which a number is not known.
    """
    made: list[tuple[Call, ...]] = []
    known: dict[tuple[int, ...], tuple[Call, ...]] = {}  # copies of a block have the very same layers and shapes
    findings: list[Diagnostic] = []
    for node in graph.nodes:
        inputs = graph.inputs_of(node)
        key = (id(node.layer), *map(id, inputs))
        calls = known.get(key)
        if calls is None:
            calls = known[key] = tuple(map(_plain, node.layer.torch(inputs, node.shape)))
            unknown = next((each for call in calls for each in _unknown(call.arguments)), None)
            if unknown is not None:
                findings.append(_not_known(node, unknown))
        made.append(calls)
    if findings:
        raise SpecError(tuple(findings))
    unlike = {node.owner for node in graph.nodes if node.shares and made[node.number] != made[node.owner]}
    if not unlike:
        return tuple(made)
    return tuple(
        [_padded_apart(calls) if node.owner in unlike else calls for node, calls in zip(graph.nodes, made, strict=True)]
    )


def is_module(call: Call) -> bool:
    """Whether a call makes a torch module, rather than apply a function."""
    return call.target.startswith(("nn.", "ours."))


def _padded_apart(calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """The calls with a convolution's padding as a step before it: one module then serves what is padded otherwise."""
    *before, last = calls
    match = fullmatch(r"nn\.Conv(\d)d", last.target)
    if match is None or "padding" not in last.arguments:
        return calls
    rest = dict(last.arguments)
    padding = rest.pop("padding")
    axes = padding if isinstance(padding, tuple) else (padding,) * int(match[1])
    pad = tuple(amount for axis in reversed(axes) for amount in (axis, axis))
    return (*before, Call("F.pad", {"pad": pad}), Call(last.target, rest))


def _plain(call: Call) -> Call:
    """`nn.Flatten()` as the function that people write in a forward."""
    return Call("torch.flatten", {"start_dim": 1}) if call.target == "nn.Flatten" and not call.arguments else call


def _unknown(value: Any) -> Iterator[Any]:
    if isinstance(value, (Symbol, Polynomial, Unknown)):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _unknown(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _unknown(each)


def _not_known(node: Node, size: Any) -> Diagnostic:
    reason = size.reason if isinstance(size, Unknown) else f"it is {size}"
    return Diagnostic(
        "E127",
        f"`{node.name}` can't be built: a size that its module needs is not known",
        (Label(node.origin.span, reason),),
        helps=(Help("give the size of what flows in: `--input 3x224x224`, or `inputs=` in Python"),),
    )
