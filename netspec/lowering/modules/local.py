"""Convolution whose kernels differ from place to place."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Local(nn.Module):
    """Each place of the output has kernels of its own, or each block of `share` places.

    `(B, C, H, W) -> (B, K, *output_size)`; `output_size` has one number an axis, so it says as well whether there are
    one, two or three. `weight` is `(*blocks, K, C, *kernel_size)` and `bias` `(*blocks, K)`, with
    `⌈output_size / share⌉` blocks along each axis (DeepFace, Taigman et al. 2014; shared in blocks in DeepID, Sun et
    al. 2014).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...],
        output_size: tuple[int, ...],
        stride: int | tuple[int, ...] = 1,
        share: int | tuple[int, ...] = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        rank = len(output_size)
        self.kernel_size = (kernel_size,) * rank if isinstance(kernel_size, int) else kernel_size
        self.stride = (stride,) * rank if isinstance(stride, int) else stride
        self.share = (share,) * rank if isinstance(share, int) else share
        blocks = [-(-size // share) for size, share in zip(output_size, self.share, strict=True)]
        self.weight = nn.Parameter(torch.empty(*blocks, out_channels, in_channels, *self.kernel_size))
        self.bias = nn.Parameter(torch.empty(*blocks, out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As `nn.Conv2d` starts: uniform within `1 / √(C · kernel)`."""
        rank = len(self.share)
        bound = self.weight[(0,) * (rank + 1)].numel() ** -0.5
        for each in self.parameters():
            nn.init.uniform_(each, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        for axis, (kernel, stride) in enumerate(zip(self.kernel_size, self.stride, strict=True), 2):
            x = x.unfold(axis, kernel, stride)
        return self.by_axis(x, self.weight, self.bias, self.share)

    def by_axis(
        self, windows: Tensor, weight: Tensor, bias: Tensor | None, share: tuple[int, ...], axis: int = 0
    ) -> Tensor:
        """What comes out of windows `(B, C, *places, *kernel)`; a block that is cut off is computed for itself."""
        if axis == len(share):
            return self.in_blocks(windows, weight, bias, share)
        places = windows.shape[2 + axis]
        rest = places % share[axis]
        if rest == 0:
            return self.by_axis(windows, weight, bias, share, axis + 1)
        parts = []
        for start, length, block in ((0, places - rest, share[axis]), (places - rest, rest, rest)):
            if length:
                first, count = start // share[axis], length // block
                part = windows.narrow(2 + axis, start, length), weight.narrow(axis, first, count)
                constants = None if bias is None else bias.narrow(axis, first, count)
                shares = (*share[:axis], block, *share[axis + 1 :])
                parts.append(self.by_axis(*part, constants, shares, axis + 1))
        return torch.cat(parts, 2 + axis)

    def in_blocks(self, windows: Tensor, weight: Tensor, bias: Tensor | None, share: tuple[int, ...]) -> Tensor:
        """What comes out where the blocks fill the places: one matrix product a block, all at once."""
        rank = len(share)
        blocks = weight.shape[:rank]
        maps = weight.shape[rank]
        for axis in reversed(range(rank)):  # (B, C, places, …) -> (B, C, blocks, share, …)
            windows = torch.unflatten(windows, 2 + axis, (blocks[axis], share[axis]))
        order = [*range(2, 2 + 2 * rank, 2), 0, *range(3, 3 + 2 * rank, 2), 1, *range(2 + 2 * rank, 2 + 3 * rank)]
        rows = windows.permute(order).flatten(2 * rank + 1).flatten(rank, 2 * rank).flatten(0, rank - 1)
        kernels = weight.flatten(rank + 1).flatten(0, rank - 1).transpose(1, 2)
        if bias is None:
            out = torch.bmm(rows, kernels)
        else:
            out = torch.baddbmm(bias.flatten(0, rank - 1).unsqueeze(1), rows, kernels)
        out = out.view(*blocks, -1, *share, maps)
        order = [rank, 2 * rank + 1]
        for axis in range(rank):
            order += [axis, rank + 1 + axis]
        out = out.permute(order)
        for axis in range(rank):
            out = out.flatten(2 + axis, 3 + axis)
        return out.contiguous()  # else a dense layer behind the activation would copy it once more to flatten it
