"""Pools that torch lacks: a mean without its padding, LeNet-5's trainable one, a pyramid of grids."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class AvgPool(nn.Module):
    """The mean of each window without the padding, which may differ before and after.

    `(B, C, H, W) -> (B, C, H', W')`, in one, two and three dimensions. `pad` is (before, after) of each axis, the last
    axis first, as `nn.functional.pad` takes it; or "same", TensorFlow's, which pads to `⌈H / stride⌉` windows with the
    odd pixel after.
    """

    def __init__(
        self,
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...] | None = None,
        pad: str | tuple[int, ...] = "same",
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.pad = pad

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        pad = self.same_padding(x.shape[2:]) if isinstance(self.pad, str) else self.pad
        pool = (nn.functional.avg_pool1d, nn.functional.avg_pool2d, nn.functional.avg_pool3d)[rank - 1]
        # Of each window the share that lies in the input: without it, the padding would count as zeros.
        inside = nn.functional.pad(x.new_ones(1, 1, *x.shape[2:]), pad)
        share = pool(inside, self.kernel_size, self.stride)
        mean: Tensor = pool(nn.functional.pad(x, pad), self.kernel_size, self.stride)
        return mean / share

    def same_padding(self, sizes: torch.Size) -> list[int]:
        """(before, after) of each axis, the last first, so that there are `⌈n / stride⌉` windows."""
        rank = len(sizes)
        kernels = (self.kernel_size,) * rank if isinstance(self.kernel_size, int) else self.kernel_size
        strides = (self.stride,) * rank if isinstance(self.stride, int) else self.stride
        padding: list[int] = []
        for size, kernel, stride in zip(reversed(sizes), reversed(kernels), reversed(strides), strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding += [total // 2, total - total // 2]
        return padding


class Subsample(nn.Module):
    """LeNet-5's trainable pooling: the sum of each window, times a coefficient per map, plus a bias per map.

    `(B, C, H, W) -> (B, C, H', W')`, in one, two and three dimensions (LeCun et al. 1998, section II.B). It starts as
    the sum alone.
    """

    def __init__(
        self, channels: int, kernel_size: int | tuple[int, ...], stride: int | tuple[int, ...] | None = None
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Coefficients of 1 and no bias."""
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        pool = (nn.functional.avg_pool1d, nn.functional.avg_pool2d, nn.functional.avg_pool3d)[rank - 1]
        area = 1
        for kernel in (self.kernel_size,) * rank if isinstance(self.kernel_size, int) else self.kernel_size:
            area *= kernel
        sums: Tensor = pool(x, self.kernel_size, self.stride) * area
        places = (1,) * rank
        return sums * self.weight.view(-1, *places) + self.bias.view(-1, *places)


class SpatialPyramid(nn.Module):
    """A map pooled to grids of several sizes, all cells in one vector: `(B, C, H, W) -> (B, C·Σ level²)`.

    In one, two and three dimensions; grids in the order of `levels`, each channel by channel (He et al. 2014, SPP-net).
    """

    def __init__(self, levels: tuple[int, ...], mode: str = "max") -> None:
        super().__init__()
        self.levels = levels
        self.mode = mode

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        functional = nn.functional
        means = (functional.adaptive_avg_pool1d, functional.adaptive_avg_pool2d, functional.adaptive_avg_pool3d)
        maxima = (functional.adaptive_max_pool1d, functional.adaptive_max_pool2d, functional.adaptive_max_pool3d)
        pool = (maxima if self.mode == "max" else means)[rank - 1]
        return torch.cat([pool(x, level).flatten(1) for level in self.levels], 1)
