"""One process at a time trains in a run's folder: two would write each other's states."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from netspec.training.errors import TrainingError

PATIENCE = 3.0
"""Seconds to wait for a folder: processes that load images may outlive, a moment, a training that was killed."""

LEFT_BEHIND = (".*.tmp", "*/.*.tmp", "*/.tmp*")
"""Names under which files are written, by `netspec.files` and by safetensors, before they have their own."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder is this process's as long as this lasts.

    The system locks the folder itself, so nothing is written and a process that is killed leaves no lock behind. Of
    processes that train together the first one locks; where the system has no such locks, none is taken.

    Raises:
        TrainingError: if another process trains in it.
    """
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:  # whoever reads the folder says what is wrong with it; Windows opens no folders
        yield
        return
    try:
        if os.environ.get("RANK", "0") == "0" and _taken(opened, folder):
            _clear(folder)
        yield
    finally:
        os.close(opened)


def _taken(opened: int, folder: Path) -> bool:
    """Whether the folder is locked now; where it can't be it is not. Raises TrainingError if another has it."""
    from errno import EACCES, EAGAIN
    from fcntl import LOCK_EX, LOCK_NB, flock

    left = PATIENCE
    while True:
        try:
            flock(opened, LOCK_EX | LOCK_NB)
        except OSError as error:
            if error.errno not in (EACCES, EAGAIN):  # a file system without locks
                return False
        else:
            return True
        if left <= 0:
            raise TrainingError(f"another process trains in `{folder}`: wait for its end, or stop it")
        sleep(0.1)
        left -= 0.1


def _clear(folder: Path) -> None:
    """Remove what killed processes had begun to write: no other one writes here now."""
    for path in (each for pattern in LEFT_BEHIND for each in folder.glob(pattern)):
        with suppress(OSError):
            path.unlink()
