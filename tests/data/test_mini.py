"""`mnist-mini`, which comes with netspec."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import torch

import netspec
from netspec.data.dataset import load
from netspec.data.mini import FOLDER, chosen, make
from tests.data.written import mnist

DIGEST = "fb57eaa93501c5cd6a2caddc4fc5fede876352198355b0ac2d9222b96cfc42fc"


def test_it_has_500_and_100_images_of_each_digit() -> None:
    dataset = load("mnist-mini", offline=True)
    assert dataset.shape == (1, 28, 28) and dataset.place == "shipped with netspec"
    for split, count in (("train", 500), ("test", 100)):
        assert torch.bincount(dataset.splits[split].labels).tolist() == [count] * 10
    assert dataset.digest == DIGEST


def test_it_is_in_the_package_about_a_megabyte_with_its_licence() -> None:
    package = Path(netspec.__file__).parent
    assert FOLDER.is_relative_to(package)
    assert 500_000 < sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_100_000
    note = (FOLDER / "README.md").read_text(encoding="utf-8")
    for words in ("Yann LeCun", "Corinna Cortes", "Burges", "Attribution-ShareAlike 3.0", "http://yann.lecun.com"):
        assert words in note


def test_images_are_taken_at_even_distances_in_their_order() -> None:
    labels = torch.tensor([0, 1] * 10)
    assert chosen(labels, 2).tolist() == [0, 1, 10, 11]
    assert chosen(labels, 10).tolist() == list(range(20))


def test_making_it_twice_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.data.mini.COUNTS", {"train": 2, "test": 1})
    mnist(tmp_path / "whole", train=40, test=20)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make(tmp_path / "whole", tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert len(load(f"mnist:{tmp_path / 'one'}").splits["train"]) == 20


def test_it_is_what_the_published_files_give(tmp_path: Path) -> None:
    published = Path(os.environ.get("NETSPEC_DATA", "")) / "mnist"
    if "NETSPEC_DATA" not in os.environ or not (published / "train-images-idx3-ubyte.gz").is_file():
        pytest.skip("$NETSPEC_DATA has no mnist")
    make(published, tmp_path)
    assert load(f"mnist:{tmp_path}").digest == DIGEST


def test_the_page_and_the_note_name_the_same_licence() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    assert re.search(r"`mnist-mini`.*CC BY-SA 3\.0", page, re.DOTALL)
