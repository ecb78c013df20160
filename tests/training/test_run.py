"""The folder of a run."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netspec.training.errors import TrainingError
from netspec.training.run import create


def test_no_two_runs_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        folders = [each.folder for each in pool.map(create, ["net"] * 16)]
    assert len(set(folders)) == 16 and all(each.is_dir() for each in folders)
    assert {each.name.rpartition("-")[2] for each in folders} == set(map(str, range(1, 17)))


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(TrainingError, match="holds something already: two runs never share a folder"):
        create("net", tmp_path)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="can't be written"):
        create("net", tmp_path / "file" / "run")


def test_a_folder_that_is_gone_is_said_so(tmp_path: Path) -> None:
    run = create("net", tmp_path / "run")
    (tmp_path / "run").rmdir()
    for write in (lambda: run.write("a.json", "{}"), lambda: run.save_best({}, {})):
        with pytest.raises(TrainingError, match="can't be written: no such file"):
            write()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_said_so(tmp_path: Path) -> None:
    run = create("net", tmp_path / "run")
    (tmp_path / "run").chmod(0o500)
    with pytest.raises(TrainingError, match="can't be written: permission denied"):
        run.write("a.json", "{}")


def test_metrics_are_lines_of_json_and_of_csv(tmp_path: Path) -> None:
    run = create("net", tmp_path / "run")
    rows = [{"epoch": 1, "top1": 0.5, "best": True}, {"epoch": 2, "top1": None, "best": False}]
    run.write_metrics(rows)
    assert run.metrics() == rows
    assert (run.folder / "metrics.csv").read_text() == "epoch,top1,best\n1,0.5,true\n2,,false\n"


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    run = create("net", tmp_path / "run")
    (run.folder / "metrics.jsonl").write_text('{"step": 1}\n{"st')
    assert run.metrics() == [{"step": 1}]
