"""A command in the processes of a training on several devices: started here, or by torchrun."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from netspec.cli.guarded import guarded
from netspec.cli.usage import Parser, whole_from_1
from netspec.diagnostics import SpecError

if TYPE_CHECKING:
    from netspec.training.world import World


Work: TypeAlias = "Callable[[Namespace, World], int]"
Devices: TypeAlias = Callable[[Namespace], tuple[int, "str | None"]]
"""How many devices are asked for, and of what kind."""


def with_devices(made: Parser) -> None:
    """`--devices`."""
    made.add_argument("--devices", metavar="N", type=whole_from_1, help="train on N GPUs of this machine at once")


def in_processes(work: Work, options: Namespace, devices: Devices) -> int:
    """The exit status that `work` gives, done in as many processes as `devices` says; the first alone prints.

    Where torchrun started this process it is one of them already.
    """
    from netspec.training.launched import place

    here = place()
    if here is None:
        return guarded(lambda given: _started(work, given, devices), options)
    if here[0] == 0:
        return guarded(lambda given: _joined(work, given), options)
    with _silent():
        try:
            return guarded(lambda given: _joined(work, given), options)
        except (SpecError, ModuleNotFoundError):  # the first process says so
            return 2


def asked_for(options: Namespace) -> tuple[int, str | None]:
    """How many devices the options ask for, and of what kind."""
    return options.devices or 1, options.device


def _started(work: Work, options: Namespace, devices: Devices) -> int:
    from netspec.training.launch import check_devices, launch

    count, device = devices(options)
    if count == 1:
        return _joined(work, options)
    check_devices(count, device)
    _check_spec(options, count)
    return launch(count, options.typed)


def _joined(work: Work, options: Namespace) -> int:
    from netspec.training.distributed import ending_together, joined
    from netspec.training.errors import TrainingError

    with joined() as world, ending_together(world):
        if world.size > 1 and options.devices not in (None, world.size):
            asked = f"`--devices {options.devices}`"
            raise TrainingError(f"torchrun started {world.size} processes, one a device, and {asked} asks for others")
        _check_spec(options, world.size)
        return work(options, world)


def _check_spec(options: Namespace, count: int) -> None:
    """That each process can read the spec. Raises TrainingError."""
    from netspec.training.errors import TrainingError

    if count > 1 and getattr(options, "spec", None) == "-":
        raise TrainingError(f"{count} processes can't all read standard input: give the spec as a file, or as it is")


@contextmanager
def _silent() -> Iterator[None]:
    """While this lasts nothing is printed; a bug's traceback still is, for it comes after."""
    streams = sys.stdout, sys.stderr
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - no path of the user's
        sys.stdout = sys.stderr = nowhere
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams
