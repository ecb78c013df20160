"""Memory that is kept for the next step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netspec.training import allocation

ROOT = Path(__file__).parents[2]

PROGRAM = """
import resource, torch
from netspec.training.allocation import keep_freed_memory
print({kept} and keep_freed_memory())
def step():
    one = torch.ones(4, 2**20)
    two = one + one
step()
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(kept: bool) -> tuple[str, int]:
    """Whether memory is kept, and how many pages are taken from the system in twenty steps."""
    program = PROGRAM.format(kept=kept)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    answer, count = done.stdout.split()
    return answer, int(count)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is the C library of Linux")
def test_a_step_takes_no_pages_from_the_system_that_it_gave_back_before():
    answer, kept = faults(kept=True)
    if answer == "False":
        pytest.skip("another C library")
    assert answer == "True" and kept < faults(kept=False)[1] / 10


def test_elsewhere_nothing_happens(monkeypatch):
    monkeypatch.setattr(allocation.ctypes, "CDLL", lambda name: object())
    assert not allocation.keep_freed_memory()
    monkeypatch.setattr(allocation.sys, "platform", "darwin")
    assert not allocation.keep_freed_memory()
