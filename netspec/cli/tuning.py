"""The options of `netspec train` for going on from trained weights: where from, what is frozen, rates of parts."""

from __future__ import annotations

from argparse import ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser

if TYPE_CHECKING:
    from netspec.training.start import Start
    from netspec.training.task import Task
    from netspec.training.under_way import Training


def with_tuning(made: Parser) -> None:
    """`--from`, `--replace-head`, `--freeze` and `--rate`."""
    made.add_argument(
        "--from", dest="start", metavar="RUN|FILE", help="start from a run's best weights, or from a file of weights"
    )
    made.add_argument(
        "--replace-head", action="store_true", help="with --from: the last layer, of other classes, is drawn anew"
    )
    made.add_argument(
        "--freeze",
        metavar="LAYERS",
        action="append",
        default=[],
        type=quotable,
        help="do not train these: a name, a block, from..to, a pattern; may be repeated (--set train.freeze)",
    )
    made.add_argument(
        "--rate",
        metavar="LAYERS=FACTOR",
        action="append",
        default=[],
        type=quotable,
        help="train these at FACTOR times the rate; may be repeated (--set train.rates)",
    )


def quotable(text: str) -> str:
    """A text that stands in quotes in a recipe. Raises ArgumentTypeError."""
    if '"' in text or "\\" in text or not text.isprintable() or not text:
        raise ArgumentTypeError(f"`{text}` can't be names of layers")
    return text


def settings_of(options: Namespace) -> dict[str, str]:
    """What the options set in the recipe."""
    given = {"train.freeze": options.freeze, "train.rates": options.rate}
    return {name: listing(texts) for name, texts in given.items() if texts}


def listing(texts: Sequence[str]) -> str:
    """`["a", "b"]`, as a recipe writes a list of names."""
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def check_usage(options: Namespace, parser: Parser) -> None:
    """A usage error for a head that is to be replaced in nothing."""
    if options.replace_head and options.start is None:
        parser.error("`--replace-head` says what is not taken from trained weights: name them with `--from RUN|FILE`")


def started(options: Namespace, training: Training, task: Task) -> Start | None:
    """Where the first weights came from, once they are in the network; None where they are drawn."""
    from netspec.training.start import start_from

    if options.start is None:
        return None
    return start_from(training, task.graph, options.start, replace_head=options.replace_head)


def rows(training: Training, start: Start | None) -> list[tuple[str, str]]:
    """What people are told before it starts: where the weights come from, and what is not trained like the rest."""
    network = training.network
    parameters = dict(network.module.named_parameters())
    still = sum(each.numel() for each in parameters.values() if not each.requires_grad)
    total = sum(each.numel() for each in parameters.values())
    names = [name for name in network.frozen if any(True for _ in network.module.get_submodule(name).parameters())]
    frozen = [("frozen", f"{still:,} of {total:,} parameters: {_few(names)}")] if names else []
    rates = [("rates", ", ".join(training.settings.rates))] if training.settings.rates else []
    return [*([("from", start.line)] if start is not None else []), *frozen, *rates]


def _few(names: Sequence[str]) -> str:
    """All names where they are few, else the first and the last."""
    return ", ".join(names) if len(names) <= 6 else f"{names[0]} to {names[-1]}"
