"""Items of a random chain: groups, repetitions, conditions, tables, blocks and shared chains."""

from __future__ import annotations

from hypothesis import strategies as st

from netspec.shape import Shape
from tests.lowering.block_bodies import PIECES
from tests.lowering.branching import bring
from tests.lowering.single_layers import kind, pick, seldom, single_layer
from tests.lowering.writer import Writer, Written


def group(writer: Writer, shape: Shape, depth: int) -> Written:
    """A chain in braces; an output may hang on a value in it."""
    text, inner = writer.chain(shape, depth - 1, 2)
    side = [output(writer, inner)] if not writer.repeats and seldom(writer.draw) else []
    more, end = writer.chain(inner, depth - 1, 1, entered=shape) if side else ("", inner)
    return "{ " + "\n".join(part for part in (text, *side, more) if part) + " }", end


def output(writer: Writer, shape: Shape) -> str:
    """A side chain with an output of its own."""
    writer.outputs += 1
    name = f"{pick(writer.draw, ('head', 'out', 'class'))}{writer.outputs}"
    text, _ = writer.chain(shape, 1, 2)
    end = pick(writer.draw, ("", " - softmax"))
    return f"output {name} {{ {text}{end} }}"


def repeat(writer: Writer, shape: Shape, depth: int) -> Written:
    """`2 * relu`, `2 * { … }` of a chain that gives the shape that it takes, `0 * …`."""
    count, names = pick(writer.draw, (2, 3, 0, 1)), (writer.named, writer.free_names)
    writer.named, writer.free_names = dict(names[0]), list(names[1])
    writer.repeats += 1
    text, output = writer.chain(shape, depth - 1, 2)
    writer.repeats -= 1
    # names given inside are each copy's own, and not to be seen from outside
    inside = set(names[1]) - set(writer.free_names)
    writer.named = names[0]
    writer.free_names = [name for name in names[1] if name not in inside]
    back = bring(output, shape) if count else ""
    if back is None:
        return single_layer(writer.draw, shape)
    body = f"{text} - {back}" if back else text
    written = pick(writer.draw, (str(count), f"({count + 1} - 1)"))
    return f"{written} * {{ {body} }}", shape


def choice(writer: Writer, shape: Shape, depth: int) -> Written:
    """`if … { … } else { … }` of which one chain stays, and `if … { … }` that may leave the flow as it is."""
    asked = writer.entered or shape  # `in` is what flows into the braces around
    size, actual = ("in.c", asked.channels) if asked.tokens is None else ("in.t", asked.tokens)
    bound = pick(writer.draw, (1, 4))
    assert isinstance(actual, int)
    holds = actual > bound
    outer = dict(writer.named)
    then = writer.chain(shape, depth - 1, 2)
    after_then = dict(writer.named)
    writer.named = outer
    if pick(writer.draw, (True, False)):
        otherwise = writer.chain(shape, depth - 1, 2)
        tail = f" else {{ {otherwise[0]} }}"
    else:
        otherwise, tail = ("", shape), ""
    if holds:
        writer.named = after_then
    return f"if {size} > {bound} {{ {then[0]} }}{tail}", (then if holds else otherwise)[1]


def each(writer: Writer, shape: Shape, depth: int) -> Written:
    """A table of rows over one of the pieces of blocks."""
    rows = [[pick(writer.draw, (4, 2, 6)), pick(writer.draw, (1, 2))] for _ in range(pick(writer.draw, (2, 1, 3)))]
    text = f"each c, s in {rows} {{ {pick(writer.draw, PIECES[kind(shape)])} }}"
    return writer.probed(shape, text)


def block(writer: Writer, shape: Shape, depth: int) -> Written:
    """A use of a block, defined now or before."""
    known = writer.blocks.setdefault(kind(shape), [])
    if not known or (len(known) < 3 and writer.draw(st.booleans())):
        known.append(define_block(writer, shape))
    name = pick(writer.draw, known)
    stride = pick(writer.draw, ("", ", 2", ", s=2"))
    copies = pick(writer.draw, ("", "", "2 * ", "3 * "))
    # where the text is tried, no braces are around it, and `in` is what flows into each copy
    own = ("in.c",) if writer.entered is None or (writer.entered == shape and not copies) else ()
    text = f"{name}({pick(writer.draw, ('4', '6', 'width', 'twice', *own))}{stride})"
    return writer.probed(shape, copies + text)


def define_block(writer: Writer, shape: Shape) -> str:
    """Write a block of some pieces, and tell its name."""
    name = f"block_{sum(map(len, writer.blocks.values())) + 1}"
    items = [pick(writer.draw, PIECES[kind(shape)]) for _ in range(pick(writer.draw, (1, 2)))]
    if writer.blocks[kind(shape)] and writer.draw(st.booleans()):
        items.append(f"{pick(writer.draw, writer.blocks[kind(shape)])}(c)")
    items.insert(0, single_layer(writer.draw, shape)[0])
    writer.definitions.append(f"block {name}(c, s=1) {{\n{writer.joined(items)}\n}}")
    return name


def shared(writer: Writer, shape: Shape, depth: int) -> Written:
    """A use of a shared chain, defined now or before."""
    alike = [name for name, first in writer.shares.items() if first == shape or writer.can_share(name, shape)]
    if alike and not seldom(writer.draw):
        return writer.probed(shape, pick(writer.draw, alike))
    name, named, free = f"share_{len(writer.shares) + 1}", writer.named, writer.free_names
    writer.named, writer.free_names = {}, ["a", "b"]
    text, output = writer.chain(shape, 0, 3)
    writer.named, writer.free_names = named, free
    writer.definitions.append(f"share {name} {{ {text} }}")
    writer.shares[name] = shape
    return name, output
