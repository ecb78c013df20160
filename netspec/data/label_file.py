"""Images with a list of their labels: `name label` on each line of a text file, or `name,label` in a CSV file.

A folder holds `labels.txt` or `labels.csv`; or a list for each split, `train.txt`, `val.txt` and `test.txt`, as Caffe
has it. Names are relative to the list. `classes.txt` names the classes, one a line, in the order of their numbers;
without it words are classes in the order of the alphabet, and numbers are classes by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from netspec.data.dataset import DataError
from netspec.data.folders import NAMES
from netspec.data.gather import Listed, gathered
from netspec.data.known import Known
from netspec.data.pictures import is_picture
from netspec.data.read import Read, inside, lines_of, names_in, rows_of

ENDINGS = (".txt", ".csv")

Entry: TypeAlias = tuple[str, str, int]
"""The name of an image, its label, and the line that says so."""


def missing(place: Path) -> tuple[str, ...]:
    """What a place lacks to be images with a list of labels; it may be the list itself."""
    return () if _lists(place) else ("a list of labels: labels.txt, labels.csv, or train.txt and test.txt",)


def read(place: Path, known: Known | None) -> Read:
    """The set that a list names. Raises DataError."""
    lists = _lists(place)
    root = place if place.is_dir() else place.parent
    entries = {split: _entries(path) for split, path in lists.items()}
    classes, numbers = _classes(root, entries, lists)
    listed = {split: _listed(entries[split], numbers, lists[split], root) for split in lists}
    return gathered(classes, listed, root)


def _lists(place: Path) -> Mapping[str, Path]:
    """The list of each split."""
    if place.is_file():
        return {"train": place} if place.suffix.lower() in ENDINGS else {}
    found = {
        split: place / f"{name}{ending}"
        for split, names in NAMES.items()
        for name in names
        for ending in ENDINGS
        if (place / f"{name}{ending}").is_file()
    }
    if "train" in found:
        return found
    return next(({"train": path} for ending in ENDINGS if (path := place / f"labels{ending}").is_file()), {})


def _entries(path: Path) -> list[Entry]:
    """The lines of a list. Raises DataError for one that is not a name and a label."""
    table = path.suffix.lower() == ".csv"
    rows = rows_of(path) if table else [_words(line) for line in lines_of(path)]
    if table and rows and not is_picture(rows[0][0] if rows[0] else ""):
        rows[0] = []  # the titles of the columns
    found = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != 2 or not all(cells):
            raise DataError(f"`{path}`, line {number}: a line is the name of an image and its label")
        found.append((cells[0], cells[1], number))
    if not found:
        raise DataError(f"`{path}` names no images")
    return found


def _words(line: str) -> list[str]:
    """A name, which may have spaces, and a label, which has none unless a tab stands before it."""
    return line.split("\t") if "\t" in line else line.rsplit(maxsplit=1)


def _classes(
    root: Path, entries: Mapping[str, list[Entry]], lists: Mapping[str, Path]
) -> tuple[tuple[str, ...], Mapping[str, int]]:
    """The names of the classes, and the number of the class that each label means."""
    labels = {label for own in entries.values() for _, label, _ in own}
    numbered = all(label.isdecimal() and len(label) < 10 for label in labels)
    named = root / "classes.txt"
    if named.is_file():
        classes = names_in(named)
        return classes, {str(n): n for n in range(len(classes))} if numbered else {c: n for n, c in enumerate(classes)}
    taught = {label for _, label, _ in entries["train"]}
    ordered = sorted(taught, key=int) if numbered else sorted(taught)
    for split, own in entries.items():
        other = next(((label, line) for _, label, line in own if label not in taught), None)
        if other is not None:
            where = f"`{lists[split]}`, line {other[1]}"
            raise DataError(f"{where}: the class `{other[0]}` is not in `{lists['train'].name}`")
    return tuple(ordered), {label: number for number, label in enumerate(ordered)}


def _listed(entries: list[Entry], numbers: Mapping[str, int], path: Path, root: Path) -> Listed:
    files, labels = [], []
    for name, label, line in entries:
        if label not in numbers:
            raise DataError(
                f"`{path}`, line {line}: the label `{label}` is none of the {len(numbers)} in `classes.txt`"
            )
        file = inside(root, name, f"`{path}`, line {line}")
        if not file.is_file():
            raise DataError(f"`{path}`, line {line}: there is no file `{file}`")
        files.append(file)
        labels.append(numbers[label])
    return Listed(tuple(files), tuple(labels))
