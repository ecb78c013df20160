"""The Python source of a network: a file that stands alone and needs torch only, or the same classes for `build`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    used = sorted(_ours(made.root))
    local = replace(made, root=_copied(made.root))
    written = classes(local, TAKEN | frozenset(used))
    body = [*map(copy_of, used), *(list(each.lines) for each in written), main(made, written[-1].name)]
    closing = ['if __name__ == "__main__":', "    main()"]
    return _file(header(graph), ["torch", *_functional(made.root)], [], [*body, closing])


def classes_of(made: Plan) -> tuple[str, str]:
    """The same classes for `netspec.lowering.build`, with our modules imported, and the name of the network's."""
    written = classes(made, TAKEN | frozenset(homes()))
    ours = ["from netspec.lowering import modules as ours"] if any(_ours(made.root)) else []
    body = [list(each.lines) for each in written]
    text = _file([], ["torch", *_functional(made.root)], ours, body)
    return text, written[-1].name


def _file(above: Sequence[str], imports: Sequence[str], ours: Sequence[str], parts: Sequence[Sequence[str]]) -> str:
    lines = [*above, "from __future__ import annotations", ""]
    lines += [f"import {each}" for each in imports]
    lines += ["from torch import Tensor, nn", *(["", *ours] if ours else [])]
    for part in parts:
        lines += ["", "", *part]
    return "\n".join(lines) + "\n"


def _calls(section: Section) -> Iterator[Call]:
    """All calls of a section and of those in it."""
    for step in section.steps:
        yield from (apply.call for apply in step.applies if apply.call is not None)
    for member in section.members.values():
        if isinstance(member, Section):
            yield from _calls(member)
        else:
            yield member


def _ours(section: Section) -> set[str]:
    """The modules of ours that it uses."""
    return {call.target.removeprefix("ours.") for call in _calls(section) if call.target.startswith("ours.")}


def _functional(section: Section) -> list[str]:
    used = any(call.target.startswith("F.") for call in _calls(section))
    return ["torch.nn.functional as F"] if used else []


def _copied(section: Section) -> Section:
    """The section with our modules called by their own names, as in a file that holds copies of them."""
    members = {
        name: _copied(member)
        if isinstance(member, Section)
        else Call(member.target.removeprefix("ours."), member.arguments)
        for name, member in section.members.items()
    }
    return replace(section, members=members)
