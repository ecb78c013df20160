"""Values written outside a spec: `--set width=0.5`, `compile(…, width=0.5)`."""

from __future__ import annotations

import re
from fractions import Fraction

from netspec.layers.arguments import PerAxis, Value, Word

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_RATIO = re.compile(r"[+-]?\d+/0*[1-9]\d*")
_PER_AXIS = re.compile(r"\d+(x\d+){1,2}")


def literal(value: object) -> Value:
    """A Python value, or the text of one as a command line gives it, as a value of the language.

    Decimals are exact: `0.1` is a tenth. Text that is no number, `true`, `false` or size stays a word.

    Raises:
        TypeError: for what no spec could write.
    """
    if isinstance(value, (bool, int, Fraction, PerAxis, Word)):
        return value
    if isinstance(value, float):
        return _exact(repr(value))
    if isinstance(value, (list, tuple)):
        return tuple(literal(each) for each in value)
    if not isinstance(value, str):
        raise TypeError(f"a parameter can't be {type(value).__name__}")
    text = value.strip()
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.fullmatch(text) or _RATIO.fullmatch(text):
        return _exact(text)
    if _PER_AXIS.fullmatch(text):
        return PerAxis(map(int, text.split("x")))
    return Word(text)


def _exact(text: str) -> int | Fraction:
    number = Fraction(text)
    return int(number) if number.denominator == 1 else number
