"""What a Tree means apart from how it is written: spans go, and words and calls of plain numbers become one form."""

from __future__ import annotations

from typing import Any

from netspec.language import tree
from netspec.language.parse import parse
from netspec.language.reading import Misread
from netspec.language.shapes import is_shape, read_shape
from netspec.language.shorthand import read_word
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import arguments_of, whole
from netspec.records import fields
from netspec.source import Source, Span


def parsed(text: str) -> tuple[Any, list[str]]:
    """What a spec means, and its comments in order."""
    spec = parse(Source(text))
    return meaning(spec), [comment.text.rstrip() for comment in spec.comments]


def meaning(node: Any) -> Any:
    """The node without spans, words read; two nodes of one meaning are equal."""
    if isinstance(node, tree.Tree):
        return meaning(node.chain)
    if isinstance(node, tree.Chain):
        lines = [meaning(item) for item in node.items] if len(node.lines) < 2 else [map(meaning, x) for x in node.lines]
        return [list(line) if isinstance(line, map) else line for line in lines]
    if isinstance(node, tree.Word):
        return _word(node.text)
    if isinstance(node, tree.Call):
        return _call(node)
    if isinstance(node, (tree.Group, tree.Repeat)):
        node = _plain_group(node)
    if isinstance(node, (tuple, list)):
        return [meaning(each) for each in node if not isinstance(each, Span)]
    if not hasattr(node, "__fields__"):
        return node
    values = {each.name: getattr(node, each.name) for each in fields(node)}
    return type(node).__name__, {name: meaning(value) for name, value in values.items() if not isinstance(value, Span)}


def _word(text: str) -> Any:
    if is_shape(text):
        # a bare number may come back with its `N`, which says the same
        return ("layer", "dense", {"units": int(text)}) if text.isdigit() else ("shape", str(read_shape(text).shape))
    if text in TABLE:
        return "layer", text, {}
    try:
        reading = read_word(text)
    except Misread:
        return "word", text
    if reading is None or reading.marker or reading.numbered:
        return "word", text
    return "layer", reading.layer, _standard(reading.layer, reading.arguments)


def _call(call: tree.Call) -> Any:
    values = [(each.name, each.value) for each in call.arguments]
    if call.name not in TABLE:
        return "call", call.name, [(name, meaning(value)) for name, value in values]
    order = [each.name for each in arguments_of(layer_class(call.name))]
    named = {name or order[place]: value for place, (name, value) in enumerate(values)}
    plain = {
        name: value.value if isinstance(value, tree.Literal) else value.name if isinstance(value, tree.Name) else None
        for name, value in named.items()
    }
    if None in plain.values():
        return "call", call.name, {name: meaning(value) for name, value in named.items()}
    return "layer", call.name, _standard(call.name, plain)


def _standard(layer: str, arguments: Any) -> dict[str, Any]:
    """A pool's stride that equals its kernel says nothing."""
    given = {name: value if whole(value) is None else whole(value) for name, value in arguments.items()}
    if layer in ("maxpool", "avgpool") and given.get("stride") == given.get("kernel"):
        given.pop("stride", None)
    return given


def _plain_group(node: tree.Group | tree.Repeat) -> Any:
    """Brackets around one repetition, and around one layer that is repeated, say nothing."""
    if isinstance(node, tree.Group) and len(node.body.items) == 1:
        inner = node.body.items[0]
        return _plain_group(inner) if isinstance(inner, (tree.Repeat, tree.Group)) else node
    if isinstance(node, tree.Repeat) and isinstance(node.item, tree.Group) and len(node.item.body.items) == 1:
        return tree.Repeat(node.count, node.item.body.items[0], node.span)
    return node
