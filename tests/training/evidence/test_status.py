"""How far a run is, and how it ended."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netspec.records import replace
from netspec.training.evidence.status import NAME, Status, read, write

RUNNING = Status("running", 5, 20, 2.0, 116)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    for status in (RUNNING, replace(RUNNING, state="failed", why="the loss is <no> number")):
        write(tmp_path, status)
        assert read(tmp_path) == status


def test_a_process_that_is_gone_was_killed(tmp_path: Path) -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    write(tmp_path, RUNNING)
    kept = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps({**kept, "process": child}))
    assert read(tmp_path) == replace(RUNNING, state="killed")


def test_of_another_machine_nobody_knows(tmp_path: Path) -> None:
    write(tmp_path, RUNNING)
    kept = json.loads((tmp_path / NAME).read_text())
    (tmp_path / NAME).write_text(json.dumps({**kept, "machine": "elsewhere"}))
    assert read(tmp_path) == replace(RUNNING, state="unknown")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"state": "done"}', "nonsense"])
def test_what_is_damaged_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(text)
    assert read(tmp_path) is None


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None
