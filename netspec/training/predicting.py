"""What a trained network takes pictures for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from netspec.data.dataset import DataError
from netspec.data.pictures import reading_threads
from netspec.records import frozen
from netspec.training.intake import Intake, intake
from netspec.training.trained import Trained

TOP = 5
"""Classes that are named for a picture unless another number is asked for."""

TOGETHER = 64
"""Pictures that are decoded, and go through the network, at a time."""


@frozen
class Picture:
    """A picture to be looked at: a file, or the content of one, and what people call it."""

    name: str
    source: Path | bytes


@frozen
class Guess:
    """A class, by its name and its number from 0, and how likely it is, from 0 to 1."""

    name: str
    label: int
    probability: float


@frozen
class Prediction:
    """What a picture is taken for, the likeliest class first; `error` says instead why it can't be read."""

    image: str
    guesses: tuple[Guess, ...] = ()
    error: str | None = None


def predictions(made: Trained, pictures: Iterable[Picture | Prediction], top: int = TOP) -> Iterator[Prediction]:
    """What each picture is taken for, in their order; one that can't be read doesn't keep the others from it.

    A prediction among the pictures, which says what could not be found, stays where it is.
    """
    way, rest = intake(made.task), iter(pictures)
    with reading_threads() as pool:
        while part := list(islice(rest, TOGETHER)):
            read = list(pool.map(partial(_read, way), part))
            images = [each for each in read if isinstance(each, Tensor)]
            found = iter(guesses(made, torch.stack(images), top) if images else ())
            for named, each in zip(part, read, strict=True):
                if isinstance(each, Prediction):
                    yield each
                elif isinstance(named, Picture):
                    yield Prediction(named.name, next(found))


def guesses(made: Trained, images: Tensor, top: int = TOP) -> Sequence[tuple[Guess, ...]]:
    """The likeliest classes of each of the fitted images, uint8 (N, C, H, W)."""
    return [
        tuple(Guess(name_of(made, int(label)), int(label), float(part)) for part, label in zip(*each, strict=True))
        for images in torch.split(images, TOGETHER)
        for each in zip(*(best.tolist() for best in _top(probabilities(made, images), top)), strict=True)
    ]


def probabilities(made: Trained, images: Tensor) -> Tensor:
    """Fitted images, uint8 (N, C, H, W) -> (N, K): the softmax of the scores of the output that says the class.

    Where the recipe tests on mirror images too, the mean of both.
    """
    numbers = intake(made.task).numbers(images, made.device)
    with torch.inference_mode():
        found = _softmax(made, numbers)
        if made.task.settings.test_flips:
            found = (found + _softmax(made, numbers.flip(3))) / 2
    return found.cpu()


def name_of(made: Trained, label: int) -> str:
    """The name of a class; a network may have more outputs than the images that it was trained on had classes."""
    classes = made.task.classes
    return classes[label] if label < len(classes) else f"#{label}"


def _softmax(made: Trained, numbers: Tensor) -> Tensor:
    return made.network.scores(numbers)[made.network.primary].float().softmax(1)


def _top(found: Tensor, top: int) -> tuple[Tensor, Tensor]:
    best = found.topk(min(top, found.shape[1]))
    return best.values, best.indices


def _read(way: Intake, picture: Picture | Prediction) -> Tensor | Prediction:
    """A picture fitted to the network, or what says why it can't be read."""
    if isinstance(picture, Prediction):
        return picture
    source = picture.source
    try:
        return way.picture(source if isinstance(source, Path) else BytesIO(source), picture.name)
    except DataError as error:
        return Prediction(picture.name, error=str(error))
