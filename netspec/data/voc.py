"""Pascal VOC: photographs with boxes (http://host.robots.ox.ac.uk/pascal/VOC/).

`JPEGImages/*.jpg`, `Annotations/*.xml` with the boxes of each, and `ImageSets/Main/train.txt`, `val.txt` and `test.txt`
with the names of the images of each split.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

from netspec.data.buffers import unreadable
from netspec.data.dataset import DataError
from netspec.data.read import inside, lines_of
from netspec.records import frozen

LISTS = {"train": "train", "validation": "val", "test": "test"}
MOST_BYTES = 1_000_000
"""Of one annotation; they have a few thousand."""


@frozen
class Box:
    """An object: the number of its class, and its edges in pixels; left and top are in it, right and bottom are not.

    VOC counts pixels from 1 and right and bottom are in its boxes, so that only left and top differ, by 1.
    """

    label: int
    left: int
    top: int
    right: int
    bottom: int
    difficult: bool = False


@frozen
class Boxed:
    """The photographs of one split: files, the (height, width) of each, and the boxes in it."""

    files: tuple[Path, ...]
    sizes: tuple[tuple[int, int], ...]
    boxes: tuple[tuple[Box, ...], ...]


@frozen
class BoxedDataset:
    """A set of photographs with boxes; the fields are those of `Dataset`."""

    name: str
    classes: tuple[str, ...]
    splits: Mapping[str, Boxed]
    place: str
    digest: str
    about: str = ""


@frozen
class _Object:
    """An object as an annotation has it."""

    name: str
    edges: tuple[int, int, int, int]
    difficult: bool


def missing(folder: Path) -> tuple[str, ...]:
    """The folders that a folder lacks to be laid out as VOC's."""
    return tuple(name for name in ("JPEGImages", "Annotations") if not (folder / name).is_dir())


def read(folder: Path, name: str, classes: tuple[str, ...] = (), about: str = "") -> BoxedDataset:
    """The set in a folder; classes are those given, else all that occur, in the order of the alphabet.

    Raises:
        DataError: for an annotation that is damaged or has a box that is none, an image that is not there, a class that
            is not among those given.
    """
    found = sha256()
    annotated = {split: [_annotation(folder, stem, found) for stem in stems] for split, stems in _stems(folder).items()}
    names = {each.name for own in annotated.values() for _, _, objects in own for each in objects}
    classes = classes or tuple(sorted(names))
    other = next((each for each in sorted(names) if each not in classes), None)
    if other is not None:
        raise DataError(f"`{folder}` has an object `{other}`, which is none of the {len(classes)} classes")
    splits = {
        split: Boxed(
            tuple(path for path, _, _ in own),
            tuple(size for _, size, _ in own),
            tuple(tuple(_box(each, classes) for each in objects) for _, _, objects in own),
        )
        for split, own in annotated.items()
    }
    return BoxedDataset(name, classes, splits, str(folder), found.hexdigest(), about)


def _box(each: _Object, classes: tuple[str, ...]) -> Box:
    return Box(classes.index(each.name), *each.edges, each.difficult)


def _stems(folder: Path) -> Mapping[str, list[str]]:
    """The names of the images of each split; all are to train on where there are no lists."""
    lists = folder / "ImageSets" / "Main"
    found = {
        split: [line.split()[0] for line in lines_of(path) if line.strip()]
        for split, name in LISTS.items()
        if (path := lists / f"{name}.txt").is_file()
    }
    if found:
        return found
    return {"train": sorted(path.stem for path in (folder / "Annotations").glob("*.xml"))}


def _annotation(folder: Path, stem: str, found: sha256) -> tuple[Path, tuple[int, int], list[_Object]]:  # type: ignore[valid-type]
    """The image of this name, its (height, width), and the objects in it."""
    path = inside(folder / "Annotations", f"{stem}.xml", f"`{folder}`")
    image = next((each for each in _candidates(folder, stem) if each.is_file()), None)
    if image is None:
        raise DataError(f"`{folder}`: there is no image `JPEGImages/{stem}.jpg`")
    content = _content(path)
    found.update(stem.encode() + content)  # type: ignore[attr-defined]
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - it declares no entities, see `_content`
        size = (_whole(root, "size/height"), _whole(root, "size/width"))
        objects = [_object(each) for each in root.iter("object")]
    except (ElementTree.ParseError, ValueError) as error:
        raise DataError(f"`{path}` is damaged, or no annotation of VOC: {error}") from None
    for each in objects:
        left, top, right, bottom = each.edges
        if not (0 <= left < right <= size[1] and 0 <= top < bottom <= size[0]):
            edges = f"x from {left + 1} to {right}, y from {top + 1} to {bottom}"
            raise DataError(f"`{path}`: the box of `{each.name}`, {edges}, is not within {size[0]}x{size[1]}")
    return image, size, objects


def _candidates(folder: Path, stem: str) -> list[Path]:
    return [inside(folder / "JPEGImages", stem + ending, f"`{folder}`") for ending in (".jpg", ".jpeg", ".png")]


def _content(path: Path) -> bytes:
    """An annotation, which is small and has no declarations: these could let it grow without end. Raises DataError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"`{path}` has {path.stat().st_size:,} bytes: too many for an annotation")
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    if b"<!" in content.replace(b"<!--", b""):
        raise DataError(f"`{path}` is not read: it declares something (`<!`), which annotations of VOC don't")
    return content


def _object(each: ElementTree.Element) -> _Object:
    name = (each.findtext("name") or "").strip()
    if not name:
        raise ValueError("an object has no name")
    edges = tuple(_whole(each, f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax"))
    left, top, right, bottom = edges
    return _Object(name, (left - 1, top - 1, right, bottom), each.findtext("difficult", "0").strip() == "1")


def _whole(each: ElementTree.Element, path: str) -> int:
    """A number of the annotation, rounded: VOC 2011 has some with decimals. Raises ValueError."""
    text = (each.findtext(path) or "").strip()
    try:
        return round(float(text))
    except (ValueError, OverflowError):
        raise ValueError(f"`{path}` is `{text}`, no number") from None
