"""Branches of a random network, and the layers that bring what they give to one shape."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from hypothesis import strategies as st

from netspec.shape import Shape
from tests.lowering.single_layers import kind, known, pick, single_layer, through
from tests.lowering.writer import Writer, Written, quoted


def merge(writer: Writer, shape: Shape, depth: int) -> Written:
    """A merging layer with branches from the flow and from names."""
    ways = MERGES if shape.is_map else MERGES[:-1]
    return pick(writer.draw, ways)(writer, shape, depth)


def branches(writer: Writer, shape: Shape, depth: int, least: int, most: int) -> list[Written]:
    """Chains from the flow, empty ones among them, and from values with names."""
    written: list[Written] = []
    for _ in range(writer.draw(st.integers(least, most))):
        names = [name for name, value in writer.named.items() if value.rows == shape.rows]
        if names and writer.draw(st.booleans()):
            name = pick(writer.draw, names)
            text, output = writer.chain(writer.named[name], depth - 1, 1, entered=shape)
            written.append((f"@{quoted(name)}" + ("" if text == "identity" else f" - {text}"), output))
            continue
        text, output = writer.chain(shape, depth - 1, 2)
        written.append(("" if text == "identity" and writer.draw(st.booleans()) else text, output))
    return written


def brought(written: list[Written], aim: Callable[[Shape], Shape]) -> list[Written]:
    """The branches, each with the layers that give it the shape aimed at; those that can't have it are left out."""
    reached = []
    for text, output in written:
        back = bring(output, aim(output))
        if back is not None:
            reached.append((" - ".join(part for part in (text, back) if part), aim(output)))
    return reached


def in_braces(word: str, written: list[Written]) -> str:
    return f"{word} {{ " + " ".join(f"| {text}" for text, _ in written) + " }"


def same_shape(writer: Writer, shape: Shape, depth: int) -> Written:
    """`add`, `max`, `mean`, `mul` of any number of branches, `sub` of two, all brought to one shape."""
    word = pick(writer.draw, ("add", "max", "mean", "mul", "sub"))
    written = branches(writer, shape, depth, 2, 2 if word == "sub" else 3)
    target = pick(writer.draw, written)[1]
    written = brought(written, lambda _: target)
    return finished(writer, shape, word, written)


def joined(writer: Writer, shape: Shape, depth: int) -> Written:
    """`concat` of branches that differ in channels, with `crop=true` in sizes too."""
    written = branches(writer, shape, depth, 2, 4)
    first = written[0][1]
    crop = first.is_map and writer.draw(st.booleans())

    def aim(value: Shape) -> Shape:
        if kind(value) == kind(first) and not first.rank:
            return Shape(value.channels, tokens=first.tokens, rows=value.rows)
        if value.rank != first.rank:
            return first
        return value if crop else Shape(value.channels, first.sizes, rows=value.rows)

    return finished(writer, shape, "concat(crop=true)" if crop else "concat", brought(written, aim))


def compared(writer: Writer, shape: Shape, depth: int) -> Written:
    """`distance` and `dot` of two vectors."""
    word = pick(writer.draw, ("distance", "dot", "distance(norm=1)"))
    written = branches(writer, shape, depth, 2, 2)
    target = Shape(4, rows=shape.rows)
    return finished(writer, shape, word, brought(written, lambda _: target))


def gated(writer: Writer, shape: Shape, depth: int) -> Written:
    """`mul` that broadcasts: squeeze-and-excitation, and spatial attention with one channel."""
    gate = pick(writer.draw, ("GAP - dense(in.c) - sigmoid", "conv(1, 3, pad=same) - sigmoid", "GMP - dense(in.c)"))
    text = f"mul {{ | identity | {gate} }}" if writer.draw(st.booleans()) else f"mul {{ | {gate} | }}"
    return writer.probed(shape, text)


MERGES = (same_shape, joined, compared, gated)


def finished(writer: Writer, shape: Shape, word: str, written: list[Written]) -> Written:
    """The merge, if its branches can meet."""
    output = through(word, *(value for _, value in written)) if len(written) > 1 else None
    return single_layer(writer.draw, shape) if output is None else (in_braces(word, written), output)


def bring(have: Shape, want: Shape) -> str | None:
    """Layers that make a value of shape `want` of one of shape `have`; None where there are none."""
    if have == want:
        return ""
    if have.rows != want.rows:
        return None
    if have.rank == want.rank and have.rank:
        sizes = [] if have.sizes == want.sizes else [f"adaptivepool({'x'.join(map(str, want.sizes))})"]
        return " - ".join((*sizes, *([] if have.channels == want.channels else [f"conv({want.channels}, 1)"])))
    if have.tokens == want.tokens and have.rank == want.rank:
        return f"dense({want.channels})"
    if want.tokens is not None:
        return None if want.rows is not None else _tokens(have, want)
    count = prod(map(known, (want.channels, *want.sizes)))
    flat = f"{'GAP' if not have.is_vector else 'identity'} - dense({count})"
    return f"{flat} - reshape({'x'.join(map(str, (want.channels, *want.sizes)))})" if want.sizes else flat


def _tokens(have: Shape, want: Shape) -> str:
    """Tokens by way of a signal of as many places."""
    flat = "identity" if have.is_vector else "GAP"
    return f"{flat} - dense({want.elements}) - reshape({want.channels}x{want.tokens}) - patches(1, {want.channels})"
