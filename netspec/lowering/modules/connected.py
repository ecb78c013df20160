"""Convolution by a table of connections."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConnectedConv(nn.Module):
    """Convolution whose maps see the channels that a table names: LeNet-5's C3 (LeCun et al. 1998, table I).

    `(B, C, H, W) -> (B, K, H', W')`, sizes as those of `nn.Conv2d`; `kernel_size` has one number an axis, so it says as
    well whether there are one, two or three. `connect` has a row of channels for each map, and `weight` a kernel for
    each connection, row by row: `(connections, *kernel_size)`.
    """

    # Only connected products are computed: each connection is a depthwise kernel on its channel, and the results are
    # added up by map. One dense kernel with zeros would multiply more (96 kernels for LeNet-5's 60), though on a CPU
    # and for so small a table it takes a fifth of the time.

    source: Tensor
    target: Tensor

    def __init__(
        self,
        out_channels: int,
        kernel_size: tuple[int, ...],
        connect: tuple[tuple[int, ...], ...],
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] = 0,
        dilation: int | tuple[int, ...] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.out_channels, self.connect = out_channels, connect
        self.stride, self.padding, self.dilation = stride, padding, dilation
        connections = sum(map(len, connect))
        self.weight = nn.Parameter(torch.empty(connections, *kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        # of each connection the channel and the map
        self.register_buffer("source", torch.empty(connections, dtype=torch.long), persistent=False)
        self.register_buffer("target", torch.empty(connections, dtype=torch.long), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As `nn.Conv2d` starts, by what each map sees: uniform within `1 / √(channels seen · kernel)`."""
        with torch.no_grad():
            self.source.copy_(torch.tensor([channel for row in self.connect for channel in row]))
            self.target.copy_(torch.tensor([map for map, row in enumerate(self.connect) for _ in row]))
            seen = torch.tensor([len(row) for row in self.connect]) * self.weight[0].numel()
            bound = seen.to(self.weight).rsqrt()
            by_kernel = bound[self.target].view(-1, *(1,) * (self.weight.dim() - 1))
            self.weight.uniform_(-1, 1).mul_(by_kernel)
            if self.bias is not None:
                self.bias.uniform_(-1, 1).mul_(bound)

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        convolve = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)[rank - 1]
        each: Tensor = convolve(
            x.index_select(1, self.source),
            self.weight.unsqueeze(1),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=len(self.weight),
        )
        ones = (1,) * rank
        # `index_add` would do as well, but keep `each` for a backward pass that does not need it.
        sums = each.new_zeros(each.shape[0], self.out_channels, *each.shape[2:])
        sums = sums.scatter_add(1, self.target.view(-1, *ones).expand_as(each), each)
        return sums if self.bias is None else sums + self.bias.view(-1, *ones)
