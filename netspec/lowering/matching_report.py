"""A matching as text for people, a line a layer, and as data for programs, an entry a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netspec.lowering.matching import Matching, Pair, Sizes

VERSION = 1
"""Raised when a key of `document` changes its meaning or goes; new keys may come without."""

WAYS = {"name": "by name", "shape": "by shape, which no other has", "order": "by order among layers of the same shapes"}
"""How a pair was found, as the summary puts it."""


def table(matching: Matching) -> str:
    """The layers of the network with those of the file, what has no counterpart, and a summary; ends with a newline."""
    parts = (
        _aligned([("network", "file", "tensors", "by"), *_rows(matching)] if matching.pairs else []),
        _aligned([("missing in the file", ""), *_listed(matching.missing)] if matching.missing else []),
        _aligned([("left over in the file", ""), *_listed(matching.left_over)] if matching.left_over else []),
        [f"`{doubt.layer}` is doubtful: {doubt.why}" for doubt in matching.doubts],
        list(_summary(matching)),
    )
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def document(matching: Matching) -> dict[str, Any]:
    """The matching as plain data: `docs/weights.md` lists the keys."""
    return {
        "version": VERSION,
        "complete": matching.complete,
        "tensors": [
            {"network": pair.ours, "file": pair.theirs, "shape": list(pair.shape), "by": pair.by}
            for pair in matching.pairs
        ],
        "missing": {name: list(shape) for name, shape in matching.missing.items()},
        "left_over": {name: list(shape) for name, shape in matching.left_over.items()},
        "doubts": [{"layer": doubt.layer, "why": doubt.why} for doubt in matching.doubts],
    }


def written(shape: Sizes) -> str:
    """`64x3x7x7`; a single number is `1 number`."""
    return "x".join(map(str, shape)) or "1 number"


def _rows(matching: Matching) -> Iterator[tuple[str, ...]]:
    layers: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in matching.pairs:
        key = pair.ours.rpartition(".")[0], pair.theirs.rpartition(".")[0], pair.by
        layers.setdefault(key, []).append(pair)
    for (ours, theirs, by), pairs in layers.items():
        yield ours or "–", theirs or "–", _tensors(pairs), by


def _tensors(pairs: Sequence[Pair]) -> str:
    """`weight 96x3x11x11, bias 96`; those of one shape together: `weight bias running_mean running_var 64`."""
    shapes: dict[Sizes, list[str]] = {}
    for pair in pairs:
        shapes.setdefault(pair.shape, []).append(pair.ours.rpartition(".")[2])
    return ", ".join(f"{' '.join(names)} {written(shape)}" for shape, names in shapes.items())


def _listed(tensors: Mapping[str, Sizes]) -> Iterator[tuple[str, str]]:
    return ((f"  {name}", written(shape)) for name, shape in tensors.items())


def _summary(matching: Matching) -> Iterator[str]:
    for by, words in WAYS.items():
        count = sum(pair.by == by for pair in matching.pairs)
        if count:
            yield f"{count:,} tensor{'s' * (count != 1)} {words}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their columns under each other."""
    from netspec.report.layout import width

    sizes = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (size - width(cell)) for cell, size in zip(row, sizes, strict=True)).rstrip()
        for row in rows
    ]
