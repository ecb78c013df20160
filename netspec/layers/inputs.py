"""What layers ask of the shapes that flow in, with errors that say what to write instead."""

from __future__ import annotations

from math import isqrt

from netspec.layers.base import Layer, Misuse, Shapes
from netspec.shape import Shape


def need_map(layer: Layer, inputs: Shapes) -> Shape:
    """The input, which must be a map, a signal or a clip. Raises Misuse E201 on a vector or tokens."""
    shape = inputs[0]
    if shape.is_map:
        return shape
    kind = "a vector" if shape.is_vector else "a sequence of tokens"
    note = ""
    if shape.is_vector and isinstance(shape.channels, int) and isqrt(shape.channels) ** 2 == shape.channels > 1:
        side = isqrt(shape.channels)
        note = f"{shape.channels} = {side}·{side}: for an image, write `1x{side}x{side}`"
    raise Misuse(
        "E201",
        f"`{layer.name}` needs a map, but {kind} flows in",
        here=f"input here is {shape}",
        notes=(note,) if note else (),
    )
