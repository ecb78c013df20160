"""Training from Python gives the run that the command gives."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import netspec
from netspec.cli import main
from netspec.training.errors import TrainingError
from netspec.training.state import load
from tests.training.small import IMAGES

NET = "1x6x6-4C3-relu-4N-softmax"


def test_it_trains_as_the_command_does_and_keeps_the_same_record(tmp_path: Path) -> None:
    seen: list[object] = []
    made = netspec.train(NET, IMAGES, epochs=2, lr=0.01, seed=3, folder=tmp_path / "a", device="cpu", each=seen.append)
    words = [
        "train",
        NET,
        "--data",
        IMAGES,
        "--epochs",
        "2",
        "--seed",
        "3",
        "--set",
        "train.lr=0.01",
        "--device",
        "cpu",
    ]
    assert main([*words, "-o", str(tmp_path / "b")]) == 0
    ours, theirs = load(made.state).tensors, load(netspec.Run(tmp_path / "b").state).tensors
    assert ours.keys() == theirs.keys() and all(torch.equal(each, theirs[name]) for name, each in ours.items())
    assert seen == made.metrics() and len(seen) == 2
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert {path.name for path in made.folder.iterdir()} == names and "report.html" in names


def test_a_run_is_tested_asked_and_gives_its_network(tmp_path: Path) -> None:
    made = netspec.train(NET, IMAGES, epochs=1, folder=tmp_path / "r", device="cpu")
    assert made.best is not None and made.best["epoch"] == 1
    assert 0 <= made.test(device="cpu").top1 <= 1
    pixels = torch.zeros(2, 1, 6, 6, dtype=torch.uint8)
    predicted = made.predict(pixels, top=2, device="cpu")
    assert len(predicted) == 2
    assert made.module()(torch.zeros(2, 1, 6, 6)).shape == (2, 4)
    with pytest.raises(TrainingError, match="images are uint8"):
        made.predict(pixels.float(), device="cpu")


def test_a_graph_has_its_recipe_already() -> None:
    with pytest.raises(TrainingError, match="a Graph has its recipe, so `epochs` can't be set"):
        netspec.train(netspec.compile(NET), IMAGES, epochs=1)


def test_why_it_stopped_early_is_kept_as_the_command_keeps_it(tmp_path: Path) -> None:
    made = netspec.train(NET, IMAGES, epochs=5, early_stop=1, lr=1e-12, folder=tmp_path / "r", device="cpu")
    assert len(made.metrics()) < 5
    assert made.read("status.json")["why"] == "stopped early, 1 epochs without a lower validation loss"
