"""Images with a list of their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.data.dataset import DataError, load
from tests.data.written import picture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "in/c d.png"):
        picture(tmp_path / name)
    return tmp_path


def refused(words: str) -> str:
    with pytest.raises(DataError) as error:
        load(words)
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.txt", "a.png dog\nb.png cat\n\nin/c d.png dog\n"),
        ("labels.txt", "a.png\tdog\nb.png\tcat\nin/c d.png\tdog\n"),
        ("labels.csv", "file,label\na.png,dog\nb.png,cat\nin/c d.png,dog\n"),
        ("labels.csv", '\ufeffa.png,dog\n"b.png", cat\r\nin/c d.png,dog\n'),
        ("train.txt", "a.png dog\nb.png cat\nin/c d.png dog\n"),
    ],
)
def test_a_name_and_a_label_stand_on_each_line(name: str, text: str, root: Path) -> None:
    (root / name).write_text(text, encoding="utf-8")
    for words in (f"labels:{root}", f"labels:{root / name}", str(root), str(root / name)):
        dataset = load(words)
        assert dataset.classes == ("cat", "dog")
        assert dataset.splits["train"].labels.tolist() == [1, 0, 1]


def test_splits_have_lists_of_their_own(root: Path) -> None:
    (root / "train.txt").write_text("a.png 7\nb.png 10\n")
    (root / "val.txt").write_text("b.png 10\n")
    (root / "test.txt").write_text("in/c d.png 7\n")
    dataset = load(f"labels:{root}")
    assert dataset.classes == ("7", "10")  # by number, not by letter
    assert {split: images.labels.tolist() for split, images in dataset.splits.items()} == {
        "train": [0, 1],
        "validation": [1],
        "test": [0],
    }


def test_numbers_are_those_of_the_names_where_there_are_names(root: Path) -> None:
    (root / "labels.txt").write_text("a.png 2\nb.png 0\n")
    (root / "classes.txt").write_text("cat\ndog\ncow\n")
    dataset = load(f"labels:{root}")
    assert (dataset.classes, dataset.splits["train"].labels.tolist()) == (("cat", "dog", "cow"), [2, 0])
    (root / "labels.txt").write_text("a.png dog\nb.png cat\n")
    assert load(f"labels:{root}").splits["train"].labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a.png dog\nb.png\n", "line 2: a line is the name of an image and its label"),
        ("a.png dog\nz.png dog\n", "line 2: there is no file `ROOT/z.png`"),
        ("a.png dog\n../../etc/passwd dog\n", "line 2: `../../etc/passwd` leads out of the folder `ROOT`"),
        ("/etc/passwd dog\n", "line 1: `/etc/passwd` leads out of the folder `ROOT`"),
        ("in\\..\\..\\a.png dog\n", "line 1: `in\\..\\..\\a.png` leads out of the folder `ROOT`"),
        ("\n\n", "names no images"),
        ("a.png\t\n", "line 1: a line is the name of an image and its label"),
    ],
)
def test_a_line_at_fault_is_named(text: str, says: str, root: Path) -> None:
    (root / "labels.txt").write_text(text)
    said = refused(f"labels:{root}").replace(str(root), "ROOT")
    assert said.startswith("`ROOT/labels.txt`") and said.endswith(says)


def test_a_label_out_of_range_is_named(root: Path) -> None:
    (root / "labels.txt").write_text("a.png 0\nb.png 2\n")
    (root / "classes.txt").write_text("cat\ndog\n")
    assert refused(f"labels:{root}").endswith("line 2: the label `2` is none of the 2 in `classes.txt`")
    (root / "classes.txt").unlink()
    (root / "test.txt").write_text("a.png 5\n")
    (root / "train.txt").write_text("a.png 0\nb.png 2\n")
    assert refused(f"labels:{root}").endswith("test.txt`, line 1: the class `5` is not in `train.txt`")


def test_a_list_that_is_no_text_is_refused(root: Path) -> None:
    (root / "labels.txt").write_bytes(b"\xff\xfe\x00a")
    assert refused(f"labels:{root}") == f"`{root}/labels.txt` is not UTF-8 text"


def test_a_table_that_is_none_is_refused(root: Path) -> None:
    (root / "labels.csv").write_text("a.png," + "x" * 200_000 + "\n")
    assert refused(f"labels:{root}").startswith(f"`{root}/labels.csv` is no CSV file: field larger than ")
