"""ImageNet (ILSVRC 2012) as it lies on disk: `train/n01440764/*.JPEG` and `val`, in folders of classes or flat.

Flat validation images need a list: Kaggle's `LOC_val_solution.csv`, `imagenet_2012_validation_synset_labels.txt`, or
Caffe's `val.txt`. They are the split "test": it is they whose accuracy papers report, since the labels of ImageNet's
own test images are not published.
"""

from __future__ import annotations

from pathlib import Path

from netspec.data.dataset import DataError
from netspec.data.folders import pictures
from netspec.data.gather import Listed, gathered
from netspec.data.known import Known
from netspec.data.read import Read, lines_of, rows_of

SYNSET = "n[0-9]*"
KAGGLE = "LOC_val_solution.csv"
ORDERED = "imagenet_2012_validation_synset_labels.txt"
CAFFE = "val.txt"
WORDS = ("LOC_synset_mapping.txt", "synset_words.txt")
"""Lists of what each synset is: `n01440764 tench, Tinca tinca`."""


def missing(folder: Path) -> tuple[str, ...]:
    """What a folder lacks to be ImageNet."""
    images = _images(folder)
    lacks = [] if _synsets(images / "train") else ["train/n01440764/*.JPEG and so on"]
    if not (images / "val").is_dir():
        lacks.append("val/*.JPEG")
    elif not _synsets(images / "val") and _list(folder) is None:
        lacks.append(f"one of the lists {KAGGLE}, {ORDERED}, {CAFFE}")
    return tuple(lacks)


def read(folder: Path, known: Known | None) -> Read:
    """ImageNet; classes are in the order of their synsets, as everywhere. Raises DataError."""
    images = _images(folder)
    synsets = {path.name: number for number, path in enumerate(_synsets(images / "train"))}
    train = [(path, number) for name, number in synsets.items() for path in pictures(images / "train" / name)]
    test = _validation(images / "val", synsets, _list(folder))
    words = _words(folder)
    classes = tuple(f"{name} {words[name]}" if name in words else name for name in synsets)
    listed = {
        split: Listed(tuple(path for path, _ in own), tuple(number for _, number in own))
        for split, own in (("train", train), ("test", test))
    }
    return gathered(classes, listed, folder)


def _images(folder: Path) -> Path:
    """Where `train` and `val` are; Kaggle has them deeper."""
    deep = folder / "Data" / "CLS-LOC"
    return deep if deep.is_dir() else folder


def _synsets(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(SYNSET) if path.is_dir())


def _list(folder: Path) -> Path | None:
    return next((folder / name for name in (KAGGLE, ORDERED, CAFFE) if (folder / name).is_file()), None)


def _words(folder: Path) -> dict[str, str]:
    path = next((folder / name for name in WORDS if (folder / name).is_file()), None)
    pairs = [line.partition(" ") for line in lines_of(path)] if path is not None else []
    return {name: words.partition(",")[0].strip() for name, _, words in pairs}


def _validation(folder: Path, synsets: dict[str, int], labels: Path | None) -> list[tuple[Path, int]]:
    """The validation images with their classes."""
    if _synsets(folder):
        other = next((path.name for path in _synsets(folder) if path.name not in synsets), None)
        if other is not None:
            raise DataError(f"`{folder}` has a class `{other}`, which `train` doesn't have")
        return [(path, synsets[each.name]) for each in _synsets(folder) for path in pictures(each)]
    assert labels is not None  # `missing` was asked
    files = sorted(pictures(folder))
    numbers = _numbers(labels, [path.stem for path in files], synsets)
    return list(zip(files, numbers, strict=True))


def _numbers(path: Path, stems: list[str], synsets: dict[str, int]) -> list[int]:
    """The class of each image, in the order of their names. Raises DataError."""
    lines = lines_of(path)
    ordered = list(synsets)
    if path.name == KAGGLE:
        named = {row[0]: row[1].partition(" ")[0] for row in rows_of(path) if len(row) == 2}
    elif path.name == CAFFE:
        pairs = [line.split() for line in lines]
        named = {Path(pair[0]).stem: _at(ordered, pair[1]) for pair in pairs if len(pair) == 2}
    elif len(lines) != len(stems):
        raise DataError(f"`{path}` has {len(lines):,} labels for {len(stems):,} images")
    else:
        named = dict(zip(stems, map(str.strip, lines), strict=True))
    for stem in stems:
        if named.get(stem, "") not in synsets:
            said = f"`{named[stem]}`, which `train` doesn't have" if stem in named else "no class"
            raise DataError(f"`{path}` gives the image `{stem}` {said}")
    return [synsets[named[stem]] for stem in stems]


def _at(ordered: list[str], number: str) -> str:
    return ordered[int(number)] if number.isdecimal() and int(number) < len(ordered) else number
