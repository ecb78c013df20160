"""A training whose images are made when they are needed ends with the bits of one that holds them in memory."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.cli import main
from netspec.training import loop
from netspec.training.run import Run
from netspec.training.state import load
from tests.data.written import picture
from tests.training.small import IMAGES, spec
from tests.training.test_commands import at_step

Capture = pytest.CaptureFixture[str]
RECIPE = "  ema = 0.9\n  augment { shift - hflip - colour - mixup - cutout(2) }"
TEXT = spec(RECIPE).replace("1x6x6", "3x6x6")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of several sizes, 40 to train on and 8 to test on."""
    folder = tmp_path_factory.mktemp("photos")
    for split, count in (("train", 10), ("test", 2)):
        for number in range(4 * count):
            place = folder / split / f"c{number % 4}" / f"{number}.png"
            picture(place, size=(7 + number % 3, 8), seed=number)
    return folder


@pytest.fixture(scope="module")
def whole(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of a training that held its images, and never stopped."""
    run = tmp_path_factory.mktemp("whole") / "r"
    assert trained(run, photos, "--no-stream") == 0
    return run


def trained(folder: Path, photos: Path | str, *more: str) -> int:
    return main(["train", TEXT, "--data", str(photos), "--device", "cpu", "-o", str(folder), *more])


def same_bits(one: Path, other: Path) -> bool:
    ours, theirs = load(Run(one).state), load(Run(other).state)
    timed = ("seconds", "images_per_second")
    lines = [
        [{name: each for name, each in row.items() if name not in timed} for row in Run(run).metrics()]
        for run in (one, other)
    ]
    return (
        ours.tensors.keys() == theirs.tensors.keys()
        and all(torch.equal(each, theirs.tensors[name]) for name, each in ours.tensors.items())
        and Run(one).weights("best").read_bytes() == Run(other).weights("best").read_bytes()
        and lines[0] == lines[1]
    )


@pytest.mark.parametrize(("workers", "made"), [("0", "this process"), ("2", "2 processes")])
def test_streamed_it_ends_with_the_same_bits(
    workers: str, made: str, photos: Path, whole: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert trained(tmp_path / "r", photos, "--stream", "--workers", workers) == 0
    assert f"pixels  4.32 kB: made by {made} when they are needed\n" in capsys.readouterr().out
    assert same_bits(tmp_path / "r", whole)


def test_held_images_are_said_to_be_held(photos: Path, tmp_path: Path, capsys: Capture) -> None:
    assert trained(tmp_path / "r", photos, "--epochs", "1") == 0
    assert "pixels  4.32 kB, held in memory\n" in capsys.readouterr().out


def test_tested_on_files_it_gives_the_same_figures(whole: Path, capsys: Capture) -> None:
    found = []
    for more in (["--no-stream"], ["--stream", "--workers", "1"]):
        assert main(["test", str(whole), "--json", *more]) == 0
        found.append(capsys.readouterr().out)
    assert found[0] == found[1] and '"images": 8' in found[0]


def test_a_set_in_memory_that_is_larger_for_the_network_is_streamed_as_well(tmp_path: Path) -> None:
    for name, more in (("held", ()), ("streamed", ("--stream", "--workers", "1"))):
        words = ["--set", "train.input=resize(8)", "--input", "3x8x8", "--epochs", "1", *more]
        assert trained(tmp_path / name, IMAGES.replace("1x6x6", "3x6x6"), *words) == 0
    assert same_bits(tmp_path / "held", tmp_path / "streamed")


@pytest.mark.parametrize("step", [2, 4])
def test_stopped_in_an_epoch_it_goes_on_with_the_same_bits(
    step: int, photos: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        at_step(patch, step, lambda made: os.kill(os.getpid(), signal.SIGINT))
        assert trained(tmp_path / "r", photos, "--stream", "--workers", "1") == 130
    assert load(Run(tmp_path / "r").state).facts["step"] == step + 1
    assert main(["resume", str(tmp_path / "r")]) == 0
    assert same_bits(whole, tmp_path / "r")
    record = Run(tmp_path / "r").read("recipe.json")
    assert record["computing"] == {"stream": True, "workers": 1, "compile": False}


def breaks(monkeypatch: pytest.MonkeyPatch, name: str, calls: int) -> None:
    """A file of this name can't be read, from so many readings of it on."""
    import netspec.data.stream as stream
    from netspec.data.dataset import DataError

    true, left = stream.decoded, iter(range(calls))

    def decoded(path: Path, channels: int) -> Any:
        if path.name == name and next(left, None) is None:
            raise DataError(f"`{path}` is damaged: it was dropped")
        return true(path, channels)

    monkeypatch.setattr(stream, "decoded", decoded)


def a_file(photos: Path, split: str) -> str:
    """The name of an image of this split of a training."""
    from netspec.data.dataset import load as load_data
    from netspec.data.split import with_validation

    return with_validation(load_data(str(photos))).splits[split].files[3].name


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_file_that_cannot_be_read_under_way_is_named_and_the_state_is_kept(
    split: str, photos: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    run, name = tmp_path / "r", a_file(photos, split)
    with monkeypatch.context() as patch:
        breaks(patch, name, 3 if split == "train" else 1)  # training images are looked at for mean and colours first
        capsys.readouterr()
        assert trained(run, photos, "--stream", "--workers", "0") == 2
    error = capsys.readouterr().err
    step = load(Run(run).state).facts["step"]
    assert error.startswith(f"netspec: `{photos}/train/") and f"{name}` is damaged: it was dropped; the state" in error
    assert f"the state after step {step} is kept in `{run}`: `netspec resume` goes on where" in error
    assert len(Run(run).metrics()) == 1 and (5 <= step < 10 if split == "train" else step == 10)
    assert main(["resume", str(run)]) == 0
    assert same_bits(whole, run)


def test_an_epoch_whose_test_failed_at_the_very_end_is_tested_when_it_is_taken_up(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "r"
    with monkeypatch.context() as patch:
        breaks(patch, a_file(photos, "validation"), 0)
        assert trained(run, photos, "--stream", "--workers", "0", "--epochs", "1") == 2
    assert Run(run).metrics() == [] and load(Run(run).state).facts["step"] == 5
    assert main(["resume", str(run)]) == 0
    assert len(Run(run).metrics()) == 1 and Run(run).weights("best").exists()


def test_the_processes_end_with_the_training(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    seen: list[int] = []
    at_step(monkeypatch, 1, lambda made: seen.append(len(multiprocessing.active_children())))
    assert trained(tmp_path / "r", photos, "--stream", "--workers", "2") == 0
    assert seen == [2] and multiprocessing.active_children() == []


def test_of_a_process_that_was_killed_it_says_what_to_do(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def killed(made: loop.Training) -> None:
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    at_step(monkeypatch, 3, killed)
    assert trained(tmp_path / "r", photos, "--stream", "--workers", "1") == 2
    assert "is killed by signal: Killed; if memory is short, take fewer: --workers N\n" in capsys.readouterr().err
