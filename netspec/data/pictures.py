"""Image files as tensors, by Pillow: JPEG, PNG and the like; grey, colour, with transparency, of 16 bits."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import torch
from torch import Tensor

from netspec.data.buffers import tensor
from netspec.data.dataset import DataError
from netspec.lowering.extras import need
from netspec.records import frozen

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What is read; Pillow knows fifty more formats, which nobody keeps data sets in and which may have holes."""

MOST_PIXELS = 89_478_485
"""Of one image: a quarter of a gigabyte of colour, Pillow's own limit."""

GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N")
SIDEWAYS = (5, 6, 7, 8)
"""The values of EXIF's orientation with which height and width change places."""


@frozen
class Facts:
    """What the head of a file says: 1 channel or 3, height and width as people see it."""

    channels: int
    height: int
    width: int


def is_picture(name: str) -> bool:
    """Whether a file is called as an image is; hidden files are none."""
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def reading_threads() -> ThreadPoolExecutor:
    """Threads that decode files beside each other: Pillow lets go of Python's lock while it does."""
    return ThreadPoolExecutor(min(16, os.cpu_count() or 1))


def facts(path: Path) -> Facts:
    """The size of an image, without decoding it. Raises DataError."""
    with _opened(path, str(path)) as image:
        width, height = image.size
        if image.getexif().get(0x0112) in SIDEWAYS:
            width, height = height, width
        return Facts(1 if image.mode in GREY else 3, height, width)


def decoded(source: Path | BinaryIO, channels: int | None = None, name: str = "") -> Tensor:
    """The pixels of an image, turned as its camera says: uint8 (C, H, W).

    Args:
        source: a file, or its open content.
        channels: 1 makes grey of colour and 3 colour of grey; by default as many as the image has.
        name: what to call it in errors.

    Raises:
        DataError: if it is no image, damaged, cut off or too large.
    """
    from PIL import ImageOps

    with _opened(source, name or str(source)) as image:
        upright = _deep(ImageOps.exif_transpose(image))
        plain = _without_transparency(upright)
        wanted = channels or (1 if plain.mode in GREY else 3)
        plain = plain.convert("L" if wanted == 1 else "RGB")
        width, height = plain.size
        pixels = tensor(bytearray(plain.tobytes())).reshape(height, width, wanted)
        return pixels.permute(2, 0, 1).contiguous()


@contextmanager
def _opened(source: Path | BinaryIO, name: str) -> Iterator[Image]:
    """An image whose size was checked; whatever goes wrong while it is read is a DataError."""
    need("PIL", extra="torch")
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about size, which is checked here, and about odd but readable EXIF
            with Image.open(source, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    size = f"{image.height:,}x{image.width:,}"
                    raise DataError(f"`{name}` is too large: {size}, and {MOST_PIXELS:,} pixels are the most")
                yield image
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(f"`{name}` is no image in a format that is read: {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise DataError(f"`{name}` is too large: {MOST_PIXELS:,} pixels are the most") from None
    except OSError as error:
        raise DataError(f"`{name}` can't be read: {(error.strerror or str(error)).lower()}") from None
    except Exception as error:  # noqa: BLE001 - a damaged file makes a decoder fail in any way
        raise DataError(f"`{name}` is damaged: {error or type(error).__name__}") from None


def _deep(image: Image) -> Image:
    """An image of 16 bits as one of 8: 65,535 becomes 255, where Pillow would cut off."""
    if not image.mode.startswith("I"):
        return image
    from PIL import Image

    values = torch.frombuffer(bytearray(image.convert("I").tobytes()), dtype=torch.int32).clamp(0, 65535)
    reduced = ((values * 255 + 32767) // 65535).to(torch.uint8)
    return Image.frombytes("L", image.size, bytes(reduced.tolist()))


def _without_transparency(image: Image) -> Image:
    """The image on white, as a page shows it."""
    if not image.has_transparency_data:
        return image
    from PIL import Image

    grey = image.mode in GREY
    layer = image.convert("RGBA")
    page = Image.new("RGBA", layer.size, (255, 255, 255, 255))
    page.alpha_composite(layer)
    return page.convert("L" if grey else "RGB")
