"""From the words of a user to a set that was read: `mnist`, `cifar10:/data/c10`, `./photos`, `synthetic:3x32x32:10`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from netspec.data import synthetic, voc
from netspec.data.archive import unpack
from netspec.data.buffers import digest
from netspec.data.dataset import DataError, Dataset
from netspec.data.download import Meter, alone, check, fetch
from netspec.data.known import KNOWN, Known, Remote
from netspec.data.layouts import LAYOUTS, recognised
from netspec.data.places import OFFLINE, cache, candidates, is_offline, roots, shown
from netspec.data.read import Read
from netspec.diagnostics import nearest

BOXES = "voc"
"""The layout that has boxes, not labels: `load_boxes` reads it."""

SHIPPED = "shipped with netspec"


def load_words(words: str, offline: bool) -> Dataset:
    """As `netspec.data.dataset.load`."""
    with _readable(words):
        return _loaded(words, offline)


@contextmanager
def _readable(words: str) -> Iterator[None]:
    """What the system says of a place, that it is not allowed or its name too long, is a DataError."""
    if "\0" in words:
        raise DataError(f"{words!r} is no name of a set: it holds a NUL character")
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"`{error.filename or words}` can't be read: {reason}") from None


def _loaded(words: str, offline: bool) -> Dataset:
    name, _, path = words.partition(":")
    if name == "synthetic":
        made = synthetic.read(path)
        return _dataset(words, made, "made by arithmetic", "images made by arithmetic: a pattern a class, under noise")
    if (name in KNOWN and KNOWN[name].layout == BOXES) or name == BOXES:
        raise DataError(f"`{name}` has boxes, not a label for each image: it is no set to classify")
    if name in KNOWN:
        known = KNOWN[name]
        place = _named(path, known) if path else find(known, offline)
        read = LAYOUTS[known.layout].read(place, known)
        return _dataset(name, read, SHIPPED if known.shipped else str(place), known.about)
    if name in LAYOUTS:
        if not path:
            raise DataError(f"`{name}` is a layout, {LAYOUTS[name].about}: say where, `{name}:/path/to/it`")
        return _at(Path(path).expanduser(), name, name)
    place = _unnamed(words)
    return _at(place, recognised(place), place.name)


def load_boxes(words: str, *, offline: bool = False) -> voc.BoxedDataset:
    """The set with boxes that a user names: `voc2007`, `voc:/path`, `voc2012:/path`. Raises DataError."""
    with _readable(words):
        return _loaded_boxes(words, offline)


def _loaded_boxes(words: str, offline: bool) -> voc.BoxedDataset:
    name, _, path = words.partition(":")
    if name == BOXES and path:
        place = Path(path).expanduser()
        return voc.read(_complete(place, voc.missing(place), "photographs with boxes"), place.name)
    if name not in KNOWN or KNOWN[name].layout != BOXES:
        raise DataError(f"`{words}` is no set with boxes: write `voc2007`, `voc2012` or `voc:/path/to/it`")
    known = KNOWN[name]
    return voc.read(_named(path, known) if path else find(known, offline), name, known.classes, known.about)


def has_boxes(words: str) -> bool:
    """Whether these words name a set with boxes."""
    name = words.partition(":")[0]
    return name == BOXES or (name in KNOWN and KNOWN[name].layout == BOXES)


def _missing(known: Known, place: Path) -> tuple[str, ...]:
    return voc.missing(place) if known.layout == BOXES else LAYOUTS[known.layout].missing(place)


# A folder that the user names


def _at(place: Path, layout: str | None, name: str) -> Dataset:
    """The set at a place, in a layout of `LAYOUTS`; None is for one that was not recognised."""
    if not place.exists():
        raise DataError(f"there is no folder `{place}`")
    if layout is None:
        listed = "\n  ".join(f"{each}: {about.about}" for each, about in LAYOUTS.items())
        raise DataError(f"`{place}` has no layout that is read; these are:\n  {listed}\n  {BOXES}: Pascal VOC's boxes")
    place = _complete(place, LAYOUTS[layout].missing(place), LAYOUTS[layout].about)
    return _dataset(name, LAYOUTS[layout].read(place, None), str(place), LAYOUTS[layout].about)


def _named(path: str, known: Known) -> Path:
    """The folder of a known set, or the one above it."""
    place = Path(path).expanduser()
    for folder in (*candidates(place, known), place):
        if folder.is_dir() and not _missing(known, folder):
            return folder
    if place.is_file():
        raise DataError(f"`{place}` is a file; name the folder of `{known.name}`, unpacked")
    return _complete(place, _missing(known, place), f"`{known.name}`")


def _complete(place: Path, missing: tuple[str, ...], what: str) -> Path:
    if not place.exists():
        raise DataError(f"there is no folder `{place}`")
    if missing:
        raise DataError(f"`{place}` is not {what}; it has no {', no '.join(missing)}")
    return place


def _unnamed(words: str) -> Path:
    """The place that words mean which are no name: a path, or a folder in one of the roots."""
    place = Path(words).expanduser()
    name, colon, _ = words.partition(":")
    if words and place.exists():
        return place
    if not colon and (os.sep in words or words.startswith((".", "~"))):
        raise DataError(f"there is no folder `{words}`")
    inside = next((root.path / words for root in roots() if words and (root.path / words).is_dir()), None)
    if inside is not None:
        return inside
    guess = nearest(name, (*KNOWN, *LAYOUTS, "synthetic", BOXES))
    hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(KNOWN)}, and any folder by its path"
    raise DataError(f"there is no set `{name}`; {hint}")


# A set that is known by name


def find(known: Known, offline: bool) -> Path:
    """The folder of a known set: where it is kept on this machine, else downloaded. Raises DataError."""
    if known.shipped:
        return Path(__file__).parent / known.shipped
    looked: list[str] = []
    place = _kept(known, looked)
    if place is not None:
        return place
    if not known.files:
        raise DataError(_help(known, looked, "and can't be downloaded without an account"))
    archives = _fetched(known)
    if archives is None and is_offline(offline):
        raise DataError(_help(known, looked, f"and downloading is forbidden (`--offline` or {OFFLINE})"))
    with alone(cache() / f".{known.name}.lock"):
        place = _kept(known, [])  # another process may have fetched it meanwhile
        return place if place is not None else _unpacked(known, archives or _download(known, looked))


def _kept(known: Known, looked: list[str]) -> Path | None:
    """The folder of a set on this machine; where it was looked for in vain goes to `looked`."""
    for root in roots():
        folders = [folder for folder in candidates(root.path, known) if folder.is_dir()]
        for folder in folders:
            if not _missing(known, folder):
                return folder
        lacks = next((f"`{shown(each)}` has no {_missing(known, each)[0]}" for each in folders), "it is not there")
        looked.append(f"{root.title}: {lacks if root.path.is_dir() else 'there is no such folder'}")
    return None


def _fetched(known: Known) -> list[Path] | None:
    """The files of a set as they were published, where a user put them beside or in place of the set; None if not all.

    Raises:
        DataError: if one of them is another file.
    """
    found = []
    for remote in known.files:
        places = [folder / remote.name for root in roots() for folder in (root.path / known.name, root.path)]
        path = next((each for each in places if known.unpacked and each.is_file()), None)
        if path is None:
            return None
        if path.stat().st_size != remote.size:
            size = f"{path.stat().st_size:,} bytes, not {remote.size:,}"
            raise DataError(f"`{path}` is not the file that was published: it has {size}; remove it")
        found.append(path)
    return found


def _download(known: Known, looked: list[str]) -> list[Path]:
    """Fetch the files of a set into the cache."""
    found = []
    for remote in known.files:
        target = cache() / known.name / remote.name
        if not target.exists():
            sys.stderr.write(f"{known.name}: fetching {remote.urls[0]} ({remote.size / 1e6:,.1f} MB)\n")
            try:
                fetch(remote, target, Meter(remote.name))
            except DataError as error:
                raise DataError(f"{error}\n{_help(known, looked, 'and could not be downloaded')}") from None
        found.append(target)
    return found


def _unpacked(known: Known, files: list[Path]) -> Path:
    """The folder of the set, once its archives are unpacked there."""
    target = cache() / known.name
    if known.unpacked:
        for path, remote in zip(files, known.files, strict=True):
            sys.stderr.write(f"{known.name}: unpacking {path.name}\n")
            check(path, remote)
            unpack(path, target, known.unpacked)
        if known.inner:
            unpack(target / known.inner, target, known.unpacked)
    for folder in candidates(cache(), known):
        if folder.is_dir() and not _missing(known, folder):
            return folder
    raise DataError(f"what was unpacked into `{target}` is not `{known.name}`: it has no {_missing(known, target)[0]}")


def _help(known: Known, looked: list[str], why: str) -> str:
    """Where it was looked for, what to fetch and where to put it."""
    lines = [f"`{known.name}` is not on this machine, {why}", "looked in:", *(f"  {each}" for each in looked)]
    if known.files:
        lines.append("to fetch it yourself:")
        lines += [f"  {each.urls[0]} ({each.size:,} bytes, {_two(each)})" for each in known.files]
    else:
        lines += ["to fetch it yourself:", f"  {known.page}"]
    what = "its folders" if not known.files else "it as it is" if len(known.files) == 1 else "these files"
    lines.append(f"put {what} into `{shown(cache() / known.name)}`, or say where it is: `{known.name}:/path/to/it`")
    return "\n".join(lines)


def _two(remote: Remote) -> str:
    return remote.digest.replace(":", " ", 1)


def _dataset(name: str, read: Read, place: str, about: str) -> Dataset:
    whole = sha256("\n".join(read.classes).encode("utf-8", "surrogateescape"))
    for split, images in read.splits.items():
        whole.update(digest(split, images, read.root))
    first = next(iter(read.splits.values()))
    shapes = {tuple(images.pixels.shape[1:]) for images in read.splits.values()}
    shape = read.shape if first.files else shapes.pop() if len(shapes) == 1 else None
    if shape is None and not first.files:
        raise DataError(f"`{place}`: the images of its splits differ in size: {shapes}")
    channels, height, width = shape if shape is not None else (0, 0, 0)
    return Dataset(
        name,
        read.classes,
        read.splits,
        (channels, height, width) if shape is not None else None,
        place,
        whole.hexdigest(),
        about,
    )


def places() -> dict[str, str]:
    """Where each known set is on this machine, in a word or as its folder; `not here` for one that isn't."""
    found = {}
    for name, known in KNOWN.items():
        place = None if known.shipped else _kept(known, [])
        found[name] = "shipped" if known.shipped else "not here" if place is None else shown(place)
    return found
