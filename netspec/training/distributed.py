"""A training in several processes: they find each other, begin together, stop together, and end if one does.

`torchrun`, or `netspec.training.launch`, starts the processes and tells each by its environment which one it is. What
is sent between GPUs goes by NCCL, between CPUs, and of counts and signals always, by gloo.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import torch
import torch.distributed as dist

from netspec.records import replace
from netspec.training.devices import device_of
from netspec.training.errors import TrainingError
from netspec.training.interrupt import Interrupt
from netspec.training.launched import place
from netspec.training.parallel import parallel
from netspec.training.run import Run, create
from netspec.training.under_way import Data, Training
from netspec.training.world import ALONE, World

Found = TypeVar("Found")

LONGEST = timedelta(hours=2)
"""How long a process waits for the others: one of them may be downloading the images."""

AGREED = 10
"""Steps between two questions whether to stop, where there are GPUs that a CPU had better not wait for."""

HEARD = 3.0
"""Seconds in which a process that ends says why, before others give up asking."""


# Beginning


@contextmanager
def joined() -> Iterator[World]:
    """The processes of this training, which wait here until all are there; ALONE where this is the only one."""
    here = place()
    if here is None:
        yield ALONE
        return
    if not dist.is_available():
        raise TrainingError("this torch was built without what processes talk by: `torch.distributed` is not there")
    nccl = torch.cuda.is_available() and dist.is_nccl_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if nccl else "gloo", timeout=LONGEST)
    yield World(*here)
    dist.barrier()
    dist.destroy_process_group()


def device_in(world: World, words: str | None) -> torch.device:
    """The device of this process: the GPU of its number on its machine, or the CPU. Raises TrainingError."""
    device = device_of(words)
    if world.size == 1 or device.type == "cpu":
        return device
    if device.index is not None:
        raise TrainingError(f"{world.size} processes don't train on one device, `{words}`: give `--device cuda`")
    device = device_of(f"cuda:{world.local}")
    torch.cuda.set_device(device)
    return device


def together(world: World, work: Callable[[], Found]) -> Found:
    """What `work` gives; raises TrainingError in all processes if it fails in one."""
    try:
        found = work()
    except Exception as error:
        world.gathered(str(error))
        raise
    for rank, reason in enumerate(world.gathered("")):
        if reason:
            raise TrainingError(f"process {rank} of {world.size}: {reason}")
    return found


def one_after_another(world: World, work: Callable[[], Found]) -> Found:
    """What `work` gives, done by one process of each machine before the others do it: they find what it downloaded."""
    if world.size == 1:
        return work()
    firsts = together(world, lambda: (work(),) if world.local == 0 else ())
    return together(world, lambda: firsts[0] if firsts else work())


def created(world: World, name: str, folder: Path | None) -> Run:
    """A new folder of a run, made and written by the first process. Raises TrainingError if it can't be made."""
    made = together(world, lambda: str(create(name, folder).folder) if world.is_first else "")
    return Run(Path(world.gathered(made)[0]), writes=world.is_first)


def shared(training: Training, data: Data, world: World) -> tuple[Training, Data]:
    """The training, of which each process computes its part of every batch. Raises TrainingError if that is too small.

    All begin with the first one's weights.
    """
    if world.size == 1:
        return training, data
    batch = data.feed.order.batch
    if batch < 2 * world.size:
        few = f"{batch} image{'s' * (batch != 1)}"
        raise TrainingError(f"a batch of {few} is too small for {world.size} devices: each takes two images at least")
    training.world = world
    feed = replace(data.feed, world=world)
    training.network = replace(training.network, parallel=parallel(training.network, training.losses, feed.batch(0)[0]))
    world.leave_to_the_first(training.sums)
    return training, replace(data, feed=feed)


# Stopping


def agreed(stop: Interrupt, training: Training) -> Callable[[], bool]:
    """Whether to stop, which is asked before every step: yes in all processes if a signal came to one."""
    world = training.world
    if world.size == 1:
        return stop
    every = AGREED if training.sums.device.type == "cuda" else 1
    asked = iter(range(1_000_000_000_000))

    def ask() -> bool:
        if next(asked) % every == 0:
            stop.elsewhere = world.largest(stop.number or 0)
        return stop.elsewhere > 0

    return ask


# Ending


@contextmanager
def ending_together(world: World) -> Iterator[None]:
    """What goes wrong in one process ends all of them; raises TrainingError where it was another.

    A process that fails says why where the others can read it, and is gone; the others see it when they wait for it.
    """
    try:
        yield
    except Exception as error:
        if world.size == 1:
            raise
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun's, which sees that another one has ended
        reason = _reason_of_another(world, error)
        if reason is not None:
            raise TrainingError(reason) from error
        _tell(world, str(error) or type(error).__name__)
        raise


def _reason_of_another(world: World, error: Exception) -> str | None:
    """Why another process ended, if that is what this error comes of."""
    if not isinstance(error, RuntimeError) or isinstance(error, torch.cuda.OutOfMemoryError):
        return None
    lost = isinstance(error, dist.DistError) or any(word in str(error) for word in ("gloo", "NCCL", "onnection"))
    until = monotonic() + HEARD
    while lost:
        for rank in range(world.size):
            reason = _told(rank) if rank != world.rank else None
            if reason is not None:
                return f"process {rank} of {world.size}: {reason}"
        if monotonic() > until:
            what = "ended without a word, as one does that is killed or runs out of memory"
            return f"another of the {world.size} processes {what}; the state that was saved last is a good one"
        sleep(0.05)
    return None


def _tell(world: World, reason: str) -> None:
    store = dist.distributed_c10d._get_default_store()
    store.set(f"netspec/ended/{world.rank}", reason)


def _told(rank: int) -> str | None:
    """Why a process ended, if it said so."""
    try:
        store = dist.distributed_c10d._get_default_store()
        name = f"netspec/ended/{rank}"
        return store.get(name).decode() if store.check([name]) else None
    except RuntimeError:  # the store was kept by the process that ended
        return None
