"""`netspec train --prove-resume`: trains twice, once killed and taken up, and compares every tensor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from netspec.cli.usage import Parser, complain, failed
from netspec.records import frozen

if TYPE_CHECKING:
    from pathlib import Path

    from netspec.training.proof import Verdict
    from netspec.training.under_way import Training

SHOWN = 5
"""Differences that are listed; the others are counted."""


@frozen
class Death:
    """Where a training is to be killed: in this step, from 1, `before` or after its weights change; `every` saves."""

    step: int
    before: bool
    every: int


def check_usage(options: Namespace, parser: Parser) -> None:
    """A usage error for a spec that can be read only once."""
    if options.prove_resume and (options.devices or 1) > 1:
        parser.error("`--prove-resume` is about one device: give no `--devices`")
    if options.prove_resume and options.spec == "-":
        parser.error("`--prove-resume` trains twice, and standard input can be read once: give the spec as a file")


def proven(options: Namespace) -> int:
    """Train straight, train and kill, resume, compare; 0 where all is equal, 1 where not."""
    import shutil
    from pathlib import Path
    from random import SystemRandom
    from tempfile import mkdtemp

    from netspec.training.proof import compared
    from netspec.training.run import Run, create

    kept = options.to is not None
    folder = create("proof", Path(options.to)).folder if kept else Path(mkdtemp(prefix="netspec-proof-"))
    whole, killed = Run(folder / "whole"), Run(folder / "killed")
    try:
        status = _twice(options, whole, killed, SystemRandom().randint)
        if status == 0:
            verdict = compared(whole, killed)
            _say(text(verdict))
            kept = kept or not verdict.same
            status = 0 if verdict.same else 1
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    if kept:
        _say(f"both runs are kept in {folder}")
    return status


def _twice(options: Namespace, whole: Any, killed: Any, draw: Callable[[int, int], int]) -> int:
    """The two trainings; an exit status other than 0 where one could not be made."""
    from netspec.training.state import load

    status = _child(options, whole.folder, None)
    if status:
        return status
    steps = load(whole.state).facts["step"]
    if steps < 2:
        complain("a training of one step has no middle: give it more, such as `--steps 20`")
        return 2
    _say(f"trained straight: {steps:,} steps")
    step = draw(2, steps)
    death = Death(step, bool(draw(0, 1)), options.save_every or draw(1, step - 1))
    status = _child(options, killed.folder, death)
    if status != -signal.SIGKILL:
        complain(f"the training that was to be killed ended with exit status {status}")
        return status or 1
    saved = load(killed.state).facts["step"]
    when = "before" if death.before else "after"
    _say(f"killed in step {death.step:,}, {when} its weights changed; taken up from the state after step {saved:,}")
    return _resume(killed.folder, death.every)


def text(verdict: Verdict) -> str:
    """What was compared, and the first differences."""
    counts = f"{verdict.tensors:,} tensors of {verdict.numbers:,} numbers, {verdict.facts:,} facts of the state"
    lines = f"{verdict.epochs:,} line{'s' * (verdict.epochs != 1)} of metrics, and the best weights"
    if verdict.same:
        return f"the same to the bit: {counts}, {lines}"
    number = len(verdict.differences)
    shown = [f"  {each}" for each in verdict.differences[:SHOWN]]
    more = [f"  and {number - SHOWN:,} more"] * (number > SHOWN)
    head = f"not the same: {number:,} difference{'s' * (number != 1)} in {counts}, {lines}"
    return "\n".join([head, *shown, *more])


# The processes


def _child(options: Namespace, folder: Path, death: Death | None) -> int:
    """Train in a process of its own; its exit status, or minus the signal that killed it."""
    given = {**vars(options), "prove_resume": False, "to": str(folder)}
    if death is not None:
        given["save_every"] = death.every
    dies = None if death is None else [death.step, death.before]
    return _python("from netspec.cli.proof import child as run", json.dumps([given, dies], default=str))


def _resume(folder: Path, every: int) -> int:
    words = ["resume", str(folder), "--save-every", str(every), "--offline"]
    return _python("from netspec.cli import main as run", *words)


def _python(imports: str, *words: str) -> int:
    """Call a function with words in another process; what it complains about is seen, what it prints is not."""
    program = f"import sys; {imports}; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode  # noqa: S603 - our own program


def child(words: list[str]) -> int:
    """Train as the options say that another process wrote, and die where it says."""
    from netspec.cli.guarded import guarded
    from netspec.cli.train import trained
    from netspec.diagnostics import SpecError
    from netspec.training.world import ALONE

    given, dies = json.loads(words[0])
    options = Namespace(**given)

    def arm(training: Training) -> None:
        if dies:
            _arm(training, *dies)

    try:
        return guarded(lambda each: trained(each, ALONE, arm), options)
    except SpecError as error:
        return failed(error.diagnostics, options.color)


def _arm(training: Training, step: int, before: bool) -> None:
    """Let this process be killed in a step of a training: before, or after, its optimiser changes the weights."""

    def die(*_: Any) -> None:
        if training.step == step - 1:
            _die()

    if before:
        training.optimizer.register_step_pre_hook(die)
    else:
        training.optimizer.register_step_post_hook(die)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
