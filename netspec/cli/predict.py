"""`netspec predict`: what a trained network takes pictures for."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from netspec.cli.guarded import guarded
from netspec.cli.usage import Parser, complain, whole_from_1

if TYPE_CHECKING:
    from netspec.training.predicting import Prediction

_EXAMPLES = """\
  netspec predict runs/lenet5-2026-11-25-1 seven.png
  netspec predict runs/lenet5-2026-11-25-1 scans 'more/*.jpg' --top 1      a line an image
  curl -s https://example.org/cat.jpg | netspec predict runs/vgg16-2026-11-25-1 -
  netspec predict runs/vgg16-2026-11-25-1 photos --json
"""


def parser() -> Parser:
    """The options."""
    made = Parser("predict", "What a trained network takes pictures for, made as its training images were.", _EXAMPLES)
    made.add_argument("run", metavar="RUN", help="the folder of the run")
    made.add_argument(
        "images", metavar="IMAGE", nargs="+", help="files, folders, patterns in quotes, or `-` for standard input"
    )
    made.add_argument(
        "--top", metavar="N", type=whole_from_1, help="how many classes of each are named; 5 if not given"
    )
    with_weights(made)
    made.add_argument("--device", help="cpu, cuda or cuda:N; else a GPU if there is one")
    made.add_argument("--json", action="store_true", help="the same as data; probabilities are from 0 to 1")
    return made


def with_weights(made: Parser) -> None:
    """`--weights`, of a run."""
    made.add_argument(
        "--weights", choices=("best", "last"), default="best", help="of the best epoch (default), or the last ones"
    )


def run(options: Namespace) -> int:
    """Print the classes; 1 if an image could not be read."""
    return guarded(_predicted, options)


def _predicted(options: Namespace) -> int:
    from pathlib import Path

    from netspec.training.picture_names import named
    from netspec.training.predicting import TOP, predictions
    from netspec.training.run import Run
    from netspec.training.trained import trained

    made = trained(Run(Path(options.run)), options.weights, options.device)
    found = predictions(made, named(options.images), options.top or TOP)
    if options.json:
        kept = list(found)
        sys.stdout.write(json.dumps(document(options.run, options.weights, kept), ensure_ascii=False) + "\n")
        return int(any(each.error is not None for each in kept))
    return _print(found, lines=options.top == 1)


def document(run: str, weights: str, found: Iterable[Prediction]) -> dict[str, Any]:
    """What was found, for programs."""
    images: list[dict[str, Any]] = []
    for each in found:
        if each.error is not None:
            images.append({"image": each.image, "error": each.error})
            continue
        classes = [
            {"class": guess.name, "label": guess.label, "probability": guess.probability} for guess in each.guesses
        ]
        images.append({"image": each.image, "classes": classes})
    return {"run": run, "weights": weights, "images": images}


def _print(found: Iterable[Prediction], *, lines: bool) -> int:
    """Print what was found as it comes, each image in a line or as a table; the exit status."""
    status = 0
    for each in found:
        sys.stdout.flush()
        if each.error is not None:
            complain(each.error)
            status = 1
        elif lines:
            guess = each.guesses[0]
            sys.stdout.write(f"{each.image}: {guess.name}  {100 * guess.probability:.2f} %\n")
        else:
            rows = "".join(f"  {100 * guess.probability:6.2f} %  {guess.name}\n" for guess in each.guesses)
            sys.stdout.write(f"{each.image}\n{rows}")
    return status
