"""`netspec resume`: a training taken up where it was stopped, to the bit."""

from __future__ import annotations

import sys
from argparse import Namespace

from netspec.cli.guarded import guarded
from netspec.cli.usage import Parser, complain, whole_from_1

_EXAMPLES = """\
  netspec resume runs/lenet5-2026-11-25-1
  netspec resume runs/lenet5-2026-11-25-1 --save-every 100
"""


def parser() -> Parser:
    """The options."""
    made = Parser("resume", "Go on with a training from its last saved state, as if it had never stopped.", _EXAMPLES)
    made.add_argument("run", metavar="RUN", help="the folder of the run")
    made.add_argument("--device", help="cpu, cuda or cuda:N; else the one that it began on")
    made.add_argument("--save-every", metavar="N", type=whole_from_1, help="save the state every N steps as well")
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")
    return made


def run(options: Namespace) -> int:
    """Go on; the exit status is that of `netspec train`."""
    return guarded(_resumed, options)


def _resumed(options: Namespace) -> int:
    from pathlib import Path

    import netspec.training.resume as resuming
    from netspec.cli.follow import follow

    run = Path(options.run)
    found = resuming.resumed(run, options.device, offline=options.offline)
    for remark in found.remarks:
        complain(remark)
    training = found.training
    if training.over:
        sys.stdout.write(f"nothing is left to do: all {training.step:,} steps are done\n")
        return 0
    sys.stdout.write(f"{run}: on from step {training.step:,} of {training.steps:,}\n\n")
    return follow(training, found.data, found.run, options.save_every)
