"""What a set is, for people and for programs: its images, classes, counts, place and digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from netspec.data.dataset import SPLITS, Dataset
from netspec.data.known import KNOWN
from netspec.data.voc import BoxedDataset
from netspec.records import frozen
from netspec.report.layout import width

MOST_ROWS = 30
"""Classes beyond these are summed up in one row."""


@frozen
class Counted:
    """How many there are of each class in each split: of images, or of objects in them."""

    name: str
    about: str
    facts: tuple[tuple[str, str], ...]
    of: str
    classes: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    images: Mapping[str, int]


def counted(dataset: Dataset) -> Counted:
    """The images of each class."""
    counts = {split: _counts(images.labels.tolist(), len(dataset.classes)) for split, images in dataset.splits.items()}
    channels = {1: "grey", 3: "colour"}.get(dataset.channels, f"{dataset.channels} channels")
    size = "x".join(map(str, dataset.shape)) if dataset.shape is not None else "of different sizes"
    facts = (
        ("images", f"{size}, {channels}"),
        ("classes", f"{len(dataset.classes):,}"),
        ("place", dataset.place),
        ("digest", dataset.digest),
    )
    images = {split: len(own) for split, own in dataset.splits.items()}
    return Counted(dataset.name, dataset.about, facts, "images", dataset.classes, _ordered(counts), _ordered(images))


def counted_boxes(dataset: BoxedDataset) -> Counted:
    """The objects of each class."""
    counts = {
        split: _counts([box.label for boxes in own.boxes for box in boxes], len(dataset.classes))
        for split, own in dataset.splits.items()
    }
    sizes = {size for own in dataset.splits.values() for size in own.sizes}
    size = "of different sizes" if len(sizes) != 1 else "x".join(map(str, next(iter(sizes))))
    facts = (
        ("images", f"photographs {size}, with boxes"),
        ("classes", f"{len(dataset.classes):,}"),
        ("place", dataset.place),
        ("digest", dataset.digest),
    )
    images = {split: len(own.files) for split, own in dataset.splits.items()}
    return Counted(dataset.name, dataset.about, facts, "objects", dataset.classes, _ordered(counts), _ordered(images))


def text(counted: Counted) -> str:
    """The set in words and a table of its counts."""
    wide = max(len(key) for key, _ in counted.facts) + 2
    head = [f"{counted.name}: {counted.about}" if counted.about else counted.name]
    head += [f"{key:<{wide}}{value}" for key, value in counted.facts]
    rows = [("class", *counted.counts)]
    rows += [(name, *_figures(counts)) for name, counts in _rows(counted)]
    last = [("total", *_figures([sum(own) for own in counted.counts.values()]))]
    if counted.of != "images":
        last.append(("images", *_figures(list(counted.images.values()))))
    return "\n".join((*head, "", *_table(rows, last))) + "\n"


def document(counted: Counted) -> dict[str, Any]:
    """The set as plain data."""
    return {
        "name": counted.name,
        "about": counted.about,
        **dict(counted.facts),
        "classes": list(counted.classes),
        "splits": {
            split: {"images": counted.images[split], "counts": list(counted.counts[split])} for split in counted.counts
        },
        "counts_of": counted.of,
    }


def listing(places: Mapping[str, str]) -> str:
    """The sets that are known by name, with where each is on this machine."""
    rows = [(name, places[name], known.about) for name, known in KNOWN.items()]
    rows.append(("synthetic:3x32x32:10", "made", "images of any size and number of classes, made by arithmetic"))
    widths = [max(width(row[column]) for row in rows) for column in range(2)]
    lines = ["  ".join((row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2])) for row in rows]
    return "\n".join((*lines, "", "and any folder by its path: `netspec data ./photos`")) + "\n"


def _counts(labels: Sequence[int], classes: int) -> tuple[int, ...]:
    found = Counter(labels)
    return tuple(found[number] for number in range(classes))


def _ordered(by_split: Mapping[str, Any]) -> dict[str, Any]:
    return {split: by_split[split] for split in SPLITS if split in by_split}


def _rows(counted: Counted) -> list[tuple[str, list[int]]]:
    """The counts of each class; those beyond the most that are shown are one row."""
    rows = [(name, [own[number] for own in counted.counts.values()]) for number, name in enumerate(counted.classes)]
    if len(rows) <= MOST_ROWS:
        return rows
    rest = [counts for _, counts in rows[MOST_ROWS - 1 :]]
    return [*rows[: MOST_ROWS - 1], (f"{len(rest):,} more", [sum(column) for column in zip(*rest, strict=True)])]


def _figures(counts: Sequence[int]) -> list[str]:
    return [f"{count:,}" for count in counts]


def _table(rows: Sequence[Sequence[str]], last: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(width, column)) for column in zip(*rows, *last, strict=True)]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    head, *body = [_line(row, widths) for row in rows]
    return [head, rule, *body, rule, *(_line(row, widths) for row in last)]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0] + " " * (widths[0] - width(row[0]))
    return "  ".join((first, *(cell.rjust(wide) for cell, wide in zip(row[1:], widths[1:], strict=True))))
