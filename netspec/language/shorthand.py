"""The canonical short forms, read and written: `20C4` is `conv(20, 4)`, `MP2` is `maxpool(2)`, `150N` is `dense(150)`.

Reading does not mind capitals, since papers write `20c4` as well; what else papers write is read in `notations.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from netspec.language.reading import (
    Expectation,
    Misread,
    Part,
    Reading,
    read_number,
    read_size,
    refuse_look_alikes,
    shorten,
)
from netspec.language.shapes import ReadShape, is_shape, read_shape, show_shape
from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import SAME, PerAxis, Value, Word, arguments_of, whole
from netspec.layers.base import decimal

__all__ = [
    "Expectation", "Misread", "Part", "ReadShape", "Reading",
    "is_shape", "read_shape", "read_word", "show_shape", "title", "write_short",
]  # fmt: skip

SIZE = r"[0-9]+(?:[x×][0-9]+)*"
CONVOLUTION = re.compile(rf"(?i:([0-9]+)(c|conv|tc|tconv|deconv)({SIZE})(.*))", re.DOTALL)
WINDOW = re.compile(rf"(?i:([0-9]+)?(dw|dwconv|mp|maxpool|ap|avgpool|p)({SIZE})([a-z0-9×{{}}]*))")
NEURONS = re.compile(r"(?i:([0-9]+)n)")
MODIFIER = re.compile(rf"(?i:([spdgz])({SIZE})?|\{{z\}})")

LAYERS = {
    "c": "conv", "conv": "conv", "tc": "tconv", "tconv": "tconv", "deconv": "tconv", "dw": "dwconv",
    "dwconv": "dwconv", "mp": "maxpool", "maxpool": "maxpool", "p": "maxpool", "ap": "avgpool", "avgpool": "avgpool",
}  # fmt: skip
MODIFIERS = {"s": "stride", "p": "pad", "d": "dilation", "g": "groups", "z": "pad", "{": "pad"}
ACCEPTED = {
    "conv": "spdg", "tconv": "spdg", "dwconv": "spd", "maxpool": "spd", "avgpool": "sp",
}  # fmt: skip
"""Which modifiers the short form of a layer takes, in their canonical order."""


@lru_cache(maxsize=1024)
def read_word(text: str) -> Reading | None:
    """What a word of a chain means, or None if it is no notation for a layer.

    Blocks, shared chains and layers by name are for the caller to look up first.

    Raises:
        Misread: E107 ambiguous, E108 leading zeros and look-alikes, E119 a word of papers that is no layer, E126 a
            number is missing, E104, E105 or E106 a modifier that doesn't fit, E008 a number that is too large.
    """
    refuse_look_alikes(text)
    match = CONVOLUTION.fullmatch(text) or WINDOW.fullmatch(text)
    if match:
        return _windowed(text, match)
    match = NEURONS.fullmatch(text)
    if match:
        return Reading("dense", (Part("units", read_number(text, 0, match.end(1), "units"), 0, match.end(1)),))
    from netspec.language.notations import read_notation

    return read_notation(text)


def _windowed(text: str, match: re.Match[str]) -> Reading | None:
    """A layer with a kernel and modifiers; a number before anything but a convolution restates the channels."""
    kind = match[2].lower()
    layer = LAYERS[kind]
    parts: list[Part] = []
    flows_in = None
    if layer in ("conv", "tconv"):
        parts.append(Part("maps", read_number(text, 0, match.end(1), "maps"), 0, match.end(1)))
    elif match[1]:
        flows_in = Expectation(read_number(text, 0, match.end(1), "maps"), 0, match.end(1))
    parts.append(Part("kernel", read_size(text, *match.span(3), "kernel"), *match.span(3)))
    modifiers = read_modifiers(text, match.end(3), len(text), layer)
    notes = (("N001", f"`{text}` is read as max pooling"),) if kind == "p" else ()
    return Reading(layer, (*parts, *modifiers), notes, flows_in)


def read_modifiers(text: str, start: int, end: int, layer: str) -> tuple[Part, ...]:
    """The arguments that `s2p1d2g4` (in any order, each once; a bare `p` is `pad=same`, as is `z`) stand for.

    Raises:
        Misread: E104 a modifier that the layer doesn't take, E105 one given twice, E126 one without its number.
    """
    parts: list[Part] = []
    at = start
    while at < end:
        match = MODIFIER.match(text, at, end)
        letter = match[0][0].lower() if match else ""
        accepted = ACCEPTED[layer]
        if match is None or letter not in accepted + ("z{" if layer != "avgpool" else ""):
            raise _stray(text, at, end, layer)
        name = MODIFIERS[letter]
        if any(part.name == name for part in parts):
            raise Misread("E105", f"`{name}` of `{shorten(text)}` is given twice", at, match.end())
        parts.append(Part(name, _amount(text, match, letter, name), at, match.end()))
        at = match.end()
    return tuple(parts)


def _amount(text: str, match: re.Match[str], letter: str, name: str) -> Value:
    if letter in "z{" or (letter == "p" and not match[2]):
        if match[2]:
            raise Misread("E105", f"`z` in `{shorten(text)}` takes no number", *match.span(2), here="`p` takes one")
        return SAME
    if not match[2]:
        raise Misread("E126", f"a number is missing after `{match[0]}` in `{shorten(text)}`", *match.span())
    if letter == "g":
        return read_size(text, *match.span(2), "groups")
    return read_size(text, *match.span(2), name)


def _stray(text: str, at: int, end: int, layer: str) -> Misread:
    listed = ", ".join(f"`{letter}` {MODIFIERS[letter]}" for letter in ACCEPTED[layer])
    return Misread(
        "E104",
        f"`{shorten(text[at:end])}` in `{shorten(text)}` means nothing: `{layer}` takes {listed}",
        at,
        end,
        here=f"`{shorten(text[:at])}` is read so far",
        notes=("short forms take whole numbers only; everything else is a call such as `conv(64, 3, bias=false)`",),
    )


def write_short(layer: str, arguments: Mapping[str, Value], *, keep: bool = False) -> str | None:
    """The canonical short form of a layer with these arguments, or None if it has none.

    A stride of a pool that equals its kernel is not written, unless `keep` says so (a `default` of the file may have
    changed what an unwritten stride means).
    """
    if layer in ("gap", "gmp"):
        return None if arguments else layer.upper()
    if layer == "dense":
        units = whole(arguments.get("units", ""))
        return None if units is None or len(arguments) > 1 else f"{units}N"
    if layer not in SYMBOLS or not {"kernel", *REQUIRED[layer]} <= set(arguments):
        return None
    rest = dict(arguments)
    head = _write_size(rest.pop("maps")) if "maps" in rest else ""
    kernel = _write_size(rest.pop("kernel"))
    if head is None or "x" in head or kernel is None:
        return None
    if layer in ("maxpool", "avgpool") and not keep and _write_size(rest.get("stride", "")) == kernel:
        del rest["stride"]
    text = head + SYMBOLS[layer] + kernel
    for letter in ACCEPTED[layer]:
        name = MODIFIERS[letter]
        if name not in rest:
            continue
        written = _write_pad(rest.pop(name)) if name == "pad" else _write_modifier(letter, rest.pop(name))
        if written is None:
            return None
        text += written
    return None if rest else text


SYMBOLS = {"conv": "C", "tconv": "TC", "dwconv": "DW", "maxpool": "MP", "avgpool": "AP"}
REQUIRED = {"conv": ("maps",), "tconv": ("maps",), "dwconv": (), "maxpool": (), "avgpool": ()}


def _write_size(value: Value) -> str | None:
    """`3` or `1x7`, or None if the value isn't whole numbers."""
    numbers = value if isinstance(value, tuple) else (value,)
    texts = [whole(number) for number in numbers]
    if not texts or any(number is None or number < 0 for number in texts):
        return None
    return "x".join(map(str, texts))


