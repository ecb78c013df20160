"""Convolution whose kernels differ from place to place: `local`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from itertools import product as cartesian
from math import prod
from typing import ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, PADDING, SIZE, Padding, PerAxis, argument, per_axis
from netspec.layers.base import Call, Example, Keeps, Layer, Shapes, Step, Weight, call, trained_count
from netspec.layers.inputs import need_map
from netspec.layers.kernels import (
    KERNEL_LETTERS,
    NO_PADDING,
    PLACE_LETTERS,
    even,
    padding_calls,
    plain,
    unusual,
    windows_of,
    with_rows,
)
from netspec.layers.lengths import Extent, extents, lengths
from netspec.layers.steps import AXIS_NAMES, figure, times, window_steps
from netspec.layers.windows import Reach
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, Unknown, ceil_div, product


@final
@frozen
class Local(Layer):
    """Convolution with unshared weights: each place of the output has kernels of its own (DeepFace, Taigman 2014).

    `(C, H, W) -> (maps, H', W')`, sizes as those of `conv`. With `share=RxC`, neighbouring outputs share kernels in
    blocks of RxC: ⌈H'/R⌉·⌈W'/C⌉ sets of kernels (DeepID's locally shared convolution, Sun 2014).
    """

    name: ClassVar[str] = "local"
    family: ClassVar[str] = "convolution"

    maps: int = argument(COUNT, "how many kernels at each place, so channels out")
    kernel: int | PerAxis = argument(SIZE, "size of the kernels, height x width")
    stride: int | PerAxis = argument(SIZE, "step from place to place", 1)
    pad: Padding = argument(PADDING, "zeros around the input", NO_PADDING)
    share: int | PerAxis = argument(SIZE, "size of the blocks of outputs that share kernels", 1)
    bias: bool = argument(FLAG, "a trained constant per map and set of kernels", True)

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        per_axis(self.share, shape.rank, "share")
        return Shape(self.maps, lengths("kernel", shape, self._extents(inputs)), rows=shape.rows)

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        axes, blocks = self._extents(inputs), self._blocks(inputs)
        kernel = tuple(axis.kernel for axis in axes)
        weight = Weight((*blocks, self.maps, inputs[0].channels, *kernel))
        return {"weight": weight, "bias": Weight((*blocks, self.maps))} if self.bias else {"weight": weight}

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        taps = (axis.kernel for axis in self._extents(inputs))
        return product((output.positions, self.maps, inputs[0].channels, *taps))

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return output.elements if self.bias else 0

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (windows_of(self._extents(inputs)),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        # The windows are laid out side by side to be multiplied with as many kernels.
        taps = (axis.kernel for axis in self._extents(inputs))
        windows = product((output.positions, inputs[0].channels, *taps))
        return Keeps(extra=windows, once=self._copied(inputs, output))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        axes, blocks = self._extents(inputs), self._blocks(inputs)
        letters, kernel = KERNEL_LETTERS[len(axes)], tuple(axis.kernel for axis in axes)
        fan_in, fan_in_worked = times((*letters, "C")), times((*kernel, inputs[0].channels))
        one, one_worked = (f"({each} + 1)" if self.bias else each for each in (fan_in, fan_in_worked))
        rows, rows_worked = with_rows(output)
        places = PLACE_LETTERS[len(axes)]
        parameters, macs = figure(trained_count(self.weights(inputs))), figure(self.macs(inputs, output))
        return (
            *window_steps(axes, output.sizes),
            *self._block_steps(inputs, output),
            Step(
                "parameters",
                f"{one}·K·{times(places if self.share == 1 else ('blocks',))}",
                f"{one_worked}·{times((self.maps, *blocks))}",
                parameters,
            ),
            Step(
                "macs",
                f"{times((*rows, *places, 'K'))}·({fan_in})",
                f"{times((*rows_worked, *output.sizes, self.maps))}·({fan_in_worked})",
                macs,
            ),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        axes = self._extents(inputs)
        local = call(
            "ours.Local",
            in_channels=inputs[0].channels,
            out_channels=self.maps,
            kernel_size=plain([axis.kernel for axis in axes]),
            output_size=output.sizes,  # always one an axis: it says how many axes there are
            **unusual("stride", [axis.stride for axis in axes], 1),
            **unusual("share", per_axis(self.share, len(axes), "share"), 1),
            **({} if self.bias else {"bias": False}),
        )
        unpadded = even(axes) and not any(axis.before for axis in axes)
        return (local,) if unpadded else (*padding_calls(axes), local)

    def _extents(self, inputs: Shapes) -> tuple[Extent, ...]:
        return extents(inputs[0], self.kernel, self.stride, self.pad)

    def _blocks(self, inputs: Shapes) -> tuple[Dim, ...]:
        """How many sets of kernels there are along each axis."""
        axes = self._extents(inputs)
        shares = per_axis(self.share, len(axes), "share")
        return tuple(_blocks_along(axis.length, share) for axis, share in zip(axes, shares, strict=True))

    def _copied(self, inputs: Shapes, output: Shape) -> Count:
        """Elements of kernels that are copied to multiply with: those that don't lie together where blocks are cut off.

        Along an axis the whole blocks are computed first, and then one that is cut off.
        """
        shares = per_axis(self.share, output.rank, "share")
        whole = [divmod(n, share) for n, share in zip(output.sizes, shares, strict=True) if isinstance(n, int)]
        if len(whole) < output.rank:
            return Unknown("how many kernels are cut off depends on the size of the input")
        sides = [[count for count in (full, min(rest, 1)) if count] for full, rest in whole]
        blocks, sets = [sum(side) for side in sides], 0
        for taken in cartesian(*sides):
            several = [axis for axis, count in enumerate(taken) if count > 1]
            # Two axes are one row of sets where a step along the first is as long as the way through the second.
            if any(prod(blocks[i + 1 : j + 1]) != taken[j] for i, j in pairwise(several)):
                sets += prod(taken)
        one = (self.maps, inputs[0].channels, *(axis.kernel for axis in self._extents(inputs)))
        return product((sets, *one))

    def _block_steps(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        if self.share == 1:
            return ()
        shares = per_axis(self.share, output.rank, "share")
        rows = zip(AXIS_NAMES[output.rank], output.sizes, shares, self._blocks(inputs), strict=True)
        return tuple(
            Step(f"blocks along the {name}", "⌈n'/share⌉", f"⌈{size}/{share}⌉", figure(blocks))
            for name, size, share, blocks in rows
        )

    examples: ClassVar[tuple[Example, ...]] = (
        Example("local(16, 9)", "16x63x63", "16x55x55", 62_774_800, 62_726_400, "DeepFace's L4"),
        Example("local(60, 3, share=2x2)", "40x8x6", "60x6x4", 129_960, 518_400, "DeepID's third, locally shared"),
        Example("local(80, 2)", "60x3x2", "80x2x1", 38_560, 38_400, "DeepID's fourth"),
        Example("local(8, 3, stride=2, pad=1, share=3, bias=false)", "3x9x9", "8x5x5", 864, 5_400, "blocks cut off"),
        Example("local(4, 5, pad=[2, 2])", "2x100", "4x100", 4_400, 4_000, "a signal"),
    )


def _blocks_along(length: Dim, share: int) -> Dim:
    """How many blocks of `share` outputs there are. What has kernels for each place can't have any size of input."""
    blocks = ceil_div(length, share)
    return blocks if isinstance(blocks, int) else Unknown(f"there is a kernel for each of {blocks} places")
