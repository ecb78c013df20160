"""Pictures of a run: pixels of a chart, and when they are drawn."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image

from netspec.draw.curves import curves
from netspec.training.evidence.chart_png import SCALE, dashes, png
from netspec.training.evidence.curves import Curves
from netspec.training.evidence.thumbnails import MOST, thumbnail
from netspec.training.run import Run
from tests.draw.test_curves import ROWS


def opened(address: str | None) -> Image.Image:
    from base64 import b64decode

    assert address is not None
    return Image.open(io.BytesIO(b64decode(address.removeprefix("data:image/png;base64,"))))


def test_the_pixels_are_a_chart_on_a_white_page_and_the_same_each_time() -> None:
    chart = curves(ROWS)
    written = png(chart)
    picture = Image.open(io.BytesIO(written)).convert("RGB")
    assert picture.size == (SCALE * chart.width, SCALE * chart.height)
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    colours = {colour for _, colour in picture.getcolors(1 << 20) or ()}
    assert any(r > 150 and b < 60 for r, g, b in colours) and any(b > 150 and r < 90 for r, g, b in colours)
    assert written == png(chart)


def test_dashes_leave_spaces_and_stay_on_the_line() -> None:
    pieces = dashes(((0.0, 0.0), (10.0, 0.0), (10.0, 10.0)))
    assert pieces == [
        [(0.0, 0.0), (5.0, 0.0)],
        [(8.0, 0.0), (10.0, 0.0), (10.0, 3.0)],
        [(10.0, 6.0), (10.0, 10.0)],
    ]


def test_the_svg_is_renewed_each_epoch_and_the_pixels_when_there_is_time(tmp_path: Path) -> None:
    made = Curves(Run(tmp_path))
    made.renew(ROWS[:1])
    first = (tmp_path / "curves.png").read_bytes()
    made.renew(ROWS[:2])
    assert "2 epochs" in (tmp_path / "curves.svg").read_text()
    assert (tmp_path / "curves.png").read_bytes() == first
    made.since -= 101 * made.cost
    made.renew(ROWS[:2])
    second = (tmp_path / "curves.png").read_bytes()
    made.renew(ROWS, last=True)
    assert len({first, second, (tmp_path / "curves.png").read_bytes()}) == 3


def test_before_an_epoch_nothing_is_drawn(tmp_path: Path) -> None:
    Curves(Run(tmp_path)).renew([], last=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB"), (2, "L")])
def test_a_thumbnail_has_the_pixels_of_the_image(channels: int, mode: str) -> None:
    pixels = torch.arange(channels * 30, dtype=torch.uint8).view(channels, 5, 6)
    image = opened(thumbnail(pixels))
    assert image.mode == mode and image.size == (6, 5)
    first = pixels[:, 2, 4].tolist()
    assert image.getpixel((4, 2)) == (tuple(first) if channels == 3 else first[0])


def test_a_large_image_is_reduced() -> None:
    assert opened(thumbnail(torch.zeros(3, 400, 200, dtype=torch.uint8))).size == (MOST // 2, MOST)
