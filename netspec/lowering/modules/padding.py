"""Padding that depends on the size of what flows in."""

from __future__ import annotations

from torch import Tensor, nn


class PadSame(nn.Module):
    """TensorFlow's SAME: pads each axis so that `⌈n / stride⌉` windows fit, the odd pixel after.

    `(B, C, H, W) -> (B, C, H + p, W + q)`, in one, two and three dimensions; `kernel_size` is what a window spans,
    dilation included, and `value` what is put around. In all, an axis gets `max((⌈n/s⌉ − 1)·s + k − n, 0)`.
    """

    def __init__(self, kernel_size: int | tuple[int, ...], stride: int | tuple[int, ...], value: float = 0) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        kernels = (self.kernel_size,) * rank if isinstance(self.kernel_size, int) else self.kernel_size
        strides = (self.stride,) * rank if isinstance(self.stride, int) else self.stride
        padding: list[int] = []
        for axis in range(rank - 1, -1, -1):  # `pad` takes the last axis first
            size, kernel, stride = x.shape[2 + axis], kernels[axis], strides[axis]
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            padding += [total // 2, total - total // 2]
        return nn.functional.pad(x, padding, value=self.value)
