"""The pseudo-layer at the start of every path: a spec writes it as `input 3x224x224`, not as a layer."""

from __future__ import annotations

from typing import ClassVar, final

from netspec.layers.base import (
    Call,
    Example,
    Layer,
    Shapes,
    keeps_nothing,
    no_count,
    no_steps,
    no_weights,
)
from netspec.layers.windows import Reach
from netspec.records import frozen
from netspec.shape import Shape


@final
@frozen
class Input(Layer):
    """A value that is given to the network: `() -> shape`. It is in no table of layers: nothing flows into it."""

    name: ClassVar[str] = "input"
    family: ClassVar[str] = "input"

    shape: Shape

    def out_shape(self, inputs: Shapes) -> Shape:
        return self.shape

    weights = no_weights
    macs = no_count
    ops = no_count

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return ()

    keeps = keeps_nothing
    explain = no_steps

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return ()

    examples: ClassVar[tuple[Example, ...]] = ()
