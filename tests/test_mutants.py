"""A mutation fuzz of all shipped specs: whatever is typed, the network is there or its errors are shown, soon.

A network's table and JSON are made, and formatting its spec leaves it as it is.

Mutants are made from their number alone, so one that fails can be made again: `mutant(4711)`.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType

import pytest

from netspec.analysis import analyze
from netspec.diagnostics import SpecError, render_all
from netspec.elaborate import elaborate
from netspec.language.evaluate import FUNCTIONS
from netspec.language.format import format
from netspec.language.parse import parse
from netspec.language.tokens import EXPRESSION_WORDS, KEYWORDS
from netspec.layers import TABLE
from netspec.library import folder
from netspec.records import replace
from netspec.report import interface, plain
from netspec.report.sheet import sheet
from netspec.source import Source

PATHS = {path.relative_to(folder()).as_posix(): path for path in sorted(folder().rglob("*.spec"))}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in PATHS.items()}

SECONDS = 5.0
"""The longest that a mutant may take."""

MOST_LAYERS = 10_000
"""The limit on layers: a network of half a million is honest, and takes its time."""

ADVISED = 8
"""One mutant in so many has the edits tried that its errors suggest."""

TOKEN = re.compile(r"[^\W\d]\w*|\d+(?:\.\d+)?|\w+|\s+|.")
WORD = re.compile(r"[^\W\d_]\w*")
NUMBER = re.compile(r"\d+(?:\.\d+)?")

WORDS = sorted(
    {*TABLE, *FUNCTIONS, *KEYWORDS, *EXPRESSION_WORDS}
    | {word for text in TEXTS.values() for line in text.splitlines() for word in WORD.findall(line.partition("#")[0])}
)
NUMBERS = [
    *("0", "1", "2", "3", "7", "-1", "-3", "0.5", "2.5", "1e3", "5e-4", "1/3", "00", "08"),
    *("65536", "2147483648", "999999999999", "1000000000000000000000"),
]
SIGNS = [
    *"{}()[]|@-–−→>*×x/%=<,:.;#\"'\\$!?&^~_ \n\t",
    *(
        "as ",
        "each ",
        "if ",
        "else ",
        "{ | ",
        " | ",
        " @",
        '"3a"',
        '""',
        "==",
        "**",
        "..",
        "N * ",
        "@in",
        "in.c",
        "2 * {",
    ),
    *(
        "С",
        "х",
        "Ο",
        "ⅼ",
        "О",
        "٣",
        "²",
        "🐈",
        "é",
        "\u200b",
        "\u00a0",
        "\u202e",
        "\u2028",
        "\ufeff",
        "\r",
        "\x1b",
        "\x00",
    ),
]


# How a text is changed: each of these makes one change


def change_character(text: str, random: Random) -> str:
    return _change(list(text), random)


def change_token(text: str, random: Random) -> str:
    return _change(TOKEN.findall(text), random)


def change_line(text: str, random: Random) -> str:
    return _change(text.splitlines(keepends=True), random)


def _change(pieces: list[str], random: Random) -> str:
    """Deletes, doubles or moves one piece, or puts two in the other's place."""
    if not pieces:
        return ""
    at, other = random.randrange(len(pieces)), random.randrange(len(pieces))
    near = min(at + 1, len(pieces) - 1)
    kind = random.randrange(5)
    if kind == 0:
        del pieces[at]
    elif kind == 1:
        pieces.insert(at, pieces[at])
    elif kind == 2:
        pieces.insert(other, pieces.pop(at))
    else:
        other = other if kind == 3 else near
        pieces[at], pieces[other] = pieces[other], pieces[at]
    return "".join(pieces)


def change_number(text: str, random: Random) -> str:
    return _replace(text, NUMBER, NUMBERS, random)


def change_word(text: str, random: Random) -> str:
    return _replace(text, WORD, WORDS, random)


