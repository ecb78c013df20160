"""Memory that is kept for the next step; what that saves is measured in `benchmarks/augment.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from netspec.training import allocation

ROOT = Path(__file__).parents[2]
PROGRAM = "from netspec.training.allocation import keep_freed_memory; print(keep_freed_memory())"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is the C library of Linux")
def test_the_c_library_takes_what_it_is_asked_for():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    if not hasattr(allocation.ctypes.CDLL(None), "gnu_get_libc_version"):
        pytest.skip("another C library")
    assert done.stdout == "True\n"


@pytest.mark.parametrize(("refused", "kept"), [(None, True), (allocation.TRIM, False), (allocation.MAPPED, False)])
def test_memory_is_kept_if_the_heap_and_large_tensors_both_are(monkeypatch, refused, kept):
    asked: dict[int, int] = {}

    def mallopt(name: int, size: int) -> int:
        asked[name] = size
        return int(name != refused)

    monkeypatch.setattr(allocation.sys, "platform", "linux")
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: SimpleNamespace(mallopt=mallopt))
    assert allocation.keep_freed_memory() is kept
    assert asked.items() <= {allocation.TRIM: 2**31 - 1, allocation.MAPPED: 2**25}.items()


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: object())
    assert not allocation.keep_freed_memory()
    monkeypatch.setattr(allocation.sys, "platform", "darwin")
    assert not allocation.keep_freed_memory()
