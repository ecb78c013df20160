"""A run's folder that is full, read-only, damaged or gone: one clear line, exit status 2, and a state to go on from."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from netspec.cli import main
from netspec.training.run import Run
from netspec.training.state import load
from tests.training.small import IMAGES, spec
from tests.training.test_commands import at_step, trained

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


def one_line(capsys: Capture) -> str:
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "Traceback" not in err
    return err


def full(monkeypatch: pytest.MonkeyPatch, which: str) -> None:
    """From now on no file of this name can be written to its end."""
    import safetensors.torch

    true = safetensors.torch.save_file

    def save_file(tensors: object, path: Path, metadata: object = None) -> None:
        if which in str(path):
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        true(tensors, path, metadata)  # type: ignore[arg-type]

    monkeypatch.setattr(safetensors.torch, "save_file", save_file)


@pytest.mark.parametrize("which", ["last/.state", "last/.weights", "best/.weights"])
def test_a_disk_that_gets_full_leaves_a_state_to_go_on_from(
    which: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trained(tmp_path / "whole") == 0
    run = Run(tmp_path / "r")
    at_step(monkeypatch, 7, lambda made: full(monkeypatch, which))
    capsys.readouterr()
    assert trained(run.folder) == 2
    said = one_line(capsys)
    assert "no space left on device" in said and said.endswith(f"go on by: netspec resume {run.folder}\n")
    assert load(run.state).facts["step"] in (5, 10)
    assert not [path for path in run.folder.rglob("*") if path.name.startswith(".")]
    monkeypatch.undo()
    assert main(["resume", str(run.folder)]) == 0
    one, two = load(run.state), load(Run(tmp_path / "whole").state)
    assert all(torch.equal(each, two.tensors[name]) for name, each in one.tensors.items())
    assert len(run.metrics()) == 3


def test_a_folder_that_is_deleted_under_way_is_said_so_and_not_made_again(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_step(monkeypatch, 7, lambda made: shutil.rmtree(tmp_path / "r"))
    assert trained(tmp_path / "r") == 2
    assert "can't be written: no such file or directory\n" in one_line(capsys)
    assert not (tmp_path / "r").exists()


MOUNTED = """
import subprocess, sys
from pathlib import Path
from netspec.cli import main

def mount(*words):
    if subprocess.run(["mount", *words, str(at)], capture_output=True).returncode:
        sys.exit(77)

at = Path(sys.argv[1])
words = ["train", sys.argv[2], "--data", sys.argv[3], "--epochs", "2", "-o", str(at / "r")]
mount("-t", "tmpfs", "-o", "size=64k", "none")
statuses = [main(words), main(["resume", str(at / "r")])]
mount("-o", "remount,ro")
statuses.append(main(["resume", str(at / "r")]))
mount("-o", "remount,rw,size=4m")
statuses.append(main(["resume", str(at / "r")]))
mount("-o", "remount,ro")
statuses += [main(["resume", str(at / "r")]), main(["test", str(at / "r")])]
print(statuses, [str(each) for each in at.rglob(".*")])
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("unshare"), reason="needs file systems of its own")
def test_a_file_system_that_is_full_and_one_that_is_read_only(tmp_path: Path) -> None:
    wide = "1x6x6-64N-relu-64N-4N-softmax"
    command = ["unshare", "-rm", sys.executable, "-c", MOUNTED, str(tmp_path), wide, IMAGES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no file system may be mounted here")
    assert done.stdout.splitlines()[-1] == "[2, 2, 2, 0, 0, 0] []", done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 5 and all("no space left on device" in line for line in lines[:2])
    assert all("can't be written: read-only file system" in line for line in lines[2:])
    assert "is printed and not kept" in lines[4]


def halved(run: Run) -> None:
    run.state.write_bytes(run.state.read_bytes()[: run.state.stat().st_size // 2])


def of_another_network(run: Run) -> None:
    other = run.folder.with_name("other")
    assert main(["train", "1x6x6-5N-4N-softmax", "--data", IMAGES, "--steps", "2", "-o", str(other)]) == 0
    shutil.copy(Run(other).state, run.state)


def of_another_recipe(run: Run) -> None:
    path = run.folder / "recipe.json"
    path.write_text(path.read_text().replace('"ema": null', '"ema": 0.9'))


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (halved, "state.safetensors` can't be read, or is damaged"),
        (of_another_network, "the run is of another network"),
        (of_another_recipe, "is damaged, or of another recipe"),
    ],
)
def test_a_state_that_is_none_of_the_run_is_refused_and_left_alone(
    damage: Callable[[Run], None], what: str, tmp_path: Path, capsys: Capture
) -> None:
    run = Run(tmp_path / "r")
    assert main(["train", spec(), "--data", IMAGES, "--device", "cpu", "-o", str(run.folder)]) == 0
    damage(run)
    before = run.state.read_bytes()
    capsys.readouterr()
    assert main(["resume", str(run.folder)]) == 2
    assert what in one_line(capsys) and run.state.read_bytes() == before


def test_a_finished_run_is_left_as_it_is(tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r") == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "r").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(["resume", str(tmp_path / "r")]) == 0
    assert capsys.readouterr().out == "nothing is left to do: all 15 steps are done\n"
    assert {path: path.stat().st_mtime_ns for path in before} == before
