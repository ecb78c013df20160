"""The lines of a run's epochs, `metrics.jsonl`. Needs no torch, for lists of runs."""

from __future__ import annotations

import json
from typing import Any


def rows_of(text: str) -> list[dict[str, Any]]:
    """The lines of all epochs; one that a crash cut off ends them."""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break
    return found
