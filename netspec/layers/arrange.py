"""Moving values about: `slice`, `crop`, `zeropad`, `shuffle`, `identity`, `permute`."""

from __future__ import annotations

from typing import ClassVar, final

from netspec.layers.agreement import axis_words, from_dims, listed
from netspec.layers.arguments import (
    AMOUNT,
    BORDER,
    COUNT,
    INTEGERS,
    SIDES,
    SIZE,
    WHOLE,
    PerAxis,
    argument,
    padding_along,
    per_axis,
)
from netspec.layers.base import (
    Call,
    Example,
    Layer,
    Misuse,
    Shapes,
    Step,
    call,
    keeps_nothing,
    no_count,
    no_steps,
    no_weights,
    pointwise,
    same_shape,
)
from netspec.layers.enlarge import axis_steps
from netspec.layers.features import check_groups, feature_axis, feature_word, with_features
from netspec.layers.inputs import need_map
from netspec.layers.join import cut_window
from netspec.layers.steps import figure
from netspec.layers.windows import Axes, Reach, Window, carry, everything
from netspec.records import frozen
from netspec.shape import Shape, as_dim


@final
@frozen
class Slice(Layer):
    """The channels from `start` up to `stop`, counted from 0: `(C, …) -> (stop − start, …)`.

    On tokens and vectors it takes features.
    """

    name: ClassVar[str] = "slice"
    family: ClassVar[str] = "shape"

    start: int = argument(WHOLE, "the first channel taken, from 0")
    stop: int = argument(COUNT, "the first channel no longer taken")

    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        shape, word = inputs[0], feature_word(inputs[0])
        if self.start >= self.stop:
            raise Misuse("E206", f"`slice` from {self.start} up to {self.stop} takes no {word}", at="stop")
        if isinstance(shape.channels, int) and self.stop > shape.channels:
            raise Misuse(
                "E206",
                f"`slice` takes {word} {self.start} up to {self.stop}, but there are {shape.channels}",
                at="stop",
                here=f"{shape} flows in",
            )
        return with_features(shape, self.stop - self.start)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        worked = f"{self.stop} − {self.start}"
        return (Step(feature_word(output), "stop − start", worked, figure(output.channels)),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.narrow", dim=feature_axis(inputs[0]), start=self.start, length=self.stop - self.start),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("slice(0, 58)", "116x28x28", "58x28x28", note="the left half of a ShuffleNet v2 block"),
        Example("slice(58, 116)", "116x28x28", "58x28x28", note="and the right half"),
        Example("slice(0, 10)", "34", "10"),
    )


@final
@frozen
class Crop(Layer):
    """Cuts a map about its centre to `size`, `⌊(n − m)/2⌋` before: `(C, H, W) -> (C, size, size)`."""

    name: ClassVar[str] = "crop"
    family: ClassVar[str] = "shape"

    size: int | PerAxis = argument(SIZE, "height x width that stays")

    weights = no_weights
    macs = no_count
    ops = no_count
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        sizes = per_axis(self.size, shape.rank, "size")
        if any(isinstance(n, int) and size > n for n, size in zip(shape.sizes, sizes, strict=True)):
            raise Misuse(
                "E206",
                f"`crop` can't take {PerAxis(sizes)} out of {'x'.join(map(str, shape.sizes))}",
                at="size",
                here=f"{shape} flows in",
            )
        return Shape(shape.channels, sizes, rows=shape.rows)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (cut_window(inputs[0].sizes, output.sizes),)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        if not inputs[0].is_known:
            return ()
        pairs = tuple(zip(inputs[0].sizes, output.sizes, strict=True))
        offsets = tuple(as_dim(n + -1 * m) // 2 for n, m in pairs)
        return axis_steps("⌊(n − m)/2⌋", (f"⌊({n} − {m})/2⌋" for n, m in pairs), offsets, of="cut before ")

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("ours.CenterCrop", size=output.sizes),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("crop(392)", "64x568x568", "64x392x392", note="U-Net's largest skip connection"),
        Example("crop(56x104)", "512x64x104", "512x56x104"),
        Example("crop(10)", "8x15", "8x10", note="a signal: 2 cut before, 3 after"),
    )


