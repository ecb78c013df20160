"""Statements in canonical form: definitions, inputs and outputs, blocks, conditions, the recipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netspec.language import tree
from netspec.language.format_values import expression, write_bracketed, write_expression
from netspec.language.format_words import canonical_shape
from netspec.language.shorthand import quote
from netspec.source import Span

if TYPE_CHECKING:
    from netspec.language.format import Writer

NAME = re.compile(r"[^\W\d]\w*")
KEYWORDS = frozenset(
    {
        *("netspec", "input", "param", "let", "default", "block", "use", "share", "if", "else", "each", "in", "as"),
        *("output", "assert", "train", "and", "or", "not", "true", "false"),
    }
)


def write_statement(writer: Writer, item: tree.Item) -> None:
    """A statement, or an item with a body."""
    page = writer.page
    match item:
        case tree.Version():
            page.write(f"netspec {item.number}")
        case tree.Input():
            name = "" if item.name is None else f"{label(item.name)} "
            page.write(f"input {name}{canonical_shape(item.shape.text)}")
        case tree.Define():
            page.write(f"{item.keyword} {item.name} = ", item.value.span.start)
            write_expression(page, item.value)
        case tree.Default():
            page.write("default ", item.call.span.start)
            opening = item.call.name_span.end + 1
            write_bracketed(page, f"{item.call.name}(", opening, item.call.arguments, item.call.span.end, ")")
        case tree.Use():
            page.write(f"use {quote(item.path)}")
        case tree.Assert():
            page.write(f"assert {expression(item.condition)}")
            page.write("" if item.message is None else f", {quote(item.message)}")
        case tree.Train():
            _train(writer, item)
        case _:
            _with_body(writer, item)


def _with_body(writer: Writer, item: tree.Item) -> None:
    page = writer.page
    match item:
        case tree.If():
            _if(writer, item)
        case tree.Each():
            names = ", ".join(name for name, _ in item.names)
            page.write(f"each {names} in ", item.values.span.start)
            write_expression(page, item.values)
            page.write(" ")
            writer.body(item.body, item.span.end)
        case tree.Output():
            page.write(f"output {label(item.name)} ", item.name_span.end)
            writer.body(item.body, item.span.end)
        case tree.Share():
            page.write(f"share {item.name} ", item.name_span.end)
            writer.body(item.body, item.span.end)
        case _:
            assert isinstance(item, tree.Block)
            parameters = ", ".join(map(_parameter, item.parameters))
            last = item.parameters[-1].span.end if item.parameters else item.name_span.end
            page.write(f"block {item.name}({parameters}) ", last)
            writer.body(item.body, item.span.end)


def _if(writer: Writer, item: tree.If) -> None:
    page = writer.page
    page.write(f"if {expression(item.condition)} ", item.condition.span.end)
    if item.otherwise is None:
        writer.body(item.then, item.span.end)
        return
    writer.body(item.then, writer.end(item.then))
    inner = item.otherwise.items
    if len(inner) == 1 and isinstance(inner[0], tree.If):
        page.write(" else ", inner[0].span.start)
        _if(writer, inner[0])
    else:
        page.write(" else ")
        writer.body(item.otherwise, item.span.end)


def _train(writer: Writer, item: tree.Train) -> None:
    page = writer.page
    page.write("train {", item.span.start)
    if "\n" not in item.span.text:
        for place, setting in enumerate(item.settings):
            page.write(", " if place else " ")
            _setting(writer, setting)
        page.write(" }", item.span.end)
        return
    page.indent += 2
    for setting in item.settings:
        page.new_line(setting.span.start, blank=setting is not item.settings[0])
        _setting(writer, setting)
    writer.close(item.span.end)


def _setting(writer: Writer, setting: tree.Setting) -> None:
    page, value = writer.page, setting.value
    page.write(setting.name, setting.name_span.end)
    if isinstance(value, tree.Chain):
        page.write(" ")
        writer.body(value, setting.span.end)
    elif isinstance(value, tuple):
        _table(writer, value, setting.span.end)
    else:
        page.write(" = ", value.span.start)
        write_expression(page, value)
    page.write("", setting.span.end)


def _table(writer: Writer, pairs: tuple[tuple[str, Span, tree.Expr], ...], end: int) -> None:
    """`{ class: cross_entropy, box: smooth_l1 }`."""
    page = writer.page
    broken = "\n" in page.source.text[page.at : end]
    page.write(" {")
    page.indent += 2
    for place, (name, span, value) in enumerate(pairs):
        if broken:
            page.new_line(span.start, blank=place > 0)
        else:
            page.write(", " if place else " ")
        page.write(f"{label(name)}: ", span.end)
        write_expression(page, value)
    if broken:
        writer.close(end)
    else:
        page.indent -= 2
        page.write(" }", end)


def label(name: str) -> str:
    """A name as it is written: in quotation marks if it isn't a plain word."""
    return name if NAME.fullmatch(name) and name not in KEYWORDS else quote(name)


def _parameter(each: tree.Parameter) -> str:
    return each.name if each.default is None else f"{each.name}={expression(each.default)}"
