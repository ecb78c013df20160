"""`netspec train`: from a spec to a trained network and the record of its training."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from netspec.cli import proof
from netspec.cli.guarded import guarded
from netspec.cli.processes import asked_for, in_processes, with_devices
from netspec.cli.tuning import check_usage, rows, settings_of, started, with_tuning
from netspec.cli.usage import Parser, whole_from_0, whole_from_1, with_color, with_spec, with_streaming, with_view

if TYPE_CHECKING:
    from netspec.training.under_way import Training
    from netspec.training.world import World

_EXAMPLES = """\
  netspec train lenet5 --data mnist-mini           a small set that comes with netspec
  netspec train vgg16 --data cifar10               the network is made to fit the images
  netspec train net.spec --data ./photos --epochs 30 --seed 1
  netspec train net.spec --data mnist --set train.lr=0.01 --set train.batch=32
  netspec train net.spec --data mnist --devices 4  on four GPUs, as on one
  netspec train net.spec --data ./birds --from runs/net-2026-11-25-1 --replace-head --freeze 'conv1..conv4'
  netspec train net.spec --data ./birds --from net.pth --replace-head --rate 'conv*=0.1'
  netspec train lenet5 --data mnist-mini --epochs 1 --prove-resume
  netspec resume runs/lenet5-2026-11-25-1          go on where it was stopped
"""


def parser() -> Parser:
    """The options."""
    made = Parser("train", "Train a network on labelled images, as the recipe in its spec says.", _EXAMPLES)
    with_spec(made)
    made.add_argument("--data", metavar="NAME[:PATH]", required=True, help="the images, as `netspec data` takes them")
    made.add_argument("--epochs", metavar="N", help="how often all images are seen: --set train.epochs=N")
    made.add_argument("--steps", metavar="N", help="how many steps at most: --set train.steps=N")
    made.add_argument("--seed", metavar="N", type=whole_from_0, help="of all random numbers: --set train.seed=N")
    made.add_argument("-o", dest="to", metavar="DIR", help="the folder of the run; else runs/NAME-DATE-N")
    made.add_argument("--device", help="cpu, cuda or cuda:N; else a GPU if there is one")
    with_devices(made)
    made.add_argument("--save-every", metavar="N", type=whole_from_1, help="save the state every N steps as well")
    with_streaming(made)
    made.add_argument("--compile", action="store_true", help="let torch compile the network, which takes a while")
    with_view(made)
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")
    with_tuning(made)
    made.add_argument(
        "--prove-resume",
        action="store_true",
        help="train twice, once killed at a random step and resumed, and compare every tensor",
    )
    with_color(made)
    return made


def run(options: Namespace) -> int:
    """Train; 0 when it is through, 1 where numbers went out of bounds, 130 or 143 when it was stopped."""
    check_usage(options, parser())
    proof.check_usage(options, parser())
    if options.prove_resume:
        return guarded(proof.proven, options)
    return in_processes(trained, options, asked_for)


def trained(options: Namespace, world: World, before: Callable[[Training], None] = lambda made: None) -> int:
    """Train as the options say; `before` its first step something may be done to the training."""
    from pathlib import Path

    from netspec.cli.follow import described, follow, introduce, shown
    from netspec.cli.reading import inputs_of
    from netspec.data.dataset import load
    from netspec.lowering.extras import need
    from netspec.training.computing import Computing, device_words
    from netspec.training.distributed import created, device_in, one_after_another, shared, together
    from netspec.training.lock import locked
    from netspec.training.task import begun, task, write

    if options.tensorboard:
        need("tensorboard", extra="tensorboard")  # before a folder is made
    device = together(world, lambda: device_in(world, options.device))
    given = dict(options.set)
    given.update(settings_of(options))
    for name in ("epochs", "steps", "seed"):
        if getattr(options, name) is not None:
            given[f"train.{name}"] = str(getattr(options, name))
    dataset = one_after_another(world, lambda: load(options.data, offline=options.offline))
    inputs = inputs_of(options, parser())
    computing = Computing(options.stream, options.workers, options.compile)
    ready = together(world, lambda: task(options.spec, dataset, options.data, given, inputs, device, computing))
    training, data = together(world, lambda: begun(ready, device))
    start = together(world, lambda: started(options, training, ready.task))
    before(training)
    training, data = shared(training, data, world)
    made = created(world, ready.task.name, Path(options.to) if options.to else None)
    command, origin = ["netspec", *sys.argv[1:]], start.record if start is not None else None
    where = str(device) if world.size == 1 else f"{world.size} x {device.type}"
    on = device_words(where, ready.task.settings.precision, computing, ready.why)
    with locked(made.folder):
        together(world, lambda: write(ready.task, made, device, command, world.size, computing, start=origin))
        introduce(ready.task.graph, options.color)
        told = described(ready.task, data, training, made, on, ready.line, rows(training, start))
        sys.stdout.write(told + "\n")
        return follow(training, data, made, options.save_every, shown(options))
