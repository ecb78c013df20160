"""`status.json` in the folder of a run: how far it is, and how it ended. Needs no torch, for lists of runs."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any, Literal, TypeAlias

from netspec.files import save
from netspec.records import frozen

State: TypeAlias = Literal["running", "done", "stopped", "failed", "killed", "unknown"]
"""`killed` is read off a process that is gone and said nothing; `unknown` is a run of another machine, or none said."""

NAME = "status.json"


@frozen
class Status:
    """A run's state; `steps` are those of all `epochs`, `why` is a line for people where it failed or ended early."""

    state: State
    step: int
    steps: int
    epochs: float
    parameters: int
    why: str = ""


def write(folder: Path, status: Status) -> None:
    """Keep the state, with the process that trains. Raises OSError if it can't be written."""
    known = {
        "state": status.state,
        "step": status.step,
        "steps": status.steps,
        "epochs": status.epochs,
        "parameters": status.parameters,
        "why": status.why,
        "machine": platform.node(),
        "process": os.getpid(),
    }
    save(folder / NAME, (json.dumps(known, ensure_ascii=False, indent=2) + "\n").encode())


def read(folder: Path) -> Status | None:
    """The state of a run; None where there is none, or it is damaged."""
    try:
        kept = json.loads((folder / NAME).read_text(encoding="utf-8"))
        state = _now(kept)
        return Status(state, kept["step"], kept["steps"], kept["epochs"], kept["parameters"], kept["why"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _now(kept: dict[str, Any]) -> State:
    """What the state is now: a training that said that it runs may have been killed since."""
    state: State = kept["state"]
    if state != "running":
        return state
    if kept["machine"] != platform.node():
        return "unknown"
    return "running" if _is_there(int(kept["process"])) else "killed"


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
