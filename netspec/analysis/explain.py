"""The hand calculation of a layer's figures, as on a blackboard: sizes, parameters, MACs and the receptive field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from netspec.analysis.facts import Analysis, Field, LayerFacts
from netspec.graph import Node
from netspec.layers.base import Step
from netspec.layers.steps import AXIS_NAMES
from netspec.layers.windows import Axes, Axis, Everything, Window


def explain(analysis: Analysis, node: Node | str) -> tuple[Step, ...]:
    """The calculations of one node, given itself or by name: the layer's own, then the receptive field's.

    Raises:
        KeyError: there is no node of this name.
    """
    place = analysis.graph[node] if isinstance(node, str) else node
    facts = analysis.layers[place.number]
    before = [analysis.layers[number].fields for number in place.inputs]
    own = place.layer.explain(facts.inputs, place.shape)
    return (*own, *(step for name in facts.fields for step in _field_steps(facts, before, name)))


def lines(steps: Iterable[Step]) -> tuple[str, ...]:
    """Each step in a line: `rf: 1 + (11 − 1)·1 = 11`."""
    return tuple(
        f"{step.what}: {step.result}" if step.worked == step.result else f"{step.what}: {step.worked} = {step.result}"
        for step in steps
    )


def _field_steps(facts: LayerFacts, before: list[Mapping[str, Field]], name: str) -> tuple[Step, ...]:
    """How the field on one input of the network comes from the fields of what flows in."""
    node, field = facts.node, facts.fields[name]
    suffix = "" if len(facts.fields) == 1 else f" on {name}"
    if len(node.inputs) > 1:
        return _alike(field, suffix, [_union_steps([seen[name] for seen in before if name in seen], field, axis)
                                      for axis in range(len(field.size))])  # fmt: skip
    if not node.inputs or before[0][name].whole:
        return ()
    (reach,) = node.layer.window(facts.inputs, node.shape)
    if isinstance(reach, Everything):
        everything = "x".join(map(str, field.size))
        return (Step(f"rf{suffix}", "the whole input", "the whole input", everything),)
    if not isinstance(reach, Axes) or reach.order is not None:
        return ()
    return _alike(field, suffix, [_window_steps(rule, before[0][name], field, axis)
                                  for axis, rule in enumerate(reach.axes)])  # fmt: skip


def _alike(field: Field, suffix: str, axes: list[tuple[Step, ...]]) -> tuple[Step, ...]:
    """The steps of all axes, named after them; axes with the same calculation share one."""
    if all(one == other for one, other in pairwise(axes)):
        return tuple(_renamed(step, suffix) for step in axes[0])
    names = AXIS_NAMES[len(field.size)]
    return tuple(_renamed(step, f" {name}{suffix}") for name, steps in zip(names, axes, strict=True) for step in steps)


def _renamed(step: Step, suffix: str) -> Step:
    return Step(step.what + suffix, step.formula, step.worked, step.result)


def _window_steps(rule: Axis, before: Field, after: Field, axis: int) -> tuple[Step, ...]:
    """`rf + (k − 1)·d·jump` and `jump·s`, where they hold; after upsampling, the widest unit has no such formula."""
    size, jump = before.size[axis], before.jump[axis]
    if not isinstance(rule, Window):
        return (Step("rf", "the widest unit's", "the widest unit's", str(after.size[axis])),)
    dilated, dilation = ("·d", f"·{rule.dilation}") if rule.dilation > 1 else ("", "")
    grown = Step(
        "rf", f"rf + (k − 1){dilated}·jump", f"{size} + ({rule.kernel} − 1){dilation}·{jump}", str(after.size[axis])
    )
    holds = isinstance(size, int) and jump is not None
    if not holds or size + (rule.kernel - 1) * rule.dilation * jump != after.size[axis]:  # type: ignore[operator]
        grown = Step("rf", "the widest unit's", "the widest unit's", str(after.size[axis]))
    return (grown, Step("jump", "jump·s", f"{jump}·{rule.stride}", str(after.jump[axis])))


def _union_steps(branches: list[Field], field: Field, axis: int) -> tuple[Step, ...]:
    """`[0, 0] ∪ [−1, 1] = [−1, 1], 3 pixels`, from the fields of the first unit."""
    result = str(field.size[axis])
    if field.whole:
        return (Step("rf", "a branch sees everything", "a branch sees everything", result),)
    intervals = [_interval(branch, axis) for branch in branches]
    union = _interval(field, axis)
    if union is None or None in intervals:
        return (Step("rf", "the union of the branches", "the union of the branches", result),)
    worked = " ∪ ".join(dict.fromkeys(interval for interval in intervals if interval))
    meeting = f"{union}, {result} pixels" + ("" if field.aligned[axis] else ", not aligned")
    return (Step("rf", "the union of the branches", worked, meeting),)


def _interval(field: Field, axis: int) -> str | None:
    """What the first unit sees, where all units see as much."""
    start, size = field.start[axis], field.size[axis]
    if start is None or not isinstance(size, int):
        return None
    return f"[{_signed(start)}, {_signed(start + size - 1)}]"


def _signed(number: int) -> str:
    return str(number).replace("-", "−")
