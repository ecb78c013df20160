"""JSON to Graph: `read` checks all that it is given, as if it came from someone who means harm.

Laws: 1. a node's inputs stand before it, so that there is no cycle; 2. every argument is one that the layer could have
been given in a spec; 3. every shape is inferred again and must be the one that is written; 4. what is wrong raises
SpecError, with the way to it in the file: `nodes[3].owner`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netspec.codes import CODES
from netspec.diagnostics import Diagnostic, Edit, Help, Label, SpecError
from netspec.elaborate.limits import MOST_LAYERS
from netspec.graph import Graph, Node, Origin, Scope
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import LARGEST, arguments_of
from netspec.layers.base import Layer, Misuse, Shapes
from netspec.layers.input import Input
from netspec.report.json_values import (
    FORMAT,
    VERSION,
    Malformed,
    decode,
    decode_input,
    decode_span,
    encode_shape,
    items,
    mapping,
    one_of,
    shown,
    source_of,
    table_of,
    text,
    whole,
)
from netspec.report.recipe_reading import read_argument, read_recipe
from netspec.shape import Shape
from netspec.source import Source, Span

KEYS = (
    "format", "version", "name", "source", "inputs", "outputs", "parameters", "train", "nodes", "scopes", "findings",
    "sources",
)  # fmt: skip
NODE = ("name", "layer", "arguments", "inputs", "shape", "title", "owner", "scope", "span")
SCOPE = ("title", "name", "copy", "copies", "within", "span")
LONGEST_NUMBER = 20
"""Digits and sign of the largest number that a file may hold."""


def read(written: str | Source, *, max_layers: int = MOST_LAYERS) -> Graph:
    """The Graph that `write` wrote.

    Raises:
        SpecError: E131 for all that isn't a network of this format and version, E007 for too many layers.
    """
    source = written if isinstance(written, Source) else Source(written, "<json>")
    try:
        return _graph(_content(source), max_layers)
    except Malformed as fault:
        raise SpecError((Diagnostic("E131", f"`{source.name}`: `{fault.at}` {fault.what}"),)) from None


# The text as plain data


class _Refused(ValueError):
    """A part of the JSON that no network has; the text is the title."""


def _content(source: Source) -> dict[str, Any]:
    """The object that the text is, of this format and version."""
    refused = f"`{source.name}` is not a network in JSON"
    try:
        content = json.loads(
            source.text,
            parse_int=_number,
            parse_float=_no_decimal,
            parse_constant=_no_decimal,
            object_pairs_hook=_without_repeats,
        )
    except json.JSONDecodeError as error:
        last = max(len(source.text.rstrip()) - 1, 0)
        at, behind = min(error.pos, last), " behind this" if error.pos > last else ""
        label = Label(Span(source, at, min(at + 1, len(source.text))), _clause(error.msg) + behind)
        raise SpecError((Diagnostic("E131", f"{refused}: it breaks off or goes wrong here", (label,)),)) from None
    except _Refused as error:
        raise SpecError((Diagnostic("E131", f"{refused}: {error}"),)) from None
    except RecursionError:
        raise SpecError((Diagnostic("E131", f"{refused}: its brackets are nested too deep"),)) from None
    return _of_this_version(content, source.name)


def _clause(message: str) -> str:
    """The JSON reader's words as a label: `Expecting ',' delimiter` → `expecting ',' delimiter`."""
    return message[:1].lower() + message[1:]


def _of_this_version(content: Any, name: str) -> dict[str, Any]:
    helps = (Help("`netspec export SPEC --to json` writes one"),)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        report = isinstance(content, dict) and "totals" in content
        what = "is the report of `netspec analyze --json`, not the network" if report else "is not a network in JSON"
        raise SpecError((Diagnostic("E131", f"`{name}` {what}", helps=helps),))
    version = content.get("version")
    if version != VERSION or isinstance(version, bool):
        title = f"`{name}` has version {shown(version).strip('`')} of the format, and version {VERSION} is read"
        raise SpecError((Diagnostic("E131", title, helps=(Help("write it again from its spec"),)),))
    return content


