"""STL-10's binary files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netspec.data.dataset import DataError, load
from tests.data.written import stl10


def test_images_written_by_columns_come_out_upright(tmp_path: Path) -> None:
    images, labels = stl10(tmp_path)
    dataset = load(f"stl10:{tmp_path}")
    assert torch.equal(dataset.splits["train"].pixels, images)
    assert dataset.splits["train"].labels.tolist() == labels.tolist()
    assert (dataset.shape, dataset.classes[0], dataset.classes[9]) == ((3, 96, 96), "airplane", "truck")


@pytest.mark.parametrize("label", [0, 11])
def test_a_label_that_is_not_from_1_to_10_is_named(label: int, tmp_path: Path) -> None:
    stl10(tmp_path)
    (tmp_path / "test_y.bin").write_bytes(bytes([1, label]))
    with pytest.raises(DataError, match=rf"test_y.bin`: label {label} of image 1 is not from 1 to 10$"):
        load(f"stl10:{tmp_path}")


def test_files_of_wrong_length_are_refused(tmp_path: Path) -> None:
    stl10(tmp_path)
    content = (tmp_path / "train_X.bin").read_bytes()
    (tmp_path / "train_X.bin").write_bytes(content[:-5])
    with pytest.raises(DataError, match=r"it has 82,939 bytes, and an image has 27,648$"):
        load(f"stl10:{tmp_path}")
    (tmp_path / "train_X.bin").write_bytes(content[:27648])
    with pytest.raises(DataError, match=r"has 1 images, and `.*train_y.bin` has 3 labels$"):
        load(f"stl10:{tmp_path}")