def _replace(text: str, pattern: re.Pattern[str], by: list[str], random: Random) -> str:
    places = [match.span() for match in pattern.finditer(text)]
    if not places:
        return text
    start, end = random.choice(places)
    return text[:start] + random.choice(by) + text[end:]


def insert_sign(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(SIGNS) + text[at:]


def cut_off(text: str, random: Random) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] if random.random() < 0.5 else text[at:]


CHANGES: tuple[Callable[[str, Random], str], ...] = (
    *(change_character, change_token, change_line, insert_sign) * 2,
    *(change_number, change_word) * 3,
    cut_off,
)


def mutant(number: int) -> Source:
    """A shipped spec with one to four changes, mostly one; its comments were taken out, for they don't matter."""
    random = Random(number)  # noqa: S311 - the same mutants every time
    name = random.choice(list(TEXTS))
    text = re.sub(r"[ \t]*#.*", "", TEXTS[name])
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        text = random.choice(CHANGES)(text, random)
    return Source(text, f"{name} ({number})", PATHS[name])


# What must come of it


def outcome(source: Source, *, advise: bool) -> str:
    """`network` or `errors`; anything else is a defect, and raised."""
    try:
        tree = parse(source)
        written = format(source.text)
        assert format(written) == written
        graph = elaborate(tree, limit=MOST_LAYERS, advise=advise)
    except SpecError as error:
        found = error.diagnostics
        assert "error[E" in render_all(found)
        return "errors"
    analysis = analyze(graph)
    assert plain.render(sheet(analysis)).endswith("\n")
    assert json.loads(interface.render(analysis))["layers"] is not None
    assert isinstance(render_all(graph.findings), str)
    again = elaborate(parse(replace(source, text=written)), limit=MOST_LAYERS, advise=False)
    assert [(each.name, each.inputs, each.shape) for each in again.nodes] == [
        (each.name, each.inputs, each.shape) for each in graph.nodes
    ], "formatting changes the network"
    return "network"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError in what takes more of the processor, however busy the machine is."""

    def too_long(signal: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"longer than {seconds:g} s")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def survey(numbers: range) -> dict[str, int]:
    """How many mutants there were of each outcome; those that break something are raised together, in short."""
    counts = {"network": 0, "errors": 0}
    broken = []
    for number in numbers:
        source = mutant(number)
        try:
            with time_limit(SECONDS):
                counts[outcome(source, advise=number % ADVISED == 0)] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a defect
            broken.append(f"{source.name}: {type(error).__name__}: {error}")
    if broken:
        raise AssertionError("\n".join(broken))
    return counts


def test_of_500_mutants_each_is_a_network_or_has_its_errors_shown() -> None:
    counts = survey(range(500))
    assert min(counts.values()) > 50, "mutants that all fare alike test little"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(500, 10_500, 500))
def test_of_10_000_mutants_each_is_a_network_or_has_its_errors_shown(first: int) -> None:
    survey(range(first, first + 500))


def test_a_mutant_is_the_same_every_time_and_its_neighbour_another() -> None:
    assert mutant(7) == mutant(7)
    assert len({mutant(number).text for number in range(50)}) > 45


def test_every_change_changes_something() -> None:
    text = "conv(64, 3) - relu\nMP2 as pool\n"
    for change in CHANGES:
        assert any(change(text, Random(seed)) != text for seed in range(20))  # noqa: S311


def test_the_survey_sees_a_crash_and_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashes(source: Source, *, advise: bool) -> str:
        raise RecursionError("deep")

    def hangs(source: Source, *, advise: bool) -> str:
        while True:
            pass

    monkeypatch.setattr("tests.test_mutants.outcome", crashes)
    with pytest.raises(AssertionError, match=r"\(3\): RecursionError: deep$"):
        survey(range(3, 4))
    monkeypatch.setattr("tests.test_mutants.outcome", hangs)
    monkeypatch.setattr("tests.test_mutants.SECONDS", 0.01)
    with pytest.raises(AssertionError, match=r"TimeoutError: longer than 0.01 s$"):
        survey(range(1))
