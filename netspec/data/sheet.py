"""A contact sheet: samples of each class of a set, a row a class, as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch import Tensor

from netspec.data.dataset import DataError, Dataset, Images
from netspec.data.steps import Step, fitted, step
from netspec.data.stream import sample
from netspec.files import refusal, replaced
from netspec.lowering.extras import need
from netspec.lowering.raw import raw

if TYPE_CHECKING:
    from PIL.Image import Image

Augment: TypeAlias = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""What `netspec.data.augment` makes: images (B, C, H, W) from 0 to 1 and their classes -> the same, augmented."""

ROWS, COLUMNS = 20, 10
"""At most so many classes, evenly chosen, and samples of each."""

LEAST, MOST = 32, 128
"""Pixels along the longer side of a sample: smaller ones are enlarged by a whole factor, larger ones reduced."""

GAP = 2
TEXT = 110
"""Pixels for the name of a class."""


def contact_sheet(
    dataset: Dataset, split: str = "train", steps: Sequence[Step] = (), augment: Augment | None = None, seed: int = 0
) -> Image:
    """Samples of each class, evenly chosen.

    Args:
        dataset: the set.
        split: which images.
        steps: what fits them to a network (`Fitting.steps`).
        augment: what training does to them at random; then each row is one sample and what was made of it.
        seed: of the random numbers of `augment`.

    Raises:
        DataError: if the set has no such split, or a file can't be read.
        MissingPackage: if Pillow is not installed.
    """
    need("PIL", extra="torch")
    from PIL import Image, ImageDraw

    if split not in dataset.splits:
        raise DataError(f"`{dataset.name}` has no split `{split}`: it has {', '.join(dataset.splits)}")
    images = dataset.splits[split]
    numbers = _evenly(len(dataset.classes), ROWS)
    generator = torch.Generator().manual_seed(seed)
    rows = [_row(images, number, steps, augment, generator) for number in numbers]
    rows = [_sized(row) for row in rows]
    height = max(row.shape[2] for row in rows) + GAP
    width = max(row.shape[3] for row in rows) + GAP
    page = Image.new("RGB", (TEXT + COLUMNS * width + GAP, len(rows) * height + GAP), "white")
    draw = ImageDraw.Draw(page)
    for at, (number, row) in enumerate(zip(numbers, rows, strict=True)):
        name = dataset.classes[number].encode("ascii", "replace").decode()
        draw.text((GAP, at * height + GAP), name[:17], fill="black")
        for column, pixels in enumerate(row):
            page.paste(_picture(pixels), (TEXT + column * width, at * height + GAP))
    return page


def save(page: Image, path: Path) -> None:
    """Write the sheet as PNG, whole or not at all. Raises DataError if it can't be written."""
    try:
        with replaced(path) as temporary:
            page.save(temporary, format="PNG")
    except OSError as error:
        raise DataError(refusal(path, error)) from None


def _row(
    images: Images, number: int, steps: Sequence[Step], augment: Augment | None, generator: torch.Generator
) -> Tensor:
    """The samples of one class: uint8 (N, C, H, W), no more than there are columns."""
    own = (images.labels == number).nonzero().flatten().tolist()
    if not own:
        return torch.full((1, 3, LEAST, LEAST), 255, dtype=torch.uint8)
    if augment is None:
        chosen = [own[at] for at in _evenly(len(own), COLUMNS)]
        return sample(images, steps, chosen) if not images.files else _alike(images, steps, chosen)
    first = sample(images, steps, own[:1])
    many = first.expand(COLUMNS - 1, -1, -1, -1).float() / 255
    changed, _ = augment(many, torch.full((COLUMNS - 1,), number), generator)
    made = (changed.clamp(0, 1) * 255).round().to(torch.uint8)
    return torch.cat([fitted(first, [step("resize", (made.shape[2], made.shape[3]))]), made])


def _alike(images: Images, steps: Sequence[Step], positions: Sequence[int]) -> Tensor:
    """Samples from files; those that no step has brought to one size are made square."""
    wanted = (*steps, step("resize", (MOST, MOST)))
    return torch.cat([sample(images, wanted, [position]) for position in positions])


def _sized(row: Tensor) -> Tensor:
    height, width = row.shape[2:]
    longer = max(height, width)
    if longer < LEAST:
        factor = -(-LEAST // longer)
        return row.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    if longer <= MOST:
        return row
    return fitted(row, [step("resize", (max(1, height * MOST // longer), max(1, width * MOST // longer)))])


def _picture(pixels: Tensor) -> Image:
    from PIL import Image

    channels, height, width = pixels.shape
    shown = pixels if channels == 3 else pixels[:1].expand(3, -1, -1)
    return Image.frombytes("RGB", (width, height), raw(shown.permute(1, 2, 0)))


def _evenly(count: int, most: int) -> list[int]:
    return list(range(count)) if count <= most else [at * count // most for at in range(most)]
