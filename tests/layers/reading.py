"""Layers and shapes from the text in which examples write them, without the parser."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

from netspec.language.shorthand import read_word
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import PerAxis, Value, Word, bind
from netspec.layers.base import Layer
from netspec.shape import Dim, Shape, letter


def layer_of(text: str) -> Layer:
    """`96C11s4`, `relu` or `conv(96, 11, stride=4)` as a layer."""
    if "(" in text:
        call = ast.parse(re.sub(r"\b(\d+(?:x\d+)+)\b", r"axes('\1')", text), mode="eval").body
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        named = {keyword.arg or "": value_of(keyword.value) for keyword in call.keywords}
        return bind(layer_class(call.func.id), [value_of(each) for each in call.args], named)
    if text in TABLE:
        return bind(layer_class(text))
    reading = read_word(text)
    assert reading is not None, text
    return bind(layer_class(reading.layer), named=reading.arguments)


def value_of(node: ast.expr) -> Value:
    """An argument as the expressions of a spec would evaluate it."""
    match node:
        case ast.Constant(value=float() as number):
            return Fraction(str(number))
        case ast.Constant(value=value):
            return value  # type: ignore[return-value]
        case ast.Name(id="true" | "false" as word):
            return word == "true"
        case ast.Name(id=word):
            return Word(word)
        case ast.List(elts=items):
            return tuple(map(value_of, items))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value_of(operand)  # type: ignore[operator]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return Fraction(value_of(left)) / value_of(right)  # type: ignore[arg-type, operator]
        case ast.Call(args=[ast.Constant(value=str() as sizes)]):
            return PerAxis(map(int, sizes.split("x")))
    raise AssertionError(ast.dump(node))


def shape_of(text: str) -> Shape:
    """`3x227x227`, `3xHxW`, `196 tokens x 768`, `2000x4` and, with an R before them, regions: `Rx4`, `Rx512x7x7`."""
    if "tokens" in text:
        tokens, _, features = text.partition(" tokens x ")
        return Shape(int(features), tokens=int(tokens))
    rows = letter("R") if text.startswith("R") else None
    channels, *sizes = map(_size, text.removeprefix("Rx").split("x"))
    return Shape(channels, tuple(sizes), rows=rows)


def shapes_of(inputs: str | tuple[str, ...]) -> tuple[Shape, ...]:
    """The shapes that flow into an example."""
    return tuple(map(shape_of, (inputs,) if isinstance(inputs, str) else inputs))


def _size(text: str) -> Dim:
    return int(text) if text.isdigit() else letter(text)
