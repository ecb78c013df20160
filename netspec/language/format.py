"""The one canonical form of a spec: short forms where they exist, ` - ` between the layers of a line, indents of two.

The author's line breaks between layers stay, as do comments and single blank lines. Formatting twice changes nothing,
and formatting never changes the network.
"""

from __future__ import annotations

import re

from netspec.language import tree
from netspec.language.format_statements import label, write_statement
from netspec.language.format_values import (
    aligned,
    column_widths,
    expression,
    write_bracketed,
)
from netspec.language.format_words import (
    Flow,
    Names,
    bare_number,
    canonical_call,
    canonical_shape,
    canonical_word,
    flow_after,
    layer_of,
    names_of,
)
from netspec.language.page import Page
from netspec.language.reading import is_number
from netspec.language.shorthand import is_shape
from netspec.source import Source


def format(text: str, name: str = "<spec>") -> str:
    """The text of a spec in canonical form. Raises SpecError if it can't be parsed."""
    from netspec.language.parse import parse

    return format_tree(parse(Source(text, name)))


def format_tree(spec: tree.Tree) -> str:
    """The spec in canonical form, ending in a newline."""
    page = Page(spec.source, spec.comments)
    writer = Writer(page, names_of(spec.chain))
    writer.lines(spec.chain, top=True)
    return page.text()


CLOSING = re.compile(r"#[^\n]*|\}")


class Writer:
    """Writes the parts of a spec on a page."""

    def __init__(self, page: Page, names: Names) -> None:
        self.page = page
        self.names = names
        self._widths: dict[int, tuple[int, ...]] = {}

    # Chains

    def lines(self, chain: tree.Chain, *, top: bool = False, hang: bool = False) -> None:
        """The lines of a chain, each on a line of its own; with `hang` the first continues the line it is on."""
        self._align(chain)
        flow = Flow.NOTHING if top else Flow.UNSURE
        for number, line in enumerate(chain.lines):
            if number or not hang:
                self.page.new_line(line[0].span.start, blank=top or number > 0)
            for place, item in enumerate(line):
                if place:
                    self.page.write(" - ")
                self.item(item, flow)
                flow = flow_after(item, self.names, flow)

    def _align(self, chain: tree.Chain) -> None:
        """Find the calls of one name whose arguments the author put into columns."""
        rows: dict[tuple[str, int], list[tree.Call]] = {}
        for item in chain.items:
            call = item.item if isinstance(item, tree.Named) else item
            if isinstance(call, tree.Call) and _is_row(call) and canonical_call(call, self.names) is None:
                rows.setdefault((call.name, len(call.arguments)), []).append(call)
        for calls in rows.values():
            widths = column_widths([(call.span.text, [each.value for each in call.arguments]) for call in calls])
            self._widths.update((id(call), widths) for call in calls if widths)

    def body(self, chain: tree.Chain, end: int) -> None:
        """A chain in braces, up to the closing one before `end`: on one line if the author put it on one."""
        page = self.page
        if "\n" not in page.source.text[page.at : end]:
            page.write("{ ")
            self.lines(chain, hang=True)
            page.write(" }" if chain.lines else "}", end)
            return
        page.write("{")
        page.indent += 2
        self.lines(chain)
        self.close(end)

    def close(self, end: int) -> None:
        """The closing brace of several lines, which ends at `end`."""
        self.page.comments(end - 1)
        self.page.indent -= 2
        self.page.new_line(end - 1, blank=False)
        self.page.write("}", end)

    def end(self, chain: tree.Chain) -> int:
        """Where the braces around a chain close, when what comes before the chain is written already."""
        start = chain.items[-1].span.end if chain.lines else self.page.at
        found = CLOSING.finditer(self.page.source.text, max(start, self.page.at))
        return next(match.end() for match in found if match[0] == "}")

    # Items

    def item(self, item: tree.Item, flow: Flow = Flow.UNSURE) -> None:
        """One item, and what flows into it, which decides what a bare number is."""
        page = self.page
        match item:
            case tree.Word():
                page.write(self._word(item.text, flow))
            case tree.Call():
                self._call(item)
            case tree.Branching():
                self._branching(item)
            case tree.Reference():
                page.write(f"@{label(item.name)}")
            case tree.Group():
                self._group(item)
            case tree.Repeat():
                self._repeat(item)
            case tree.Named(tree.Group() as group):
                self._braces(group)
                page.write(f" as {label(item.name)}")
            case tree.Named():
                self.item(item.item, flow)
                page.write(f" as {label(item.name)}")
            case _:
                write_statement(self, item)
        page.write("", item.span.end)

    def _word(self, text: str, flow: Flow) -> str:
        if is_number(text):
            return bare_number(text, flow)
        return canonical_shape(text) if is_shape(text) else canonical_word(text, self.names)

    def _call(self, call: tree.Call) -> None:
        page = self.page
        short = canonical_call(call, self.names)
        if short is not None:
            page.write(short, call.span.end)
        elif id(call) in self._widths:
            values = [each.value for each in call.arguments]
            page.write(f"{call.name}({aligned(values, self._widths[id(call)])})")
        else:
            opening = call.span.start + call.span.text.index("(") + 1
            write_bracketed(page, f"{call.name}(", opening, call.arguments, call.span.end, ")")

    def _branching(self, item: tree.Branching) -> None:
        page = self.page
        self.item(item.head)
        page.write(" {")
        if "\n" not in page.source.text[page.at : item.span.end]:
            for branch in item.branches:
                page.write(" | " if branch.lines else " |")
                self.lines(branch, hang=True)
            page.write(" }")
            return
        page.indent += 2
        for branch in item.branches:
            page.new_line(branch.span.start, blank=branch is not item.branches[0])
            page.write("| " if branch.lines else "|", branch.span.start)
            page.indent += 2
            self.lines(branch, hang=True)
            page.indent -= 2
        self.close(item.span.end)

    def _group(self, group: tree.Group) -> None:
        """Papers' brackets become braces; around one repetition or layer they say nothing."""
        items = group.body.items
        if len(items) == 1 and isinstance(items[0], (tree.Repeat, tree.Group)) and "\n" not in group.span.text:
            self.item(items[0])
        else:
            self._braces(group)

    def _braces(self, group: tree.Group) -> None:
        self.page.write("", group.span.start)
        self.body(group.body, group.span.end)

    def _repeat(self, item: tree.Repeat) -> None:
        simple = isinstance(item.count, (tree.Literal, tree.Name))
        count = expression(item.count)
        self.page.write(f"{count} * " if simple else f"({count}) * ")
        inner = item.item
        if isinstance(inner, tree.Group) and not self._is_layer_alone(inner):
            self._braces(inner)
        elif isinstance(inner, tree.Group):
            self.item(inner.body.items[0])
        else:
            self.item(inner)

    def _is_layer_alone(self, group: tree.Group) -> bool:
        """Whether brackets hold one layer, and not a block, whose copies would get other names."""
        items = group.body.items
        if len(items) != 1 or "\n" in group.span.text or not isinstance(items[0], (tree.Word, tree.Call)):
            return False
        text = items[0].text if isinstance(items[0], tree.Word) else items[0].name
        return layer_of(text, self.names) is not None


def _is_row(call: tree.Call) -> bool:
    """Whether a call is one line of values without names."""
    return all(each.name is None for each in call.arguments) and "\n" not in call.span.text and len(call.arguments) > 1
