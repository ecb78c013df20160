"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes `path` once all is written: no reader and no crash ever leaves half of it.

    Raises:
        OSError: if it can't be written.
    """
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb"):  # here it fails with the reason, where a library would only say that it did
            mode = temporary.stat().st_mode
        yield temporary
        mode = target.stat().st_mode if target.exists() else mode  # a library may have put a file of its own there
        temporary.chmod(mode & 0o7777)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def save(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all. Raises OSError if it can't be written."""
    if path.exists() and not path.is_file() and not path.is_dir():  # /dev/stdout, a pipe: written to, not replaced
        path.write_bytes(content)
        return
    with replaced(path) as temporary:
        temporary.write_bytes(content)


def refusal(path: str | Path, error: OSError) -> str:
    """Why a file can't be written, in one line."""
    return f"`{path}` can't be written: {(error.strerror or str(error)).lower()}"
