"""The classes of a module's source: one for each structure of block, with the numbers that differ as its arguments."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from netspec.layers.base import Call
from netspec.lowering.constructor import Constructor, Made, constructor, initialiser, of_torch
from netspec.lowering.forward import LETTERS, statements, variables
from netspec.lowering.layout import Called, Raw, docstring, folded, layout
from netspec.lowering.names import class_name, unlike
from netspec.lowering.plan import Path, Plan, Section
from netspec.records import MISSING, frozen

LONGEST_TITLE = 60


@frozen
class Written:
    """A class: its name and its lines."""

    name: str
    lines: tuple[str, ...]


@frozen
class Use:
    """What makes one section: its class and the arguments of it that this section passes."""

    name: str
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any]


def classes(plan: Plan, taken: frozenset[str]) -> tuple[Written, ...]:
    """The classes of all sections, each behind those it uses; the network's own is the last.

    `taken` are names that no class may have.
    """
    written: list[Written] = []
    uses: dict[Path, Use] = {}
    root = unlike(class_name(plan.root.word) if plan.root.word else "Network", taken)
    names = {*taken, root}
    for alike in _levels(plan.root):
        made_of = {section.path: members(section, uses) for section in alike}
        for group in _groups(alike, made_of):
            name = _numbered(class_name(group[0].word), names)
            names.add(name)
            made, passed = constructor([made_of[section.path] for section in group])
            written.append(Written(name, tuple(_class(name, group, made))))
            defaults = {each.name: each.default for each in made.parameters if each.default is not MISSING}
            uses.update((each.path, Use(name, args, defaults)) for each, args in zip(group, passed, strict=True))
    made, _ = constructor([members(plan.root, uses)])
    written.append(Written(root, tuple(_network(root, plan, made))))
    return tuple(written)


def _levels(root: Section) -> list[list[Section]]:
    """All sections below the root: first those that contain no others, then those that contain only them, and so on."""
    levels: list[list[Section]] = []

    def height(section: Section) -> int:
        above = max((height(each) + 1 for each in _inside(section)), default=0)
        if section is not root:
            levels.extend([] for _ in range(above + 1 - len(levels)))
            levels[above].append(section)
        return above

    height(root)
    return levels


def _inside(section: Section) -> Iterator[Section]:
    for member in section.members.values():
        if isinstance(member, Section):
            yield member


def _groups(sections: Sequence[Section], made_of: Mapping[Path, Sequence[Made]]) -> list[list[Section]]:
    """Sections that one class can make: same block, same members but for their numbers, same steps."""
    groups: dict[Hashable, list[Section]] = {}
    for section in sections:
        shape = tuple([(each.attribute, each.maker, tuple(each.arguments)) for each in made_of[section.path]])
        groups.setdefault((section.word, shape, _flow(section)), []).append(section)
    return list(groups.values())


def _flow(section: Section) -> Hashable:
    """What a section does with its values, whatever their numbers: where this is alike, so is the body of `forward`.

    The shapes that come out are left out, and so are a module's numbers, which are its constructor's.
    """
    places = {value: place for place, value in enumerate(section.inputs)}
    uses = dict.fromkeys(section.outputs, 1)
    for step in section.steps:
        for value in {*step.inputs}:
            uses[value] = uses.get(value, 0) + 1
    does: list[Hashable] = []
    for step in section.steps:
        calls = tuple([apply.member or str(apply.call) for apply in step.applies])
        sources = tuple([places[value] for value in step.inputs])
        used = tuple([uses.get(value, 0) for value in step.outputs])
        does.append((calls, sources, used, step.name if max(used) > 1 else "", step.when))
        for value in step.outputs:
            places[value] = len(places)
    return tuple(does), tuple([places[value] for value in section.outputs])


def members(section: Section, uses: Mapping[Path, Use]) -> list[Made]:
    """What makes each member of a section."""
    made: list[Made] = []
    for attribute, member in section.members.items():
        if isinstance(member, Call):
            made.append(of_torch(attribute, member))
        else:
            use = uses[member.path]
            made.append(Made(attribute, use.name, use.arguments, use.defaults))
    return made


def _arguments(section: Section) -> tuple[str, ...]:
    more = (f"x{number}" for number in range(1, len(section.inputs)))
    return tuple(LETTERS[: len(section.inputs)]) if len(section.inputs) <= len(LETTERS) else ("x", *more)


def _numbered(name: str, taken: set[str]) -> str:
    """The name, or with a 2, 3, … behind it the first that isn't taken."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    return found


def _class(name: str, group: Sequence[Section], made: Constructor) -> list[str]:
    """The lines of a class of sections."""
    first = group[0]
    lines = [f"class {name}(nn.Module):", f'    """{docstring(_about(group))}"""', ""]
    lines += initialiser(made)
    if first.steps:
        steps, held = variables(first, _arguments(first), first.outputs)
        lines += [""] if made.members else []
        kind = "Tensor" if len(first.outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(first.outputs))}]"
        lines += _definition(_arguments(first), kind)
        lines += statements(steps, ", ".join(held[value] for value in first.outputs))
    return lines


def _about(group: Sequence[Section]) -> str:
    first = group[0]
    title = " ".join(first.title.split())
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"
    place = ".".join(first.path)
    if len(place) > LONGEST_TITLE // 2:
        place = first.path[-1]
    if not first.steps:
        return f"Weights of `{place}`, which the module around it uses."
    if len(group) == 1:
        return f"`{title}`."
    return f"`{title}` and {len(group) - 1} more; the sizes are those of `{place}`."


def _definition(arguments: Sequence[str], kind: str) -> list[str]:
    named = ("self", *(f"{name}: Tensor" for name in arguments))
    return layout(Called("forward", tuple(map(Raw, named))), 4, "def ", f" -> {kind}:")


def _network(name: str, plan: Plan, made: Constructor) -> list[str]:
    """The lines of the network's own class."""
    section = plan.root
    titles = {number: name for name, number in plan.outputs.items() if name != "main"}
    steps, held = variables(section, tuple(plan.arguments), section.outputs, titles)
    shapes = [plan.graph.nodes[number].shape for number in plan.arguments.values()]
    results = {each: held[value] for each, value in plan.outputs.items()}
    kept = {each: variable for each, variable in results.items() if each not in plan.auxiliary}
    ends = [plan.graph.nodes[plan.graph.outputs[each]].shape for each in results]
    flow = " -> ".join(", ".join(map(str, each)) for each in (shapes, ends))
    lines = [f"class {name}(nn.Module):", *folded(f'The network: {flow}."""', 4, '"""'), "", *initialiser(made)]
    kinds = [kind for kind, there in (("Tensor", len(kept) == 1), ("dict[str, Tensor]", len(results) > 1)) if there]
    lines += [""] if made.members else []
    lines += _definition(tuple(plan.arguments), " | ".join(kinds))
    single = next(iter(kept.values())) if len(kept) == len(results) == 1 else None
    lines += statements(steps, single)
    if single is not None:
        return lines
    if len(kept) < len(results):
        lines.append("        if self.training:")
        lines += layout(_named(results), 12, "return ")
    last: Any = Raw(next(iter(kept.values()))) if len(kept) == 1 else _named(kept)
    return lines + layout(last, 8, "return ")


def _named(results: Mapping[str, str]) -> dict[str, Raw]:
    return {name: Raw(variable) for name, variable in results.items()}
