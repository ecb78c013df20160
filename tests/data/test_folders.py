"""Folders of images, with and without splits; Caltech-101; sets that stay on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from netspec.data import gather
from netspec.data.dataset import DataError, load
from netspec.data.pictures import decoded
from tests.data.written import picture


def folder(root: Path, *places: str, size: tuple[int, int] = (8, 6)) -> Path:
    """Two images of noise in each place, which differ from one another."""
    for number, place in enumerate(places):
        for each in range(2):
            picture(root / place / f"{each}.png", size=size, seed=2 * number + each)
    return root


def refused(words: str) -> str:
    with pytest.raises(DataError) as error:
        load(words)
    return str(error.value)


def test_classes_are_folders_in_the_order_of_their_names(tmp_path: Path) -> None:
    dataset = load(f"folder:{folder(tmp_path, 'dog', 'cat', 'bee')}")
    train = dataset.splits["train"]
    assert (dataset.classes, list(dataset.splits), dataset.shape) == (("bee", "cat", "dog"), ["train"], (3, 6, 8))
    assert train.labels.tolist() == [0, 0, 1, 1, 2, 2] and train.files == ()
    assert torch.equal(train.pixels[2], decoded(tmp_path / "cat" / "0.png"))


def test_splits_are_folders_above_the_classes_by_any_of_their_names(tmp_path: Path) -> None:
    for names in (("train", "val", "test"), ("Training", "valid", "Testing"), ("train", "validation", "test")):
        root = folder(tmp_path / names[1], *(f"{split}/{name}" for split in names for name in ("a", "b")))
        dataset = load(str(root))
        assert {split: len(images) for split, images in dataset.splits.items()} == {
            "train": 4,
            "validation": 4,
            "test": 4,
        }
        assert dataset.name == names[1]


def test_a_class_called_train_is_a_class_where_there_are_no_splits(tmp_path: Path) -> None:
    assert load(str(folder(tmp_path, "bus", "train"))).classes == ("bus", "train")


def test_a_class_called_test_is_a_class_where_nothing_is_to_train_on(tmp_path: Path) -> None:
    assert load(str(folder(tmp_path, "exam", "test"))).classes == ("exam", "test")


def test_images_in_folders_of_a_class_belong_to_it_and_other_files_do_not_count(tmp_path: Path) -> None:
    folder(tmp_path, "a/2020", "a/2021", "b")
    (tmp_path / "a" / "notes.txt").write_text("x")
    (tmp_path / "a" / ".hidden.png").write_text("x")
    (tmp_path / ".git").mkdir()
    dataset = load(str(tmp_path))
    assert dataset.splits["train"].labels.tolist() == [0, 0, 0, 0, 1, 1]


def test_images_are_in_the_order_of_their_paths(tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(15)]
    for number, name in enumerate(names):
        picture(tmp_path / "a" / name / "1.png", size=(8, 6 + number))
    assert [path.parent.name for path in load(str(tmp_path)).splits["train"].files] == names


def test_images_that_differ_in_size_stay_on_disk(tmp_path: Path) -> None:
    folder(tmp_path, "a", "b")
    picture(tmp_path / "b" / "wide.jpg", size=(40, 10))
    dataset = load(str(tmp_path))
    train = dataset.splits["train"]
    assert dataset.shape is None and dataset.size == "3xHxW, of different sizes"
    assert [path.name for path in train.files] == ["0.png", "1.png", "0.png", "1.png", "wide.jpg"]
    assert (tuple(train.pixels.shape), train.channels, len(train)) == ((0, 3, 0, 0), 3, 5)


def test_sets_that_do_not_fit_into_memory_stay_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "a", "b")
    monkeypatch.setattr(gather, "MOST_IN_MEMORY", 4 * 3 * 6 * 8 - 1)
    dataset = load(str(tmp_path))
    assert dataset.shape == (3, 6, 8) and len(dataset.splits["train"].files) == 4
    monkeypatch.setattr(gather, "MOST_IN_MEMORY", 4 * 3 * 6 * 8)
    assert load(str(tmp_path)).splits["train"].files == ()


def test_grey_images_have_one_channel_unless_one_is_in_colour(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "a" / f"{number}.png", "L", seed=number)
    assert load(str(tmp_path)).shape == (1, 6, 8)
    picture(tmp_path / "b" / "0.png")
    dataset = load(str(tmp_path))
    assert dataset.shape == (3, 6, 8)
    grey = dataset.splits["train"].pixels[0]
    assert torch.equal(grey[0], grey[1]) and torch.equal(grey[0], grey[2])


def test_one_image_in_colour_makes_all_colour_wherever_it_is_met(tmp_path: Path) -> None:
    for number in range(4):
        picture(tmp_path / "a" / f"{number}.png", "RGB" if number == 3 else "L", size=(8, 6 + number))
    dataset = load(str(tmp_path))
    assert (dataset.shape, dataset.channels) == (None, 3)


def test_the_digest_of_a_set_on_disk_is_of_names_sizes_and_labels_wherever_it_lies(tmp_path: Path) -> None:
    folder(tmp_path / "one", "a", "b")
    picture(tmp_path / "one" / "b" / "wide.jpg", size=(40, 10))
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = load(str(tmp_path / "one")), load(str(tmp_path / "two"))
    assert one.digest == two.digest
    (tmp_path / "two" / "a" / "0.png").rename(tmp_path / "two" / "b" / "9.png")
    assert load(str(tmp_path / "two")).digest != one.digest


def test_what_is_wrong_with_a_folder_is_said(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(f"folder:{empty}") == (
        f"`{empty}` is not folders of images, `class/*.jpg`; it has no folders of classes with images: `class/*.jpg`"
    )
    assert refused(f"folder:{tmp_path / 'no'}") == f"there is no folder `{tmp_path / 'no'}`"
    hollow = folder(tmp_path / "hollow", "a", "b")
    (hollow / "c").mkdir()
    assert refused(str(hollow)) == f"`{hollow}`: the class `c` has no images in the split `train`"
    other = folder(tmp_path / "other", "train/a", "test/a", "test/b")
    assert refused(str(other)) == f"`{other}`: the split `test` has a class `b`, which `train` doesn't have"


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    root = folder(tmp_path, "a", "b")
    (root / "b" / "1.png").write_bytes(b"<html>")
    assert refused(str(root)).startswith(f"`{root}/b/1.png` is no image in a format that is read: JPEG, PNG")
    whole = picture(root / "b" / "1.png").read_bytes()
    (root / "b" / "1.png").write_bytes(whole[: len(whole) * 2 // 3])
    assert refused(str(root)).startswith(f"`{root}/b/1.png` ")


def test_clutter_is_no_class_of_caltech_101(tmp_path: Path) -> None:
    root = folder(tmp_path, "101_ObjectCategories/accordion", "101_ObjectCategories/BACKGROUND_Google")
    for words in (f"caltech101:{root}", f"caltech101:{root}/101_ObjectCategories"):
        assert load(words).classes == ("accordion",)
    assert len(load(f"folder:{root}/101_ObjectCategories").classes) == 2


def test_images_are_decoded_together_only_if_they_have_one_size(tmp_path: Path) -> None:
    files = [picture(tmp_path / "a.png"), picture(tmp_path / "b.png", size=(5, 5))]
    with pytest.raises(DataError, match=r"b.png` has another size than `.*a.png`$"):
        gather.decode_all(files, 3)


def test_a_split_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no images in its split `test`$"):
        gather.gathered(("a",), {"test": gather.Listed((), ())}, tmp_path)
