"""Two processes never train in one folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.training import lock
from netspec.training.errors import TrainingError
from netspec.training.lock import locked
from tests.training.test_resume import written

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows locks no folders")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)


def test_a_second_resume_of_a_run_is_refused_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = written(tmp_path)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    with locked(run.folder):
        assert main(["resume", str(run.folder)]) == 2
        assert f"another process trains in `{run.folder}`" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert main(["resume", str(run.folder)]) == 0


def test_a_folder_is_free_again_whatever_happened(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path):
        raise KeyError
    with locked(tmp_path), pytest.raises(TrainingError), locked(tmp_path):
        pass


def test_what_killed_processes_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "last").mkdir()
    left = [
        tmp_path / ".recipe.json.12.tmp",
        tmp_path / "last" / ".state.safetensors.9.tmp",
        tmp_path / "last" / ".tmpAb",
    ]
    kept = [tmp_path / "recipe.json", tmp_path / "last" / "state.safetensors"]
    for each in (*left, *kept):
        each.write_text("")
    with locked(tmp_path):
        assert not any(each.exists() for each in left) and all(each.exists() for each in kept)


def test_of_processes_that_train_together_the_first_one_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with locked(tmp_path):
        monkeypatch.setenv("RANK", "1")
        with locked(tmp_path):
            pass


def test_a_folder_that_is_not_there_is_no_matter_of_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "none"):
        pass
