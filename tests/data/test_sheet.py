"""The contact sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from netspec.data.dataset import DataError, load
from netspec.data.sheet import COLUMNS, GAP, LEAST, MOST, ROWS, TEXT, contact_sheet, save
from netspec.data.steps import step
from tests.data.written import mnist, picture


def test_each_class_has_a_row_of_samples(tmp_path: Path) -> None:
    mnist(tmp_path, train=120)
    dataset = load(f"mnist:{tmp_path}")
    page = contact_sheet(dataset)
    side = 2 * 28 + GAP  # 28 is less than 32, so twice as large
    assert page.size == (TEXT + COLUMNS * side + GAP, 10 * side + GAP)
    train = dataset.splits["train"]
    third = train.pixels[train.labels == 3][12 * 4 // 10, 0]
    at = (TEXT + 4 * side, 3 * side + GAP)
    assert page.getpixel(at) == (int(third[0, 0]),) * 3
    assert page.getpixel((at[0] + 2 * 27, at[1] + 2)) == (int(third[1, 27]),) * 3


def test_the_hook_for_augmentation_shows_one_sample_and_what_is_made_of_it(tmp_path: Path) -> None:
    mnist(tmp_path, train=20)
    dataset = load(f"mnist:{tmp_path}")

    def black(images: Tensor, targets: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        assert images.dtype == torch.float32 and images.max() <= 1 and len(images) == len(targets) == COLUMNS - 1
        return torch.zeros_like(images), targets

    page = contact_sheet(dataset, augment=black)
    first = dataset.splits["train"].pixels[0, 0]
    assert page.getpixel((TEXT, GAP)) == (int(first[0, 0]),) * 3
    assert page.crop((TEXT + 58, GAP, TEXT + 58 + 56, GAP + 56)).getextrema() == ((0, 0),) * 3


def test_images_of_different_sizes_and_many_classes_are_shown(tmp_path: Path) -> None:
    for number in range(ROWS + 3):
        picture(tmp_path / f"class {number:02} ∂" / "1.png", size=(200 + number, 100))
    page = contact_sheet(load(str(tmp_path)))
    assert page.size[1] == ROWS * (MOST + GAP) + GAP


def test_images_are_shown_as_they_are_fitted(tmp_path: Path) -> None:
    mnist(tmp_path, test=2)
    page = contact_sheet(load(f"mnist:{tmp_path}"), "test", [step("pad", (32, 32))])
    assert page.size[1] == 10 * (LEAST + GAP) + GAP
    assert page.getpixel((TEXT, GAP)) == (0, 0, 0)


def test_a_split_that_is_not_there_and_a_file_that_can_not_be_written_are_said(tmp_path: Path) -> None:
    dataset = load("synthetic:1x4x4:2:4")
    with pytest.raises(DataError, match=r"has no split `validation`: it has train, test$"):
        contact_sheet(dataset, "validation")
    with pytest.raises(DataError, match="can't be written: no such file or directory"):
        save(contact_sheet(dataset), tmp_path / "no" / "sheet.png")
    save(contact_sheet(dataset), tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.format == "PNG"
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]
