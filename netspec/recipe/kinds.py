"""The kinds of values that settings of a recipe and their choices take, beside those of layers."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

from netspec.layers.arguments import COUNT, Kind, Value


def _from_zero(value: Value) -> Fraction | int | None:
    return value if isinstance(value, (int, Fraction)) and not isinstance(value, bool) and value >= 0 else None


def _part(value: Value) -> Fraction | int | None:
    number = _from_zero(value)
    return number if number is not None and number <= 1 else None


def _falling(value: Value) -> Fraction | int | None:
    number = _part(value)
    return number if number else None


def _numbers(value: Value) -> tuple[Fraction | int, ...] | None:
    if not isinstance(value, tuple) or not value:
        return None
    return value if all(isinstance(each, (int, Fraction)) and not isinstance(each, bool) for each in value) else None  # type: ignore[return-value]


def _epochs(value: Value) -> tuple[Fraction | int, ...] | None:
    numbers = _numbers(value)
    if numbers is None or any(number <= 0 for number in numbers):
        return None
    return numbers if all(a < b for a, b in pairwise(numbers)) else None


def _batch(value: Value) -> Any:
    return "all" if value == "all" else COUNT.read(value)


def _names(value: Value) -> tuple[str, ...] | None:
    names = value if isinstance(value, tuple) else (value,)
    return tuple(map(str, names)) if names and all(isinstance(name, str) and name for name in names) else None


def _rates(value: Value) -> tuple[str, ...] | None:
    names = _names(value)
    if names is None:
        return None
    read = [parts_of_rate(name) for name in names]
    return tuple(f"{part}={factor}" for part, factor in read) if all(part and factor for part, factor in read) else None


def parts_of_rate(text: str) -> tuple[str, str]:
    """`conv1..conv4=0.1` -> the layers and the factor as they are written; "" for what is neither."""
    part, _, factor = (each.strip() for each in text.rpartition("="))
    return part, factor if re.fullmatch(r"[0-9]*\.?[0-9]+(e[+-]?[0-9]{1,2})?", factor) and float(factor) > 0 else ""


FROM_ZERO = Kind("a number from 0", _from_zero)
PART = Kind("a number from 0 to 1", _part)
FALLING = Kind("a number over 0, up to 1", _falling)
NUMBERS = Kind("a list of numbers", _numbers)
EPOCHS = Kind("a list of rising numbers over 0", _epochs)
BATCH = Kind("a whole number from 1, or `all`", _batch, ("all",))
NAMES = Kind('a name in quotes, or a list of names: `"conv1"`, `["conv1..conv4", "fc6"]`', _names)
RATES = Kind('layers with a factor over 0 in quotes, or a list of these: `["conv1..conv4=0.1", "fc6=10"]`', _rates)
