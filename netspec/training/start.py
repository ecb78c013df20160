"""The weights that a training starts from: those of a run, or of a file, matched by name, else by shape and order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

from torch import Tensor

from netspec.data.fit_outputs import OF_CLASSES
from netspec.graph import Graph
from netspec.lowering.heads import heads
from netspec.lowering.matching import Matching, Sizes, match
from netspec.lowering.matching_report import written
from netspec.lowering.plan import plan
from netspec.lowering.weight_files import SAFE, WeightsError, read, unwrapped
from netspec.lowering.weights import copy, shapes
from netspec.records import frozen
from netspec.training.errors import TrainingError
from netspec.training.run import Run
from netspec.training.settings import Settings
from netspec.training.under_way import Training

SHOWN = 3
"""Differences between a file and the network that an error lists; it counts the others."""


@frozen
class Start:
    """Where the first weights came from: the file, its sha256, what matched how, and the layers drawn anew."""

    file: Path
    digest: str
    matching: Matching
    drawn: tuple[str, ...]

    @property
    def line(self) -> str:
        """For people: `runs/a/best/weights.safetensors: 8 tensors by name; `dense1` is drawn anew`."""
        ways = [(by, sum(pair.by == by for pair in self.matching.pairs)) for by in ("name", "shape", "order")]
        counts = ", ".join(f"{count:,} by {by}" for by, count in ways if count)
        names = ", ".join(f"`{name}`" for name in self.drawn)
        anew = f"; {names} {'is' if len(self.drawn) == 1 else 'are'} drawn anew" * bool(self.drawn)
        return f"{self.file}: tensors matched: {counts}{anew}"

    @property
    def record(self) -> dict[str, Any]:
        """For the run's `recipe.json`."""
        return {
            "file": str(self.file),
            "sha256": self.digest,
            "tensors": {pair.ours: pair.theirs for pair in self.matching.pairs},
            "drawn": list(self.drawn),
        }


def start_from(training: Training, graph: Graph, words: str, *, replace_head: bool = False) -> Start:
    """Give a training that has made no step the weights of a run or of a file, statistics of norms included.

    Args:
        training: it.
        graph: its network.
        words: the folder of a run, whose best weights are taken, or a file: .safetensors, .pt or .pth.
        replace_head: the last layers, which say the classes, keep the weights that were drawn for them.

    Raises:
        TrainingError: if it can't be read, or does not fit the network; no weight is changed then.
    """
    file = _file(Path(words))
    module = training.network.module
    ours: Mapping[str, Tensor] = module.state_dict()
    try:
        tensors = unwrapped(read(file), ours)
        head = _head(graph, training.settings, ours)
        found = match(shapes(tensors), shapes(ours))
        matching = _without(found, head) if replace_head else found
        _check(matching, found, head, str(file), ours, tensors)
        copy(matching, tensors, ours, str(file))
    except WeightsError as error:
        raise TrainingError(str(error)) from None
    with file.open("rb") as opened:
        digest = file_digest(opened, "sha256").hexdigest()
    return Start(file, digest, matching, tuple(dict.fromkeys(head.values())) if replace_head else ())


def _file(path: Path) -> Path:
    """The file of weights that a user means by a path: itself, or of a run the best weights, else the last."""
    if not path.is_dir():
        return path
    for each in (Run(path).weights("best"), Run(path).weights("last"), path / f"weights{SAFE}"):
        if each.exists():
            return each
    raise TrainingError(f"`{path}` is no folder of a run, or has no weights yet: `best/weights{SAFE}` is not there")


def _head(graph: Graph, settings: Settings, ours: Mapping[str, Tensor]) -> dict[str, str]:
    """The tensors of the last layers, by name, with the layer that each is of."""
    outputs = [name for name, loss in settings.loss.items() if loss["name"] in OF_CLASSES and name in graph.outputs]
    modules = plan(graph).modules
    places = {modules[node.number]: node.name for node in heads(graph, outputs) if node.number in modules}
    return {name: places[owner] for name in ours for owner in [name.rpartition(".")[0]] if owner in places}


def _without(found: Matching, head: Mapping[str, str]) -> Matching:
    """The matching where the head gets nothing, and what looks like it in the file but for the classes goes nowhere."""
    wanted = [_beside_classes(shape) for name, shape in found.missing.items() if name in head]
    left_over: dict[str, Sizes] = {}
    for name, shape in found.left_over.items():
        if _beside_classes(shape) in wanted:
            wanted.remove(_beside_classes(shape))
        else:
            left_over[name] = shape
    pairs = tuple(pair for pair in found.pairs if pair.ours not in head)
    missing = {name: shape for name, shape in found.missing.items() if name not in head}
    doubts = tuple(doubt for doubt in found.doubts if not any(name.startswith(f"{doubt.layer}.") for name in head))
    return Matching(pairs, missing, left_over, doubts)


def _beside_classes(shape: Sizes) -> Sizes:
    """A shape without its first size, which counts the classes, and without sizes of 1 at the end."""
    rest = list(shape[1:])
    while rest and rest[-1] == 1:
        rest.pop()
    return tuple(rest)


def _check(
    matching: Matching,
    whole: Matching,
    head: Mapping[str, str],
    name: str,
    ours: Mapping[str, Tensor],
    theirs: Mapping[str, Tensor],
) -> None:
    """That all tensors have a counterpart. Raises TrainingError: what differs, and the way out if it is the head."""
    if matching.complete and matching.pairs:
        return
    found = list(_differences(matching, ours, theirs))
    more = f", and {len(found) - SHOWN} more" * (len(found) > SHOWN)
    help = f"; `netspec weights` lists what fits in {name}"
    if matching is whole and _without(whole, head).complete:
        names = ", ".join(f"`{each}`" for each in dict.fromkeys(head.values()))
        help = f"; `--replace-head` draws {names} anew, and takes all else"
    raise TrainingError(f"`{name}` does not fit this network: {', '.join(found[:SHOWN])}{more}{help}")


def _differences(matching: Matching, ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Iterator[str]:
    """What keeps a layer from its counterpart; tensors of it that have the same name and shape are not the reason."""
    both = [name for name in matching.missing if name in theirs]
    for name in both:
        if theirs[name].shape == ours[name].shape:
            continue
        yield f"`{name}` is {written(tuple(theirs[name].shape))} there and {written(matching.missing[name])} here"
    for doubt in matching.doubts:
        yield f"`{doubt.layer}` is doubtful: {doubt.why}"
    doubtful = tuple(f"{doubt.layer}." for doubt in matching.doubts)
    for name, shape in matching.missing.items():
        if name not in both and not name.startswith(doubtful):
            yield f"`{name}` ({written(shape)}) would get nothing"
    for name, shape in matching.left_over.items():
        if name not in both:
            yield f"`{name}` ({written(shape)}) of the file would go nowhere"
