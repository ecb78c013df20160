"""A training killed by SIGKILL, again and again, in processes of its own: run by `test_resume.py`.

`python -m tests.training.killed FOLDER KILLS SEED` trains once undisturbed in FOLDER/whole and once killed in
FOLDER/killed: in the middle of a step, and in the middle of writing the state. It says how often it was killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import torch

from netspec.cli import main
from netspec.training import loop, state
from tests.training.small import IMAGES, spec

EVERY = "2"
RECIPE = "  ema = 0.9\n  accumulate = 2\n  schedule = cosine\n  augment { shift - hflip - mixup - cutout(2) }"


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def dies_in_step(number: int) -> None:
    """Let this process die in its step of this number, before the optimiser's."""
    counted = _counted(loop._check, number)
    loop._check = counted


def dies_in_saving(number: int) -> None:
    """Let this process die while it writes its state for the time of this number."""
    import safetensors.torch

    def half(tensors: Any, path: Path, metadata: Any) -> None:
        path.write_bytes(b"half of it")
        die()

    true, left = state.save, iter(range(number))

    def save(path: Path, kept: state.State) -> None:
        if next(left, None) is None:
            safetensors.torch.save_file = half
        true(path, kept)

    import netspec.training.run as run

    run.save_state = save


def _counted(true: Callable[..., None], number: int) -> Callable[..., None]:
    left = iter(range(number))

    def counted(*given: Any, **named: Any) -> None:
        if next(left, None) is None:
            die()
        true(*given, **named)

    return counted


def child(words: list[str], prepare: Callable[[], None]) -> int:
    """How a process ended: its exit status, or minus the signal that killed it."""
    number = os.fork()
    if number:
        return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    prepare()
    status = 99
    try:
        status = main(words)
    finally:
        os._exit(status)


def begin(folder: Path) -> list[str]:
    return ["train", spec(RECIPE), "--data", IMAGES, "-o", str(folder), "--epochs", "8", "--save-every", EVERY]


def killings(folder: Path, kills: int, seed: int) -> int:
    draws = random.Random(seed)  # noqa: S311 - not for secrets
    torch.set_num_threads(1)
    assert main(begin(folder / "whole")) == 0  # in this process, so that its children have all modules at once
    killed, words = 0, begin(folder / "killed")
    for _ in range(kills):
        way = draws.choice((dies_in_step, dies_in_saving))
        at = draws.randint(1, 3)
        status = child(words, lambda way=way, at=at: way(at))
        if (folder / "killed" / "last" / "state.safetensors").exists():
            words = ["resume", str(folder / "killed"), "--save-every", EVERY, "--offline"]
        killed += status == -signal.SIGKILL
        if status != -signal.SIGKILL:
            break
    assert child(words, lambda: None) == 0
    return killed


if __name__ == "__main__":
    sys.stderr.write(f"{killings(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))} killed\n")
