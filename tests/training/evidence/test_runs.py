"""`netspec runs`: trainings side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import main
from netspec.training.evidence.overview import ORDERS, runs
from netspec.training.evidence.status import State, Status, write

Capture = pytest.CaptureFixture[str]


def made(folder: Path, top1: float, loss: float, state: State = "done", epochs: int = 2, **more: Any) -> None:
    folder.mkdir(parents=True)
    begun = more.get("begun", f"2026-11-25T0{len(list(folder.parent.iterdir()))}:00:00+00:00")
    settings = {"epochs": 4.0}
    record = {"spec": "net", "data": {"words": "mnist"}, "begun": begun, "seed": 1, "settings": settings}
    (folder / "recipe.json").write_text(json.dumps(record))
    rows = [
        {
            "epoch": at + 1,
            "step": 10 * at + 10,
            "best": at == 0,
            "validation_loss": loss,
            "validation_top1": top1,
            "validation_top5": None,
            "seconds": 30.5,
        }
        for at in range(epochs)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"cut o')
    write(folder, Status(state, 20, 40, 4.0, 1234, more.get("why", "")))


def test_runs_are_lines_with_the_best_marked(tmp_path: Path, capsys: Capture) -> None:
    made(tmp_path / "net-1", 0.9, 0.3, "stopped")
    made(tmp_path / "net-2", 0.95, 0.2, why="stopped early")
    made(tmp_path / "net-3", 0.0, 0.0, "failed", epochs=0)
    (tmp_path / "net-2" / "test.json").write_text(json.dumps({"step": 10, "top1": 0.94}))
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "run    data   epochs  val top-1  val loss  test top-1  parameters  time  state\n"
        "net-1  mnist  2 of 4    90.00 %    0.3000           –       1,234  1:01  stopped\n"
        "net-2  mnist  2 of 4   *95.00 %   *0.2000     94.00 %       1,234  1:01  done, early\n"
        "net-3  mnist  0 of 4          –         –           –       1,234  0:00  failed\n"
    )


def test_a_test_of_other_weights_is_not_shown(tmp_path: Path) -> None:
    made(tmp_path / "net-1", 0.9, 0.3)
    (tmp_path / "net-1" / "test.json").write_text(json.dumps({"step": 20, "top1": 0.94}))
    (found,) = runs(tmp_path)
    assert found.test_top1 is None and found.top1 == 0.9


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("top1", ["b", "a", "c"]),
        ("loss", ["b", "a", "c"]),
        ("begun", ["a", "b", "c"]),
        ("name", ["a", "b", "c"]),
        ("seconds", ["c", "a", "b"]),
    ],
)
def test_they_are_sorted(order: str, names: list[str], tmp_path: Path, capsys: Capture) -> None:
    made(tmp_path / "a", 0.9, 0.3, begun="1")
    made(tmp_path / "b", 0.95, 0.2, begun="2")
    made(tmp_path / "c", 0.0, 0.0, epochs=0, begun="3")
    assert main(["runs", str(tmp_path), "--sort", order, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(each["folder"]).name for each in found] == names
    assert set(ORDERS) >= {order}


def test_one_run_is_a_line_too_and_what_is_none_is_left_out(tmp_path: Path, capsys: Capture) -> None:
    made(tmp_path / "a", 0.9, 0.3)
    (tmp_path / "notes").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "recipe.json").write_text("{")
    assert main(["runs", str(tmp_path / "a")]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("a    mnist")
    assert [Path(each.folder).name for each in runs(tmp_path)] == ["a"]


def test_without_runs_it_says_so(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no run is in `{tmp_path}`\n"
    monkeypatch.chdir(tmp_path)
    assert main(["runs"]) == 2
    said = "netspec: `runs` can't be read: no such file or directory; `netspec train` makes it\n"
    assert capsys.readouterr().err == said
