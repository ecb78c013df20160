"""Activations, normalisation and what acts in training only, in ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from netspec.lowering.onnx.windows import pad
from netspec.lowering.onnx.writer import Axis, Value, Writer


def _plain(kind: str, w: Writer, x: Value) -> Value:
    return w.like(kind, x)


def identity(w: Writer, x: Value, **arguments: Any) -> Value:
    """What does nothing at inference."""
    return w.like("Identity", x)


def clip(w: Writer, x: Value, min_val: float = 0, max_val: float = 6) -> Value:
    """`nn.ReLU6` and `nn.Hardtanh`."""
    return w.like("Clip", x, w.number(min_val), w.number(max_val))


def leaky(w: Writer, x: Value, negative_slope: float = 0.01) -> Value:
    """`nn.LeakyReLU`."""
    return w.like("LeakyRelu", x, alpha=float(negative_slope))


def prelu(w: Writer, x: Value, num_parameters: int = 1) -> Value:
    """`nn.PReLU`: slopes stand on axis 1."""
    places = x.rank - 2 if num_parameters > 1 else 0
    return w.like("PRelu", x, w.weight("weight", (num_parameters, *(1,) * places)))


def elu(w: Writer, x: Value, alpha: float = 1) -> Value:
    """`nn.ELU`."""
    return w.like("Elu", x, alpha=float(alpha))


def gelu(w: Writer, x: Value, approximate: str = "none") -> Value:
    """`nn.GELU`."""
    return w.like("Gelu", x, approximate=approximate)


def silu(w: Writer, x: Value) -> Value:
    """`nn.SiLU`: x·σ(x)."""
    return w.like("Mul", x, w.like("Sigmoid", x))


def hard_sigmoid(w: Writer, x: Value) -> Value:
    """`nn.Hardsigmoid`: of slope 1/6, where ONNX's own is 0.2."""
    return w.like("HardSigmoid", x, alpha=1 / 6, beta=0.5)


def softmax(w: Writer, x: Value, dim: int, kind: str = "Softmax") -> Value:
    """`nn.Softmax` and `nn.LogSoftmax`."""
    return w.like(kind, x, axis=dim)


def batch_norm(w: Writer, x: Value, num_features: int, eps: float = 1e-5, affine: bool = True, **_: Any) -> Value:
    """`nn.BatchNormNd` with its running statistics."""
    return w.like("BatchNormalization", x, *_affine(w, num_features, affine),
                  w.weight("running_mean"), w.weight("running_var"), epsilon=float(eps))  # fmt: skip


def instance_norm(w: Writer, x: Value, num_features: int, eps: float = 1e-5, affine: bool = False) -> Value:
    """`nn.InstanceNormNd`."""
    return w.like("InstanceNormalization", x, *_affine(w, num_features, affine), epsilon=float(eps))


def group_norm(w: Writer, x: Value, num_groups: int, num_channels: int, eps: float = 1e-5) -> Value:
    """`nn.GroupNorm`: each group as one channel of an instance normalisation, which runtimes have for long."""
    ones, noughts = np.ones(num_groups, np.float32), np.zeros(num_groups, np.float32)
    grouped = w.reshape(x, [Axis(0), num_groups, -1])
    scale, shift = w.constant(ones, "ones"), w.constant(noughts, "zeros")
    normal = w.reshape_as(w.like("InstanceNormalization", grouped, scale, shift, epsilon=float(eps)), x)
    per_channel = (num_channels, *(1,) * (x.rank - 2))
    return w.like("Add", w.like("Mul", normal, w.weight("weight", per_channel)), w.weight("bias", per_channel))


def _affine(w: Writer, features: int, affine: bool) -> tuple[Value, Value]:
    if affine:
        return w.weight("weight"), w.weight("bias")
    return w.constant(np.ones(features, np.float32), "ones"), w.constant(np.zeros(features, np.float32), "zeros")


def layer_norm(w: Writer, x: Value, normalized_shape: int, eps: float = 1e-5) -> Value:
    """`nn.LayerNorm` over the last axis."""
    return w.like("LayerNormalization", x, w.weight("weight"), w.weight("bias"), axis=-1, epsilon=float(eps))


def local_response_norm(w: Writer, x: Value, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1) -> Value:
    """`nn.LocalResponseNorm`. Of an even number of channels ONNX takes the odd one after, torch before.

    Runtimes have ONNX's for images only, so that it is composed for signals and clips too.
    """
    if size % 2 and x.rank == 4:
        return w.like("LRN", x, size=size, alpha=float(alpha), beta=float(beta), bias=float(k))
    squares = w.reshape(w.like("Mul", x, x), [Axis(0), 1, Axis(1), -1])
    around = pad(w, squares, (0, 0, size // 2, (size - 1) // 2))
    means = w.op("AveragePool", around, dims=squares.dims, kernel_shape=[size, 1], strides=[1, 1])
    scaled = w.like("Add", w.like("Mul", means, w.number(alpha)), w.number(k))
    return w.like("Div", x, w.reshape_as(w.like("Pow", scaled, w.number(beta)), x))


def normalize(w: Writer, x: Value, dim: int, eps: float = 1e-12) -> Value:
    """`F.normalize`: by the Euclidean length along an axis."""
    dims = (*x.dims[:dim], 1, *x.dims[dim + 1 :])
    lengths = w.op("ReduceL2", x, w.whole([dim]), dims=dims, keepdims=1)
    return w.like("Div", x, w.like("Max", lengths, w.number(eps)))


def scale(w: Writer, x: Value, features: int, init: float = 1, places: int = 0, bias: bool = False) -> Value:
    """`ours.Scale`: a factor per channel, and a constant."""
    per_channel = (features, *(1,) * places)
    scaled = w.like("Mul", x, w.weight("weight", per_channel))
    return w.like("Add", scaled, w.weight("bias", per_channel)) if bias else scaled


def by_number(kind: str, w: Writer, x: Value, other: float) -> Value:
    """`torch.mul` and `torch.div` by a number."""
    return w.like(kind, x, w.number(other))


TARGETS: Mapping[str, Callable[..., Value]] = {
    **{f"nn.{name}": partial(_plain, kind) for name, kind in (
        ("ReLU", "Relu"), ("SELU", "Selu"), ("Sigmoid", "Sigmoid"), ("Tanh", "Tanh"), ("Hardswish", "HardSwish"),
    )},
    **dict.fromkeys(("nn.Identity", "nn.Dropout", "ours.DropPath", "ours.Noise"), identity),
    **{f"nn.BatchNorm{rank}d": batch_norm for rank in (1, 2, 3)},
    **{f"nn.InstanceNorm{rank}d": instance_norm for rank in (1, 2, 3)},
    "nn.ReLU6": clip,
    "nn.Hardtanh": clip,
    "nn.LeakyReLU": leaky,
    "nn.PReLU": prelu,
    "nn.ELU": elu,
    "nn.GELU": gelu,
    "nn.SiLU": silu,
    "nn.Hardsigmoid": hard_sigmoid,
    "nn.Softmax": softmax,
    "nn.LogSoftmax": partial(softmax, kind="LogSoftmax"),
    "nn.GroupNorm": group_norm,
    "nn.LayerNorm": layer_norm,
    "nn.LocalResponseNorm": local_response_norm,
    "F.normalize": normalize,
    "ours.Scale": scale,
    "torch.tanh": partial(_plain, "Tanh"),
    "torch.mul": partial(by_number, "Mul"),
    "torch.div": partial(by_number, "Div"),
}  # fmt: skip
"""How each torch call is written."""
