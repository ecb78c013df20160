"""Pascal VOC's boxes."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.data.dataset import DataError, load
from netspec.data.finding import load_boxes
from netspec.data.voc import Box
from tests.data.written import picture

OBJECT = """
  <object><name>{name}</name><difficult>{difficult}</difficult>
    <bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
  </object>"""


def item(name: str, left: object, top: object, right: object, bottom: object, difficult: int = 0) -> str:
    return OBJECT.format(name=name, left=left, top=top, right=right, bottom=bottom, difficult=difficult)


def annotated(root: Path, stem: str, *objects: str) -> Path:
    """A photograph of 40x30 with its annotation."""
    picture(root / "JPEGImages" / f"{stem}.jpg", size=(40, 30))
    path = root / "Annotations" / f"{stem}.xml"
    path.parent.mkdir(exist_ok=True)
    size = "<size><width>40</width><height>30</height><depth>3</depth></size>"
    path.write_text(f"<annotation>{size}{''.join(objects)}</annotation>")
    return path


def refused(root: Path) -> str:
    with pytest.raises(DataError) as error:
        load_boxes(f"voc:{root}")
    return str(error.value)


def test_boxes_are_counted_from_0_and_end_before_right_and_bottom(tmp_path: Path) -> None:
    annotated(tmp_path, "1", item("dog", 1, 1, 40, 30), item("cat", 2, "3.2", "10.0", 20, difficult=1))
    annotated(tmp_path, "2")
    dataset = load_boxes(f"voc:{tmp_path}")
    train = dataset.splits["train"]
    assert dataset.classes == ("cat", "dog")
    assert train.boxes == ((Box(1, 0, 0, 40, 30), Box(0, 1, 2, 10, 20, difficult=True)), ())
    assert train.sizes == ((30, 40), (30, 40)) and [path.name for path in train.files] == ["1.jpg", "2.jpg"]


def test_lists_say_which_images_are_of_which_split(tmp_path: Path) -> None:
    for stem in "abc":
        annotated(tmp_path, stem, item("dog", 1, 1, 5, 5))
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for name, text in (("train", "b\n"), ("val", "a  1\n"), ("test", "c\n"), ("dog_train", "b -1\n")):
        (lists / f"{name}.txt").write_text(text)
    dataset = load_boxes(f"voc:{tmp_path}")
    names = {split: [path.stem for path in each.files] for split, each in dataset.splits.items()}
    assert names == {"train": ["b"], "validation": ["a"], "test": ["c"]}


def test_the_classes_of_a_known_set_are_those_that_were_published(tmp_path: Path) -> None:
    annotated(tmp_path / "VOC2007", "1", item("dog", 1, 1, 5, 5))
    dataset = load_boxes(f"voc2007:{tmp_path}")
    assert len(dataset.classes) == 20 and dataset.classes[dataset.splits["train"].boxes[0][0].label] == "dog"
    annotated(tmp_path / "VOC2007", "1", item("dragon", 1, 1, 5, 5))
    with pytest.raises(DataError, match=r"has an object `dragon`, which is none of the 20 classes$"):
        load_boxes(f"voc2007:{tmp_path}")


@pytest.mark.parametrize("edges", [(0, 1, 5, 5), (5, 1, 4, 5), (1, 1, 41, 5), (1, 1, 5, 31), (1, 9, 5, 8)])
def test_a_box_that_is_not_within_the_image_is_named(edges: tuple[int, ...], tmp_path: Path) -> None:
    path = annotated(tmp_path, "1", item("dog", *edges))
    left, top, right, bottom = edges
    assert refused(tmp_path) == (
        f"`{path}`: the box of `dog`, x from {left} to {right}, y from {top} to {bottom}, is not within 30x40"
    )


def test_a_damaged_annotation_is_named(tmp_path: Path) -> None:
    path = annotated(tmp_path, "1", item("dog", "one", 1, 5, 5))
    assert refused(tmp_path) == f"`{path}` is damaged, or no annotation of VOC: `bndbox/xmin` is `one`, no number"
    annotated(tmp_path, "1", item("", 1, 1, 5, 5))
    assert refused(tmp_path).endswith("an object has no name")
    annotated(tmp_path, "1", item("dog", "1e999", 1, 5, 5))
    assert refused(tmp_path).endswith("`bndbox/xmin` is `1e999`, no number")
    path.write_text(path.read_text()[:-20])
    assert refused(tmp_path).startswith(f"`{path}` is damaged, or no annotation of VOC: ")


def test_an_annotation_that_declares_entities_is_not_parsed(tmp_path: Path) -> None:
    path = annotated(tmp_path, "1")
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(20))
    path.write_text(f"<!DOCTYPE annotation [{entities}]><annotation>&e19;</annotation>")
    assert refused(tmp_path) == f"`{path}` is not read: it declares something (`<!`), which annotations of VOC don't"
    path.write_text("<annotation>" + " " * 1_000_001)
    assert refused(tmp_path).endswith("too many for an annotation")


def test_a_list_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    annotated(tmp_path, "1")
    lists = tmp_path / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("../../secret\n")
    assert "leads out of the folder" in refused(tmp_path)
    (lists / "train.txt").write_text("2\n")
    assert refused(tmp_path) == f"`{tmp_path}`: there is no image `JPEGImages/2.jpg`"


def test_a_set_with_boxes_is_none_to_classify(tmp_path: Path) -> None:
    for words in ("voc2007", f"voc:{tmp_path}"):
        with pytest.raises(DataError, match="has boxes, not a label for each image: it is no set to classify"):
            load(words)
    for words in ("mnist", "voc"):
        with pytest.raises(DataError, match="is no set with boxes: write `voc2007`"):
            load_boxes(words)
    (tmp_path / "Annotations").mkdir()
    assert refused(tmp_path) == f"`{tmp_path}` is not photographs with boxes; it has no JPEGImages"
