"""As many processes as there are devices to train on, started by torchrun's own agent, on this machine."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

import torch

from netspec.training.devices import device_of
from netspec.training.errors import TrainingError


def check_devices(count: int, words: str | None) -> None:
    """That there are so many devices of the kind that is named. Raises TrainingError."""
    if words is not None and device_of(words).type == "cpu":
        return
    there = torch.cuda.device_count()
    if there == 0:
        title = f"`--devices {count}` asks for {count} GPUs, and torch sees none here"
        raise TrainingError(f"{title}; {count} processes on the CPU are `--device cpu --devices {count}`")
    if words is not None and device_of(words).index is not None:
        raise TrainingError(f"`--device {words}` is one device, and `--devices {count}` asks for {count}: give one")
    if there < count:
        raise TrainingError(f"`--devices {count}` asks for {count} GPUs, and torch sees {there} here")


def launch(count: int, words: Sequence[str]) -> int:
    """Run `netspec` with these words in so many processes of one training; its exit status.

    A signal that comes to this process goes to all of them.
    """
    from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=count,
        run_id=uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint="localhost:0",
        local_addr="localhost",
        max_restarts=0,
        logs_specs=DefaultLogsSpecs(os.devnull),
    )
    try:
        with _surroundings(count):
            elastic_launch(config, sys.executable)("-m", "netspec", *words)
    except SignalException as error:
        return 128 + int(error.sigval)
    except ChildFailedError as error:
        return _status({rank: failure.exitcode for rank, failure in error.failures.items()}, count)
    return 0


def _status(ended: dict[int, int], count: int) -> int:
    """The exit status where processes ended otherwise than with 0; those that a signal ended could not say so."""
    for rank, code in ended.items():
        if code < 0 and code != -signal.SIGTERM:  # by which the others are ended
            sys.stderr.write(f"netspec: process {rank} of {count} was ended by {signal.Signals(-code).name}\n")
    return next((code for code in ended.values() if code > 0), 1)


@contextmanager
def _surroundings(count: int) -> Iterator[None]:
    """The CPU's cores are shared out among the processes; the agent, whose log is for its developers, is silent."""
    threads = "OMP_NUM_THREADS"
    given = threads in os.environ
    os.environ.setdefault(threads, str(max(1, (os.cpu_count() or 1) // count)))
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(disabled)
        if not given:
            del os.environ[threads]
