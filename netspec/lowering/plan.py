"""What a torch module of a Graph consists of, as data: sections with members and steps. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from netspec.graph import Graph
from netspec.layers.base import Call
from netspec.lowering.roles import ALWAYS
from netspec.records import frozen
from netspec.shape import Shape

Path: TypeAlias = tuple[str, ...]
"""Attributes one after the other: `("stage1", "conv2")` is `self.stage1.conv2`."""


@frozen
class Apply:
    """One call: of the member at `member`, seen from the section that calls it, or of a function of torch.

    `call` is the function or the constructor of the module; None where the member is a section, and then `title` is
    what the spec wrote for it.
    """

    call: Call | None
    member: Path = ()
    title: str = ""


@frozen
class Step:
    """A layer or a section applied to values: calls one after the other, the first of them to all inputs.

    Values are numbers of nodes. `shapes` are those of the outputs, `name` what the spec's author called the
    value, `when` one of `roles`.
    """

    applies: tuple[Apply, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: tuple[Shape, ...]
    name: str = ""
    when: str = ALWAYS


@frozen
class Section:
    """One torch module of ours: the network itself, or what one scope of its spec became.

    `path` leads to it from the network; `word` is what its class is named after (`basic`) and `title` what the spec
    wrote (`basic(64, s=2)`). `members` are its submodules by attribute: torch's, as the call that makes one, and
    sections. `inputs` and `outputs` are the values that flow in and out. A section without steps only holds members,
    which the section around it calls itself (see `sections`).
    """

    path: Path
    word: str
    title: str
    members: Mapping[str, Call | Section]
    steps: tuple[Step, ...] = ()
    inputs: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()


@frozen
class Plan:
    """The module of a Graph.

    `arguments` are the names of what `forward` takes, in order, with the values' numbers; `outputs` the values by name
    and `auxiliary` those of them that are there in training only. `places` are those of the torch modules of nodes,
    None for a call that is a function.
    """

    graph: Graph
    root: Section
    arguments: Mapping[str, int]
    outputs: Mapping[str, int]
    auxiliary: frozenset[str]
    places: Mapping[int, tuple[Path | None, ...]]

    @property
    def modules(self) -> dict[int, str]:
        """For each node that has a torch module, of its own or of its owner, where that is: its last one's name."""
        return {number: ".".join(path) for number, paths in self.places.items() for path in paths if path is not None}


def plan(graph: Graph) -> Plan:
    """The plan of a network's module.

    Raises:
        SpecError: E127 where the weights of a layer depend on a size that is not known.
    """
    from netspec.lowering.sections import Planner

    return Planner(graph).run()
