"""The body of a module's `forward`: straight-line Python, a line a layer, with the shape that comes out.

A value is called `x`, or `y`, `z`, … while others are still needed; a layer writes over its input's variable if that is
its last use. A value that is needed in several places keeps the name that the spec's author gave it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from re import ASCII, fullmatch
from typing import Any

from netspec.layers.base import OF_TWO, Call
from netspec.lowering.layout import Called, Raw, layout
from netspec.lowering.names import WORDS, attribute, unlike
from netspec.lowering.plan import Apply, Section, Step
from netspec.lowering.roles import ALWAYS, EVALUATION, TRAINING
from netspec.records import frozen

LETTERS = ("x", "y", "z", "u", "v", "w", "a", "b", "c", "d", "e")
"""Variables of values without a name of their own; then `x1`, `x2`, …"""

POSITIONAL = frozenset({"pad", "start_dim", "shape", "dims"})
"""Arguments of functions that nobody writes by name."""

OPERATORS = {"operator.add": " + ", "operator.sub": " - ", "operator.mul": " * "}
SCALARS = {"torch.mul": " * ", "torch.div": " / "}

SHORTEST_LOOP = 3
"""So many equal steps are written as a loop."""


@frozen
class Assigned:
    """A step with its variables: what it reads and what it writes (None: nobody uses it)."""

    step: Step
    sources: tuple[str, ...]
    targets: tuple[str | None, ...]


def variables(
    section: Section, arguments: Sequence[str], results: Collection[int], titles: Mapping[int, str] | None = None
) -> tuple[list[Assigned], Mapping[int, str]]:
    """The variables of all steps, and of the results in the end.

    `arguments` are those of the section's inputs; `titles` names of results that their variables shall have.
    """
    uses, last = _uses(section, results)
    held = {value: name for value, name in zip(section.inputs, arguments, strict=True) if value in last}
    named = _names(section, uses, arguments, titles or {})
    own = set(named.values())
    pool = [letter for letter in LETTERS if letter not in own]

    assigned: list[Assigned] = []
    for place, step in enumerate(section.steps):
        sources = tuple([held[value] for value in step.inputs])
        for value in step.inputs:
            if last[value] == place:
                held.pop(value, None)
        targets: list[str | None] = []
        for value in step.outputs:
            if value not in last:
                targets.append(None)
                continue
            again = sources if len(sources) == 1 and _is_free(sources[0], pool, own) else ()
            held[value] = named.get(value) or _free((*again, *pool), held.values())
            targets.append(held[value])
        assigned.append(Assigned(step, sources, tuple(targets)))
    return assigned, held


def _is_free(name: str, pool: Collection[str], named: Collection[str]) -> bool:
    """Whether a variable is one without a meaning, which any value may have."""
    return name in pool or (name not in named and fullmatch(r"x\d+", name) is not None)


def _uses(section: Section, results: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """How often each value is used, and the place of its last use; results are used in the end."""
    uses: dict[int, int] = dict.fromkeys(results, 1)
    last: dict[int, int] = {}
    for place, step in enumerate(section.steps):
        for value in set(step.inputs):
            uses[value] = uses.get(value, 0) + 1
            last[value] = place
    return uses, {**last, **dict.fromkeys(results, len(section.steps))}


def _free(names: Sequence[str], taken: Collection[str]) -> str:
    """The first of these, or then of `x1`, `x2`, …, that is not taken."""
    for name in names:
        if name not in taken:
            return name
    return next(name for name in (f"x{number}" for number in count(1)) if name not in taken)


def _names(
    section: Section, uses: Mapping[int, int], arguments: Sequence[str], titles: Mapping[int, str]
) -> dict[int, str]:
    """The variables of values with a title, or with a name of their author's and several places that use them."""
    names: dict[int, str] = {}
    taken = {*arguments, "x", *WORDS}
    for step in section.steps:
        for value in step.outputs:
            name = step.name if len(step.outputs) == 1 and uses.get(value, 0) > 1 else ""
            if titles.get(value, name):
                names[value] = unlike(attribute(titles.get(value, name)), {*taken, *names.values()})
    return names


