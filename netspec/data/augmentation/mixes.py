"""Changes that hide a part of an image, or mix it with another one of the batch and their targets with them."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.data.augmentation.draws import Draws
from netspec.records import frozen


@frozen
class Cutout:
    """A square hidden, its middle anywhere in the image, so that part of it may lie outside (DeVries 2017).

    `colour`, `(C,)`, is what it is filled with: the paper's grey is the training set's mean. None is black.
    """

    size: int
    colour: Tensor | None = None

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """`(B, C, H, W) -> (B, C, H, W)`."""
        count, _, height, width = images.shape
        starts = [draws.whole(count, high=length - 1) - self.size // 2 for length in (height, width)]
        inside = box((starts[0], starts[1]), (self.size, self.size), height, width)
        colour = 0.0 if self.colour is None else self.colour.to(images, non_blocking=True)[:, None, None]
        return torch.where(inside, colour, images)


@frozen
class Mixup:
    """Each image mixed with another of the batch, its own part of the beta law with both parameters `alpha`."""

    alpha: float

    def mix(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Images `(B, C, H, W)` and targets `(B, …)`, both mixed in the same parts (Zhang et al. 2017)."""
        order, parts = draws.order(len(images)), draws.beta(len(images), self.alpha)
        return mixed(images, images[order], parts), mixed(targets, targets[order], parts)


@frozen
class Cutmix:
    """A box of each image from another of the batch, its area 1 − λ with λ of the beta law of `alpha` (Yun 2019).

    Its middle may be anywhere; the targets are mixed by the area of what of it lies inside, as in the authors' code.
    """

    alpha: float

    def mix(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Images `(B, C, H, W)` and targets `(B, …)`."""
        count, _, height, width = images.shape
        order, scale = draws.order(count), torch.sqrt(1 - draws.beta(count, self.alpha))
        lengths = [(scale * length).long() for length in (height, width)]
        middles = [draws.whole(count, high=length - 1) for length in (height, width)]
        starts = [middle - length // 2 for middle, length in zip(middles, lengths, strict=True)]
        inside = box((starts[0], starts[1]), (lengths[0], lengths[1]), height, width)
        kept = 1 - inside.float().mean((1, 2, 3))
        return torch.where(inside, images[order], images), mixed(targets, targets[order], kept)


def box(starts: tuple[Tensor, Tensor], lengths: tuple[Tensor | int, Tensor | int], height: int, width: int) -> Tensor:
    """`(B, 1, H, W)`: which pixels are in the box of each image; top and left, height and width `(B,)` in pixels."""
    rows, columns = (
        _within(start, length, whole) for start, length, whole in zip(starts, lengths, (height, width), strict=True)
    )
    return (rows[:, :, None] & columns[:, None])[:, None]


def mixed(these: Tensor, others: Tensor, parts: Tensor) -> Tensor:
    """A part `(B,)` of each of these and the rest of the others."""
    parts = parts.to(these.dtype).view(-1, *(1,) * (these.dim() - 1))
    return others + (these - others) * parts


def probabilities(targets: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """Class numbers `(B,)` as probabilities `(B, classes)`, in single precision at least; others as they are."""
    if targets.is_floating_point():
        return targets
    which = torch.arange(classes, device=targets.device)
    return (targets[..., None] == which).to(torch.promote_types(dtype, torch.float32))


def _within(start: Tensor, length: Tensor | int, whole: int) -> Tensor:
    """`(B, whole)`: which places of an axis are in the span."""
    places = torch.arange(whole, device=start.device) - start[:, None]
    return (places >= 0) & (places < (length if isinstance(length, int) else length[:, None]))
