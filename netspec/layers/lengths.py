"""How long an axis comes out: the arithmetic of windows, one axis at a time, for convolutions and pools alike."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from netspec.layers.arguments import Padding, PerAxis, padding_along, per_axis
from netspec.layers.base import Fix, Misuse
from netspec.shape import Dim, Shape, Symbol, Unknown, as_dim, ceil_div


@dataclass(frozen=True, slots=True)
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

    With `ceil`, the division rounds up and a last window that would start in the padding after the input is dropped,
    as Caffe and PyTorch do.
    """
    room = as_dim(size + (before + after - reach))
    if not ceil:
        return as_dim(room // stride + 1)
    count = as_dim(as_dim(room + (stride - 1)) // stride + 1)
    if isinstance(count, int) and isinstance(size, int) and (count - 1) * stride >= size + before:
        return count - 1
    return count


def same_padding(size: Dim, reach: int, stride: int) -> tuple[int, int] | None:
    """TensorFlow's SAME: `max((⌈n/s⌉ − 1)·s + reach − n, 0)` in all, the odd pixel after; None if n decides it.

    For an unknown n the total depends on n mod s only, so all residues that n takes are tried.
    """
    if isinstance(size, Unknown):
        return None if stride > 1 else split(reach - 1)
    if isinstance(size, int):
        return split(max((-(-size // stride) - 1) * stride + reach - size, 0))
    totals = {max(stride - (residue or stride) + reach - stride, 0) for residue in _residues(size, stride)}
    return split(totals.pop()) if len(totals) == 1 else None


def _residues(size: Symbol, modulus: int) -> set[int]:
    period, rise = size.period
    steps = period * (modulus // gcd(modulus, rise))
    return {size.at({size.letter: n}) % modulus for n in range(steps)}


def split(total: int) -> tuple[int, int]:
    """Padding in all as (before, after)."""
    return total // 2, total - total // 2


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


def lengths(layer_is: str, shape: Shape, axes: tuple[Extent, ...]) -> tuple[Dim, ...]:
    """The sizes that come out; `layer_is` names the window in the error ("kernel", "pool").

    Raises:
        Misuse: E203 if the window does not fit the padded input.
    """
    if any(_misfits(axis) for axis in axes):
        raise _misfit(layer_is, shape, axes)
    return tuple(axis.length for axis in axes)


def _misfits(axis: Extent) -> bool:
    if axis.same or not isinstance(axis.size, int) or axis.before is None or axis.after is None:
        return False
    return axis.size + axis.before + axis.after < axis.reach


def _misfit(layer_is: str, shape: Shape, axes: tuple[Extent, ...]) -> Misuse:
    size = PerAxis(axis.kernel for axis in axes)
    spans = PerAxis(axis.reach for axis in axes)
    sizes = "x".join(str(axis.size) for axis in axes)
    article = "an" if str(size)[0] == "8" or size[0] in (11, 18) else "a"
    padded = any(axis.before or axis.after for axis in axes)
    needs = f"needs at least {spans}; {shape} flows in, and there is {'too little' if padded else 'no'} padding"
    notes = () if spans == size else (f"dilated, the {size} {layer_is} spans {spans}",)
    return Misuse(
        "E203",
        f"{article} {size} {layer_is} does not fit a {sizes} input",
        at="kernel",
        here=needs,
        notes=notes,
        fixes=_paddings(axes, axes == axes[:1] * len(axes)),
    )


def _paddings(axes: tuple[Extent, ...], alike: bool) -> tuple[Fix, ...]:
    """The least padding with which the window fits, and the one that keeps the size."""
    if not alike:
        return (Fix("pad so that the size stays", {"pad": "same"}),)
    axis = axes[0]
    assert isinstance(axis.size, int)
    least = -(-(axis.reach - axis.size) // 2)
    return (Fix(f"pad by {least}", {"pad": str(least)}), Fix("pad so that the size stays", {"pad": "same"}))
