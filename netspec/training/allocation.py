"""How the C library holds memory that tensors on the CPU have freed."""

from __future__ import annotations

import ctypes
import sys

TRIM, MAPPED = -1, -3
"""Numbers of glibc's `mallopt`: what is kept at the heap's end, and from which size on memory is mapped apart."""

MOST_KEPT = 2**31 - 1
"""Bytes; the largest that `mallopt` takes."""

MAPPED_FROM = 32 * 2**20
"""Bytes; the largest that `mallopt` takes on systems of 64 bits."""


def keep_freed_memory() -> bool:
    """Let the C library keep what was freed for the next step, which needs as much again; whether it does.

    Else glibc gives the memory of every large tensor back to the system, which fills it with zeros page by page when
    the next one takes it: a tenth of a step of LeNet-5, half of its augmentation. The most that is resident stays the
    same. Only for Linux with glibc; elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return all(mallopt(name, size) == 1 for name, size in ((TRIM, MOST_KEPT), (MAPPED, MAPPED_FROM)))
