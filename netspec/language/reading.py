"""What a word of a chain was read as, and how a word can be wrong: the data that the readers of words share."""

from __future__ import annotations

from netspec.layers.arguments import LARGEST, PerAxis, Value
from netspec.records import frozen


@frozen
class Expectation:
    """A figure that a word restates: the number, and the offsets in the word of its digits."""

    number: int
    start: int
    end: int


@frozen
class Part:
    """One argument as read from a word; `start` and `end` are the offsets of the characters that wrote it."""

    name: str
    value: Value
    start: int
    end: int


@frozen
class Reading:
    """The meaning of a word: a layer with its arguments by name.

    `notes` are (code, title) of what should be said about the reading; `flows_in` is a figure that the word restates
    (`150MP2`: 150 channels flow in, `1024FC10`: 1024 features). With `numbered` (`300nC2`), `maps` is to be multiplied
    by the number of the layer among its like. `marker` is "input" or "output" for the words that stand at the ends of
    a paper's chain and are no layers; `layer` is then `identity`.
    """

    layer: str
    parts: tuple[Part, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    flows_in: Expectation | None = None
    numbered: bool = False
    marker: str | None = None

    @property
    def arguments(self) -> dict[str, Value]:
        """The arguments by name."""
        return {part.name: part.value for part in self.parts}


class Misread(Exception):
    """A word that is ambiguous or faulty.

    `what` is the title of the error; `start` and `end` are the offsets of the fault in the word; `here` is the label
    under the caret; `notes` and `helps` are sentences; `instead`, if there is one, is a word that may be tried in place
    of this one.
    """

    def __init__(
        self,
        code: str,
        what: str,
        start: int,
        end: int,
        *,
        here: str = "",
        notes: tuple[str, ...] = (),
        helps: tuple[str, ...] = (),
        instead: str | None = None,
    ) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.start = start
        self.end = end
        self.here = here
        self.notes = notes
        self.helps = helps
        self.instead = instead


TOO_MANY = {
    "maps": "{} maps are more than any network has: counts",
    "units": "{} neurons are more than any network has: counts",
    "groups": "{} groups are more than any network has: counts",
    "kernel": "a kernel of {} is larger than any network has: sizes",
    "stride": "a stride of {} is larger than any network has: sizes",
    "pad": "a padding of {} is larger than any network has: sizes",
    "dilation": "a dilation of {} is larger than any network has: sizes",
    "size": "a size of {} is larger than any network has: sizes",
}
"""How the error about a number that is too large begins, by what the number counts."""


def is_number(word: str) -> bool:
    """Whether a word is a number without a letter; `²` and `٣` are digits to Python only."""
    return word.isascii() and word.isdigit()


MOST_DIGITS = 18
"""Of a number with more digits its order is told: nobody wants to read it, and Python refuses over 4,300."""


def read_number(word: str, start: int, end: int, name: str) -> int:
    """The whole number at these offsets, for the argument `name`.

    Raises:
        Misread: E108 if it begins with a zero, E008 if it is over 2,147,483,647.
    """
    digits = word[start:end]
    if len(digits) > 1 and digits[0] == "0":
        plain = digits.lstrip("0") or "0"
        raise Misread(
            "E108",
            f"the number `{shorten(digits)}` begins with a zero",
            start,
            end,
            here="a letter `O` or `l`, or a missing separator?",
            helps=(f"write `{shorten(plain)}` if that is the number",),
            instead=word[:start] + plain + word[end:],
        )
    if len(digits) <= MOST_DIGITS and int(digits) <= LARGEST:
        return int(digits)
    figure = f"{int(digits):,}" if len(digits) <= MOST_DIGITS else f"10^{len(digits) - 1} or more"
    raise Misread("E008", f"{TOO_MANY[name].format(figure)} go up to {LARGEST:,}", start, end)


def read_size(word: str, start: int, end: int, name: str) -> int | PerAxis:
    """A size such as `3` or `1x7` at these offsets. Raises Misread as `read_number` does."""
    numbers, at = [], start
    for piece in word[start:end].replace("×", "x").split("x"):
        numbers.append(read_number(word, at, at + len(piece), name))
        at += len(piece) + 1
    return numbers[0] if len(numbers) == 1 else PerAxis(numbers)


def shorten(text: str) -> str:
    """A text as it can be shown in a title."""
    return text if len(text) <= 40 else text[:20] + "…" + text[-10:]


LOOK_ALIKES = str.maketrans("АВЕКМНОРСТХасеорхуѕіⅼΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaceopxysilABEZHIKMNOPTYXo")
"""Cyrillic and Greek letters that look like Latin ones."""


def refuse_look_alikes(word: str) -> None:
    """Raise Misread E108 for a character that only looks like a Latin letter or a digit; `×` is part of sizes."""
    if word.isascii():
        return
    import unicodedata

    for at, character in enumerate(word):
        latin = unicodedata.normalize("NFKC", character).translate(LOOK_ALIKES)
        if latin == character or not latin.isascii() or not latin.isalnum():
            continue
        name = unicodedata.name(character, "a character without a name")
        raise Misread(
            "E108",
            f"`{character}` in `{shorten(word)}` is not the `{latin}` that it looks like",
            at,
            at + 1,
            here=f"this is U+{ord(character):04X}, {name}",
            helps=(f"type a plain `{latin}`",),
            instead=unicodedata.normalize("NFKC", word).translate(LOOK_ALIKES),
        )
