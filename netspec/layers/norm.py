"""Normalisation: `bn`, `layernorm`, `groupnorm`, `instancenorm`, and a trained factor alone: `scale`.

Statistics of one image count, for each element, one operation for each sum that takes it in: mean (add), deviation
(subtract, square, add), then divide. The receptive field follows the values and leaves the statistics out, as papers
do: an instance-normalised PatchGAN still judges patches of 70x70.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, NUMBER, POSITIVE, SHARE, argument
from netspec.layers.base import (
    Call,
    Example,
    Keeps,
    Layer,
    Misuse,
    Shapes,
    Step,
    Weight,
    call,
    no_count,
    pointwise,
    same_shape,
    trained_count,
)
from netspec.layers.features import check_groups, features_first, features_last, number, one_value
from netspec.layers.inputs import need_map
from netspec.layers.steps import figure, times
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape

EPS = Fraction(1, 100_000)


def weight_and_bias(channels: Dim) -> dict[str, Weight]:
    """A trained factor and a trained constant per channel."""
    return {"weight": Weight((channels,)), "bias": Weight((channels,))}


def per_channel(weights: Mapping[str, Weight], channels: Dim) -> tuple[Step, ...]:
    """`2·64 = 128`, for the trained tensors of a length of C, and nothing where there are none."""
    trained = sum(weight.trained for weight in weights.values())
    if not trained:
        return ()
    return (Step("parameters", f"{trained}·C", times((trained, channels)), figure(trained_count(weights))),)


@final
@frozen
class BatchNorm(Layer):
    """Batch normalisation per channel: `(x − mean) / √(variance + eps) · weight + bias` (Ioffe and Szegedy 2015).

    Any shape. 2C trained parameters and 2C buffers, the running mean and variance; torch's count of batches is not a
    figure of the network and not counted. With the running statistics, 4 operations an element, 2 without `affine`.
    """

    name: ClassVar[str] = "bn"
    family: ClassVar[str] = "normalisation"

    eps: Fraction | int = argument(POSITIVE, "added to the variance", EPS)
    momentum: Fraction | int = argument(SHARE, "share of a new batch in the running statistics", Fraction(1, 10))
    affine: bool = argument(FLAG, "a trained factor and constant per channel", True)

    out_shape = same_shape
    macs = no_count
    window = pointwise

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        channels = inputs[0].channels
        running = Weight((channels,), trained=False)
        trained = weight_and_bias(channels) if self.affine else {}
        return {**trained, "running_mean": running, "running_var": running}

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (4 if self.affine else 2) * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), once=2 * inputs[0].channels)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        channels = inputs[0].channels
        buffers = Step("buffers", "2·C", times((2, channels)), figure(2 * channels))
        return (*per_channel(self.weights(inputs), channels), buffers)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        shape = inputs[0]
        named = {"eps": self.eps, "momentum": self.momentum}
        arguments = {name: number(value) for name, value in named.items() if value != _DEFAULTS[name]}
        more = {} if self.affine else {"affine": False}
        target = f"nn.BatchNorm{max(shape.rank, 1)}d"
        return features_first(shape, call(target, num_features=shape.channels, **arguments, **more))

    examples: ClassVar[tuple[Example, ...]] = (
        Example("bn", "64x112x112", "64x112x112", 128, note="ResNet's first"),
        Example("bn(eps=0.001)", "32x149x149", "32x149x149", 64, note="Inception v3"),
        Example("bn(affine=false)", "64x8x8", "64x8x8", 0, note="the two buffers only"),
        Example("bn", "4096", "4096", 8_192, note="on a vector"),
        Example("bn", "64x16x56x56", "64x16x56x56", 128, note="on a clip"),
    )


_DEFAULTS = {"eps": EPS, "momentum": Fraction(1, 10)}


@final
@frozen
class LayerNorm(Layer):
    """Normalises the features at each place, then a trained factor and constant for each (Ba et al. 2016).

    On a vector its entries, on tokens each token's features, on a map the channels of each place (ConvNeXt). 2C
    parameters; 7 operations an element.
    """

    name: ClassVar[str] = "layernorm"
    family: ClassVar[str] = "normalisation"

    eps: Fraction | int = argument(POSITIVE, "added to the variance", EPS)

    out_shape = same_shape
    macs = no_count
    window = pointwise

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return weight_and_bias(inputs[0].channels)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 7 * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), extra=2 * inputs[0].positions)

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return per_channel(self.weights(inputs), inputs[0].channels)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        more = {} if self.eps == EPS else {"eps": number(self.eps)}
        return features_last(inputs[0], call("nn.LayerNorm", normalized_shape=inputs[0].channels, **more))

    examples: ClassVar[tuple[Example, ...]] = (
        Example("layernorm(1e-6)", "197 tokens x 768", "197 tokens x 768", 1_536, note="ViT-B/16"),
        Example("layernorm(eps=1e-6)", "96x56x56", "96x56x56", 192, note="ConvNeXt-T: over channels, per place"),
        Example("layernorm", "768", "768", 1_536),
    )


@final
@frozen
class GroupNorm(Layer):
    """Normalises each group of channels over all places, then a factor and constant per channel (Wu and He 2018).

    Maps and vectors, the shape kept; 2C parameters; 7 operations an element.
    """

    name: ClassVar[str] = "groupnorm"
    family: ClassVar[str] = "normalisation"

    groups: int = argument(COUNT, "parts into which the channels are divided")
    eps: Fraction | int = argument(POSITIVE, "added to the variance", EPS)

    macs = no_count
    window = pointwise

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        if shape.tokens is not None:
            raise Misuse(
                "E201",
                "`groupnorm` needs a map or a vector, but a sequence of tokens flows in",
                here=f"input here is {shape}",
                notes=("`layernorm` normalises the features of each token",),
            )
        check_groups(shape, self.groups)
        if shape.channels == self.groups and all(size == 1 for size in shape.sizes):
            here = f"{self.groups:,} groups of {shape}"
            raise one_value("`groupnorm` needs groups of more than one value", here, at="groups")
        return shape

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return weight_and_bias(inputs[0].channels)

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return 7 * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,), extra=2 * self.groups * (1 if output.rows is None else output.rows))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return per_channel(self.weights(inputs), inputs[0].channels)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        more = {} if self.eps == EPS else {"eps": number(self.eps)}
        return (call("nn.GroupNorm", num_groups=self.groups, num_channels=inputs[0].channels, **more),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("groupnorm(32)", "256x56x56", "256x56x56", 512, note="ResNet-50 with groups of 8 channels"),
        Example("groupnorm(1)", "64x56x56", "64x56x56", 128, note="PoolFormer: all channels and places at once"),
        Example("groupnorm(4)", "64", "64", 128),
    )


@final
@frozen
class InstanceNorm(Layer):
    """Normalises each channel of each image over its places (Ulyanov et al. 2016).

    Maps, signals and clips, the shape kept. 5 operations an element; with `affine` 7, and 2C parameters.
    """

    name: ClassVar[str] = "instancenorm"
    family: ClassVar[str] = "normalisation"

    affine: bool = argument(FLAG, "a trained factor and constant per channel", False)
    eps: Fraction | int = argument(POSITIVE, "added to the variance", EPS)

    macs = no_count
    window = pointwise

    def out_shape(self, inputs: Shapes) -> Shape:
        shape = need_map(self, inputs)
        if all(size == 1 for size in shape.sizes):
            raise one_value("`instancenorm` needs more than one place", f"input here is {shape}")
        return shape

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        return weight_and_bias(inputs[0].channels) if self.affine else {}

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (7 if self.affine else 5) * output.elements

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        # torch normalises a batch of one image with batch x C channels, and repeats the factors for that
        statistics = (3 if self.affine else 2) * output.channels
        return Keeps(inputs=(0,), extra=statistics * (1 if output.rows is None else output.rows))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return per_channel(self.weights(inputs), inputs[0].channels)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        more = {} if self.eps == EPS else {"eps": number(self.eps)}
        affine = {"affine": True} if self.affine else {}
        target = f"nn.InstanceNorm{inputs[0].rank}d"
        return (call(target, num_features=inputs[0].channels, **more, **affine),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("instancenorm", "64x256x256", "64x256x256", note="CycleGAN's generator"),
        Example("instancenorm(affine=true)", "32x256x256", "32x256x256", 64, note="Johnson et al.'s style transfer"),
        Example("instancenorm", "8x100", "8x100"),
    )


@final
@frozen
class Scale(Layer):
    """A trained factor per channel, with `bias` a constant as well: `x · weight + bias`. Any shape.

    ConvNeXt's layer scale with `scale(1e-6)`; with a bias, Caffe's Scale layer. With `trained=false` the factor is one
    number that stays, such as those of Inception-ResNet's branches. 1 operation an element, 2 with a bias.
    """

    name: ClassVar[str] = "scale"
    family: ClassVar[str] = "normalisation"

    init: Fraction | int = argument(NUMBER, "what the factors start from", 1)
    bias: bool = argument(FLAG, "a trained constant per channel", False)
    trained: bool = argument(FLAG, "whether the factors are trained; if not, they are one number", True)

    macs = no_count
    window = pointwise

    def out_shape(self, inputs: Shapes) -> Shape:
        if self.bias and not self.trained:
            raise Misuse(
                "E105",
                "`scale` has no bias where its factor is not trained",
                at="bias",
                here="a trained constant per channel",
            )
        return inputs[0]

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        return Keeps(inputs=(0,)) if self.trained else Keeps()

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        if not self.trained:
            return {}
        channels = inputs[0].channels
        return weight_and_bias(channels) if self.bias else {"weight": Weight((channels,))}

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        return (2 if self.bias else 1) * output.elements

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        return per_channel(self.weights(inputs), inputs[0].channels)

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        if not self.trained:
            return (call("torch.mul", other=number(self.init)),)
        shape = inputs[0]
        bias = {"bias": True} if self.bias else {}
        trailing = {"places": shape.rank} if shape.rank else {}
        return (call("ours.Scale", features=shape.channels, init=number(self.init), **trailing, **bias),)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("scale(1e-6)", "96x56x56", "96x56x56", 96, note="ConvNeXt's layer scale"),
        Example("scale(bias=true)", "64x112x112", "64x112x112", 128, note="what follows Caffe's BatchNorm"),
        Example("scale(1e-5)", "197 tokens x 192", "197 tokens x 192", 192, note="CaiT's and DeiT's layer scale"),
        Example("scale(0.17, trained=false)", "320x35x35", "320x35x35", note="a branch of Inception-ResNet-v2"),
    )
