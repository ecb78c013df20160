"""What there is to say about the layers, from their declarations: `netspec layers`, and `docs/layers.md`.

`python -m netspec.report.reference > docs/layers.md` rewrites that page; a test keeps it true.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import Argument, PerAxis, arguments_of
from netspec.layers.base import Example, Layer, Step, decimal, trained_count
from netspec.records import frozen
from netspec.report.figures import cell
from netspec.shape import Shape, letter

PREFACE = """\
# Layers

Written by `python -m netspec.report.reference` from what each layer declares; `netspec layers NAME` shows the same.
Shapes are channels first and the batch is never written. MACs are per image.
"""


@frozen
class Worked:
    """An example with what netspec computes for it, cell by cell, and the calculations behind it."""

    cells: tuple[str, ...]
    steps: tuple[Step, ...]


COLUMNS = ("example", "in", "out", "parameters", "MACs", "")


def worked(example: Example) -> Worked:
    """The example, computed now."""
    texts = (example.inputs,) if isinstance(example.inputs, str) else example.inputs
    inputs, layer = tuple(map(shape_of, texts)), layer_of(example.spec)
    output = layer.out_shape(inputs)
    parameters, macs = trained_count(layer.weights(inputs)), layer.macs(inputs, output)
    cells = (example.spec, ", ".join(texts), str(output), cell(parameters), cell(macs), example.note)
    return Worked(cells, layer.explain(inputs, output))


def layer_of(text: str) -> Layer:
    """The layer that a word or call of a spec stands for."""
    from netspec.elaborate.resolve import Resolved, resolve_call, resolve_word
    from netspec.elaborate.scope import Frame, Module
    from netspec.language import tree
    from netspec.language.parse import parse
    from netspec.source import Source

    item = parse(Source(text, "<example>")).chain.items[0]
    frame = Frame(Module(), {})
    found = resolve_call(item, frame, None) if isinstance(item, tree.Call) else resolve_word(item, frame)  # type: ignore[arg-type]
    assert isinstance(found, Resolved), text
    return found.layer


def shape_of(text: str) -> Shape:
    """The shape that an example writes, channels first always: `3xHxW`, `196 tokens x 768`, `Rx4` or `Rx512x7x7`."""
    lead, tokens, features = text.partition(" tokens x ")
    if tokens:
        return Shape(int(features), tokens=int(lead))
    rows = letter("R") if text.startswith("Rx") else None
    channels, *sizes = (int(size) if size.isdecimal() else letter(size) for size in text.removeprefix("Rx").split("x"))
    return Shape(channels, tuple(sizes), rows=rows)


def signature(layer: type[Layer]) -> str:
    """`conv(maps, kernel, stride=1, …)`; a default that can't be written shows as `…`."""
    listed = ", ".join(
        each.name if each.required else f"{each.name}={default(each.default)}" for each in arguments_of(layer)
    )
    branches = " { | … | … }" if layer.merges else ""
    return f"{layer.name}({listed}){branches}" if listed else f"{layer.name}{branches}"


def default(value: Any) -> str:
    """A default as a spec would write it."""
    if value is None:
        return "…"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple) and not isinstance(value, PerAxis):
        texts = [default(each) for each in value]
        return texts[0] if len(set(texts)) == 1 else f"[{', '.join(texts)}]"
    return str(value) if isinstance(value, (str, PerAxis)) else decimal(value)


def about(layer: type[Layer]) -> str:
    """The layer's docstring without its indent."""
    return (layer.__doc__ or "").strip().replace("\n    ", "\n")


def summary(layer: type[Layer]) -> str:
    """The first sentence of its docstring."""
    text = " ".join(about(layer).partition("\n\n")[0].split())
    return re.split(r"(?<! al)\. ", text)[0].removesuffix(".") + "."


def families() -> Iterator[tuple[str, list[type[Layer]]]]:
    """All layers by family, in the order of the table."""
    layers = [layer_class(name) for name in TABLE]
    order = list(dict.fromkeys(layer.family for layer in layers))
    ranked = sorted(layers, key=lambda layer: order.index(layer.family))
    for family, group in groupby(ranked, key=lambda layer: layer.family):
        yield family, list(group)


def overview() -> str:
    """Every layer with one line, by family."""
    width = max(map(len, TABLE)) + 2
    parts = [
        f"{family}\n" + "".join(f"  {layer.name:<{width}}{summary(layer)}\n" for layer in layers)
        for family, layers in families()
    ]
    return "\n".join(parts)


def page(layer: type[Layer]) -> str:
    """All about one layer, for a terminal."""
    from netspec.analysis.explain import lines

    arguments = [(each.name, _takes(each), each.help) for each in arguments_of(layer)]
    examples = [worked(example) for example in layer.examples]
    parts = [f"{signature(layer)}\n", about(layer) + "\n"]
    if arguments:
        parts.append(_aligned(arguments, indent="  "))
    parts.append("examples:\n" + _aligned([COLUMNS, *(each.cells for each in examples)], indent="  ", right=(3, 4)))
    first = next((each for each in examples if each.steps), None)
    if first is not None:
        calculation = "".join(f"  {line}\n" for line in lines(first.steps))
        parts.append(f"the calculation of {first.cells[0]} on {first.cells[1]}:\n{calculation}")
    return "\n".join(parts)


def _takes(each: Argument) -> str:
    if each.required:
        return each.kind.says
    return f"{each.kind.says}; " + ("optional" if each.default is None else f"{default(each.default)} unless given")


def _aligned(rows: Sequence[Sequence[str]], indent: str, right: Sequence[int] = ()) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        indent + "  ".join(cell.rjust(width) if at in right else cell.ljust(width)
                           for at, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]  # fmt: skip
    return "".join(f"{line.rstrip()}\n" for line in lines)


def markdown() -> str:
    """The whole reference, `docs/layers.md`."""
    parts = [PREFACE]
    for family, layers in families():
        parts.append(f"## {family.capitalize()}\n")
        parts += [_section(layer) for layer in layers]
    return "\n".join(parts)


def _section(layer: type[Layer]) -> str:
    rows = [[f"`{each.name}`", _takes(each), each.help] for each in arguments_of(layer)]
    arguments = _table(("argument", "takes", "meaning"), rows) + "\n" if rows else ""
    examples = [worked(example).cells for example in layer.examples]
    shown = _table(COLUMNS, [[f"`{cells[0]}`", *cells[1:]] for cells in examples])
    return f"### {layer.name}\n\n```\n{signature(layer)}\n```\n\n{about(layer)}\n\n{arguments}{shown}"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(markdown())
