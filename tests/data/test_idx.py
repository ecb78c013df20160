"""MNIST's files: as published, and everything that can be wrong with them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch

from netspec.data.dataset import DataError, load
from netspec.data.idx import IMAGES, LABELS, missing, read_file
from tests.data.written import idx, mnist, numbered


def refused(path: Path, magic: int) -> str:
    with pytest.raises(DataError) as error:
        read_file(path, magic)
    return str(error.value).replace(str(path), "FILE")


@pytest.mark.parametrize("packed", [True, False])
def test_images_and_labels_are_read_packed_or_not(packed: bool, tmp_path: Path) -> None:
    images, labels = mnist(tmp_path, packed=packed)
    dataset = load(f"mnist:{tmp_path}")
    train = dataset.splits["train"]
    assert torch.equal(train.pixels, images.unsqueeze(1)) and torch.equal(train.labels, labels.long())
    assert (dataset.shape, len(dataset.splits["test"]), dataset.classes[9]) == ((1, 28, 28), 10, "9")


def test_a_set_is_the_same_packed_or_not(tmp_path: Path) -> None:
    mnist(tmp_path / "a")
    mnist(tmp_path / "b", packed=False)
    assert load(f"mnist:{tmp_path}/a").digest == load(f"mnist:{tmp_path}/b").digest


def test_one_other_pixel_or_label_is_another_digest(tmp_path: Path) -> None:
    mnist(tmp_path, packed=False)
    before = load(f"mnist:{tmp_path}").digest
    for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        content = bytearray((tmp_path / name).read_bytes())
        content[-1] = (content[-1] + 1) % 10
        (tmp_path / name).write_bytes(content)
        after = load(f"mnist:{tmp_path}").digest
        assert after != before
        before = after


def test_files_with_a_dot_in_their_names_are_read_too(tmp_path: Path) -> None:
    mnist(tmp_path, packed=False)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert missing(tmp_path) == ()


def test_images_of_another_size_are_read_in_their_layout(tmp_path: Path) -> None:
    mnist(tmp_path, side=16)
    dataset = load(f"idx:{tmp_path}")
    assert (dataset.shape, dataset.classes) == ((1, 16, 16), tuple("0123456789"))


def test_swapped_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(idx(numbered(5)))
    assert refused(path, IMAGES) == ("`FILE` is no IDX file of images, which begins with 2051: it is a file of labels")


def test_a_file_in_the_other_byte_order_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx(numbered(2, 3, 3), magic=0x03080000))
    assert refused(path, IMAGES).endswith("begins with 2051: its bytes are in reverse order")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(b"hello world")
    assert refused(path, LABELS) == (
        "`FILE` is no IDX file of labels, which begins with 2049: it begins with 1751477356"
    )
    path.write_bytes(b"")
    assert refused(path, LABELS) == "`FILE` is no IDX file: it has 0 bytes"
    path.write_bytes(idx(numbered(2, 3, 3))[:9])
    assert refused(path, IMAGES) == "`FILE` is cut off within its header"


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_with_fewer_or_more_numbers_than_its_header_says_is_refused(packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "images"
    for cut, has in ((-1, "17 follow"), (None, "more follow")):
        content = (idx(numbered(2, 3, 3)) + b"x" * (cut is None))[:cut]
        path.write_bytes(gzip.compress(content) if packed else content)
        if cut and not packed:  # it is not even as large as that
            assert refused(path, IMAGES) == f"`FILE` is damaged: its header says 2x3x3 = 18 bytes, and {has}"
        else:
            assert refused(path, IMAGES).endswith(f"2x3x3 = 18 bytes, and {has}")


def test_a_header_that_no_file_of_this_size_can_hold_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    path = tmp_path / "images"
    for content in (
        idx(numbered(4), sizes=(2**32 - 1, 28, 28)),
        gzip.compress(idx(numbered(4), sizes=(2**32 - 1, 2**32 - 1, 2**32 - 1))),
    ):
        path.write_bytes(content)
        assert refused(path, IMAGES).startswith("`FILE` can't hold what its header says: 4,294,967,295x")


def test_a_bomb_is_read_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx(torch.zeros(50_000_000, dtype=torch.uint8), sizes=(2, 3, 3))))
    assert refused(path, IMAGES).endswith("= 18 bytes, and more follow")


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx(numbered(0), sizes=(0, 28, 28)))
    assert refused(path, IMAGES) == "`FILE` is empty: its header says 0x28x28"


def test_a_truncated_or_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    content = gzip.compress(idx(numbered(20, 28, 28)))
    path.write_bytes(content[: len(content) // 2])
    assert refused(path, IMAGES).startswith("`FILE` is damaged or was cut off: ")
    path.write_bytes(content[:-8] + b"\0" * 8)  # another checksum
    assert refused(path, IMAGES).startswith("`FILE` is damaged or was cut off: crc check failed")
    path.write_bytes(content[:200] + bytes(100) + content[300:])
    assert refused(path, IMAGES).startswith("`FILE` is damaged")


def test_as_many_labels_as_images_are_needed(tmp_path: Path) -> None:
    mnist(tmp_path, packed=False)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(numbered(19) % 10))
    with pytest.raises(DataError, match=r"has 20 images, and `.*train-labels-idx1-ubyte` has 19 labels$"):
        load(f"mnist:{tmp_path}")


def test_a_label_that_is_no_class_is_named(tmp_path: Path) -> None:
    mnist(tmp_path, packed=False)
    path = tmp_path / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-2] + b"\x0a\x09")
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte`: label 10 of image 8 is none of the 10 classes$"):
        load(f"mnist:{tmp_path}")
