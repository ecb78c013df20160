"""How a training is computed, beside what its recipe says: nothing of it is part of the recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.records import fields, frozen


@frozen
class Computing:
    """What a user decides; None is for netspec to decide.

    `stream` says whether images are made when they are needed instead of being held in memory, `workers` how many
    processes make them, `compile` whether torch compiles the network.
    """

    stream: bool | None = None
    workers: int | None = None
    compile: bool = False


USUAL = Computing()


def to_json(computing: Computing) -> dict[str, Any]:
    """As the record of a run keeps it."""
    return {each.name: getattr(computing, each.name) for each in fields(computing)}


def from_json(written: Mapping[str, Any] | None) -> Computing:
    """What `to_json` gave, read back; the usual of a run that has none."""
    known = {each.name for each in fields(Computing)}
    return Computing(**{name: each for name, each in (written or {}).items() if name in known})


def device_words(device: str, precision: str, computing: Computing, why: str = "") -> str:
    """The line about the device: `cuda, bfloat16, channels last, compiled`."""
    words = [device, f"{precision} ({why})" if why else precision]
    words += ["channels last"] if "cuda" in device else []
    return ", ".join([*words, *(["compiled"] if computing.compile else [])])
