"""How many values a weight joins: what the deviation of weights at first depends on."""

from __future__ import annotations

from math import prod

from netspec.layers.base import Layer
from netspec.layers.conv import Conv
from netspec.layers.local import Local
from netspec.layers.transposed import TransposedConv
from netspec.shape import Dim


def fans(layer: Layer, shape: tuple[int, ...], channels: Dim) -> tuple[float, float]:
    """The inputs that an output of a layer sees, and the outputs that an input feeds, on average.

    `shape` is that of one weight tensor and `channels` how many flow in. As He et al. 2015 and torch count them,
    strides are not looked at. With groups, the channels of one group count; torch forgets that in the second number.
    """
    assert isinstance(channels, int)  # weights have sizes
    match layer:
        case Conv(connect=tuple() as connect):
            connections, *kernel = shape
            taps = connections * prod(kernel)
            return taps / len(connect), taps / channels
        case Local():
            maps, seen, *kernel = shape[-2 - _axes(shape) :]
            return seen * prod(kernel), maps * prod(kernel)
        case TransposedConv():
            inside, outside, *kernel = shape
            return inside / layer.groups * prod(kernel), outside * prod(kernel)
        case _:
            outside, inside, *kernel = shape
            parts = channels // inside if kernel else 1  # a depthwise convolution's groups are its channels
            return inside * prod(kernel), outside / max(parts, 1) * prod(kernel)


def _axes(shape: tuple[int, ...]) -> int:
    """The axes of a local layer's kernel: its weights are blocks, maps, channels, kernel, with an axis each."""
    return (len(shape) - 2) // 2
