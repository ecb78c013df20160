"""What weights are at first, as the recipe's `init` says.

Every tensor has random numbers of its own, drawn on the CPU from the seed and its name: the same on every device, and
whatever other layers there are. Torch's own generator is left as it is.

- `default`: what torch's modules do (`reset_parameters`). The other ways change kernels and matrices, the weights that
  a layer multiplies its input by, and their biases; norms begin with 1 and 0, and all else as torch's modules do.
- `kaiming`: convolutions normal with deviation √(2 / fan out), so that gradients keep their variance through ReLUs, as
  in the published ResNets; dense layers and attention with √(2 / fan in) (He et al. 2015, sections 2.2 and 2.3).
- `xavier`: uniform up to √(6 / (fan in + fan out)) (Glorot and Bengio 2010, equation 16).
- `normal(std, bias, at)` and `uniform(limit)`: the same for all layers; `at` names those whose biases are not 0.
- `paper`: the `init` of the shipped network of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from hashlib import sha256
from math import sqrt
from typing import TYPE_CHECKING, Any

from netspec.diagnostics import Diagnostic, Help, SpecError
from netspec.graph import Graph, Node
from netspec.layers.base import Layer, no_count
from netspec.lowering.chosen import chosen
from netspec.lowering.fans import fans
from netspec.lowering.plan import plan
from netspec.records import frozen
from netspec.shape import Dim

if TYPE_CHECKING:
    from torch import Tensor, nn


@frozen
class Law:
    """How the numbers of a tensor are spread: normal with a deviation, or uniform up to a limit either way."""

    normal: bool
    size: float


def initialise(module: nn.Module, graph: Graph, init: Mapping[str, Any] | None = None, *, seed: int = 0) -> None:
    """Set all weights of a graph's module as `init`, a setting of the recipe, says; None is `default`.

    A module on the meta device has no numbers, and is left alone.

    Raises:
        SpecError: E402 for a layer that `at` names and that is not there, and where `paper` has no meaning.
    """
    import torch

    init = init or {"name": "default"}
    if init["name"] == "paper":
        init = _of_the_paper(graph)
    biased = chosen(graph, init["at"], "init") if init.get("at") else None
    _reset(module, seed)
    if init["name"] == "default":
        return
    with torch.no_grad():
        for node, name, tensor in _parameters(module, graph):
            if name.endswith("bias"):
                tensor.fill_(float(init.get("bias", 0)) if biased is None or node.number in biased else 0.0)
            elif not tensor.is_meta:
                spread = law(init, node.layer, tuple(tensor.shape), graph.inputs_of(node)[0].channels)
                tensor.copy_(_drawn(spread, tensor.shape, _seed(seed, f"{node.name}.{name}")))


def fresh_weights(graph: Graph, seed: int | None = None) -> dict[str, Tensor]:
    """The state_dict of a new module of a graph, as its recipe's `init` and, unless one is given, `seed` say.

    Raises:
        SpecError: as `initialise`, and E127 where the weights of a layer depend on a size that is not known.
        MissingPackage: if torch is not installed.
    """
    from netspec.lowering.build import build_graph

    module = build_graph(graph)
    initialise(module, graph, graph.train.get("init"), seed=graph.train.get("seed", 0) if seed is None else seed)
    drawn: dict[str, Tensor] = module.state_dict()
    return drawn


def law(init: Mapping[str, Any], layer: Layer, shape: tuple[int, ...], channels: Dim) -> Law:
    """What `init`, one of all but `default` and `paper`, makes of a layer's weight when so many channels flow in."""
    match init:
        case {"name": "normal", "std": std}:
            return Law(normal=True, size=float(std))
        case {"name": "uniform", "limit": limit}:
            return Law(normal=False, size=float(limit))
    fan_in, fan_out = fans(layer, shape, channels)
    if init["name"] == "xavier":
        return Law(normal=False, size=sqrt(6 / (fan_in + fan_out)))
    return Law(normal=True, size=sqrt(2 / (fan_out if layer.family == "convolution" else fan_in)))


def _of_the_paper(graph: Graph) -> Mapping[str, Any]:
    """The `init` that the shipped network of this graph's name has. Raises SpecError E402."""
    from netspec.compiler import compile_with
    from netspec.library import networks

    path = next((each.path for each in networks() if each.name == graph.name), None)
    init: Mapping[str, Any] | None = compile_with(path, {}).train.get("init") if path is not None else None
    if init is None or init["name"] == "paper":
        title = f"`init` can't be `paper`: no shipped network `{graph.name}` says what its paper does"
        help = Help('write it, as in `init = normal(std=0.01, bias=1, at=["conv2", "conv4..fc7"])` of `alexnet`')
        raise SpecError((Diagnostic("E402", title, helps=(help,)),))
    return init


def _parameters(module: nn.Module, graph: Graph) -> Iterator[tuple[Node, str, Tensor]]:
    """The kernels, matrices and biases, with the node and the name that each has in it."""
    paths = plan(graph).modules
    for node in graph.nodes:
        if type(node.layer).macs is no_count:
            continue
        for name, weight in graph.weights_of(node).items():
            if weight.trained and not name.endswith("table"):  # a window's positions are no kernel
                yield node, name, module.get_parameter(f"{paths[node.number]}.{name}")


def _reset(module: nn.Module, seed: int) -> None:
    """Give every submodule the weights that torch's `reset_parameters` gives it, children before their parents."""
    import torch

    for path, each in reversed(list(module.named_modules())):
        reset = getattr(each, "reset_parameters", None) or getattr(each, "_reset_parameters", None)
        tensors = [*each.parameters(), *each.buffers()]
        if reset is None or any(tensor.is_meta for tensor in tensors):
            continue
        with _drawing_from(_seed(seed, path)):
            if all(tensor.device.type == "cpu" and tensor.dtype in (torch.float32, torch.int64) for tensor in tensors):
                reset()
            else:  # another device or number type would draw other numbers
                copy = deepcopy(each).to("cpu", torch.float32)
                getattr(copy, reset.__name__)()
                each.load_state_dict(copy.state_dict())


@contextmanager
def _drawing_from(seed: int) -> Iterator[None]:
    """While this lasts, torch's own generator of the CPU starts from a seed; then it is what it was."""
    import torch

    before = torch.default_generator.get_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.default_generator.set_state(before)


def _seed(seed: int, name: str) -> int:
    return int.from_bytes(sha256(f"{seed}/{name}".encode()).digest()[:7], "little")


def _drawn(spread: Law, shape: tuple[int, ...], seed: int) -> Tensor:
    import torch

    numbers = torch.empty(shape, dtype=torch.float32, device="cpu")
    generator = torch.Generator("cpu").manual_seed(seed)
    if spread.normal:
        return numbers.normal_(0, spread.size, generator=generator)
    return numbers.uniform_(-spread.size, spread.size, generator=generator)
