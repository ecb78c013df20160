"""Whether this process is one of several that torchrun started, by what it said in the environment."""

from __future__ import annotations

import os

NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun tells every process that it starts."""


def place() -> tuple[int, int, int] | None:
    """The number of this process, how many there are, its number on its machine; None if it was started alone."""
    if not all(name in os.environ for name in NAMES):
        return None
    rank, size, local = (int(os.environ[name]) for name in NAMES[:3])
    return (rank, size, local) if size > 1 else None
