"""Image files: every kind that people have, and damaged ones."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from PIL import Image

from netspec.data import pictures
from netspec.data.dataset import DataError
from netspec.data.pictures import Facts, decoded, facts, is_picture
from netspec.lowering.raw import raw
from tests.data.written import numbered, picture, png


def test_pixels_are_channels_first_in_the_order_of_the_rows(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", size=(8, 6))
    with Image.open(path) as image:
        pixel = image.getpixel((7, 2))
    pixels = decoded(path)
    assert (pixels.dtype, tuple(pixels.shape), pixels.is_contiguous()) == (torch.uint8, (3, 6, 8), True)
    assert tuple(pixels[:, 2, 7].tolist()) == pixel
    assert facts(path) == Facts(3, 6, 8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_of_png_becomes_grey_or_colour(mode: str, channels: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, (8, 6)).save(path)
    assert tuple(decoded(path, channels).shape) == (channels, 6, 8)
    natural = 3 if mode in ("P", "RGB", "RGBA") else 1
    assert decoded(path).shape[0] == natural == facts(path).channels


@pytest.mark.parametrize("ending", [".jpg", ".JPEG", ".bmp", ".gif", ".tif", ".webp", ".ppm", ".pgm"])
def test_every_format_is_read(ending: str, tmp_path: Path) -> None:
    path = picture(tmp_path / f"a{ending}", "L" if ending == ".pgm" else "RGB")
    assert is_picture(path.name) and tuple(decoded(path, 3).shape) == (3, 6, 8)


def test_four_colours_of_print_become_three(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 6), (0, 0, 0, 0)).save(tmp_path / "a.jpg")
    assert decoded(tmp_path / "a.jpg").float().mean() > 250


def test_sixteen_bits_become_eight_from_black_to_white(tmp_path: Path) -> None:
    values = [0, 128, 129, 257, 32768, 65535]
    Image.frombytes("I;16", (6, 1), struct.pack("<6H", *values)).save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png").flatten().tolist() == [0, 0, 1, 1, 128, 255]


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2, 1), (10, 20, 30, 255))
    image.putpixel((1, 0), (10, 20, 30, 0))
    image.save(tmp_path / "a.png")
    assert decoded(tmp_path / "a.png")[:, 0].T.tolist() == [[10, 20, 30], [255, 255, 255]]
    grey = Image.new("LA", (1, 1), (9, 0))
    grey.save(tmp_path / "b.png")
    assert decoded(tmp_path / "b.png").tolist() == [[[255]]]


def test_a_camera_that_was_held_sideways_is_turned(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 6), "black")
    image.putpixel((0, 0), (255, 255, 255))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    image.save(tmp_path / "a.png", exif=exif)
    pixels = decoded(tmp_path / "a.png")
    assert tuple(pixels.shape) == (3, 8, 6) and pixels[0, 0, 5] == 255
    assert facts(tmp_path / "a.png") == Facts(3, 8, 6)


def test_an_open_file_is_read_under_the_name_that_is_given() -> None:
    assert tuple(decoded(io.BytesIO(png()), name="stdin").shape) == (3, 6, 8)
    with pytest.raises(DataError, match=r"^`stdin` is no image in a format that is read: JPEG, PNG, BMP, GIF, WEBP, "):
        decoded(io.BytesIO(b"nothing"), name="stdin")


def refused(path: Path) -> str:
    with pytest.raises(DataError) as error:
        decoded(path)
    return str(error.value).replace(str(path), "FILE")


def test_an_image_that_was_cut_off_is_named(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tif"):
        path = picture(tmp_path / name, size=(40, 30))
        content = path.read_bytes()
        for part in (0, 3, 20, len(content) // 3, len(content) * 2 // 3):
            path.write_bytes(content[:part])
            assert refused(path).startswith("`FILE` ")


def test_damage_is_no_traceback(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", size=(40, 30))
    content = path.read_bytes()
    for at in range(8, len(content), len(content) // 60):
        broken = bytearray(content)
        broken[at] ^= 0xFF
        path.write_bytes(broken)
        with suppress(DataError):
            assert decoded(path).shape[0] in (1, 3)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">2I5B", 100_000, 100_000, 8, 2, 0, 0, 0))
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(10_000))) + chunk(b"IEND", b""))
    assert refused(path) == "`FILE` is too large: 89,478,485 pixels are the most"
    with pytest.raises(DataError, match="too large"):
        facts(path)


def test_the_largest_image_is_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = picture(tmp_path / "a.png", size=(8, 6))
    monkeypatch.setattr(pictures, "MOST_PIXELS", 48)
    assert decoded(path).shape[0] == 3
    monkeypatch.setattr(pictures, "MOST_PIXELS", 47)
    assert refused(path) == "`FILE` is too large: 6x8, and 47 pixels are the most"


def test_a_format_that_nobody_keeps_sets_in_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    assert refused(path).startswith("`FILE` is no image in a format that is read")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.png") == "`FILE` can't be read: no such file or directory"


def test_colour_becomes_the_grey_of_the_recipe(tmp_path: Path) -> None:
    from netspec.data.steps import fitted, step

    colour = numbered(3, 6, 8)
    Image.frombytes("RGB", (8, 6), raw(colour.permute(1, 2, 0).contiguous())).save(tmp_path / "a.png")
    assert torch.equal(decoded(tmp_path / "a.png", 1), fitted(colour.unsqueeze(0), [step("grey")])[0])
