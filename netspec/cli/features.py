"""`netspec features`: what a layer of a trained network makes of a set of images."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from netspec.cli.guarded import guarded
from netspec.cli.predict import with_weights
from netspec.cli.usage import Parser, complain

if TYPE_CHECKING:
    from netspec.training.features import Features

_EXAMPLES = """\
  netspec features runs/lenet5-2026-11-25-1 --at f6 -o f.npz                  of its own images
  netspec features runs/vgg16-2026-11-25-1 --at fc7 --data ./photos -o f.npz
  netspec features runs/resnet18-2026-11-25-1 --at basic8 --data cifar100 --split test -o f.npz
  netspec probe f.npz                                                        a linear classifier on them
"""


def parser() -> Parser:
    """The options."""
    made = Parser("features", "What a layer of a trained network gives for each image, as an archive.", _EXAMPLES)
    made.add_argument("run", metavar="RUN", help="the folder of the run")
    with_layer(made, required=True)
    made.add_argument("--split", choices=("train", "validation", "test"), help="this one alone; else all")
    made.add_argument("-o", dest="path", metavar="FILE.npz", required=True, help="the archive, which numpy reads")
    return made


def with_layer(made: Parser, *, required: bool) -> None:
    """The layer whose features are meant, of which network, for which images."""
    what = "a layer, an output, or a block, whose last layer is meant"
    made.add_argument("--at", metavar="NAME", required=required, help=what)
    made.add_argument("--data", metavar="NAME[:PATH]", help="the images; else those that the run was trained on")
    with_weights(made)
    made.add_argument("--device", help="cpu, cuda or cuda:N; else a GPU if there is one")
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")


def run(options: Namespace) -> int:
    """Write the features."""
    return guarded(_written, options)


def _written(options: Namespace) -> int:
    from pathlib import Path

    from netspec.lowering.npz import ArchiveError
    from netspec.training.features import write

    found = found_by(options)
    try:
        write(Path(options.path), found)
    except ArchiveError as error:
        complain(str(error))
        return 2
    count, *sizes = found.shape
    splits = ", ".join(f"{found.splits.count(name):,} {name}" for name in dict.fromkeys(found.splits))
    sizes_text = "x".join(map(str, sizes))
    sys.stdout.write(f"{options.path}: {sizes_text} of `{found.layer}` for each of {count:,} images ({splits})\n")
    return 0


def found_by(options: Namespace) -> Features:
    """The features that the options name. Raises DataError and TrainingError."""
    from netspec.data.dataset import load
    from netspec.training.features import features, tap
    from netspec.training.run import Run
    from netspec.training.trained import trained

    made = trained(Run(options.run), options.weights, options.device)
    tapped, settings = tap(made, options.at), made.task.settings
    dataset = load(options.data or made.task.data, offline=options.offline)
    split = getattr(options, "split", None)
    return features(tapped, dataset, split=split, part=settings.validation, seed=settings.seed)
