"""`report.html`, made of what the folder of a run holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from netspec.training.evidence.findings import NAME as VALIDATION
from netspec.training.evidence.page import Evidence, page
from netspec.training.evidence.status import Status
from netspec.training.evidence.status import read as read_status
from netspec.training.run import Run
from netspec.training.task import read_back

NAME = "report.html"
TEST = "test.json"


def report(run: Run) -> bool:
    """Write the report of a run, or write it again; whether there was an epoch to report on. Raises TrainingError."""
    rows = run.metrics()
    if not rows:
        return False
    task, record = read_back(run)
    best = next((row["step"] for row in reversed(rows) if row["best"]), None)
    status = read_status(run.folder) or Status("unknown", rows[-1]["step"], rows[-1]["step"], len(rows), 0)
    found, test = of_step(run, VALIDATION, best), of_step(run, TEST, best)
    run.write(NAME, page(Evidence(run.folder.name, task.graph, record, rows, status, found, test)))
    return True


def keep_test(run: Run, found: Mapping[str, Any]) -> None:
    """Keep what a test found of the run's own test images, and show it in the report. Raises TrainingError."""
    best = run.read("best/metrics.json")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept = {"epoch": best["epoch"], "step": best["step"], "tested": now, **found}
    run.write(TEST, json.dumps(kept, ensure_ascii=False) + "\n")
    if (run.folder / NAME).exists():
        report(run)


def of_step(run: Run, name: str, step: int | None) -> dict[str, Any] | None:
    """What a file of findings holds, if it is there and of the weights of this step; else None."""
    try:
        kept: dict[str, Any] = json.loads((run.folder / name).read_text(encoding="utf-8"))
        return kept if kept["step"] == step else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
