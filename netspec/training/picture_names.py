"""The pictures that a user's words name: files, folders, patterns with `*`, and `-` for standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

from netspec.data.dataset import DataError
from netspec.data.folders import pictures
from netspec.data.pictures import is_picture
from netspec.training.predicting import Picture, Prediction

INPUT = "-"


def named(words: Sequence[str]) -> Iterator[Picture | Prediction]:
    """The pictures in the order of the words; a word that names none gives a prediction that says so."""
    for word in words:
        if word == INPUT:
            yield Picture("standard input", sys.stdin.buffer.read())
            continue
        try:
            found = _files(word)
        except DataError as error:
            yield Prediction(word, error=str(error))
            continue
        yield from (Picture(str(each), each) for each in found)


def _files(word: str) -> list[Path]:
    """The files that a word names, those of a folder in the order of their names. Raises DataError if it has none."""
    path = Path(word)
    if path.is_dir():
        found = list(pictures(path))
        if not found:
            raise DataError(f"the folder `{word}` has no images")
        return found
    if has_magic(word) and not path.exists():
        names = sorted(glob(word, recursive=True))  # noqa: PTH207 - a pattern may be absolute, which Path refuses
        found = [each for each in map(Path, names) if each.is_file()]
        if not found:
            raise DataError(f"`{word}` names no file")
        return [each for each in found if is_picture(each.name)] or found
    return [path]
