"""A small use of each of our modules, or several where it has several ways."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn

from netspec.lowering import modules


class Case(NamedTuple):
    """How a module is made and the shapes of what flows in; a shape (R, 4) after a map stands for boxes."""

    name: str
    arguments: dict[str, Any]
    inputs: tuple[tuple[int, ...], ...]

    def module(self) -> nn.Module:
        torch.manual_seed(0)
        made: nn.Module = getattr(modules, self.name)(**self.arguments)
        return made

    def values(self, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
        torch.manual_seed(1)
        values = [torch.randn(shape, dtype=dtype, requires_grad=True) for shape in self.inputs]
        if self.name in ("RoiPool", "RoiAlign"):
            values[1] = torch.tensor([[0, 2, 9, 11], [3, 3, 4, 5], [8, 1, 30, 9.5]], dtype=dtype)
        return values


CASES = (
    Case("AvgPool", {"kernel_size": 3, "stride": 2, "pad": "same"}, ((3, 2, 6, 5),)),
    Case("AvgPool", {"kernel_size": (2, 3), "stride": 1, "pad": (1, 1, 0, 1)}, ((3, 2, 6, 5),)),
    Case("CenterCrop", {"size": (3, 4)}, ((3, 2, 6, 5),)),
    Case("ClassToken", {"features": 4}, ((3, 5, 4),)),
    Case(
        "ConnectedConv",
        {"out_channels": 2, "kernel_size": (3, 2), "connect": ((0, 2), (1,)), "padding": 1},
        ((3, 3, 5, 4),),
    ),
    Case("CropConcat", {}, ((3, 2, 6, 5), (3, 1, 4, 7))),
    Case("DropPath", {"rate": 0.5}, ((3, 2, 4),)),
    Case("Local", {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "output_size": (3, 4)}, ((3, 2, 4, 5),)),
    Case(
        "Local",
        {"in_channels": 2, "out_channels": 3, "kernel_size": 2, "output_size": (3, 4), "share": (2, 3), "bias": False},
        ((3, 2, 4, 5),),
    ),
    Case("LowRank", {"in_features": 6, "out_features": 5, "rank": 2}, ((3, 6),)),
    Case("Multiply", {"axis": 1}, ((3, 2, 4, 5), (3, 2), (3, 1, 4, 5))),
    Case("Multiply", {"axis": 2}, ((3, 2), (3, 4, 2))),
    Case("Noise", {"std": 0.5}, ((3, 2, 4),)),
    Case("PadSame", {"kernel_size": 3, "stride": 2, "value": -1.0}, ((3, 2, 6, 5),)),
    Case("Position", {"tokens": 5, "features": 4}, ((3, 5, 4),)),
    Case("Rbf", {"in_features": 6, "out_features": 5}, ((3, 6),)),
    Case("RoiAlign", {"size": (2, 3), "scale": 0.5}, ((1, 2, 6, 7), (3, 4))),
    Case("RoiAlign", {"size": 2, "scale": 0.5, "samples": 0}, ((1, 2, 6, 7), (3, 4))),
    Case("RoiPool", {"size": (2, 3), "scale": 0.5}, ((1, 2, 6, 7), (3, 4))),
    Case("Scale", {"features": 2, "init": 0.5, "places": 2, "bias": True}, ((3, 2, 4, 5),)),
    Case("SelfAttention", {"features": 6, "heads": 2}, ((3, 5, 6),)),
    Case("SpatialPyramid", {"levels": (3, 1)}, ((3, 2, 6, 5),)),
    Case("SpatialPyramid", {"levels": (2, 1), "mode": "avg"}, ((3, 2, 7),)),
    Case("Subsample", {"channels": 2, "kernel_size": 2}, ((3, 2, 6, 4),)),
    Case("WindowAttention", {"features": 4, "heads": 2, "window": 2}, ((3, 4, 4, 4),)),
    Case("WindowAttention", {"features": 4, "heads": 2, "window": 3, "shift": 1, "bias": False}, ((3, 4, 5, 3),)),
)
