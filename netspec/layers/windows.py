"""Which inputs one output sees, as data: what a layer tells the receptive-field analysis, per axis.

Outputs and inputs are numbered from 0 along an axis; numbers outside the input are padding.
"""

from __future__ import annotations

from typing import TypeAlias

from netspec.records import frozen
from netspec.shape import Dim


@frozen
class Window:
    """Output o sees inputs `o·stride − before + dilation·j` for j in 0 … kernel − 1 (convolutions and pools).

    `before` is None where it depends on an unknown size (TensorFlow's SAME with a stride).
    """

    kernel: int = 1
    stride: int = 1
    before: int | None = 0
    dilation: int = 1


@frozen
class Spread:
    """Output o sees the inputs i with `o = i·stride − before + dilation·j`, j in 0 … kernel − 1 (transposed)."""

    kernel: int
    stride: int
    before: int = 0
    dilation: int = 1


@frozen
class Enlarge:
    """Upsampling by a whole factor: nearest sees input ⌊o/factor⌋, linear the two around (o + 1/2)/factor − 1/2."""

    factor: int
    linear: bool = False


@frozen
class Blocks:
    """Output o sees the whole window of `size` that it lies in, windows being shifted by `shift` (Swin)."""

    size: int
    shift: int = 0


@frozen
class Stretch:
    """Output o of `outputs` sees inputs ⌊o·n/outputs⌋ … ⌈(o + 1)·n/outputs⌉ − 1 of n (adaptive pooling).

    With `corners`, the two inputs around o·(n − 1)/(outputs − 1): linear upsampling with aligned corners.
    """

    inputs: Dim
    outputs: Dim
    corners: bool = False


Axis: TypeAlias = Window | Spread | Enlarge | Blocks | Stretch
"""How outputs along one axis see inputs along the same axis."""


@frozen
class Carry:
    """An output sees the place where it stands (activations, sums, channels only)."""


@frozen
class Everything:
    """An output sees all of the input (dense layers, global pools, attention)."""


@frozen
class Axes:
    """One rule an axis. `order` says which input axis each output axis follows when that is not its own number."""

    axes: tuple[Axis, ...]
    order: tuple[int, ...] | None = None


Reach: TypeAlias = Carry | Everything | Axes
"""How the outputs of a layer see one of its inputs."""

carry = Carry()
everything = Everything()
