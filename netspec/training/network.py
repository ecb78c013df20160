"""The network as it is trained: with its first weights, frozen where the recipe says so, giving scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from netspec.graph import Graph
from netspec.lowering.build import build_plan
from netspec.lowering.initial import initialise
from netspec.lowering.plan import Plan, plan
from netspec.lowering.roles import EVALUATION, roles
from netspec.records import field, frozen
from netspec.training.parts import factors, freeze
from netspec.training.settings import Settings


@frozen
class Network:
    """A module that is trained, and how its outputs are read.

    `primary` is the output that says the class of an image. All outputs are scores: the larger, the likelier. A softmax
    that ends an output is left out, in tests too, for losses take scores; a distance to prototypes (`rbf`) is negated.
    `parallel` is what is called instead of the module where gradients are added up over several processes.
    `frozen` are the modules that are not trained, `factors` those of the learning rate by parameter, if not 1.
    """

    module: nn.Module
    primary: str
    distances: frozenset[str]
    frozen: tuple[str, ...]
    parallel: nn.Module | None = None
    factors: Mapping[str, float] = field(default_factory=dict)

    def scores(self, images: Tensor) -> dict[str, Tensor]:
        """Images (B, C, H, W) -> the scores of each output by name; auxiliary ones are there in training only."""
        called = self.parallel if self.parallel is not None and torch.is_grad_enabled() else self.module
        given: Any = called(images)
        outputs = given if isinstance(given, dict) else {self.primary: given}
        return {name: -each.flatten(1) if name in self.distances else each.flatten(1) for name, each in outputs.items()}

    def train(self) -> None:
        """To training mode; what is frozen computes as in tests: norms keep their statistics, and nothing drops out."""
        self.module.train()
        for name in self.frozen:
            self.module.get_submodule(name).eval()


def network(graph: Graph, settings: Settings) -> Network:
    """The network of a graph with its first weights, on the CPU.

    Raises:
        SpecError: if it can't be built, and for a layer that `freeze`, `rates` or `init` names and that is not there.
    """
    made = plan(graph)
    module = build_plan(made)
    initialise(module, graph, settings.init, seed=settings.seed)
    _leave_out_softmax(module, graph, made)
    still = freeze(module, graph, made.modules, settings.freeze)
    rates = factors(module, graph, made.modules, settings.rates)
    return Network(module, primary(graph), _distances(graph), still, factors=rates)


def primary(graph: Graph) -> str:
    """The output that says the class: `main`, or the first that is there in tests."""
    auxiliary = roles(graph).auxiliary
    return "main" if "main" in graph.outputs else next(name for name in graph.outputs if name not in auxiliary)


def _leave_out_softmax(module: nn.Module, graph: Graph, made: Plan) -> None:
    for node, when in zip(graph.nodes, roles(graph).when, strict=True):
        if when == EVALUATION and node.number in made.modules:
            module.set_submodule(made.modules[node.number], nn.Identity())


def _distances(graph: Graph) -> frozenset[str]:
    return frozenset(name for name, number in graph.outputs.items() if graph.nodes[number].layer.name == "rbf")
