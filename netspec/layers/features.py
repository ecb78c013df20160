"""What stands at each place of a value: the channels of a map, the features of a token or a vector."""

from __future__ import annotations

from fractions import Fraction

from netspec.layers.base import Call, Misuse, call
from netspec.records import replace
from netspec.shape import Dim, Shape


def feature_word(shape: Shape) -> str:
    """What errors and hand calculations call them: channels of a map, features of tokens and vectors."""
    return "channels" if shape.is_map else "features"


def feature_axis(shape: Shape) -> int:
    """Torch's number for their axis: (batch, C, …) for maps and vectors, (batch, T, F) for tokens."""
    return 1 if shape.tokens is None else 2


def with_features(shape: Shape, count: Dim) -> Shape:
    """As many places, with `count` features at each."""
    return replace(shape, channels=count)


def features_first(shape: Shape, module: Call) -> tuple[Call, ...]:
    """The calls of a torch module that takes (batch, C, …): tokens are turned for it and back again."""
    if shape.tokens is None:
        return (module,)
    turn = call("torch.transpose", dim0=1, dim1=2)
    return (turn, module, turn)


def features_last(shape: Shape, module: Call) -> tuple[Call, ...]:
    """The calls of a torch module that takes (batch, …, C): maps are turned for it and back again."""
    if not shape.is_map:
        return (module,)
    there, back = call("torch.movedim", source=1, destination=-1), call("torch.movedim", source=-1, destination=1)
    return (there, module, back)


def check_axes(what: str, axes: int, shape: Shape, at: str | None = None, instead: str = "") -> None:
    """A map must have so many axes. Raises Misuse E202; `instead` says what to do."""
    if shape.rank != axes:
        has = f"{shape.rank} {'axis' if shape.rank == 1 else 'axes'}"
        here = f"{shape} flows in{instead and ': '}{instead}"
        raise Misuse("E202", f"{what} is for {axes} axes, but what flows in has {has}", at=at, here=here)


def check_groups(shape: Shape, groups: int) -> None:
    """Channels must divide by the groups. Raises Misuse E204."""
    if isinstance(shape.channels, int) and shape.channels % groups:
        raise Misuse(
            "E204",
            f"{shape.channels} {feature_word(shape)} can't be divided into {groups} groups",
            at="groups",
            here=f"{shape} flows in",
        )


def number(value: Fraction | int) -> int | float:
    """A number as Python writes it in a torch call: whole where it is whole."""
    return int(value) if value == int(value) else float(value)


def one_value(what: str, here: str, at: str | None = None) -> Misuse:
    """The error of a layer that would normalise single values."""
    notes = ("the variance of one value is 0, and PyTorch refuses to divide by it",)
    return Misuse("E201", what, at=at, here=here, notes=notes)
