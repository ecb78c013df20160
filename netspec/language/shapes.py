"""The shape of an input, read and shown: `1x29x29`, `3@227x227`, `784`, `1x16000`, `3xHxW`, `Rx4`."""

from __future__ import annotations

import re

from netspec.language.reading import Misread, read_number, refuse_look_alikes, shorten
from netspec.records import frozen
from netspec.shape import Dim, Shape, letter

SHAPE = re.compile(r"(?:[0-9]+|[A-Z])(?:[x×@](?:[0-9]+|[A-Z])(?:[x×](?:[0-9]+|[A-Z]))*)?")
PLACE = re.compile(r"[0-9]+|[A-Z]")
CHANNELS = letter("C")
"""The letter that papers keep for channels."""


@frozen
class ReadShape:
    """The shape that a word gives an input; `notes` are (code, title), `instead` the word that says it plainly."""

    shape: Shape
    notes: tuple[tuple[str, str], ...] = ()
    instead: str | None = None


def is_shape(text: str) -> bool:
    """Whether the word is written as a shape: numbers and single capitals with `x` between them, not a letter alone."""
    return SHAPE.fullmatch(text) is not None and not (len(text) == 1 and text.isalpha())


def show_shape(shape: Shape) -> str:
    """The shape as a spec writes it: `3x227x227`; the sizes must be numbers and letters."""
    return "x".join(map(str, shape.dims))


def read_shape(text: str) -> ReadShape:
    """The shape of an input as written.

    One number is a vector, two are a signal `C x L` (equal ones an image of one channel), three an image `C x H x W`,
    four a clip `C x D x H x W`; a letter and one number are rows of vectors (`Rx4`: R regions of 4 numbers).

    Raises:
        Misread: E129 if it isn't a shape, E108 and E008 as for every number.
    """
    refuse_look_alikes(text)
    if not is_shape(text):
        raise Misread(
            "E129",
            f"`{shorten(text)}` is not the shape of an input",
            0,
            len(text),
            here="expected channels x height x width",
            helps=("write `3x224x224` for an image, `784` for a vector, `3xHxW` for any size",),
        )
    places = [(_size(text, match), match.group()) for match in PLACE.finditer(text)]
    dims = [size for size, _ in places]
    if len(dims) > 4:
        raise Misread(
            "E129",
            f"`{shorten(text)}` has {len(dims)} sizes, and a shape has at most 4",
            0,
            len(text),
            here="channels x depth x height x width; the batch is never written",
        )
    return _with_channels(text, dims)


def _size(text: str, match: re.Match[str]) -> Dim:
    if match.group().isalpha():
        return letter(match.group())
    size = read_number(text, *match.span(), "size")
    if size == 0:
        raise Misread("E129", f"a size of `{shorten(text)}` is 0", *match.span(), here="sizes begin at 1")
    return size


def _with_channels(text: str, dims: list[Dim]) -> ReadShape:
    """Which of the sizes are the channels."""
    first, *rest = dims
    plain = Shape(first, tuple(rest))
    if "@" in text or not rest:
        return ReadShape(plain)
    if len(dims) == 2:
        return _of_two(text, first, rest[0])
    if _is_channels_last(dims):
        plain = Shape(rest[-1], (first, *rest[:-1]))
        axes = "height x width x channels" if len(dims) == 3 else "frames x height x width x channels"
        title = f"`{text}` is read as {axes}: was `{show_shape(plain)}` meant?"
        return ReadShape(plain, (("W001", title),), show_shape(plain))
    if len(dims) == 4 and rest[0] in (1, 3):
        title = f"`{text}` is read as a clip of {rest[0]} frame{'s' * (rest[0] != 1)}; the batch is never written"
        return ReadShape(plain, (("N001", title),))
    return ReadShape(plain)


def _of_two(text: str, first: Dim, last: Dim) -> ReadShape:
    """`Rx4` rows, `28x28` and `HxW` an image of one channel, `1x16000` and `CxL` a signal."""
    if not isinstance(first, int) and isinstance(last, int):
        return ReadShape(Shape(last, rows=first))
    if first == last or not (isinstance(first, int) or first == CHANNELS):
        plain = Shape(1, (first, last))
        return ReadShape(plain, (("N001", f"`{text}` is read as an image of one channel"),), show_shape(plain))
    return ReadShape(Shape(first, (last,)))


def _is_channels_last(dims: list[Dim]) -> bool:
    """Whether three or four sizes end in a usual number of channels, behind larger ones: `227x227x3`, `HxWx3`.

    `512x4x4` and `100x1x1` are small maps of many channels, as a network's last layers and a generator's first have.
    """
    *before, last = dims
    if not isinstance(last, int) or last not in (1, 3, 4):
        return False
    return before[0] != CHANNELS and all(size > last for size in before if isinstance(size, int))
