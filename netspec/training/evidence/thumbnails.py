"""Small images as text that a page can hold: PNG in a `data:` address."""

from __future__ import annotations

from base64 import b64encode
from importlib.util import find_spec
from io import BytesIO

import torch
from torch import Tensor

from netspec.lowering.raw import raw

MOST = 128
"""Pixels along the longer side; larger images are reduced."""


def thumbnail(pixels: Tensor) -> str | None:
    """An image, uint8 (C, H, W), of which other than 1 or 3 channels show the first; None where Pillow is not there."""
    if find_spec("PIL") is None:
        return None
    from PIL import Image

    channels, height, width = pixels.shape
    shown = pixels.permute(1, 2, 0) if channels == 3 else pixels[0]
    image = Image.frombytes("RGB" if channels == 3 else "L", (width, height), raw(shown.to(torch.uint8)))
    image.thumbnail((MOST, MOST), Image.Resampling.LANCZOS)
    written = BytesIO()
    image.save(written, format="PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(written.getvalue()).decode()}"
