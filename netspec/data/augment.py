"""The recipe's `augment`: a chain of random changes of images, made once and called for every batch.

Neighbours that move whole pixels (`crop`, `hflip`, `vflip`, `shift`) become one copy of pixels, and neighbours that
interpolate (`rotate`, `zoom`, `shear`, with flips and shifts between them) one map, so that nothing is blurred twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import torch
from torch import Generator, Tensor

from netspec.data.augmentation.auto import STRONGEST, Auto
from netspec.data.augmentation.colours import Brightness, Colour, Contrast, Noise, Saturation
from netspec.data.augmentation.draws import Draws
from netspec.data.augmentation.elastic import Elastic
from netspec.data.augmentation.errors import AugmentationError
from netspec.data.augmentation.mixes import Cutmix, Cutout, Mixup, probabilities
from netspec.data.augmentation.moves import Crop, Flip, Moves, Shift
from netspec.data.augmentation.resized import ResizedCrop
from netspec.data.augmentation.warps import Rotate, Shear, Warps, Zoom
from netspec.records import frozen

__all__ = ["Augmentation", "AugmentationError", "augmentation"]

Part: TypeAlias = (
    "Crop | Flip | Shift | Rotate | Zoom | Shear | ResizedCrop | Elastic | Colour | Brightness | Contrast | Saturation"
    " | Noise | Cutout | Mixup | Cutmix | Auto"
)
"""What an item of the chain is read as."""

Step: TypeAlias = (
    "Moves | Warps | ResizedCrop | Elastic | Colour | Brightness | Contrast | Saturation | Noise | Cutout | Mixup"
    " | Cutmix | Auto"
)
"""What is done to a batch at once."""


@frozen
class Augmentation:
    """A chain of random changes: `augmented(images, targets, generator)`."""

    steps: tuple[Step, ...]
    classes: int | None

    @property
    def mixes(self) -> bool:
        """Whether images of a batch are mixed with each other."""
        return any(isinstance(step, Mixup | Cutmix) for step in self.steps)

    def __call__(
        self, images: Tensor, targets: Tensor, generator: Generator, *, first: int = 0, whole: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Images and targets, changed; the same for the same state of the generator.

        Args:
            images: `(B, C, H, W)` from 0 to 1, of any floating number type, on any device.
            targets: class numbers `(B,)`, or probabilities or other numbers `(B, …)`; where images are mixed, class
                numbers become probabilities `(B, classes)`.
            generator: what all random numbers are drawn from; it may be on another device than the images.
            first: the place in its batch of the first image, where these are a part of one that does not mix images;
                they are changed as they would be within it.
            whole: how many images that batch has; these alone if it isn't given.

        Raises:
            AugmentationError: if the images are too small for a window.
        """
        draws = Draws(generator, images.device, first, whole)
        with torch.no_grad():
            for step in self.steps:
                if isinstance(step, Mixup | Cutmix):
                    images, targets = step.mix(images, self._mixable(targets, images.dtype), draws)
                else:
                    images = step.change(images, draws)
        return images, targets

    def sizes(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of what comes out. Raises AugmentationError if the images are too small for a window."""
        for step in self.steps:
            if isinstance(step, Moves | ResizedCrop):
                height, width = step.sizes(height, width)
        return height, width

    def _mixable(self, targets: Tensor, dtype: torch.dtype) -> Tensor:
        if self.classes is None and not targets.is_floating_point():
            raise ValueError("to mix class numbers, the number of classes must be given")
        return probabilities(targets, self.classes or 0, dtype)


def augmentation(
    chain: Sequence[Mapping[str, Any]],
    *,
    classes: int | None = None,
    components: Tensor | None = None,
    mean: Tensor | None = None,
) -> Augmentation:
    """The changes that a recipe's `augment` asks for.

    Args:
        chain: the choices as the recipe has them, in their order.
        classes: how many there are; needed where images are mixed and targets are class numbers.
        components: `colour_components` of the training set, `(C, C)`; needed by `colour`.
        mean: the training set's mean colour, `(C,)`, which `cutout` hides with; black if it isn't given.

    Raises:
        AugmentationError: for what the recipe can say but can't be done.
        ValueError: if `colour` has no components.
    """
    parts = [_read(choice, components, mean) for choice in chain]
    return Augmentation(tuple(_joined(parts)), classes)


def _read(choice: Mapping[str, Any], components: Tensor | None, mean: Tensor | None) -> Part:
    """One item of the chain."""
    match choice["name"]:
        case "colour":
            if components is None:
                raise ValueError("`colour` needs the components of the training set's colours")
            return Colour(float(choice["std"]), components)
        case "cutout":
            return Cutout(choice["size"], mean)
        case name:
            return PARTS[name](choice)


def _size(choice: Mapping[str, Any]) -> tuple[int, int]:
    """Height and width. Raises AugmentationError if it was written for another number of axes."""
    size = choice["size"]
    if isinstance(size, int):
        return size, size
    if len(size) != 2:
        raise AugmentationError(
            f"the size of `{choice['name']}` is for {len(size)} axes, and images have two: `{size}`"
        )
    return size[0], size[1]


def _auto(choice: Mapping[str, Any]) -> Auto:
    if choice["strength"] > STRONGEST:
        raise AugmentationError(
            f"`strength` of `auto` goes from 0 to {STRONGEST}, and is {float(choice['strength']):g}"
        )
    return Auto(choice["operations"], float(choice["strength"]))


PARTS: Mapping[str, Callable[[Mapping[str, Any]], Part]] = {
    "crop": lambda choice: Crop(_size(choice), choice["pad"], str(choice["mode"])),
    "resizedcrop": lambda choice: ResizedCrop(_size(choice), float(choice["least"])),
    "hflip": lambda choice: Flip(1, float(choice["chance"])),
    "vflip": lambda choice: Flip(0, float(choice["chance"])),
    "rotate": lambda choice: Rotate(float(choice["degrees"])),
    "shift": lambda choice: Shift(Fraction(choice["part"])),
    "zoom": lambda choice: Zoom(float(choice["part"])),
    "shear": lambda choice: Shear(float(choice["degrees"])),
    "elastic": lambda choice: Elastic(float(choice["strength"]), float(choice["sigma"])),
    "brightness": lambda choice: Brightness(float(choice["part"])),
    "contrast": lambda choice: Contrast(float(choice["part"])),
    "saturation": lambda choice: Saturation(float(choice["part"])),
    "noise": lambda choice: Noise(float(choice["std"])),
    "mixup": lambda choice: Mixup(float(choice["alpha"])),
    "cutmix": lambda choice: Cutmix(float(choice["alpha"])),
    "auto": _auto,
}
"""How the choices are read; `colour` and `cutout` take more than the recipe has."""


def _joined(parts: Iterable[Part]) -> Iterator[Step]:
    """The steps: neighbours that can be done as one are. Flips and shifts go with what stands before them."""
    run: list[Crop | Flip | Shift | Rotate | Zoom | Shear] = []
    for part in parts:
        if not isinstance(part, Crop | Flip | Shift | Rotate | Zoom | Shear):
            yield from _step(run)
            yield part
            run = []
            continue
        apart = Crop if isinstance(part, Rotate | Zoom | Shear) else Rotate | Zoom | Shear
        if not isinstance(part, Flip | Shift) and any(isinstance(each, apart) for each in run):
            yield from _step(run)
            run = []
        run.append(part)
    yield from _step(run)


def _step(run: Sequence[Crop | Flip | Shift | Rotate | Zoom | Shear]) -> Iterator[Moves | Warps]:
    """The one step of a run of crops or of warps, with flips and shifts among them; none of an empty one."""
    moves = tuple(each for each in run if not isinstance(each, Rotate | Zoom | Shear))
    warps = tuple(each for each in run if not isinstance(each, Crop))
    if run:
        yield Moves(moves) if len(moves) == len(run) else Warps(warps)