def _write_modifier(letter: str, value: Value) -> str | None:
    size = _write_size(value)
    return None if size is None else letter + size


def _write_pad(value: Value) -> str | None:
    """`p` for same, nothing for valid, `p1`, `p2x0`; None for padding that differs before and after."""
    if isinstance(value, str):
        return {"same": "p", "valid": "p0"}.get(value)
    if isinstance(value, tuple) and not isinstance(value, PerAxis):
        if not all(isinstance(pair, tuple) and len(pair) == 2 and pair[0] == pair[1] for pair in value):
            return None
        value = tuple(pair[0] for pair in value if isinstance(pair, tuple))
    return _write_modifier("p", value)


def title(layer: str, arguments: Mapping[str, Value], order: Sequence[str]) -> str:
    """The layer in its canonical form, as tables show it: `96C11s4`, `lrn(5)`, `conv(64, 7, stride=2, bias=false)`.

    The short form if there is one; else a call in which the arguments that must be given, and the first, stand by
    position as long as `order` (the layer's or block's own) allows.
    """
    short = write_short(layer, arguments)
    if short is not None:
        return short
    if not arguments:
        return layer
    texts: list[str] = []
    leading = _leading(layer, order)
    for place, name in enumerate(order):
        if name not in arguments or place >= leading or (layer in TABLE and isinstance(arguments[name], bool)):
            break  # `true` alone says nothing
        texts.append(write_value(arguments[name]))
    by_name = [name for name in order[len(texts) :] if name in arguments]
    texts += [f"{name}={write_value(arguments[name])}" for name in by_name]
    return f"{layer}({', '.join(texts)})"


def _leading(layer: str, order: Sequence[str]) -> int:
    """How many arguments stand by position: all of a block's, a layer's required ones but at least the first."""
    if layer not in TABLE:
        return len(order)
    return max(1, sum(each.required for each in arguments_of(layer_class(layer))))


def write_value(value: Value) -> str:
    """A value as a spec writes it; a list of lists is shortened to `[…]`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Word, PerAxis)):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, tuple):
        if len(value) > 4 and isinstance(value[0], tuple):
            return "[…]"
        return f"[{', '.join(map(write_value, value))}]"
    return decimal(value) if isinstance(value, (int, Fraction)) else str(value)


def quote(text: str) -> str:
    """A text in quotation marks, with backslashes where they are needed."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
