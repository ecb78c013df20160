"""Images made to fit a network, as the recipe's `input` says: `resize`, `pad`, `crop`, `grey`, `colour`.

A step is a choice of the recipe with its size given, `{"name": "pad", "size": (32, 32)}`. None of them is random; they
are done once, to training and test images alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from netspec.data.dataset import DataError
from netspec.data.sizes import ImageShape, Size, by, covering

if TYPE_CHECKING:
    from torch import Tensor

Step: TypeAlias = Mapping[str, Any]

SIZED = ("resize", "pad", "crop")
CHUNK = 1024
"""Images that are worked on at a time: enlarged ones are floating point numbers meanwhile."""


def step(name: str, size: Size | None = None) -> Step:
    """A step with its size, or one that needs none."""
    return {"name": name, "size": size} if size is not None else {"name": name}


def after(step: Step, shape: ImageShape) -> ImageShape:
    """(C, H, W) -> (C', H', W'): what comes out of a step. Raises DataError if it can't be done."""
    channels, height, width = shape
    name = step["name"]
    if name in ("grey", "colour"):
        if channels not in (1, 3):
            raise DataError(f"`{name}` takes images of 1 or 3 channels, and these have {channels}")
        return (1 if name == "grey" else 3), height, width
    new_height, new_width = step["size"]
    if name == "pad" and (height > new_height or width > new_width):
        raise DataError(f"`pad({by(step['size'])})` is smaller than the images, {height}x{width}")
    if name == "crop" and (height < new_height or width < new_width):
        raise DataError(f"`crop({by(step['size'])})` is larger than the images, {height}x{width}")
    return channels, new_height, new_width


def fitted(images: Tensor, steps: Sequence[Step]) -> Tensor:
    """The images after all steps: uint8 (N, C, H, W) -> uint8 (N, C', H', W')."""
    import torch

    if not steps:
        return images
    return torch.cat([_fitted(part, steps) for part in torch.split(images, CHUNK)])


def _fitted(images: Tensor, steps: Sequence[Step]) -> Tensor:
    for each in steps:
        images = _DO[each["name"]](images, each.get("size", (0, 0)))
    return images.contiguous()


def _grey(images: Tensor, size: Size) -> Tensor:
    """Luma of ITU-R 601, rounded as Pillow does."""
    if images.shape[1] == 1:
        return images
    red, green, blue = (images[:, channel].int() for channel in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).to(images.dtype).unsqueeze(1)


def _colour(images: Tensor, size: Size) -> Tensor:
    return images.expand(-1, 3, -1, -1)


def _pad(images: Tensor, size: Size) -> Tensor:
    """Black around the image; where it can't be in the middle, one more row below and one more column to the right."""
    from torch.nn.functional import pad

    down, across = size[0] - images.shape[2], size[1] - images.shape[3]
    return pad(images, (across // 2, across - across // 2, down // 2, down - down // 2))


def _crop(images: Tensor, size: Size) -> Tensor:
    top, left = (images.shape[2] - size[0]) // 2, (images.shape[3] - size[1]) // 2
    return images[:, :, top : top + size[0], left : left + size[1]]


def _resize(images: Tensor, size: Size) -> Tensor:
    """Scaled, in its proportions, until it covers the size; then the middle is cut out.

    Bilinear, and smoothed where it gets smaller, as Pillow does.
    """
    from torch.nn.functional import interpolate

    height, width = images.shape[2:]
    if (height, width) == size:
        return images
    large = covering((height, width), size)
    scaled = interpolate(images.float(), large, mode="bilinear", align_corners=False, antialias=True)
    return _crop(scaled, size).round().clamp(0, 255).to(images.dtype)


_DO = {"grey": _grey, "colour": _colour, "pad": _pad, "crop": _crop, "resize": _resize}
