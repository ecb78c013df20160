"""The Python source of a network: a file that stands alone and needs torch only, or the same classes for `build`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netspec.graph import Graph
from netspec.layers.base import Call
from netspec.lowering.classes import classes
from netspec.lowering.copies import copy_of, homes
from netspec.lowering.header import header, main
from netspec.lowering.plan import Plan, Section, plan
from netspec.records import frozen, replace

TAKEN = frozenset({"Tensor", "F"})
"""Names of every file that are no classes of it."""


@frozen
class Ending:
    """What a file has beside a network that is trained, in place of a `main` that prints shapes.

    `remark` goes to the docstring, `imports` above torch's, `constants` before the classes; `functions` gives what
    follows them, a `main` at its end, for the name of the network's class. `names` are those that no class may have.
    """

    remark: Sequence[str]
    imports: Sequence[str]
    constants: Sequence[Sequence[str]]
    functions: Callable[[str], Sequence[Sequence[str]]]
    names: frozenset[str]


def source(graph: Graph, ending: Ending | None = None) -> str:
    """A Python file that defines the network, and when it is run prints the shapes that come out, or does as it ends.

    Raises:
        SpecError: E127 where the module of a layer depends on a size that is not known.
    """
    made = plan(graph)
    targets = _targets(made.root)
    used = sorted(_ours(targets))
    local = replace(made, root=_copied(made.root))
    written = classes(local, TAKEN | frozenset(used) | (ending.names if ending is not None else frozenset()))
    name = written[-1].name
    body = [*map(copy_of, used), *(list(each.lines) for each in written)]
    closing = ['if __name__ == "__main__":', "    main()"]
    imports = ["torch", *_functional(targets)]
    if ending is None:
        return _file(header(graph), imports, [], [*body, main(made, name), closing])
    constants = [line for each in ending.constants for line in ("", *each)]
    parts = [*body, *ending.functions(name), closing]
    return _file(header(graph, ending.remark), imports, constants[1:], parts, ending.imports)


def classes_of(made: Plan) -> tuple[str, str]:
    """The same classes for `netspec.lowering.build`, with our modules imported, and the name of the network's."""
    written = classes(made, TAKEN | frozenset(homes()))
    targets = _targets(made.root)
    ours = ["from netspec.lowering import modules as ours"] if _ours(targets) else []
    body = [list(each.lines) for each in written]
    text = _file([], ["torch", *_functional(targets)], ours, body)
    return text, written[-1].name


def _file(
    above: Sequence[str],
    imports: Sequence[str],
    ours: Sequence[str],
    parts: Sequence[Sequence[str]],
    others: Sequence[str] = (),
) -> str:
    lines = [*above, "from __future__ import annotations", "", *others, *([""] if others else [])]
    lines += [f"import {each}" for each in imports]
    lines += ["from torch import Tensor, nn", *(["", *ours] if ours else [])]
    for part in parts:
        lines += ["", "", *part]
    return "\n".join(lines) + "\n"


def _targets(section: Section) -> set[str]:
    """What is called in a section and in those in it."""
    found = {apply.call.target for step in section.steps for apply in step.applies if apply.call is not None}
    for member in section.members.values():
        if isinstance(member, Section):
            found |= _targets(member)
        else:
            found.add(member.target)
    return found


def _ours(targets: Iterable[str]) -> list[str]:
    """The modules of ours among these."""
    return [target.removeprefix("ours.") for target in targets if target.startswith("ours.")]


def _functional(targets: Iterable[str]) -> list[str]:
    """The import of torch's functions where some are used."""
    return ["torch.nn.functional as F"] if any(target.startswith("F.") for target in targets) else []


def _copied(section: Section) -> Section:
    """The section with our modules called by their own names, as in a file that holds copies of them."""
    members = {
        name: _copied(member)
        if isinstance(member, Section)
        else Call(member.target.removeprefix("ours."), member.arguments)
        for name, member in section.members.items()
    }
    return replace(section, members=members)
