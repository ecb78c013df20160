"""Where specs come from: files, standard input, one-liners, and the networks that are shipped with netspec."""

from __future__ import annotations

import os
import re
import stat
import sys
from functools import cache
from pathlib import Path

from netspec.diagnostics import Diagnostic, Help, Label, SpecError, nearest
from netspec.records import frozen
from netspec.source import Source, Span

LARGEST_FILE = 10 * 1024 * 1024
"""Bytes; a spec of a thousand layers has some twenty thousand."""

_NAME = re.compile(r"[A-Za-z_][\w.]*")
_JSON = re.compile(r'\s*\{\s*"')
"""How a network in JSON begins: a chain in braces can't begin with text."""

_HEADER = re.compile(r"#\s*family:\s*(?P<family>[^·\n]+?)\s*·\s*year:\s*(?P<year>\d{4})")
_PRINTED = re.compile(r"^#\s*printed:\s*(?P<printed>.*?)\s*$", re.MULTILINE)


@frozen
class Shipped:
    """A network of the library, as the first three lines of its spec say.

    `title` has the authors, the year and the paper; `printed` the figures that the paper prints.
    """

    name: str
    family: str
    year: int
    title: str
    path: Path
    printed: str = ""


def folder() -> Path:
    """The folder of the shipped specs: beside the modules when installed, beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "specs"
    return installed if installed.is_dir() else package.parent / "specs"


@cache
def networks() -> tuple[Shipped, ...]:
    """The shipped networks, by family, year and name."""
    shipped = (_shipped(path) for path in folder().glob("*.spec"))
    return tuple(sorted(shipped, key=lambda each: (each.family, each.year, each.name)))


def _shipped(path: Path) -> Shipped:
    head = path.read_text(encoding="utf-8")[:2000]
    title = head.partition("\n")[0].lstrip("# ").strip()
    header, printed = _HEADER.search(head), _PRINTED.search(head)
    family, year = (header["family"], int(header["year"])) if header else ("other", 0)
    return Shipped(path.stem, family, year, title, path, printed["printed"] if printed else "")


def blocks() -> tuple[str, ...]:
    """The names of the shipped files of shared blocks, `blocks/resnet` one of them."""
    return tuple(sorted(f"blocks/{path.stem}" for path in (folder() / "blocks").glob("*.spec")))


def find(spec: str) -> Source:
    """What `spec` names: `-` (standard input), a file, a shipped network with or without `.spec`, or a spec itself.

    A shipped file of blocks has a name too: `blocks/resnet`.

    A file in the way wins over a shipped network; `Source.name` says which was read.

    Raises:
        SpecError: E001 if a name is neither, E002 to E005 if a file can't be read as text.
    """
    if spec == "-":
        return _text(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>", None)
    if _is_spec_text(spec):
        return Source(spec)
    shipped = _shipped_path(spec)
    if os.path.exists(spec) and not (os.path.isdir(spec) and shipped):  # noqa: PTH110, PTH112 - never raises
        return read(Path(spec))
    if shipped is not None:
        return read(shipped, f"{shipped.relative_to(folder()).as_posix()} (shipped)")
    if _NAME.fullmatch(spec) or _is_path(spec):
        raise SpecError((_no_such(spec),))
    return Source(spec)


def _is_spec_text(spec: str) -> bool:
    """Whether this can't be a file's name: it has lines, is JSON, or is longer than file names are."""
    return (
        _JSON.match(spec) is not None or "\n" in spec or "\0" in spec or len(spec.encode("utf-8", "replace")) > 255 * 4
    )


def _is_path(spec: str) -> bool:
    """Whether this is written as a file's name: it ends as one or has a `/` outside brackets, where none divides."""
    outside, depth = [], 0
    for character in spec:
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            outside.append(character)
    return spec.endswith(".spec") or "/" in outside


def _shipped_path(spec: str) -> Path | None:
    name = spec.removesuffix(".spec")
    path = folder() / f"{name}.spec"
    is_name = _NAME.fullmatch(name.removeprefix("blocks/"))
    return path if is_name and os.path.isfile(path) else None  # noqa: PTH113 - never raises


def _no_such(spec: str) -> Diagnostic:
    names = [path.stem for path in folder().glob("*.spec")]
    name = spec.removesuffix(".spec").lower()
    guess = (nearest(name, blocks()) if "/" in spec else None) or nearest(Path(name).name, names)
    helps = [Help(f"did you mean `{guess}`?")] if guess else []
    helps.append(Help("`netspec list` shows the networks that are shipped"))
    what = "no such file" if "/" in spec else "there is no file and no shipped network"
    return Diagnostic("E001", f"{what} `{spec}`" if "/" not in spec else f"{what}: `{spec}`", helps=tuple(helps))


def is_json(source: Source) -> bool:
    """Whether this is no spec but what `netspec export --to json` writes: by its ending, or how it begins."""
    if source.path is not None and source.path.suffix == ".json":
        return True
    return _JSON.match(source.text) is not None


def read(path: Path, name: str | None = None, *, at: Span | None = None) -> Source:
    """The text of a file. `at` is the place in a spec that named it: then only regular files are read.

    Raises:
        SpecError: E002 if it can't be read, E003 if it is too large, E004 for NUL characters, E005 if it isn't UTF-8.
    """
    name = name or str(path)
    labels = (Label(at),) if at else ()
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SpecError((Diagnostic("E002", f"`{name}` is a folder, not a spec", labels),))
        if at and not stat.S_ISREG(mode):
            raise SpecError((Diagnostic("E002", f"`{name}` is not a regular file", labels),))
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError((Diagnostic("E002", f"`{name}` can't be read: {reason}", labels),)) from None
    return _text(content, name, path)


def _text(content: bytes, name: str, path: Path | None) -> Source:
    if len(content) > LARGEST_FILE:
        raise SpecError((Diagnostic("E003", f"`{name}` is larger than 10 MB, the most that a spec may have"),))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        title = f"`{name}` is not UTF-8 text: line {line} holds the byte 0x{content[error.start]:02x}"
        raise SpecError((Diagnostic("E005", title),)) from None
    source = Source(text, name, path)
    at = text.find("\0")
    if at != -1:
        label = Label(Span(source, at, at + 1), "here")
        raise SpecError((Diagnostic("E004", "a NUL character: this is not a text file", (label,)),))
    return source