def statements(assigned: Sequence[Assigned], returned: str | None) -> list[str]:
    """The lines of these steps; the last step's value is returned at once where it is what `returned` names."""
    lines: list[str] = []
    before = ALWAYS
    at = 0
    while at < len(assigned):
        each = assigned[at]
        length = _loop(assigned, at)
        if length >= SHORTEST_LOOP:
            lines += _repeated(assigned[at : at + length])
            at, before = at + length, ALWAYS
            continue
        at += 1
        if each.step.when == TRAINING and before != TRAINING:
            lines.append("        if self.training:")
        before = each.step.when
        lines += _statement(each, at == len(assigned) and each.targets == (returned,))
    if returned is not None and not _returns(lines):
        lines.append(f"        return {returned}")
    return lines


def _returns(lines: Sequence[str]) -> bool:
    return any(line.startswith("        return ") for line in lines)


def _statement(each: Assigned, ends: bool) -> list[str]:
    """The lines of one step: an assignment for each of its calls."""
    step, target = each.step, ", ".join(name or "_" for name in each.targets)
    remark = ", ".join(map(str, step.shapes))
    if step.when == EVALUATION and each.sources != each.targets:
        (apply,) = step.applies
        value = expression(apply, each.sources)
        return layout(value, 8, f"{target} = {each.sources[0]} if self.training else ", comment=remark)
    lines = ["        if not self.training:"] if step.when == EVALUATION else []
    indent = 8 if step.when == ALWAYS else 12
    before = "" if not any(each.targets) else f"{target} = "
    sources = each.sources
    for number, apply in enumerate(step.applies):
        final = number == len(step.applies) - 1
        start = "return " if ends and final and step.when == ALWAYS else before
        value = expression(apply, sources)
        if not before and not final:  # nobody uses the value, yet its calls feed each other
            start, target = "_ = ", "_"
        lines += layout(value, indent, start, comment=remark if final else "")
        sources = (target,)
    return lines


def _loop(assigned: Sequence[Assigned], at: int) -> int:
    """How many steps from here on are copies of what the spec repeats, each on what came out of the one before."""
    first = assigned[at]
    stem, start = _numbered(first)
    length = 0
    while stem and at + length < len(assigned):
        each = assigned[at + length]
        alike = each.step.applies[0].title == first.step.applies[0].title
        if not alike or _numbered(each) != (stem, start + length) or not each.sources == first.sources == each.targets:
            break
        length += 1
    return length


def _numbered(each: Assigned) -> tuple[str, int]:
    """The name of the section that a step calls, parted from its number; empty if it calls none, or no such."""
    apply = each.step.applies[0]
    if apply.call is not None or len(apply.member) != 1 or each.step.when != ALWAYS:
        return "", 0
    return numbered(apply.member[0])


def numbered(name: str) -> tuple[str, int]:
    """`unit12` as `("unit", 12)`; ("", 0) for a name without a number behind it."""
    match = fullmatch(r"(.*[^\d])([1-9]\d*)", name, ASCII)
    return (match[1], int(match[2])) if match else ("", 0)


def _repeated(steps: Sequence[Assigned]) -> list[str]:
    stem, start = _numbered(steps[0])
    name = steps[0].sources[0]
    first, last = (", ".join(map(str, each.step.shapes)) for each in (steps[0], steps[-1]))
    remark = first if first == last else f"{first}, …, {last}"
    value = Called(f'getattr(self, f"{stem}{{number}}")', (Raw(name),))
    return [
        f"        for number in range({start}, {start + len(steps)}):",
        *layout(value, 12, f"{name} = ", comment=remark),
    ]


def expression(apply: Apply, sources: Sequence[str]) -> Any:
    """A call applied to variables."""
    values = tuple(map(Raw, sources))
    if apply.member:
        return Called(".".join(("self", *apply.member)), values)
    assert apply.call is not None
    return _function(apply.call, values)


def _function(call: Call, values: tuple[Raw, ...]) -> Any:
    target, arguments = call.target, call.arguments
    if target in OPERATORS:
        return Raw(OPERATORS[target].join(value.text for value in values))
    if target in OF_TWO:
        merged: Any = values[0]
        for value in values[1:]:
            merged = Called(target, (merged, value), arguments)
        return merged
    if target in SCALARS and list(arguments) == ["other"]:
        return Raw(f"{values[0].text}{SCALARS[target]}{arguments['other']!r}")
    first: tuple[Any, ...] = (values,) if target == "torch.cat" else values
    positional = tuple(value for name, value in arguments.items() if name in POSITIONAL)
    named = {name: value for name, value in arguments.items() if name not in POSITIONAL}
    return Called(target, (*first, *positional), named)
