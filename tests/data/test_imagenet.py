"""ImageNet as it lies on disk, prepared, as Kaggle has it, and flat."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.data.dataset import DataError, load
from tests.data.written import picture

SYNSETS = ("n01440764", "n01443537")

SOLUTION = """\
ImageId,PredictionString
ILSVRC2012_val_00000003,n01440764 1 2 3 4 n01443537 5 6 7 8
ILSVRC2012_val_00000001,n01443537 1 2 3 4
ILSVRC2012_val_00000002,n01440764 1 2 3 4
"""


def train(folder: Path) -> None:
    for number, synset in enumerate(SYNSETS):
        picture(folder / "train" / synset / f"{synset}_1.JPEG", size=(20 + number, 20))


def flat(folder: Path) -> None:
    for number in (1, 2, 3):
        picture(folder / "val" / f"ILSVRC2012_val_0000000{number}.JPEG")


def test_validation_images_in_folders_are_the_test_split(tmp_path: Path) -> None:
    train(tmp_path)
    picture(tmp_path / "val" / SYNSETS[1] / "x.JPEG")
    picture(tmp_path / "val" / SYNSETS[0] / "y.JPEG")
    for words in (f"imagenet:{tmp_path}", str(tmp_path)):
        dataset = load(words)
        assert dataset.classes == SYNSETS and dataset.shape is None
        assert dataset.splits["train"].labels.tolist() == dataset.splits["test"].labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "LOC_val_solution.csv",
            SOLUTION,
        ),
        ("imagenet_2012_validation_synset_labels.txt", "n01443537\nn01440764\nn01440764\n"),
        ("val.txt", "\n".join(f"ILSVRC2012_val_0000000{number}.JPEG {number // 2 == 0:d}" for number in (1, 2, 3))),
    ],
)
def test_flat_validation_images_need_one_of_three_lists(name: str, text: str, tmp_path: Path) -> None:
    deep = tmp_path / "Data" / "CLS-LOC" if name.endswith(".csv") else tmp_path
    train(deep)
    flat(deep)
    with pytest.raises(DataError, match=r"it has no one of the lists LOC_val_solution.csv, "):
        load(f"imagenet:{tmp_path}")
    (tmp_path / name).write_text(text)
    assert load(f"imagenet:{tmp_path}").splits["test"].labels.tolist() == [1, 0, 0]
    (tmp_path / name).write_text(text.replace("n01440764", "n99").replace("2.JPEG 0", "2.JPEG 7"))
    with pytest.raises(DataError, match=r"gives the image `ILSVRC2012_val_0000000\d` `(n99|7)`, which `train` does"):
        load(f"imagenet:{tmp_path}")
    (tmp_path / name).write_text("\n".join(text.splitlines()[:-1]))
    with pytest.raises(DataError, match=r"no class$|has 2 labels for 3 images$"):
        load(f"imagenet:{tmp_path}")


def test_synsets_are_named_where_there_is_a_list(tmp_path: Path) -> None:
    train(tmp_path)
    picture(tmp_path / "val" / SYNSETS[1] / "x.JPEG")
    (tmp_path / "synset_words.txt").write_text("n01440764 tench, Tinca tinca\nn01443537 goldfish\n")
    assert load(f"imagenet:{tmp_path}").classes == ("n01440764 tench", "n01443537 goldfish")


def test_a_folder_that_is_no_class_to_train_on_is_named(tmp_path: Path) -> None:
    train(tmp_path)
    picture(tmp_path / "val" / "n02" / "x.JPEG")
    with pytest.raises(DataError, match=r"val` has a class `n02`, which `train` doesn't have$"):
        load(f"imagenet:{tmp_path}")
