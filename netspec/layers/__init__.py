"""The layers of the language: one class each, one file a family.

`TABLE` is the list of all of them. A family's file is imported when one of its layers is first asked for, so that a
command pays for the layers it uses only.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from netspec.layers.base import Layer

TABLE: dict[str, str] = {
    "conv": "conv.Conv",
    "tconv": "transposed.TransposedConv",
    "dwconv": "conv.DepthwiseConv",
    "local": "local.Local",
    "maxpool": "pool.MaxPool",
    "avgpool": "pool.AvgPool",
    "gap": "adaptive.GlobalAvgPool",
    "gmp": "adaptive.GlobalMaxPool",
    "adaptivepool": "adaptive.AdaptivePool",
    "subsample": "pool.Subsample",
    "spp": "region.SpatialPyramid",
    "roipool": "region.RoiPool",
    "roialign": "region.RoiAlign",
    "dense": "dense.Dense",
    "flatten": "flatten.Flatten",
    "reshape": "flatten.Reshape",
    "rbf": "dense.Rbf",
    "lowrank": "dense.LowRank",
    "relu": "activation.Relu",
    "leaky": "activation.Leaky",
    "prelu": "activation.PRelu",
    "elu": "activation.Elu",
    "selu": "activation.Selu",
    "gelu": "sigmoid.Gelu",
    "silu": "sigmoid.Silu",
    "hardswish": "sigmoid.HardSwish",
    "hardsigmoid": "sigmoid.HardSigmoid",
    "sigmoid": "sigmoid.Sigmoid",
    "tanh": "sigmoid.Tanh",
    "scaledtanh": "sigmoid.ScaledTanh",
    "softmax": "softmax.Softmax",
    "logsoftmax": "softmax.LogSoftmax",
    "maxout": "softmax.Maxout",
    "bn": "norm.BatchNorm",
    "lrn": "response.LocalResponseNorm",
    "layernorm": "norm.LayerNorm",
    "groupnorm": "norm.GroupNorm",
    "instancenorm": "norm.InstanceNorm",
    "l2norm": "response.L2Norm",
    "scale": "norm.Scale",
    "dropout": "regularise.Dropout",
    "droppath": "regularise.DropPath",
    "noise": "regularise.Noise",
    "add": "merge.Add",
    "sub": "merge.Sub",
    "mul": "merge.Mul",
    "max": "merge.Max",
    "mean": "merge.Mean",
    "concat": "join.Concat",
    "distance": "join.Distance",
    "dot": "join.Dot",
    "slice": "arrange.Slice",
    "crop": "arrange.Crop",
    "zeropad": "arrange.ZeroPad",
    "upsample": "enlarge.Upsample",
    "pixelshuffle": "enlarge.PixelShuffle",
    "shuffle": "arrange.ChannelShuffle",
    "identity": "arrange.Identity",
    "permute": "arrange.Permute",
    "patches": "tokens.Patches",
    "classtoken": "tokens.ClassToken",
    "position": "tokens.Position",
    "attention": "attention.Attention",
    "taketoken": "tokens.TakeToken",
}
"""Each layer's word and the class that declares it, in the order in which `netspec layers` lists them."""


@cache
def layer_class(name: str) -> type[Layer]:
    """The class of the layer that a spec calls `name`. Raises KeyError if there is none."""
    module, _, attribute = TABLE[name].partition(".")
    found: type[Layer] = getattr(import_module(f"netspec.layers.{module}"), attribute)
    return found
