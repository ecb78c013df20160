"""Settings as people read them: the recipe's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def word(choice: Mapping[str, Any]) -> str:
    """`sgd(lr=0.1, momentum=0.9)`."""
    arguments = [f"{name}={value(each)}" for name, each in choice.items() if name != "name"]
    return f"{choice['name']}({', '.join(arguments)})" if arguments else str(choice["name"])


def value(given: Any) -> str:
    """A number, a word, a list, or several of these."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, Mapping):
        return word(given) if "name" in given else ", ".join(f"{name}: {value(each)}" for name, each in given.items())
    if isinstance(given, tuple | list):
        words = [value(each) for each in given]
        return " - ".join(words) if given and isinstance(given[0], Mapping) else f"[{', '.join(words)}]"
    return f"{given:g}" if isinstance(given, float) else str(given)


def settings(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The settings of a record that say something, by name: not what is off."""
    off: tuple[Any, ...] = (None, False, 0.0, (), [])
    return [(name, value(each)) for name, each in record.items() if not any(each is no or each == no for no in off)]


def duration(seconds: float) -> str:
    """`0:05`, `12:30`, `3:05:00`, `2 d 03:05`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24:02}:{minutes:02}"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
