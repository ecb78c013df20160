"""How much memory there is for images, of this machine and of a device."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

UNKNOWN = 4 * 2**30
"""Bytes that are taken to be there where the system does not say."""

OF_HOST = 2
OF_DEVICE = 4
"""Images take one part in so many of what is free: of a device the training needs the most itself."""


def usable(root: Path = Path("/")) -> int:
    """Bytes of this machine's memory that images may take: half of what is available."""
    return available(root) // OF_HOST


def available(root: Path = Path("/")) -> int:
    """Bytes that can still be taken: what the system has, and less where a container is given less.

    `root` is where `proc` and `sys` lie.
    """
    found = [each for each in (_of_system(root), *_of_groups(root)) if each is not None]
    return max(0, min(found)) if found else UNKNOWN


def usable_of(device: torch.device) -> int:
    """Bytes of a GPU's free memory that images may take."""
    import torch

    free, _ = torch.cuda.mem_get_info(device)
    return free // OF_DEVICE


def _of_system(root: Path) -> int | None:
    for line in _text(root / "proc" / "meminfo").splitlines():
        name, _, words = line.partition(":")
        if name == "MemAvailable":
            return int(words.split()[0]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _of_groups(root: Path) -> list[int]:
    """What is left of the limits of the control groups that this process is in (version 2, as containers have)."""
    place = next(
        (line[3:] for line in _text(root / "proc" / "self" / "cgroup").splitlines() if line.startswith("0::")), None
    )
    if place is None:
        return []
    top = root / "sys" / "fs" / "cgroup"
    folder = top / place.strip("/")
    left = []
    for each in (folder, *folder.parents):
        limit, taken = (_text(each / f"memory.{name}").strip() for name in ("max", "current"))
        if limit.isdecimal() and taken.isdecimal():
            left.append(int(limit) - int(taken) + _reclaimable(each))
        if each == top:
            break
    return left


def _reclaimable(group: Path) -> int:
    """Bytes of files that were read and are kept only as long as nobody needs the memory."""
    rows = (line.split() for line in _text(group / "memory.stat").splitlines())
    return next((int(row[1]) for row in rows if len(row) == 2 and row[0] == "inactive_file"), 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
