"""How long an axis comes out: the arithmetic of windows, one axis at a time, for convolutions and pools alike."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import gcd

from netspec.layers.arguments import Padding, PerAxis, padding_along, per_axis
from netspec.layers.base import Fix, Misuse
from netspec.records import frozen
from netspec.shape import Dim, Shape, Unknown, as_dim, ceil_div


@frozen
class Extent:
    """A sliding window along one axis of `size` inputs; `before` and `after` are None where they can't be known."""

    size: Dim
    kernel: int
    stride: int
    before: int | None
    after: int | None
    dilation: int
    same: bool = False
    ceil: bool = False

    @property
    def reach(self) -> int:
        """How many inputs the window spans: dilation·(kernel − 1) + 1."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def length(self) -> Dim:
        """How many outputs there are."""
        if self.same:
            return ceil_div(self.size, self.stride)
        assert self.before is not None and self.after is not None
        return window_count(self.size, self.reach, self.stride, self.before, self.after, ceil=self.ceil)


def window_count(size: Dim, reach: int, stride: int, before: int, after: int, *, ceil: bool = False) -> Dim:
    """How many windows spanning `reach` fit: `⌊(n + before + after − reach) / stride⌋ + 1`.

    With `ceil` the division rounds up, and a last window that would start in the padding after the input is dropped,
    as Caffe and PyTorch do: at most `⌈(n + before) / stride⌉` windows start before it. The smaller of two floors with
    one divisor is the floor of the smaller, so this too is a single floor, for unknown sizes as well.
    """
    if not ceil:
        return as_dim(size + (before + after - reach)) // stride + 1
    return as_dim(size + (before + stride - 1 + min(after - reach + stride, 0))) // stride


def same_padding(size: Dim, reach: int, stride: int) -> tuple[int, int] | None:
    """TensorFlow's SAME: `max((⌈n/s⌉ − 1)·s + reach − n, 0)` in all, the odd pixel after; None if n decides it.

    With n = q·s + r and r in 1 … s, the total is `max(reach − r, 0)`: an unknown n matters by its residue only.
    """
    if stride == 1 or reach == 1:
        return split(reach - 1)
    if isinstance(size, int):
        return split(max(reach - (size % stride or stride), 0))
    if isinstance(size, Unknown):
        return None
    period, rise = size.period
    steps = period * (stride // gcd(stride, rise))
    if steps > LONGEST_PERIOD:
        return None
    residues = {size.at({size.letter: n}) % stride for n in range(steps)}
    totals = {max(reach - (residue or stride), 0) for residue in residues}
    return split(totals.pop()) if len(totals) == 1 else None


LONGEST_PERIOD = 100_000
"""Sizes that repeat (mod a stride) after more than this are taken to need padding that can't be known."""


def split(total: int) -> tuple[int, int]:
    """Padding in all as (before, after)."""
    return total // 2, total - total // 2


@lru_cache(maxsize=4096)
def extents(
    shape: Shape,
    kernel: int | PerAxis,
    stride: int | PerAxis,
    pad: Padding,
    dilation: int | PerAxis = 1,
    *,
    ceil: bool = False,
) -> tuple[Extent, ...]:
    """The windows of a convolution or pool over a map, one an axis. Raises Misuse E202 on arguments of another rank."""
    rank = shape.rank
    kernels, strides = per_axis(kernel, rank, "kernel"), per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    if isinstance(pad, str):
        rows = zip(shape.sizes, kernels, strides, dilations, strict=True)
        return tuple(
            Extent(n, k, s, before, after, d, same=True)
            for n, k, s, d in rows
            for before, after in (same_padding(n, d * (k - 1) + 1, s) or (None, None),)
        )
    pads = padding_along(pad, rank)
    return tuple(
        Extent(n, k, s, before, after, d, ceil=ceil)
        for n, k, s, (before, after), d in zip(shape.sizes, kernels, strides, pads, dilations, strict=True)
    )


def lengths(layer_is: str, shape: Shape, axes: tuple[Extent, ...], fixes: bool = True) -> tuple[Dim, ...]:
    """The sizes that come out; `layer_is` names the window in the error ("kernel", "pool").

    `fixes` says whether the layer has an argument `pad` that could mend a misfit.

    Raises:
        Misuse: E203 if the window does not fit the padded input.
    """
    sizes = tuple(axis.length for axis in axes)
    if any(isinstance(size, int) and size < 1 for size in sizes):
        raise _misfit(layer_is, shape, axes, fixes)
    return sizes


def _misfit(layer_is: str, shape: Shape, axes: tuple[Extent, ...], fixes: bool) -> Misuse:
    notes = []
    if any(axis.before or axis.after for axis in axes):
        padded = by(as_dim(axis.size + ((axis.before or 0) + (axis.after or 0))) for axis in axes)
        notes.append(f"with its padding the input is {padded}")
    if any(axis.dilation > 1 and axis.kernel > 1 for axis in axes):
        notes.append(f"dilated, the {layer_is} spans {by(axis.reach for axis in axes)}")
    kernel, size = by(axis.kernel for axis in axes), by(axis.size for axis in axes)
    if len(axes) == 1:
        what = f"a {layer_is} of {kernel} does not fit an input of {size}"
    else:
        what = f"{article(kernel)} {kernel} {layer_is} does not fit {article(size)} {size} input"
    return Misuse(
        "E203",
        what,
        at="kernel",
        here=f"input here is {shape}",
        notes=tuple(notes),
        fixes=_paddings(axes) if fixes else (),
    )


def by(sizes: Iterable[Dim]) -> str:
    """Sizes as they are written: `5x5`."""
    return "x".join(map(str, sizes))


def article(size: str) -> str:
    """`a` or `an`, as the beginning of a size is read aloud: an 8x8 kernel, an 11x11 kernel, an HxW input."""
    return "an" if size[0] in "8AEFHILMNORSX" or size.split("x")[0] in ("11", "18") else "a"


def _paddings(axes: tuple[Extent, ...]) -> tuple[Fix, ...]:
    """The least padding with which the window fits, and the one that keeps the size."""
    least = max(-(-(axis.reach - axis.size) // 2) for axis in axes if isinstance(axis.size, int))
    return (Fix(f"pad by {least}", {"pad": str(least)}), Fix("pad so that the size stays", {"pad": "same"}))
