from __future__ import annotations

import pytest

from netspec.language.reading import Misread
from netspec.language.shapes import is_shape, read_shape, show_shape
from netspec.shape import Shape, letter

PLAIN = {
    "1x29x29": Shape(1, (29, 29)),
    "3@227x227": Shape(3, (227, 227)),
    "3×227×227": Shape(3, (227, 227)),
    "784": Shape(784),
    "1x16000": Shape(1, (16000,)),
    "3@227": Shape(3, (227,)),
    "1x16x112x112": Shape(1, (16, 112, 112)),
    "3xHxW": Shape(3, (letter("H"), letter("W"))),
    "CxHxW": Shape(letter("C"), (letter("H"), letter("W"))),
    "CxHx3": Shape(letter("C"), (letter("H"), 3)),
    "CxL": Shape(letter("C"), (letter("L"),)),
    "1xL": Shape(1, (letter("L"),)),
    "Rx4": Shape(4, rows=letter("R")),
    "3x3x3": Shape(3, (3, 3)),
    "1x64x64": Shape(1, (64, 64)),
    "100x1x1": Shape(100, (1, 1)),
    "512x4x4": Shape(512, (4, 4)),
    "64x8x3x3": Shape(64, (8, 3, 3)),
}


@pytest.mark.parametrize(("text", "shape"), PLAIN.items())
def test_a_shape_is_read_channels_first(text: str, shape: Shape) -> None:
    read = read_shape(text)
    assert is_shape(text)
    assert (read.shape, read.notes, read.instead) == (shape, (), None)
    assert read_shape(show_shape(shape)).shape == shape


@pytest.mark.parametrize(
    ("text", "instead", "note"),
    [
        (
            "227x227x3",
            "3x227x227",
            ("W001", "`227x227x3` is read as height x width x channels: was `3x227x227` meant?"),
        ),
        ("29x29x1", "1x29x29", ("W001", "`29x29x1` is read as height x width x channels: was `1x29x29` meant?")),
        ("HxWx3", "3xHxW", ("W001", "`HxWx3` is read as height x width x channels: was `3xHxW` meant?")),
        (
            "16x112x112x3",
            "3x16x112x112",
            ("W001", "`16x112x112x3` is read as frames x height x width x channels: was `3x16x112x112` meant?"),
        ),
        ("28x28", "1x28x28", ("N001", "`28x28` is read as an image of one channel")),
        ("HxW", "1xHxW", ("N001", "`HxW` is read as an image of one channel")),
    ],
)
def test_a_shape_in_another_order_is_read_with_a_note(text: str, instead: str, note: tuple[str, str]) -> None:
    read = read_shape(text)
    assert (read.notes, read.instead) == ((note,), instead)
    assert read_shape(instead).shape == read.shape
    assert read_shape(instead).notes == ()
    assert show_shape(read.shape) == instead


@pytest.mark.parametrize(("text", "frames"), [("1x3x224x224", "3 frames"), ("8x1x28x28", "1 frame")])
def test_what_looks_like_a_batch_is_a_clip_with_a_note(text: str, frames: str) -> None:
    read = read_shape(text)
    assert read.notes == (("N001", f"`{text}` is read as a clip of {frames}; the batch is never written"),)
    assert show_shape(read.shape) == text


@pytest.mark.parametrize(
    ("text", "code", "what", "at", "here"),
    [
        ("abc", "E129", "`abc` is not the shape of an input", "abc", "expected channels x height x width"),
        ("H", "E129", "`H` is not the shape of an input", "H", "expected channels x height x width"),
        ("3x4@5", "E129", "`3x4@5` is not the shape of an input", "3x4@5", "expected channels x height x width"),
        (
            "1x2x3x4x5",
            "E129",
            "`1x2x3x4x5` has 5 sizes, and a shape has at most 4",
            "1x2x3x4x5",
            "channels x depth x height x width; the batch is never written",
        ),
        ("3x0x8", "E129", "a size of `3x0x8` is 0", "0", "sizes begin at 1"),
        (
            "3x0224x224",
            "E108",
            "the number `0224` begins with a zero",
            "0224",
            "a letter `O` or `l`, or a missing separator?",
        ),
        (
            "3x9999999999x1",
            "E008",
            "a size of 9,999,999,999 is larger than any network has: sizes go up to 2,147,483,647",
            "9999999999",
            "",
        ),
        (
            "3х32х32",
            "E108",
            "`х` in `3х32х32` is not the `x` that it looks like",
            "х",
            "this is U+0445, CYRILLIC SMALL LETTER HA",
        ),
    ],
)
def test_a_faulty_shape_says_what_is_wrong_and_where(text: str, code: str, what: str, at: str, here: str) -> None:
    with pytest.raises(Misread) as refused:
        read_shape(text)
    misread = refused.value
    assert (misread.code, misread.what, text[misread.start : misread.end], misread.here) == (code, what, at, here)


@pytest.mark.parametrize("text", ["relu", "20C4", "", "x", "3x", "x3", "3xx3", "H", "hxw", "3@3@3"])
def test_other_words_are_no_shapes(text: str) -> None:
    assert not is_shape(text)
