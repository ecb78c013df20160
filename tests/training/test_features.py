"""Features of a layer, and a linear classifier on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from netspec.cli import main
from netspec.data.dataset import load
from netspec.training.features import features, tap
from netspec.training.probe import Table, probe
from netspec.training.trained import trained
from tests.training.small import IMAGES
from tests.training.trained_runs import run

Capture = pytest.CaptureFixture[str]


def test_features_are_what_the_layer_gives_for_images_fitted_and_normalised() -> None:
    made, dataset = trained(run(), device="cpu"), load(IMAGES)
    name = next(node.name for node in made.graph.nodes if node.layer.name in ("conv", "dense"))
    found = features(tap(made, name), dataset, split="test", part=made.task.settings.validation, seed=0)
    images = made.task.normalization.apply(dataset.splits["test"].pixels.float() / 255)
    first = dict(made.network.module.named_modules())[name]
    with torch.inference_mode():
        wanted = first(images)
    torch.testing.assert_close(torch.cat(list(found.parts)), wanted)
    assert torch.equal(found.labels, dataset.splits["test"].labels) and set(found.splits) == {"test"}


def test_the_command_writes_an_archive_that_numpy_reads_without_pickles(tmp_path: Path, capsys: Capture) -> None:
    made = run()
    name = trained(made, device="cpu").graph.nodes[1].name
    path = tmp_path / "f.npz"
    assert main(["features", str(made.folder), "--at", name, "-o", str(path)]) == 0
    assert f"of `{name}` for each of" in capsys.readouterr().out
    with np.load(path, allow_pickle=False) as archive:
        assert len(archive["features"]) == len(archive["labels"]) == len(archive["splits"])
        assert archive["features"].dtype == np.float32
    assert main(["probe", str(path), "--json"]) == 0
    from_file = json.loads(capsys.readouterr().out)
    assert main(["probe", str(made.folder), "--at", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == from_file


def test_a_layer_that_is_not_there_is_refused(tmp_path: Path, capsys: Capture) -> None:
    assert main(["features", str(run().folder), "--at", "nothing", "-o", str(tmp_path / "f.npz")]) == 2
    assert "has no layer `nothing`" in capsys.readouterr().err and not (tmp_path / "f.npz").exists()


def blobs(spread: float) -> Table:
    """Three clouds of points in the plane, of which the splits know."""
    draw = torch.Generator().manual_seed(3)
    labels = torch.arange(300) % 3
    centres = torch.tensor([[0.0, 4.0], [4.0, 0.0], [-4.0, -4.0]])
    values = centres[labels] + spread * torch.randn(300, 2, generator=draw)
    splits = tuple("train" if at < 150 else "validation" if at < 225 else "test" for at in range(300))
    return Table(values, labels, splits, ("a", "b", "c"))


def test_a_probe_tells_apart_what_a_line_tells_apart_and_not_what_is_noise() -> None:
    assert probe(blobs(0.1)).top1 == 1.0
    noise = blobs(0.1)
    mixed = Table(
        torch.randn(300, 2, generator=torch.Generator().manual_seed(1)), noise.labels, noise.splits, noise.classes
    )
    top1 = probe(mixed).top1
    assert top1 is not None and top1 < 0.55
    assert probe(blobs(2.0)) == probe(blobs(2.0))
