"""The Python source of a network: a file that stands alone and needs torch only, or the same classes for `build`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netspec.graph import Graph
from netspec.layers.base import Call
from netspec.lowering.classes import classes
from netspec.lowering.copies import copy_of, homes
from netspec.lowering.header import header, main
from netspec.lowering.plan import Plan, Section, plan
from netspec.records import replace

TAKEN = frozenset({"Tensor", "F"})
"""Names of every file that are no classes of it."""


def source(graph: Graph) -> str:
    """A Python file that defines the network, and prints the shapes that come out when it is run.

    Raises:
        SpecError: E127 where the module of a layer depends on a size that is not known.
    """
    made = plan(graph)
    targets = _targets(made.root)
    used = sorted(_ours(targets))
    local = replace(made, root=_copied(made.root))
    written = classes(local, TAKEN | frozenset(used))
    body = [*map(copy_of, used), *(list(each.lines) for each in written), main(made, written[-1].name)]
    closing = ['if __name__ == "__main__":', "    main()"]
    return _file(header(graph), ["torch", *_functional(targets)], [], [*body, closing])


def classes_of(made: Plan) -> tuple[str, str]:
    """The same classes for `netspec.lowering.build`, with our modules imported, and the name of the network's."""
    written = classes(made, TAKEN | frozenset(homes()))
    targets = _targets(made.root)
    ours = ["from netspec.lowering import modules as ours"] if _ours(targets) else []
    body = [list(each.lines) for each in written]
    text = _file([], ["torch", *_functional(targets)], ours, body)
    return text, written[-1].name


def _file(above: Sequence[str], imports: Sequence[str], ours: Sequence[str], parts: Sequence[Sequence[str]]) -> str:
    lines = [*above, "from __future__ import annotations", ""]
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