@final
@frozen
class ZeroPad(Layer):
    """Puts zeros around a map: `(C, H, W) -> (C, H + before + after, W + before + after)`.

    `zeropad(1)` on all sides, `zeropad(1, 0)` or `zeropad([1, 0])` above and to the left only, `zeropad(1x0)` above and
    below only.
    `zeropad(channels=8)` puts 8 maps of zeros before the channels and 8 after: a shortcut without weights to a wider
    map (He 2015, option A).
    """

    name: ClassVar[str] = "zeropad"
    family: ClassVar[str] = "shape"

    before: tuple[tuple[int, int], ...] | None = argument(
        BORDER, "zeros before each axis, and after it unless given", None
    )
    after: int | PerAxis | None = argument(AMOUNT, "zeros after the last (as many as before if not given)", None)
    channels: tuple[int, int] | None = argument(SIDES, "maps of zeros before the channels and after them", None)

    weights = no_weights
    macs = no_count
    ops = no_count
    keeps = keeps_nothing

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        if self.before is None and self.after is None and self.channels is None:
            raise Misuse("E105", "`zeropad` needs `before`, `after` or `channels`", here="how many zeros?")
        padded = zip(shape.sizes, self._amounts(shape.rank), strict=True)
        sizes = tuple(as_dim(n + sum(amounts)) for n, amounts in padded)
        return Shape(as_dim(shape.channels + sum(self.channels or ())), sizes, rows=shape.rows)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        return (Axes(tuple(Window(before=before) for before, _ in self._amounts(output.rank))),)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        padded = zip(inputs[0].sizes, self._amounts(output.rank), strict=True)
        worked = (f"{n} + {before} + {after}" for n, (before, after) in padded)
        steps = axis_steps("n + before + after", worked, output.sizes)
        if self.channels is None:
            return steps
        filled = " + ".join(map(str, (inputs[0].channels, *self.channels)))
        return (Step("channels", "C + before + after", filled, figure(output.channels)), *steps)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        amounts = (*reversed(self._amounts(output.rank)), *(() if self.channels is None else (self.channels,)))
        return (call("F.pad", pad=tuple(amount for pair in amounts for amount in pair)),)

    def _amounts(self, rank: int) -> tuple[tuple[int, int], ...]:
        pairs = padding_along(self.before or ((0, 0),), rank, "before")
        if self.after is None:
            return pairs
        return tuple(
            (before, after) for (before, _), after in zip(pairs, per_axis(self.after, rank, "after"), strict=True)
        )

    examples: ClassVar[tuple[Example, ...]] = (
        Example("zeropad(3)", "3x224x224", "3x230x230", note="before ResNet's first layer in Keras"),
        Example("zeropad(1, 0)", "64x56x56", "64x57x57", note="one row above, one column to the left"),
        Example("zeropad(1x0)", "8x10x10", "8x12x10"),
        Example("zeropad([[1, 0], [2, 2]])", "8x10x10", "8x11x14", note="each axis its own, as `pad` of a convolution"),
        Example("zeropad(0, 2)", "1x100", "1x102", note="after the end of a signal"),
        Example("zeropad(channels=8)", "16x16x16", "32x16x16", note="ResNet's shortcut for CIFAR-10, option A"),
        Example("zeropad(0x1, channels=[0, 4])", "4x5x5", "8x5x7", note="zeros after the channels only"),
    )


@final
@frozen
class ChannelShuffle(Layer):
    """Reads channels in groups and writes them interleaved (Zhang et al. 2018): channel i of group g goes to i·G + g.

    Maps, the shape kept; channels must divide by the groups.
    """

    name: ClassVar[str] = "shuffle"
    family: ClassVar[str] = "shape"

    groups: int = argument(COUNT, "parts that are interleaved")

    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        check_groups(shape, self.groups)
        return shape

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if self.groups == 1:  # moves nothing; torch's own would copy on a CPU and not on a GPU
            return (call("nn.Identity"),)
        return (call("nn.ChannelShuffle", groups=self.groups),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("shuffle(2)", "116x28x28", "116x28x28", note="ShuffleNet v2"),
        Example("shuffle(3)", "240x28x28", "240x28x28", note="ShuffleNet with three groups"),
    )


@final
@frozen
class Identity(Layer):
    """What flows in: the shortcut of a residual block, written out."""

    name: ClassVar[str] = "identity"
    family: ClassVar[str] = "shape"

    out_shape = same_shape
    weights = no_weights
    macs = no_count
    ops = no_count
    window = pointwise
    keeps = keeps_nothing
    explain = no_steps

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("nn.Identity"),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("identity", "64x56x56", "64x56x56", note="ResNet's shortcut"),
        Example("identity", "197 tokens x 768", "197 tokens x 768"),
    )


@final
@frozen
class Permute(Layer):
    """Reorders the axes: `permute([1, 2, 0])` makes (H, W, C) of (C, H, W), `permute([1, 0])` turns tokens x features.

    `order` names for each axis that comes out the one that goes there; the first then counts as the channels.
    """

    name: ClassVar[str] = "permute"
    family: ClassVar[str] = "shape"

    order: tuple[int, ...] = argument(INTEGERS, "for each axis that comes out, the number of the one that goes there")

    weights = no_weights
    macs = no_count
    ops = no_count
    keeps = keeps_nothing
    explain = no_steps

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if shape.is_vector:
            raise Misuse(
                "E201", "`permute` needs a map or tokens, but a vector flows in", here=f"input here is {shape}"
            )
        lead = () if shape.rows is None else (shape.rows,)
        dims, words = shape.dims[len(lead) :], axis_words(shape)[len(lead) :]
        if sorted(self.order) != list(range(len(dims))):
            numbered = listed(f"{number} {word}" for number, word in enumerate(words))
            raise Misuse(
                "E202",
                f"the order of `permute` must name each axis of {shape} once",
                at="order",
                here=f"its axes are {numbered}",
            )
        return from_dims(shape, lead + tuple(dims[axis] for axis in self.order))

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        if self.order == tuple(range(len(self.order))):
            return (carry,)
        # Once channels are places, a place sees all of some axis: exact only while the channels stay.
        if self.order[0] != 0:
            return (everything,)
        return (Axes((Window(),) * output.rank, tuple(axis - 1 for axis in self.order[1:])),)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        return (call("torch.permute", dims=(0, *(axis + 1 for axis in self.order))),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("permute([1, 2, 0])", "512x7x5", "7x5x512", note="SSD's heads: channels last"),
        Example("permute([0, 2, 1])", "3x20x30", "3x30x20", note="a transposed image"),
        Example("permute([1, 0])", "196 tokens x 512", "512 tokens x 196", note="MLP-Mixer's token mixing"),
    )
