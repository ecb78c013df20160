"""Stand-ins that make a network linear, with positive weights: then a gradient is not 0 exactly where a value sees.

A convolution sums the mean of its channels over its window, since a field of view has no channels; a max pool takes
the mean; what works at each place by itself passes on. What can't be followed so gives zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from netspec.layers.base import Call
from netspec.lowering import modules as ours

CONVOLUTIONS: Mapping[str, Callable[..., torch.Tensor]] = {
    "nn.Conv1d": functional.conv1d,
    "nn.Conv2d": functional.conv2d,
    "nn.Conv3d": functional.conv3d,
    "nn.ConvTranspose1d": functional.conv_transpose1d,
    "nn.ConvTranspose2d": functional.conv_transpose2d,
    "nn.ConvTranspose3d": functional.conv_transpose3d,
}

MEANS: Mapping[str, Callable[..., torch.Tensor]] = {
    "nn.MaxPool1d": functional.avg_pool1d,
    "nn.MaxPool2d": functional.avg_pool2d,
    "nn.MaxPool3d": functional.avg_pool3d,
}

POSITIVE = frozenset({"ours.ConnectedConv", "ours.Local", "ours.Subsample"})
"""Linear modules of ours, whose weights are set to 1."""

AT_EACH_PLACE = frozenset(
    (
        "nn.BatchNorm1d",
        "nn.BatchNorm2d",
        "nn.BatchNorm3d",
        "nn.Dropout",
        "nn.Dropout1d",
        "nn.Dropout2d",
        "nn.Dropout3d",
        "nn.ELU",
        "nn.GELU",
        "nn.GroupNorm",
        "nn.Hardsigmoid",
        "nn.Hardswish",
        "nn.Hardtanh",
        "nn.Identity",
        "nn.InstanceNorm1d",
        "nn.InstanceNorm2d",
        "nn.InstanceNorm3d",
        "nn.LayerNorm",
        "nn.LeakyReLU",
        "nn.LocalResponseNorm",
        "nn.LogSoftmax",
        "nn.PReLU",
        "nn.ReLU",
        "nn.ReLU6",
        "nn.SELU",
        "nn.SiLU",
        "nn.Sigmoid",
        "nn.Softmax",
        "nn.Tanh",
        "ours.DropPath",
        "ours.Noise",
        "ours.Scale",
    )
)

MOVES = frozenset(
    (
        "nn.AvgPool1d",
        "nn.AvgPool2d",
        "nn.AvgPool3d",
        "nn.ChannelShuffle",
        "nn.PixelShuffle",
        "nn.Upsample",
        "ours.AvgPool",
        "ours.CenterCrop",
        "ours.CropConcat",
        "ours.PadSame",
    )
)
"""Modules that are linear, positive and without weights as they are."""

FUNCTIONS: Mapping[str, Callable[..., torch.Tensor]] = {
    "F.normalize": lambda value, **_: value * 1,
    "operator.mul": lambda one, other: one + other,
    "operator.sub": lambda one, other: one + other,
    "torch.amax": torch.mean,
    "torch.maximum": lambda one, other: one + other,
    "torch.tanh": lambda value: value * 1,
}
"""What stands in for a function; all others are linear already."""


def followed(call: Call) -> bool:
    """Whether a gradient through the stand-in shows what this call sees."""
    if not call.target.startswith(("nn.", "ours.")):
        return True
    # A dilated mean doesn't exist, and corners that are aligned give some neighbours a weight of 0.
    odd = call.arguments.get("dilation", 1) != 1 if call.target in MEANS else call.arguments.get("align_corners", False)
    return not odd and call.target in {*CONVOLUTIONS, *MEANS, *POSITIVE, *AT_EACH_PLACE, *MOVES}


def stand_in(call: Call, called: Any, shape: tuple[int, ...]) -> Callable[..., torch.Tensor]:
    """What to call instead of a module or a function; `shape` is that of what comes out."""
    if not isinstance(called, nn.Module):
        return FUNCTIONS.get(call.target, called)
    if not followed(call):
        return lambda *_: torch.zeros(shape, dtype=torch.double)
    if call.target in CONVOLUTIONS:
        return partial(_convolved, CONVOLUTIONS[call.target], called)
    if call.target in MEANS:
        names = ("kernel_size", "stride", "padding", "ceil_mode")
        return partial(MEANS[call.target], **{name: getattr(called, name) for name in names})
    if call.target in AT_EACH_PLACE:
        return lambda value: value * 1
    return _positive(call) if call.target in POSITIVE else called


def _convolved(convolve: Callable[..., torch.Tensor], module: Any, value: torch.Tensor) -> torch.Tensor:
    """(N, C, *sizes) -> (N, K, *sizes'): the mean of the channels convolved by ones, for each map that comes out."""
    names = ["stride", "padding", "dilation", *(["output_padding"] if module.transposed else [])]
    ones = torch.ones(1, 1, *module.kernel_size, dtype=torch.double)
    options = {name: getattr(module, name) for name in names}
    places = convolve(value.mean(dim=1, keepdim=True), ones, **options)
    return places.expand(-1, module.out_channels, *(-1 for _ in module.kernel_size))


def _positive(call: Call) -> nn.Module:
    module: nn.Module = getattr(ours, call.target.removeprefix("ours."))(**call.arguments).double()
    for weight in module.parameters():
        nn.init.ones_(weight)
    return module
