"""What flows into a network: the inputs that a spec declares, those given from outside, and the one left unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.diagnostics import Diagnostic, Help, Label
from netspec.elaborate.place import NOTHING, POISON
from netspec.elaborate.resolve import misread
from netspec.elaborate.scope import Frame
from netspec.language import tree
from netspec.language.shorthand import Misread, ReadShape, is_shape, read_shape
from netspec.layers.input import Input
from netspec.shape import Shape, letter
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.elaborate.program import Program

UNKNOWN_INPUT = Shape(letter("C"), (letter("H"), letter("W")))
"""What flows into a spec that names no input."""


def declare(program: Program, item: tree.Input, frame: Frame, flow: int) -> int:
    """`input 3x224x224`; behind a second input nothing flows until `@name` says which."""
    name = item.name or "input"
    if name in program.expander.inputs:
        label = Label(item.span, "again here")
        title = "there are two inputs without a name" if item.name is None else f"two inputs are called `{name}`"
        return program.expander.fail(Diagnostic("E109", title, (label,)), frame)
    read = _read(program, item.shape.text, item.shape.span)
    for key in (name, None) if len(program.declared) <= 1 else (name,):
        if key in program.shapes:
            read = _read_given(program, program.shapes.pop(key), name)
            break
    if read is None:
        program.expander.inputs[name] = POISON
        return POISON
    number = _make(program, name, read.shape, item.span, frame)
    return number if len(program.expander.inputs) == 1 else NOTHING


def _make(program: Program, name: str, shape: Shape, span: Span, frame: Frame) -> int:
    """The node of an input."""
    number = program.nodes.add(Input(shape), str(shape), (), shape, span, frame, name)
    program.expander.inputs[name] = number
    frame.names[name] = (number, span)
    return number


def _read(program: Program, text: str, span: Span) -> ReadShape | None:
    """A shape as written in the spec; reports what is wrong with it."""
    try:
        found = read_shape(text)
    except Misread as refused:
        program.nodes.report(misread(refused, span))
        return None
    for code, title in found.notes:
        program.nodes.report(Diagnostic(code, title, (Label(span),)))
    return found


def _read_given(program: Program, text: str, name: str) -> ReadShape | None:
    """A shape given from outside."""
    try:
        if not is_shape(text):
            raise Misread("E129", f"`{text}` is no shape", 0, len(text))
        return read_shape(text)
    except Misread as refused:
        helps = (Help("shapes are written `3x224x224`: channels, height, width"),)
        program.nodes.report(Diagnostic("E130", f"the input given for `{name}`: {refused.what}", (), (), helps))
        return None


def implicit(program: Program, item: tree.Item, frame: Frame) -> int:
    """What flows into the first layer of a spec that says nothing about its input."""
    if program.declared:
        names = " or ".join(f"`@{name}`" for name in program.expander.inputs)
        help = Help(f"begin with {names}") if names else Help("write the input before the first layer")
        title = "nothing flows in here" if names else "the input is written behind the first layer"
        return program.expander.fail(Diagnostic("E115", title, (Label(item.span),), helps=(help,)), frame)
    if "input" in program.expander.inputs:
        return program.expander.inputs["input"]
    key = next((key for key in ("input", None) if key in program.shapes), "")
    read = _read_given(program, program.shapes.pop(key), "input") if key != "" else None
    if read is None:
        title = "no input is written: sizes are given in terms of its channels C, height H and width W"
        help = Help("write it before the first layer (`3x32x32-…`), or give `--input 3x32x32`")
        program.nodes.report(Diagnostic("N002", title, helps=(help,)))
    return _make(program, "input", read.shape if read else UNKNOWN_INPUT, item.span, program.frame)
