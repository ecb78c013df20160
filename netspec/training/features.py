"""What a layer of a trained network makes of images: its features, with labels, as an archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from netspec.data.dataset import SPLITS, DataError, Dataset, Images
from netspec.data.split import PART, with_validation
from netspec.data.steps import Step
from netspec.data.stream import sample
from netspec.diagnostics import nearest
from netspec.graph import Graph
from netspec.lowering import npz
from netspec.lowering.build import build_graph
from netspec.lowering.until import until
from netspec.records import frozen
from netspec.training.errors import TrainingError
from netspec.training.intake import Intake, intake
from netspec.training.state import put_into
from netspec.training.trained import Trained

TOGETHER = 64
"""Images that go through the network at a time."""

FEW = 40
"""Of so many layers the names are listed where one is asked for that is not there."""


@frozen
class Tap:
    """A network up to a layer, in evaluation mode on a device, and what that layer gives for an image."""

    layer: str
    module: nn.Module
    shape: tuple[int, ...]
    way: Intake
    device: torch.device


@frozen
class Features:
    """What a layer gives for the images of a set, in the order of its splits.

    `parts` are the features one after the other, float32 (B, …), all together of `shape`; they are there once. `labels`
    are int64 (N,), and `splits` has for each image the name of its own.
    """

    layer: str
    shape: tuple[int, ...]
    parts: Iterable[Tensor]
    labels: Tensor
    splits: tuple[str, ...]
    classes: tuple[str, ...]


def tap(made: Trained, at: str) -> Tap:
    """A trained network up to a layer, an output, or the last layer of a block. Raises TrainingError if it has none."""
    number = layer_named(made.graph, at)
    module = build_graph(until(made.graph, number))
    own, all_weights = module.state_dict(), made.network.module.state_dict()
    put_into(own, {name: each for name, each in all_weights.items() if name in own}, "a weight")
    module.to(made.device)
    return Tap(at, module.eval(), sizes_at(made.graph, number), intake(made.task), made.device)


def layer_named(graph: Graph, name: str) -> int:
    """The number of the node that a layer, an output or the end of a block of this name is. Raises TrainingError."""
    for node in graph.nodes:
        if node.name == name:
            return node.number
    if name in graph.outputs:
        return graph.outputs[name]
    inside = [node.number for node in graph.nodes if node.name.startswith(f"{name}.")]
    if inside and name:
        return inside[-1]
    names = [node.name for node in graph.nodes]
    guess = nearest(name, names)
    hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(names)}" if len(names) <= FEW else ""
    raise TrainingError(f"the network has no layer `{name}`" + (f"; {hint}" if hint else ""))


def sizes_at(graph: Graph, number: int) -> tuple[int, ...]:
    """The sizes of what a node gives for an image. Raises TrainingError where they are not known, or no image's."""
    shape = graph.nodes[number].shape
    sizes = tuple(each for each in shape.dims if isinstance(each, int))
    if shape.rows is not None or len(sizes) < len(shape.dims):
        raise TrainingError(f"`{graph.nodes[number].name}` gives {shape}: no features of one size for an image")
    return sizes


def features(tapped: Tap, dataset: Dataset, *, split: str | None = None, part: float = 0.0, seed: int = 0) -> Features:
    """What a layer makes of a set.

    Args:
        tapped: the network up to the layer.
        dataset: the set; its classes may be others than the network was trained on.
        split: `train`, `validation` or `test` alone; else all that there are.
        part: of the training images is the split `validation`, drawn by `seed`, where none is published; 0 is a tenth.
        seed: as that of training: the same images are kept.

    Raises:
        DataError: if the set has no such split, or its images can't be made to fit.
    """
    splits = with_validation(dataset, part or PART, seed).splits
    if split is not None and split not in splits:
        raise DataError(f"`{dataset.name}` has no split `{split}`; there are {', '.join(splits)}")
    chosen = {name: splits[name] for name in SPLITS if name in splits and split in (None, name)}
    names = tuple(name for name, images in chosen.items() for _ in range(len(images)))
    labels = torch.cat([images.labels for images in chosen.values()])
    size = dataset.shape[1:] if dataset.shape is not None else None
    steps = tapped.way.steps_for(dataset.channels, size)
    parts = (each for images in chosen.values() for each in _parts(tapped, images, steps))
    return Features(tapped.layer, (len(labels), *tapped.shape), parts, labels, names, dataset.classes)


def _parts(tapped: Tap, images: Images, steps: Sequence[Step]) -> Iterator[Tensor]:
    for start in range(0, len(images), TOGETHER):
        positions = range(start, min(start + TOGETHER, len(images)))
        pixels = sample(images, steps, positions)
        with torch.inference_mode():
            given = tapped.module(tapped.way.numbers(pixels, tapped.device))
        yield given.float().cpu()


def write(path: Path, found: Features) -> None:
    """Write features as an archive that numpy reads: `features`, `labels`, `splits`, `classes`, `layer`.

    Raises ArchiveError if it can't be written.
    """
    npz.write(
        path,
        {
            "features": npz.Rows(found.shape, found.parts),
            "labels": found.labels,
            "splits": found.splits,
            "classes": found.classes,
            "layer": (found.layer,),
        },
    )
