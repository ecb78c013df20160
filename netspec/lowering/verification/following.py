"""Follow a module while it runs: each torch call of its forward is matched with a step of the graph.

Modules are seen by hooks and functions by torch's own override mechanism, so nothing is asked of the module but that it
computes its layers in the order of the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from netspec.lowering.verification.steps import Step

See: TypeAlias = Callable[[Step, torch.Tensor], None]
Swap: TypeAlias = Callable[[Step, Callable[..., Any]], Callable[..., Any]]

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class Strayed(Exception):
    """The module computes something else than the graph says: `node` is where, None after its end."""

    def __init__(self, node: int | None, expected: str, found: str) -> None:
        super().__init__(f"{expected} was to be computed, but torch computes {found}")
        self.node = node
        self.expected = expected
        self.found = found


class Follower(TorchFunctionMode):
    """Counts through the steps; `see` is told of every value that comes out.

    `swap` may give something to call instead of the module or function that computes a step.
    """

    def __init__(self, steps: Sequence[Step], see: See, swap: Swap | None = None) -> None:
        super().__init__()
        self._steps = steps
        self._see = see
        self._swap = swap
        self._done = 0
        self._depth = 0

    @property
    def now(self) -> Step | None:
        """The step that is being computed, None after the last."""
        return self._steps[self._done] if self._done < len(self._steps) else None

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """A function of torch is called: one of a layer's own inside its module, else a step."""
        outside = self._depth == 0
        called = self._instead_of(func) if outside else func
        result = called(*args, **(kwargs or {}))
        if outside and isinstance(result, torch.Tensor):
            self._came_out(name_of(func), result)
        return result

    def run(self, module: nn.Module, values: Iterable[torch.Tensor]) -> Any:
        """Run the module on these inputs and give its outputs.

        Raises:
            Strayed: if it computes other steps than the expected.
        """
        with self._hooked(module), self:
            outputs = module(*values)
        if self.now is not None:
            raise Strayed(self.now.node, self.now.name, "nothing")
        return outputs

    @contextmanager
    def _hooked(self, module: nn.Module) -> Iterator[None]:
        with ExitStack() as stack:
            for each in leaves(module):
                stack.callback(each.register_forward_pre_hook(self._enter).remove)
                stack.callback(each.register_forward_hook(self._leave).remove)
                if self._swap is not None:
                    each.forward = partial(self._forward, each, each.forward)
                    stack.callback(delattr, each, "forward")
            yield

    def _forward(self, module: nn.Module, own: Callable[..., Any], *values: torch.Tensor) -> Any:
        """A layer is called; the modules inside of a layer are its own business."""
        return (self._instead_of(module, own) if self._depth == 1 else own)(*values)

    def _instead_of(self, called: Callable[..., Any], own: Callable[..., Any] | None = None) -> Callable[..., Any]:
        if self._swap is None or self.now is None:
            return own or called
        swapped = self._swap(self.now, called)
        return own or called if swapped is called else swapped

    def _enter(self, module: nn.Module, inputs: Any) -> None:
        self._depth += 1

    def _leave(self, module: nn.Module, inputs: Any, output: Any) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._came_out(type(module).__name__, output)

    def _came_out(self, what: str, value: torch.Tensor) -> None:
        step = self.now
        if step is None:
            raise Strayed(None, "nothing", what)
        if step.name != what:
            raise Strayed(step.node, step.name, what)
        self._done += 1
        self._see(step, value)


def leaves(module: nn.Module) -> list[nn.Module]:
    """The modules that are layers: torch's and ours, not the blocks that were made of them."""
    homes = ("torch.nn.", "netspec.lowering.modules")
    return [
        each
        for each in module.modules()
        if type(each).__module__.startswith(homes) and not isinstance(each, CONTAINERS)
    ]


def name_of(function: Callable[..., Any]) -> str:
    """The function as a step's target names it: `x + y` is `add`, as `operator.add` is."""
    name = str(getattr(function, "__name__", function)).strip("_")
    return {"truediv": "div"}.get(name, name)
