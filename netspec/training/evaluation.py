"""How well a network does on labelled images."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from netspec.records import frozen
from netspec.training.losses import Losses
from netspec.training.network import Network

TOP = 5
MANY = 10
"""Of more classes than so many the top-5 is counted as well."""


@frozen
class Evaluation:
    """What was found on a set: parts are from 0 to 1.

    `loss` is the mean of the recipe's loss of the primary output, `per_class` the part of each class that is right,
    None for a class without images, `confusion[true][said]` counts images.
    """

    images: int
    loss: float
    top1: float
    top5: float | None
    per_class: tuple[float | None, ...]
    confusion: tuple[tuple[int, ...], ...]


def evaluate(
    network: Network,
    batches: Iterable[tuple[Tensor, Tensor]],
    losses: Losses,
    classes: int,
    *,
    flips: bool = False,
    summed: Callable[[Tensor], Tensor] = lambda own: own,
    seen: Callable[[Tensor, Tensor], None] | None = None,
) -> Evaluation:
    """Test a network, which is then in evaluation mode.

    Args:
        network: it, on the device of the images.
        batches: normalised images (B, C, H, W) with their classes (B,).
        losses: of the outputs; the primary one's counts.
        classes: how many the data have; the network may have more.
        flips: test on the mean of the probabilities of an image and its mirror image.
        summed: of sums over these images, those over the images of all processes: float64 (N,) -> (N,).
        seen: is told of each batch: scores (B, K) and classes (B,).
    """
    network.module.eval()
    total: Tensor | float = 0.0
    first: Tensor | float = 0.0
    five: Tensor | float = 0.0
    confusion: Tensor | None = None
    with torch.inference_mode():
        for pixels, labels in batches:
            scores = _scores(network, pixels, flips=flips)
            number = scores.shape[1]
            said = scores.argmax(1)
            if seen is not None:
                seen(scores, labels)
            _, parts = losses({network.primary: scores}, labels)
            total = total + parts[network.primary].double() * len(labels)
            first = first + (said == labels).sum()
            five = five + (scores.topk(min(TOP, number)).indices == labels[:, None]).any(1).sum()
            counts = torch.bincount(labels * number + said, minlength=classes * number)
            confusion = counts if confusion is None else confusion + counts
    if confusion is None:
        raise ValueError("there are no images to test on")
    sums = [torch.as_tensor(each, device=confusion.device).double() for each in (total, first, five)]
    numbers = summed(torch.cat([torch.stack(sums), confusion.double()]))
    loss, right, among = numbers[:3].tolist()
    table = numbers[3:].long().view(classes, -1).tolist()
    images = sum(map(sum, table))
    return Evaluation(
        images,
        loss / images,
        right / images,
        among / images if classes > MANY else None,
        tuple(row[at] / sum(row) if sum(row) else None for at, row in enumerate(table)),
        tuple(map(tuple, table)),
    )


def _scores(network: Network, images: Tensor, *, flips: bool) -> Tensor:
    scores = network.scores(images)[network.primary].float()
    if not flips:
        return scores
    mirrored = network.scores(images.flip(3))[network.primary].float()
    two = torch.stack([scores.log_softmax(1), mirrored.log_softmax(1)])
    return two.logsumexp(0) - torch.tensor(2.0).log().item()


def to_json(found: Evaluation) -> dict[str, Any]:
    """The evaluation as JSON has it."""
    return {
        "images": found.images,
        "loss": found.loss,
        "top1": found.top1,
        "top5": found.top5,
        "per_class": found.per_class,
        "confusion": found.confusion,
    }