def _number(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _Refused(f"a number of {len(digits):,} digits is too large")
    return int(digits)


def _no_decimal(digits: str) -> Any:
    raise _Refused(f"it holds {digits[:20]}, and all its numbers are whole")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the key {shown(twice)} stands twice in one object")
    return made


# The data as a Graph


def _graph(content: dict[str, Any], limit: int) -> Graph:
    table_of(content, KEYS, "")
    sources = items(content["sources"], "sources", _source)
    trails = _trails(content["scopes"], sources)
    nodes = _Nodes(sources, trails, limit)
    items(content["nodes"], "nodes", nodes.add)
    given = {node.name: node.number for node in nodes.made if isinstance(node.layer, Input)}
    inputs = _named(content["inputs"], "inputs", given)
    if sorted(inputs.values()) != sorted(given.values()):
        raise Malformed("inputs", "must name every node that is an input, once")
    outputs = _named(content["outputs"], "outputs", nodes.numbers)
    if not outputs:
        raise Malformed("outputs", "is empty, and a network has at least one")
    number = content["source"]
    return Graph(
        text(content["name"], "name"),
        tuple(nodes.made),
        inputs,
        outputs,
        _parameters(content["parameters"], "parameters"),
        read_recipe(content["train"], "train", outputs),
        None if number is None else source_of(number, "source", sources),
        items(content["findings"], "findings", lambda each, at: _finding(each, at, sources)),
    )


def _source(value: Any, at: str) -> Source:
    name, content = table_of(value, ("name", "text"), at)
    return Source(text(content, f"{at}.text"), text(name, f"{at}.name"))


def _parameters(value: Any, at: str) -> dict[str, Any]:
    return {name: decode(each, f"{at}.{name}") for name, each in mapping(value, at).items()}


def _named(value: Any, at: str, numbers: dict[str, int]) -> dict[str, int]:
    what = "no node that is an input" if at == "inputs" else "no node"
    return {name: one_of(each, f"{at}.{name}", numbers, what) for name, each in mapping(value, at).items()}


def _trails(value: Any, sources: Sequence[Source]) -> list[tuple[Scope, ...]]:
    """For each scope, the trail that ends in it: scopes around stand before those within."""
    trails: list[tuple[Scope, ...]] = []

    def add(value: Any, at: str) -> None:
        title, name, copy, copies, within, span = table_of(value, SCOPE, at)
        of = whole(copies, f"{at}.copies", 1)
        trails.append(
            (
                *_trail(within, f"{at}.within", trails),
                Scope(
                    text(title, f"{at}.title"),
                    text(name, f"{at}.name"),
                    decode_span(span, f"{at}.span", sources),
                    whole(copy, f"{at}.copy", 0, of - 1),
                    of,
                ),
            )
        )

    items(value, "scopes", add)
    return trails


def _trail(number: Any, at: str, trails: Sequence[tuple[Scope, ...]]) -> tuple[Scope, ...]:
    if number is None:
        return ()
    if not trails:
        raise Malformed(at, "names a scope that doesn't stand before it")
    return trails[whole(number, at, 0, len(trails) - 1)]


class _Nodes:
    """The nodes read so far: each is checked against those before it."""

    def __init__(self, sources: Sequence[Source], trails: Sequence[tuple[Scope, ...]], limit: int) -> None:
        self.made: list[Node] = []
        self.numbers: dict[str, int] = {}
        self._sources = sources
        self._trails = trails
        self._limit = limit
        self._shapes: dict[tuple[Layer, Shapes], Shape] = {}

    def add(self, value: Any, at: str) -> None:
        """Read one more node."""
        name, word, given, sources, shape, title, owner, scope, span = table_of(value, NODE, at)
        number = len(self.made)
        if number >= self._limit:
            raise SpecError((Diagnostic("E007", f"this network has more than {self._limit:,} layers, the limit"),))
        if not text(name, f"{at}.name") or name in self.numbers:
            raise Malformed(f"{at}.name", f"must be a name that no other node has, not {shown(name)}")
        inputs = items(sources, f"{at}.inputs", lambda each, at: one_of(each, at, self.numbers, "no node before this"))
        layer = _input(shape, given, at) if word == Input.name else _layer(word, given, at)
        inferred = self._infer(layer, inputs, at)
        if encode_shape(inferred) != shape and not isinstance(layer, Input):
            raise Malformed(f"{at}.shape", f"is not what the layer gives, which is {inferred}")
        self.numbers[name] = number
        origin = Origin(decode_span(span, f"{at}.span", self._sources), _trail(scope, f"{at}.scope", self._trails))
        node = Node(number, name, text(title, f"{at}.title"), layer, inputs, inferred, origin, number)
        owned_by = one_of(owner, f"{at}.owner", self.numbers, "no node up to this")
        self.made.append(node if owned_by == number else self._sharing(node, owned_by, at))

    def _infer(self, layer: Layer, inputs: tuple[int, ...], at: str) -> Shape:
        shapes = tuple(self.made[each].shape for each in inputs)
        if isinstance(layer, Input) or layer.merges:
            fits = not shapes if isinstance(layer, Input) else bool(shapes)
        else:
            fits = len(shapes) == 1
        if not fits:
            raise Malformed(f"{at}.inputs", f"has {len(shapes)} entries, which `{layer.name}` can't take")
        key = (layer, shapes)
        if key not in self._shapes:
            try:
                self._shapes[key] = layer.out_shape(shapes)
            except Misuse as misuse:
                raise Malformed(at, f"can't be: {misuse.what}") from None
            if any(isinstance(size, int) and size > LARGEST for size in self._shapes[key].dims):
                raise Malformed(at, f"can't be: a size comes out that is over {LARGEST:,}")
        return self._shapes[key]

    def _sharing(self, node: Node, number: int, at: str) -> Node:
        """The node with weights of another, which must be its like."""
        owner = self.made[number]
        weights = [each.layer.weights(tuple(self.made[n].shape for n in each.inputs)) for each in (node, owner)]
        if owner.shares or owner.layer != node.layer or weights[0] != weights[1]:
            raise Malformed(f"{at}.owner", f"names `{owner.name}`, whose weights don't fit")
        return Node(node.number, node.name, node.title, node.layer, node.inputs, node.shape, node.origin, number)


def _input(shape: Any, given: Any, at: str) -> Input:
    table_of(given, (), f"{at}.arguments")
    return Input(decode_input(shape, f"{at}.shape"))


def _layer(word: Any, given: Any, at: str) -> Layer:
    """The layer of a word, with all of its arguments."""
    if text(word, f"{at}.layer") not in TABLE:
        raise Malformed(f"{at}.layer", f"names no layer: {shown(word)}")
    kind = layer_class(word)
    accepted, here = arguments_of(kind), f"{at}.arguments"
    values = table_of(given, [each.name for each in accepted], here)
    read = (read_argument(each, value, f"{here}.{each.name}") for each, value in zip(accepted, values, strict=True))
    return kind(*read)


def _finding(value: Any, at: str, sources: Sequence[Source]) -> Diagnostic:
    code, title, labels, notes, helps = table_of(value, ("code", "title", "labels", "notes", "helps"), at)
    if text(code, f"{at}.code") not in CODES or code[0] == "E":
        raise Malformed(f"{at}.code", f"is no warning or note: {shown(code)}")

    def marked(each: Any, at: str) -> tuple[Span, str]:
        span, says = table_of(each, ("span", "text"), at)
        return decode_span(span, f"{at}.span", sources), text(says, f"{at}.text")

    def helped(each: Any, at: str) -> Help:
        says, edits = table_of(each, ("text", "edits"), at)
        return Help(text(says, f"{at}.text"), items(edits, f"{at}.edits", lambda edit, at: Edit(*marked(edit, at))))

    return Diagnostic(
        code,
        text(title, f"{at}.title"),
        items(labels, f"{at}.labels", lambda label, at: Label(*marked(label, at))),
        items(notes, f"{at}.notes", text),
        items(helps, f"{at}.helps", helped),
    )
