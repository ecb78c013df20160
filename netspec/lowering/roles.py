"""When a layer runs: always, in training only (auxiliary heads), or in inference only (a softmax that ends an output).

1. An output beside `main` is auxiliary if the value of `main` does not lead to it, as GoogLeNet's heads branch off
   before; Fast R-CNN's class and box hang on it and are not. One with a loss of its own in the recipe isn't either.
2. What leads to auxiliary outputs only runs in training only, and so does what is computed of it for nobody.
3. A softmax whose value is an output and nothing else is the probability at inference; training takes the logits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netspec.graph import Graph, Node
from netspec.records import frozen

ALWAYS = ""
TRAINING = "training"
EVALUATION = "evaluation"

_PROBABILITIES = ("softmax", "logsoftmax")


@frozen
class Roles:
    """When each node runs, by number; the outputs that are there in training only; nodes that never run."""

    when: tuple[str, ...]
    auxiliary: frozenset[str]
    never: frozenset[int]


def roles(graph: Graph) -> Roles:
    """The roles of a network's nodes and outputs."""
    auxiliary = frozenset(name for name in graph.outputs if _is_auxiliary(graph, name))
    kept = ancestors(graph, (number for name, number in graph.outputs.items() if name not in auxiliary))
    helping = ancestors(graph, (graph.outputs[name] for name in auxiliary)) - kept
    consumed = {number for node in graph.nodes for number in node.inputs}
    ends = set(graph.outputs.values()) - consumed
    when: list[str] = []
    never: set[int] = set()
    for node in graph.nodes:
        final = node.number in ends and node.layer.name in _PROBABILITIES
        if final and node.number in helping:
            never.add(node.number)
        in_vain = node.number not in kept and any(when[number] == TRAINING for number in node.inputs)
        helps = in_vain or node.number in helping
        when.append(TRAINING if helps else EVALUATION if final else ALWAYS)
    return Roles(tuple(when), auxiliary, frozenset(never))


def _is_auxiliary(graph: Graph, name: str) -> bool:
    main = graph.outputs.get("main")
    if name == "main" or main is None:
        return False
    losses: Mapping[str, object] = graph.train.get("loss", {})
    if name in losses and losses[name] != losses.get("main"):
        return False
    return main not in ancestors(graph, (graph.outputs[name],))


def ancestors(graph: Graph, numbers: Iterable[int]) -> set[int]:
    """These nodes and all that lead to them."""
    found: set[int] = set()
    waiting = list(numbers)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            node: Node = graph.nodes[number]
            waiting += node.inputs
    return found
