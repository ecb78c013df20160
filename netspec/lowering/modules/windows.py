"""Self-attention within the windows of a map."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WindowAttention(nn.Module):
    """Multi-head self-attention within windows: `(B, F, H, W) -> (B, F, H, W)` (Swin, Liu et al. 2021).

    Windows have `window` x `window` places; a map that they don't divide is padded with zeros below and to the right,
    and the padding takes part. With `shift`, the map is rolled that far up and left first, but not along an axis that
    is one window long; places that are neighbours only because of that don't see each other. With `relative`, a trained
    bias for the head and relative position is added to each score, from a table of `((2·window − 1)², heads)`. Weights
    are named as in the paper's code.
    """

    def __init__(
        self, features: int, heads: int, window: int, shift: int = 0, bias: bool = True, relative: bool = True
    ) -> None:
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        table = torch.empty((2 * window - 1) ** 2, heads)
        self.relative_position_bias_table = nn.Parameter(table) if relative else None
        self.qkv = nn.Linear(features, 3 * features, bias=bias)
        self.proj = nn.Linear(features, features, bias=bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As the paper's code starts: a normal distribution of 0.02, no biases."""
        for name, each in self.named_parameters():
            if name.endswith(".bias"):
                nn.init.zeros_(each)
            else:
                nn.init.trunc_normal_(each, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        side, (height, width) = self.window, x.shape[2:]
        if height % side or width % side:
            x = nn.functional.pad(x, (0, -width % side, 0, -height % side))
        rows, columns = x.shape[2] // side, x.shape[3] // side
        shifts = (self.shift if rows > 1 else 0, self.shift if columns > 1 else 0)
        if any(shifts):
            x = x.roll((-shifts[0], -shifts[1]), (2, 3))
        cut = x.view(*x.shape[:2], rows, side, columns, side)
        out = self.attend(cut.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(1, 2), self.mask(x, shifts))
        out = out.view(-1, rows, columns, side, side, x.shape[1]).permute(0, 5, 1, 3, 2, 4)
        out = out.flatten(4, 5).flatten(2, 3)
        if any(shifts):
            out = out.roll(shifts, (2, 3))
        return out[:, :, :height, :width].contiguous()  # as Swin: else what is kept would hold the padding too

    def attend(self, tokens: Tensor, mask: Tensor | None) -> Tensor:
        """Attention within each window: `(B, windows, T, F) -> (B, windows, T, F)`, T places a window."""
        parts = torch.unflatten(self.qkv(tokens), 3, (3, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        queries, keys, values = parts.unbind(0)  # (B, windows, heads, T, F / heads)
        scores = queries * queries.shape[-1] ** -0.5 @ keys.transpose(3, 4)
        if self.relative_position_bias_table is not None:
            scores = scores + self.relative_bias(self.relative_position_bias_table)
        if mask is not None:
            scores = scores + mask
        means = scores.softmax(-1) @ values
        out: Tensor = self.proj(means.transpose(2, 3).flatten(3))
        return out

    def relative_bias(self, table: Tensor) -> Tensor:
        """The bias of each pair of places: `(heads, T, T)`, from the row of the table that their distance names.

        Of the table as a square, a place (i, j) sees the part that begins there, turned by half: entry
        (i − i' + window − 1, j − j' + window − 1) for (i', j').
        """
        side = self.window
        square = table.view(2 * side - 1, 2 * side - 1, self.heads)
        seen = square.unfold(0, side, 1).unfold(1, side, 1).flip(3, 4)  # (i, j, heads, i', j')
        return seen.permute(2, 0, 1, 3, 4).flatten(3, 4).flatten(1, 2)

    def mask(self, x: Tensor, shifts: tuple[int, int]) -> Tensor | None:
        """−∞ for the pairs that are neighbours only because of the shift, else 0: `(windows, 1, T, T)`."""
        if not any(shifts):
            return None
        side = self.window
        region = x.new_zeros(x.shape[2:])  # where a place was before the shift: 1 or 2 if it went round an end
        for axis, shift in enumerate(shifts):
            if shift:
                region.narrow(axis, x.shape[2 + axis] - shift, shift).add_(axis + 1)
        cut = region.unfold(0, side, side).unfold(1, side, side).flatten(2).flatten(0, 1)
        apart = cut.unsqueeze(1) != cut.unsqueeze(2)
        return torch.zeros_like(apart, dtype=x.dtype).masked_fill(apart, float("-inf")).unsqueeze(1)
