"""Runs side by side, read from their folders: no torch, no weights, a few small files each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netspec.records import fields, frozen
from netspec.training.errors import TrainingError
from netspec.training.evidence.status import State
from netspec.training.evidence.status import read as read_status
from netspec.training.metrics import rows_of


@frozen
class Summary:
    """A run in a line; None where it has no such figure.

    `epochs` are done of `of`; `loss`, `top1` and `top5` are of validation images, in the best epoch; `test_top1` is of
    `netspec test`. `seconds` are of training, without validation.
    """

    folder: str
    spec: str
    data: str
    state: State
    why: str
    begun: str
    seed: int | None
    epochs: int
    of: float | None
    best_epoch: int | None
    loss: float | None
    top1: float | None
    top5: float | None
    test_top1: float | None
    parameters: int | None
    seconds: float


def runs(folder: Path) -> list[Summary]:
    """The runs in a folder, or the one that it is, those that began first in front.

    Raises:
        TrainingError: if the folder is not there or can't be read.
    """
    if (folder / "recipe.json").is_file():
        found = [folder]
    else:
        try:
            found = sorted(each for each in folder.iterdir() if (each / "recipe.json").is_file())
        except OSError as error:
            raise TrainingError(f"`{folder}` can't be read: {(error.strerror or str(error)).lower()}") from None
    made = [each for each in map(summary, found) if each is not None]
    return sorted(made, key=lambda each: each.begun)


def summary(folder: Path) -> Summary | None:
    """A run by its folder; None where its record is damaged."""
    record = _json(folder / "recipe.json")
    rows = _rows(folder / "metrics.jsonl")
    status = read_status(folder)
    try:
        best = next((row for row in reversed(rows) if row["best"]), None)
        tested = _json(folder / "test.json")
        of = status.epochs if status else record["settings"]["epochs"]
        return Summary(
            folder=str(folder),
            spec=record["spec"],
            data=record["data"]["words"],
            state=status.state if status else "unknown",
            why=status.why if status else "",
            begun=record["begun"],
            seed=record["seed"],
            epochs=rows[-1]["epoch"] if rows else 0,
            of=of,
            best_epoch=best["epoch"] if best else None,
            loss=best["validation_loss"] if best else None,
            top1=best["validation_top1"] if best else None,
            top5=best.get("validation_top5") if best else None,
            test_top1=tested["top1"] if best and tested and tested["step"] == best["step"] else None,
            parameters=status.parameters if status else None,
            seconds=round(sum(row["seconds"] for row in rows), 3),
        )
    except (KeyError, TypeError):
        return None


ORDERS: Mapping[str, Callable[[Summary], Any]] = {
    "begun": lambda each: each.begun,
    "name": lambda each: each.folder,
    "top1": lambda each: _last_if_none(None if each.top1 is None else -each.top1),
    "loss": lambda each: _last_if_none(each.loss),
    "test": lambda each: _last_if_none(None if each.test_top1 is None else -each.test_top1),
    "parameters": lambda each: _last_if_none(each.parameters),
    "seconds": lambda each: each.seconds,
}
"""What runs can be sorted by, the best or smallest first; those without the figure come last."""


def to_json(found: Summary) -> dict[str, Any]:
    """A run as JSON has it."""
    return {each.name: getattr(found, each.name) for each in fields(found)}


def _last_if_none(figure: float | None) -> tuple[bool, float]:
    return (figure is None, 0.0 if figure is None else figure)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        return rows_of(path.read_text(encoding="utf-8"))
    except OSError:
        return []
