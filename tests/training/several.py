"""Trainings in one and in two processes, forked from one that has all modules: run by `test_distributed.py`.

`python -m tests.training.several FOLDER` does each scenario of `SCENARIOS` in a folder of its name. What process N
prints is in `N.out` and `N.err`; `statuses.json` has their exit statuses, minus the signal for one that was killed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from netspec.cli import main
from netspec.data.dataset import DataError
from netspec.training import distributed, loop

Prepare = Callable[[int], None]

PLAIN = """input 1x6x6
8C3 - relu - 4N - softmax
train {{
  optimizer = momentum(lr=0.05)
  epochs = 3
  batch = 8
  augment {{ crop(6, pad=1) - hflip - rotate(10) - brightness(0.2) - noise(0.05) - auto }}
{}
}}
"""
MIXED = PLAIN.replace("noise(0.05) - auto", "mixup - cutmix").format(
    "  accumulate = 3\n  ema = 0.9\n  clip = 0.1\n  l2 = 0.01\n  test_flips = true"
)
HEADS = """input 1x6x6
4C3 - relu
output head {{ dense(4) as side - softmax }}
dense(4) as end - softmax
train {{
  epochs = 2
  batch = 8
{}
}}
"""
NORMS = """input 1x6x6
4C3 - bn - relu - dropout(0.2) - MP2
4N - softmax
train {
  optimizer = adam
  epochs = 3
  batch = 8
  augment { shift - mixup }
}
"""
IMAGES = "synthetic:1x6x6:4:43"
"""39 to train on in batches of 8: the last one has 7. 4 for validation."""

FEW = "synthetic:1x6x6:4:39"
"""35 to train on: the last batch has 3, too few to be divided in two."""


def at_step(number: int, rank: int, do: Callable[[loop.Training], None]) -> Prepare:
    """Let something happen in one process in its step of this number."""

    def prepare(here: int) -> None:
        true = loop._check

        def check(made: loop.Training, *rest: Any, **named: Any) -> None:
            if made.step == number and here == rank:
                do(made)
            true(made, *rest, **named)

        loop._check = check

    return prepare


def fails(made: loop.Training) -> None:
    raise DataError("photos/7.jpg can't be read")


def cannot_write(rank: int) -> None:
    """Let the state be saved at the beginning, and never again."""
    import netspec.training.run as run
    from netspec.training.errors import TrainingError

    calls = iter([True])

    def save(*given: Any) -> None:
        if not next(calls, False):
            raise TrainingError("the disk is full")

    run.save_state = save


def counts_nothing(made: loop.Training) -> None:
    made.sums.fill_(torch.nan)


def kills(number: signal.Signals) -> Callable[[loop.Training], None]:
    return lambda made: os.kill(os.getpid(), number)


def hurried(prepare: Prepare) -> Prepare:
    """Let processes wait but a moment for the reason why another ended."""

    def prepared(rank: int) -> None:
        distributed.HEARD = 0.1
        prepare(rank)

    return prepared


def trained(spec: str, images: str = IMAGES, *more: str) -> list[str]:
    return ["train", spec, "--data", images, "--device", "cpu", *more]


def nothing(rank: int) -> None:
    pass


SCENARIOS: dict[str, tuple[int, list[str], Prepare]] = {
    "plain-1": (1, trained(PLAIN.format("")), nothing),
    "plain-2": (2, trained(PLAIN.format("")), nothing),
    "plain-3": (3, trained(PLAIN.format("")), nothing),
    "mixed-1": (1, trained(MIXED, FEW), nothing),
    "mixed-2": (2, trained(MIXED, FEW), nothing),
    "heads-1": (1, trained(HEADS.format("  loss { main: cross_entropy }")), nothing),
    "heads-2": (2, trained(HEADS.format("  loss { main: cross_entropy }")), nothing),
    "norms-2": (2, trained(NORMS), nothing),
    "stopped": (2, trained(NORMS), at_step(6, 1, kills(signal.SIGTERM))),
    "fails": (2, trained(NORMS), at_step(6, 1, fails)),
    "disk": (2, trained(NORMS), hurried(cannot_write)),
    "killed": (2, trained(NORMS), hurried(at_step(6, 1, kills(signal.SIGKILL)))),
    "infinite": (2, trained(NORMS), at_step(6, 1, counts_nothing)),
    "nowhere": (2, trained(NORMS, "nowhere"), nothing),
    "wrong": (2, trained("1x6x6-4Q"), nothing),
    "small": (2, trained(NORMS, IMAGES, "--set", "train.batch=3"), nothing),
    "input": (2, trained("-"), nothing),
}


def processes(folder: Path, count: int, words: Sequence[str], prepare: Prepare) -> list[int]:
    """How so many processes of one training ended."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    numbers = [
        child(folder / str(rank), {**place, "RANK": str(rank), "LOCAL_RANK": str(rank)}, words, rank, prepare)
        for rank in range(count)
    ]
    return [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers]


def child(name: Path, place: dict[str, str], words: Sequence[str], rank: int, prepare: Prepare) -> int:
    number = os.fork()
    if number:
        return number
    status = 99
    try:
        os.environ.update(place)
        for stream, ending in ((1, ".out"), (2, ".err")):
            os.dup2(os.open(name.with_suffix(ending), os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        prepare(rank)
        status = main(list(words))
        sys.stdout.flush()
    finally:
        os._exit(status)


def all_scenarios(folder: Path) -> None:
    torch.set_num_threads(1)
    assert main([*trained(PLAIN.format("")), "-o", str(folder / "here")]) == 0  # so that children have all modules
    statuses = {}
    for name, (count, words, prepare) in SCENARIOS.items():
        words = [*words, "-o", str(folder / name / "run")] if words[0] == "train" else words
        statuses[name] = processes(folder / name, count, words, prepare)
    for name, count in (("stopped", 2), ("killed", 2)):
        statuses[f"{name}, resumed"] = processes(folder / name, count, ["resume", str(folder / name / "run")], nothing)
    (folder / "statuses.json").write_text(json.dumps(statuses))


if __name__ == "__main__":
    all_scenarios(Path(sys.argv[1]))
