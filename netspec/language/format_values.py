"""Expressions, argument lists and tables in canonical form: normal spacing, only the parentheses that are needed.

A list or call that the author broke into lines keeps its breaks; one whose columns the author aligned stays aligned.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec.language import tree
from netspec.language.page import Page
from netspec.layers.arguments import PerAxis

PRECEDENCE = {
    "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6,
}  # fmt: skip
SIGN = 7
COMPARISON = 4
PADDED = re.compile(r"[\[(][ \t]+[^ \t]|,[ \t]{2,}[^ \t]")


def expression(expr: tree.Expr, context: int = 0) -> str:
    """The expression on one line; it is put in parentheses if it binds more loosely than `context`."""
    match expr:
        case tree.Literal():
            return str(expr.value) if isinstance(expr.value, PerAxis) else expr.span.text
        case tree.Name():
            return expr.name
        case tree.Incoming():
            return f"in.{expr.axis}"
        case tree.Listing():
            return f"[{', '.join(expression(item) for item in expr.items)}]"
        case tree.Apply():
            return f"{expr.function}({', '.join(argument(each) for each in expr.arguments)})"
    binds = SIGN if expr.operator == "-" and len(expr.operands) == 1 else PRECEDENCE[expr.operator]
    text = _operation(expr, binds)
    return f"({text})" if binds < context else text


def _operation(expr: tree.Operation, binds: int) -> str:
    if len(expr.operands) == 1:
        operand = expression(expr.operands[0], binds)
        if expr.operator == "not":
            return f"not {operand}"
        return f"-({operand})" if operand.startswith("-") else f"-{operand}"
    left, right = expr.operands
    if expr.operator == "/" and _is_whole(left) and _is_whole(right):
        return f"{expression(left)}/{expression(right)}"  # a ratio such as `1/16` is one number to its reader
    # operators of one rank group to the left; comparisons don't group at all
    outer = binds + 1 if binds == COMPARISON else binds
    return f"{expression(left, outer)} {expr.operator} {expression(right, binds + 1)}"


def _is_whole(expr: tree.Expr) -> bool:
    return isinstance(expr, tree.Literal) and expr.span.text.isdigit()


def argument(each: tree.Argument) -> str:
    """`3` or `stride=2`, on one line."""
    value = expression(each.value)
    return value if each.name is None else f"{each.name}={value}"


def write_expression(page: Page, expr: tree.Expr, lead: str = "") -> None:
    """An expression that may go over several lines, behind `lead` (`stride=`)."""
    span = expr.span
    if "\n" not in span.text or not isinstance(expr, (tree.Listing, tree.Apply)):
        page.write(lead + expression(expr), span.end)
    elif isinstance(expr, tree.Listing):
        write_bracketed(page, lead + "[", span.start + 1, expr.items, span.end, "]")
    else:
        opening = span.start + span.text.index("(") + 1
        write_bracketed(page, f"{lead}{expr.function}(", opening, expr.arguments, span.end, ")")


def write_bracketed(
    page: Page, opening: str, start: int, items: Sequence[tree.Expr | tree.Argument], end: int, closing: str
) -> None:
    """A list of items from `start` to the closing bracket before `end`, with the author's line breaks."""
    page.write(opening, start)
    page.indent += 2
    widths = _table_widths(items)
    for place, item in enumerate(items):
        broken = "\n" in page.source.text[page.at : item.span.start]
        if place:
            page.write(",")
        if broken:
            page.new_line(item.span.start, blank=place > 0)
        elif place:
            page.write(" ")
        _write_item(page, item, widths)
    broken = "\n" in page.source.text[page.at : end - 1]
    if broken:
        page.write("," if items and "," in page.between(items[-1].span.end, end) else "")
        page.comments(end - 1)
    page.indent -= 2
    if broken:
        page.new_line(end - 1, blank=False)
    page.write(closing, end)


def _write_item(page: Page, item: tree.Expr | tree.Argument, widths: tuple[int, ...]) -> None:
    if isinstance(item, tree.Argument):
        write_expression(page, item.value, f"{item.name}=" if item.name is not None else "")
    elif widths and isinstance(item, tree.Listing):
        page.write(f"[{aligned(item.items, widths)}]", item.span.end)
    else:
        write_expression(page, item)


def aligned(items: Sequence[tree.Expr], widths: tuple[int, ...]) -> str:
    """Items of a row, each as far to the right as its column."""
    return ", ".join(expression(item).rjust(width) for item, width in zip(items, widths, strict=True))


def column_widths(rows: Sequence[tuple[str, Sequence[tree.Expr]]]) -> tuple[int, ...]:
    """The widths of the columns of rows (source text, values) if the author aligned them; else none."""
    lengths = {len(values) for _, values in rows}
    if len(rows) < 2 or len(lengths) != 1 or not any(PADDED.search(text) for text, _ in rows):
        return ()
    return tuple(max(len(expression(value)) for value in column) for column in zip(*(v for _, v in rows), strict=True))


def _table_widths(items: Sequence[tree.Expr | tree.Argument]) -> tuple[int, ...]:
    rows = [(item.span.text, item.items) for item in items if isinstance(item, tree.Listing)]
    if len(rows) < len(items) or any("\n" in text for text, _ in rows):
        return ()
    return column_widths(rows)
