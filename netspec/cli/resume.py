"""`netspec resume`: a training taken up where it was stopped, to the bit."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from netspec.cli.processes import in_processes, with_devices
from netspec.cli.usage import Parser, complain, whole_from_1, with_color, with_streaming, with_view

if TYPE_CHECKING:
    from netspec.training.world import World

_EXAMPLES = """\
  netspec resume runs/lenet5-2026-11-25-1
  netspec resume runs/lenet5-2026-11-25-1 --save-every 100
"""


def parser() -> Parser:
    """The options."""
    made = Parser("resume", "Go on with a training from its last saved state, as if it had never stopped.", _EXAMPLES)
    made.add_argument("run", metavar="RUN", help="the folder of the run")
    made.add_argument("--device", help="cpu, cuda or cuda:N; else the one that it began on")
    with_devices(made)
    made.add_argument("--save-every", metavar="N", type=whole_from_1, help="save the state every N steps as well")
    with_streaming(made)
    with_view(made)
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Go on; the exit status is that of `netspec train`."""
    return in_processes(_resumed, options, _devices)


def _devices(options: Namespace) -> tuple[int, str | None]:
    """As many as it began with, if no other number is asked for."""
    from pathlib import Path

    from netspec.training.resume import began_on

    count, device = began_on(Path(options.run))
    return options.devices or count, options.device or device


def _resumed(options: Namespace, world: World) -> int:
    from pathlib import Path

    from netspec.training.lock import locked

    with locked(Path(options.run)):
        return _taken_up(options, world)


def _taken_up(options: Namespace, world: World) -> int:
    from pathlib import Path

    import netspec.training.resume as resuming
    from netspec.cli.follow import follow, shown
    from netspec.training.distributed import shared

    run = Path(options.run)
    choices = {"stream": options.stream, "workers": options.workers}
    found = resuming.resumed(run, options.device, offline=options.offline, world=world, **choices)
    for remark in found.remarks:
        complain(remark)
    training, data = shared(found.training, found.data, world)
    if training.over:
        sys.stdout.write(f"nothing is left to do: all {training.step:,} steps are done\n")
        return 0
    sys.stdout.write(f"{run}: on from step {training.step:,} of {training.steps:,}\n\n")
    return follow(training, data, found.run, options.save_every, shown(options))
