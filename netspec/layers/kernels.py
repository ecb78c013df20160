"""What convolutions have in common: weights, padding, torch calls and the hand calculation of their figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netspec.layers.arguments import Padding
from netspec.layers.base import Call, Keeps, Misuse, Step, Weight, call
from netspec.layers.lengths import Extent, by
from netspec.layers.steps import figure, times
from netspec.layers.windows import Axes, Window
from netspec.shape import Count, Dim, Shape, Unknown, as_dim

NO_PADDING: Padding = ((0, 0),)

KERNEL_LETTERS = {1: ("k",), 2: ("kh", "kw"), 3: ("kd", "kh", "kw")}
"""How formulas write the sizes of a kernel."""

PLACE_LETTERS = {0: (), 1: ("L'",), 2: ("H'", "W'"), 3: ("D'", "H'", "W'")}
"""How formulas write the sizes that come out."""

INPUT_LETTERS = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""How formulas write the sizes that flow in."""


def with_bias(weight: Weight, maps: Dim, bias: bool) -> dict[str, Weight]:
    """A kernel and, if wanted, a bias per map."""
    return {"weight": weight, "bias": Weight((maps,))} if bias else {"weight": weight}


def check_groups(shape: Shape, groups: int, maps: int) -> None:
    """Channels and maps must divide by the groups. Raises Misuse E204."""
    for what, count in (("channels", shape.channels), ("maps", maps)):
        if isinstance(count, int) and count % groups:
            raise Misuse(
                "E204",
                f"{count:,} {what} can't be divided into {groups:,} groups",
                at="groups",
                here=f"{shape} flows in, {maps:,} maps come out",
            )


def windows_of(axes: tuple[Extent, ...]) -> Axes:
    """The windows of a convolution or pool as the receptive-field analysis wants them."""
    return Axes(tuple(Window(axis.kernel, axis.stride, axis.before, axis.dilation) for axis in axes))


def even(axes: tuple[Extent, ...]) -> bool:
    """Whether all padding is known and alike before and after, which is what torch's own argument can express."""
    return all(axis.before is not None and axis.before == axis.after for axis in axes)


def keeps_padded(shape: Shape, axes: tuple[Extent, ...]) -> Keeps:
    """A convolution keeps its input; where padding is put on by a step of its own, the padded copy instead."""
    return Keeps(inputs=(0,)) if even(axes) else Keeps(extra=padded_elements(shape, axes))


def padded_elements(shape: Shape, axes: tuple[Extent, ...]) -> Count:
    """How many elements the padded input has."""
    padded = (
        Unknown("what `pad=same` adds depends on the input size")
        if axis.before is None or axis.after is None
        else as_dim(axis.size + (axis.before + axis.after))
        for axis in axes
    )
    return Shape(shape.channels, tuple(padded), rows=shape.rows).elements


def kernel_steps(
    fan_in: tuple[str, str],
    maps: tuple[str, Dim | str],
    output: Shape,
    *,
    bias: bool,
    parameters: Count,
    macs: Count,
) -> tuple[Step, Step]:
    """Parameters and MACs of a convolution: `(11·11·3 + 1)·96 = 34,944` and `55·55·96·(11·11·3) = 105,415,200`.

    `fan_in` is the product that one output sums over and `maps` how many maps there are, each in letters and numbers.
    """
    one, one_worked = (f"({each} + 1)" if bias else each for each in fan_in)
    rows, rows_worked = with_rows(output)
    places = times((*rows, *PLACE_LETTERS[output.rank], maps[0]))
    return (
        Step("parameters", f"{one}·{maps[0]}", f"{one_worked}·{times((maps[1],))}", figure(parameters)),
        Step(
            "macs",
            f"{places}·({fan_in[0]})",
            f"{times((*rows_worked, *output.sizes, maps[1]))}·({fan_in[1]})",
            figure(macs),
        ),
    )


def with_rows(shape: Shape) -> tuple[tuple[str, ...], tuple[Dim, ...]]:
    """The factor that regions of interest add to a count: `R` and how many there are, or nothing."""
    return ((), ()) if shape.rows is None else (("R",), (shape.rows,))


def padded_calls(
    axes: tuple[Extent, ...], target: str, channels: dict[str, Any], more: dict[str, Any]
) -> tuple[Call, ...]:
    """The torch call of a convolution; padding that torch's own argument can't express is put on first.

    `channels` are the arguments that begin the call, `more` those that end it.
    """
    arguments = dict(channels)
    arguments["kernel_size"] = plain([axis.kernel for axis in axes])
    arguments |= unusual("stride", [axis.stride for axis in axes], 1)
    if even(axes):
        arguments |= unusual("padding", [axis.before or 0 for axis in axes], 0)
    arguments |= unusual("dilation", [axis.dilation for axis in axes], 1)
    padding = () if even(axes) else padding_calls(axes)
    return (*padding, Call(target, {**arguments, **more}))


def padding_calls(axes: tuple[Extent, ...], value: float = 0) -> tuple[Call, ...]:
    """The padding as a step of its own; measured while running where the size decides it."""
    filler = {"value": value} if value else {}
    if any(axis.before is None for axis in axes):
        return (
            call(
                "ours.PadSame",
                kernel_size=plain([axis.reach for axis in axes]),
                stride=plain([axis.stride for axis in axes]),
                **filler,
            ),
        )
    return (call("F.pad", pad=torch_padding(axes), **filler),)


def torch_padding(axes: Sequence[Extent]) -> tuple[int, ...]:
    """(before, after) of each axis as `F.pad` takes it, the last axis first. The padding must be known."""
    return tuple(amount or 0 for axis in reversed(axes) for amount in (axis.before, axis.after))


def unusual(name: str, values: Sequence[int], default: int) -> dict[str, Any]:
    """The keyword for a torch call, left out where it has torch's own default."""
    return {} if plain(values) == default else {name: plain(values)}


def plain(values: Sequence[int]) -> int | tuple[int, ...]:
    """One number where all axes have the same, as people write it."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def written(values: Sequence[int]) -> str:
    """The values of an argument as a spec writes them: `3`, or `1x7` where the axes differ."""
    return by(values[:1] if len(set(values)) == 1 else values)
