"""Random legal networks as spec text: every construct of the language around random single layers.

The writer follows the shape that flows, so that nearly all it writes is legal: single layers are asked for their shape
(`single_layers.through`), branches are brought to one shape by layers written for it (`branching.bring`), and what the
language expands (blocks, `each`, shares) is compiled by itself to see what comes out (`Writer.probe`).
"""

from __future__ import annotations

from hypothesis import strategies as st

import netspec
from netspec.diagnostics import SpecError
from netspec.shape import Shape, letter
from netspec.source import Source
from tests.lowering.branching import merge
from tests.lowering.items import block, choice, each, group, output, repeat, shared
from tests.lowering.single_layers import Draw, pick, seldom, single_layer, through
from tests.lowering.writer import Writer, Written, quoted


def one_layer(writer: Writer, shape: Shape, depth: int) -> Written:
    """A single layer with random arguments."""
    return single_layer(writer.draw, shape)


WAYS = (one_layer, one_layer, one_layer, merge, block, repeat, each, choice, shared, group)
"""The items of a chain, layers more often than others."""

# Whole networks

IMAGES = ("3x8x8", "2x9x7", "1x12x12", "4x5x6", "1x2x2", "2x1x5")
INPUTS = (*IMAGES, *IMAGES, "3x16", "2x9", "4x1", "2x4x5x4", "1x3x3x6", "6", "12")
BOXES = ("3x4", "Rx4")


@st.composite
def networks(draw: Draw) -> str:
    """A legal spec, small enough to run in milliseconds."""
    writer = Writer(draw, WAYS)
    count = pick(draw, (1, 1, 2, 3))
    inputs = (
        {"": pick(draw, INPUTS)}
        if count == 1
        else {name: pick(draw, INPUTS) for name in ("left", "right", "depth")[:count]}
    )
    lines = [f"input {name} {text}".replace("  ", " ") for name, text in inputs.items()]
    shapes = {name: netspec.compile(Source(f"input {text}\nrelu")).nodes[0].shape for name, text in inputs.items()}
    first = next(iter(inputs))
    shape = shapes[first]
    if count > 1:
        writer.named.update(shapes)
    if shape.rank == 2 and seldom(draw):
        boxes = pick(draw, BOXES)
        lines.append(f"input boxes {boxes}")
        lines[0] = f"input {first or 'image'} {inputs[first]}"
        writer.boxes = ("boxes", Shape(4, rows=3) if boxes == "3x4" else Shape(4, rows=letter("R")))
        first = first or "image"
    body, _ = stages(writer, shape, f"@{quoted(first)}" if len(lines) > 1 else "")
    prelude = [f"param width = {pick(draw, (4, 3))}", "let twice = 2 * width"]
    if seldom(draw):
        prelude.append("default conv(bias=false)")
    text = "\n".join((*prelude, *writer.definitions, *lines, *body)) + "\n"
    return text + (recipe(draw, text) if seldom(draw) else "")


def recipe(draw: Draw, text: str) -> str:
    """A loss for some of the outputs: such an output is there at inference too."""
    try:
        names = [name for name in netspec.compile(Source(text)).outputs if name != "main"]
    except SpecError:
        return ""
    own = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    losses = ", ".join(["main: squared_error", *(f"{name}: smooth_l1" for name in own)])
    return f"train {{ loss {{ {losses} }} }}\n"


def stages(writer: Writer, shape: Shape, start: str) -> tuple[list[str], Shape]:
    """The lines of the network's own chain, with its outputs and the regions of its boxes."""
    lines = [start] if start else []
    for _ in range(writer.draw(st.integers(1, 5))):
        if writer.boxes is not None and shape.rank == 2 and shape.rows is None and writer.draw(st.booleans()):
            text, shape = regions(writer, shape)
        else:
            text, shape = writer.item(shape, 2)
        lines.append(text)
        if pick(writer.draw, (False, False, True)):
            lines.append(output(writer, shape))
    if pick(writer.draw, (False, False, True)):
        lines.append(pick(writer.draw, ("softmax", "logsoftmax")))
    return lines, shape


def regions(writer: Writer, shape: Shape) -> Written:
    """Maps of the boxes: both flow in by name, and boxes are of one use."""
    assert writer.boxes is not None
    (name, boxes), writer.boxes = writer.boxes, None
    word = pick(
        writer.draw, ("roipool(2)", "roialign(3x2, scale=1/2)", "roipool(1, scale=1/4)", "roialign(2, samples=0)")
    )
    output = through(word, shape, boxes)
    assert output is not None
    return f"{word} {{ | | @{name} }}", output
