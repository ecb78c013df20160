"""What writes a random spec: it follows the shape that flows, and keeps what has been defined and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

import netspec
from netspec.diagnostics import SpecError
from netspec.shape import Shape
from netspec.source import Source
from tests.lowering.single_layers import MOST_ELEMENTS, Draw, pick, seldom, single_layer

NAMES = (
    "a",
    "features",
    "3a",
    "conv1",
    "inception/1x1",
    "forward",
    "class",
    "weight",
    "relu2",
    "self",
    "x",
    "training",
    "größe",
)
"""Names for values, some of them words of Python or of torch, or what an unnamed layer would be called."""

Written = tuple[str, Shape]
"""Text, and the shape of what comes out of it."""

Way = Callable[["Writer", Shape, int], Written]
"""How an item is written that takes a shape, with so many levels of braces left."""


class Writer:
    """A spec while it is written.

    `definitions` are lines that stand before the network; `blocks` the names of blocks by the kind of value that they
    take, `shares` those of shared chains with the shape of their first use; `named` the values that `@` can mean here;
    `repeats` counts the repetitions around, in which no output can have a name of its own; `entered` is what flows into
    the braces around, None outside all; `boxes` are boxes that nothing has used yet.
    """

    def __init__(self, draw: Draw, ways: Sequence[Way]) -> None:
        self.draw = draw
        self.ways = ways
        self.definitions: list[str] = []
        self.blocks: dict[str, list[str]] = {}
        self.shares: dict[str, Shape] = {}
        self.named: dict[str, Shape] = {}
        self.free_names = list(NAMES)
        self.outputs = 0
        self.repeats = 0
        self.entered: Shape | None = None
        self.boxes: tuple[str, Shape] | None = None

    # Chains

    def chain(self, shape: Shape, depth: int, most: int, entered: Shape | None = None) -> Written:
        """Up to so many items in a row, within braces into which `entered` flows; the empty chain is `identity`."""
        texts: list[str] = []
        around, self.entered = self.entered, entered or shape
        for _ in range(self.draw(st.integers(0, most))):
            text, shape = self.item(shape, depth)
            texts.append(text)
        self.entered = around
        return self.joined(texts) or "identity", shape

    def joined(self, items: list[str]) -> str:
        """Items of a chain, on one line or several."""
        return "".join(item if not n else pick(self.draw, (" - ", "\n")) + item for n, item in enumerate(items))

    def item(self, shape: Shape, depth: int) -> Written:
        """One item that takes this shape; at `depth` 0 a single layer."""
        before = dict(self.named)
        text, output = pick(self.draw, self.ways)(self, shape, depth) if depth else single_layer(self.draw, shape)
        if self.free_names and seldom(self.draw):
            name = pick(self.draw, self.free_names)
            self.free_names.remove(name)
            if text.startswith("{"):  # a chain in braces that has a name keeps the names inside to itself
                self.named = before
            self.named[name] = output
            text = f"{text} as {quoted(name)}"
        return text, output

    # What comes out

    def probe(self, shape: Shape, text: str) -> Shape | None:
        """What comes out when this shape flows into `text`, of definitions and layers only; None if it is refused."""
        way = source_of(shape)
        if way is None:
            return None
        try:
            graph = netspec.compile(Source("\n".join((*self.definitions, way, text))))
        except SpecError:
            return None
        output = graph.nodes[graph.outputs["main"]].shape
        return output if all(fits(node.shape) for node in graph.nodes) else None

    def probed(self, shape: Shape, text: str) -> Written:
        """The text if it can stand here, else a single layer."""
        output = self.probe(shape, text)
        return single_layer(self.draw, shape) if output is None else (text, output)

    def can_share(self, name: str, shape: Shape) -> bool:
        """Whether a shared chain takes a map of another size than its first: a convolution does, a dense layer not."""
        first = self.shares[name]
        if not (first.is_map and shape.is_map) or first.rows is not None or shape.rows is not None:
            return False
        inputs = [f"input {each} {as_input(each_shape)}" for each, each_shape in (("left", first), ("right", shape))]
        lines = (*self.definitions, *inputs, f"concat {{ | @left - {name} - GAP | @right - {name} - GAP }}")
        try:
            netspec.compile(Source("\n".join(lines)))
        except SpecError:
            return False
        return True


def as_input(shape: Shape) -> str:
    """The shape as an input has it; the `@` keeps `8x8` from being read as an image of one channel."""
    return f"{shape.channels}" + "".join(f"{'x' if n else '@'}{size}" for n, size in enumerate(shape.sizes))


def fits(shape: Shape) -> bool:
    """Whether a value is small enough."""
    count = shape.at({"R": 3}).elements
    return isinstance(count, int) and count <= MOST_ELEMENTS


def quoted(name: str) -> str:
    """A name as a spec writes it."""
    return name if name.isidentifier() and name not in ("class",) else f'"{name}"'


def source_of(shape: Shape) -> str | None:
    """A spec's beginning from which this shape flows; None for regions of unknown number."""
    if shape.tokens is not None:
        return f"input {shape.channels}@{shape.tokens}\npatches(1, {shape.channels})" if shape.rows is None else None
    if shape.rows is None:
        return f"input {as_input(shape)}"
    boxes = "Rx4" if not isinstance(shape.rows, int) else f"{shape.rows}x4"
    if shape.rank not in (0, 2):
        return None
    size = "x".join(map(str, shape.sizes)) or "1x1"
    end = "" if shape.sizes else " - flatten"
    return f"input map {shape.channels}x6x6\ninput boxes {boxes}\nroipool({size}) {{ | @map | @boxes }}{end}"
