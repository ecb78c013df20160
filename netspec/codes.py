"""The table of codes, and the page that explains each: `netspec explain E203` shows it.

E001 to E099 are about files and limits, E1xx about the text, E2xx about one layer and what flows in, E3xx about
branches that meet, E4xx about the recipe; W are warnings, N notes.
"""

from __future__ import annotations

from pathlib import Path

from netspec.records import frozen

CODES: dict[str, str] = {
    "E001": "there is no such file or network",
    "E002": "a file can't be read",
    "E003": "a file is larger than 10 MB",
    "E004": "a control character in the text",
    "E005": "the text is not UTF-8",
    "E006": "brackets or blocks are nested too deep",
    "E007": "too many layers",
    "E008": "a number is too large",
    "E009": "`use` leaves the folder of the spec",
    "E010": "a block or file uses itself",
    "E011": "another version of the language",
    "E100": "something else is expected here",
    "E101": "a bracket is not closed",
    "E102": "there is no such layer",
    "E103": "nothing has this name",
    "E104": "there is no such argument",
    "E105": "too many or too few arguments",
    "E106": "a value of the wrong kind",
    "E107": "a notation with two readings",
    "E108": "a leading zero, or a character that looks like another",
    "E109": "a name is given twice",
    "E110": "a whole number is needed",
    "E111": "an expression names something unknown",
    "E112": "an operator does not fit its operands",
    "E113": "there is no such parameter",
    "E114": "an assertion does not hold",
    "E115": "a chain starts or continues wrongly",
    "E116": "the rows of `each` do not match its names",
    "E117": "a count of repetitions that is none",
    "E118": "a stray character, or text without an end",
    "E119": "a word that is no layer",
    "E120": "a restated figure differs",
    "E121": "a bare number that may be no dense layer",
    "E122": "a statement in the wrong place",
    "E123": "there is nothing to compile",
    "E124": "a name that the language needs itself",
    "E125": "branches where none belong, or none where some are needed",
    "E126": "a number is missing",
    "E127": "a size that is not known yet",
    "E128": "there is no such axis",
    "E129": "an input shape that can't be read",
    "E130": "`--input` does not fit the spec",
    "E131": "not a network in JSON",
    "E201": "a layer that takes another kind of input",
    "E202": "a size for another number of axes",
    "E203": "a window does not fit its input",
    "E204": "groups do not divide the channels",
    "E205": "padding too large",
    "E206": "out of range",
    "E207": "a connection table that does not fit",
    "E208": "a reshape that changes the number of elements",
    "E209": "features do not divide",
    "E210": "windows of attention that do not fit",
    "E211": "a shared chain whose weights would differ",
    "E301": "branches of different shapes",
    "E302": "branches that can't be put side by side",
    "E303": "the wrong number of branches",
    "E304": "branches whose sizes never agree",
    "E401": "the recipe has no such setting",
    "E402": "a value that a setting can't have",
    "E403": "the recipe names an output that is not there",
    "W001": "a shape read as height x width x channels",
    "W002": "a value is computed but never used",
    "N001": "read from a paper's notation",
    "N002": "no input is given",
}
"""Each code and what it means, as its page is titled."""


@frozen
class Page:
    """A page of `docs/errors/`: why it is an error, a bad example that gives it, a good one that doesn't, and advice.

    An example is the text of a spec, or where `commands` is true a session at the shell (`$ netspec …`), because the
    code needs files or options.
    """

    title: str
    why: str
    bad: str
    good: str
    advice: str
    commands: bool


def page(code: str) -> str:
    """The text of the page that explains a code. Raises KeyError if there is no such code."""
    if code not in CODES:
        raise KeyError(code)
    package = Path(__file__).parent
    installed = package / "errors"
    folder = installed if installed.is_dir() else package.parent / "docs" / "errors"
    return (folder / f"{code}.md").read_text(encoding="utf-8")


def parse_page(text: str) -> Page:
    """The parts of a page: `# title`, why, `## Bad` and `## Good` with one fenced example each, `## What to do`."""
    head, bad, good, advice = (part.strip() for part in _split(text, "## Bad\n", "## Good\n", "## What to do\n"))
    title, _, why = head.removeprefix("# ").partition("\n")
    language, bad_example = _fenced(bad)
    return Page(title, why.strip(), bad_example, _fenced(good)[1], advice, language == "console")


def _split(text: str, *headings: str) -> list[str]:
    """The text before, between and after the headings, each of which stands there once. Raises ValueError."""
    parts = []
    for heading in headings:
        part, found, text = text.partition(heading)
        if not found:
            raise ValueError(f"the page has no {heading.strip()!r}")
        parts.append(part)
    return [*parts, text]


def _fenced(section: str) -> tuple[str, str]:
    """The language and the text of the fenced example that a section is. Raises ValueError."""
    opening, _, rest = section.partition("\n")
    if not opening.startswith("```") or not rest.endswith("```"):
        raise ValueError(f"not one fenced example: {opening!r}")
    return opening[3:], rest[:-3]
