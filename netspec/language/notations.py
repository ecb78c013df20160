"""The words that papers use for layers, beyond the canonical short forms (`docs/decisions/0003-reading-papers.md`).

`READERS` is the list of them, tried from the top: each takes a word and returns its reading or None, or raises Misread
for a word that it knows to be ambiguous or no layer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from netspec.language.reading import Expectation, Misread, Part, Reading, read_number, read_size, shorten
from netspec.language.refused import refuse, refuse_ambiguous, refuse_counted, refuse_mistyped, refuse_no_layer
from netspec.language.shorthand import LAYERS, MODIFIERS, SIZE, read_modifiers
from netspec.language.words import ALIASES, ALONE, NO_LAYERS
from netspec.layers import TABLE

KEYED = re.compile(rf"(?i:(mp|ap|p|maxpool|avgpool)?((?:[cnfkspdg]{SIZE})+))")
KEY = re.compile(rf"(?i:([cnfkspdg])({SIZE}))")
KERNEL_FIRST = re.compile(rf"(?i:(conv|c)({SIZE})((?:[spdg][0-9x×]*)*)-([0-9]+))")
NUMBERED = re.compile(rf"(?i:([0-9]+)nc({SIZE})(.*))", re.DOTALL)
DENSE_AFTER = re.compile(r"(?i:([0-9]+)-?(fc|dense|linear|f|d|svm|sse|mse|softmax)(?:([0-9]+))?)")
DENSE_BEFORE = re.compile(r"(?:(?i:fc|dense|linear)-?|[DF])([0-9]+)")
DROPOUT_WORD = r"(?:dp|drop|drpo|dropout)"
DROPOUT_BEFORE = re.compile(rf"(?i:(?:{DROPOUT_WORD}|d)([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(%)?)")
DROPOUT_AFTER = re.compile(rf"(?i:([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(%)?(?:{DROPOUT_WORD}|d))")
KERNEL_BEFORE = re.compile(r"(?i:([0-9]+)[x×]([0-9]+)(?:c|conv)([0-9]+))")


LONGEST = 100
"""No notation has so many characters: what is longer is no word of a paper."""


def read_notation(text: str) -> Reading | None:
    """What a word of papers means, or None if it is none. Raises Misread, as `read_word` does."""
    if len(text) > LONGEST:
        return None
    for reader in READERS:
        reading = reader(text)
        if reading is not None:
            return reading
    return None


def _numbered(text: str) -> Reading | None:
    """`300nC2`: the n-th such layer has 300n maps."""
    match = NUMBERED.fullmatch(text)
    if match is None:
        return None
    maps = Part("maps", read_number(text, *match.span(1), "maps"), *match.span(1))
    kernel = Part("kernel", read_size(text, *match.span(2), "kernel"), *match.span(2))
    modifiers = read_modifiers(text, match.start(3), match.end(3), "conv")
    return Reading("conv", (maps, kernel, *modifiers), numbered=True)


KEYS = {"c": "maps", "n": "maps", "f": "maps", "k": "kernel", **MODIFIERS}


def _keyed(text: str) -> Reading | None:
    """`c128k3s1`, `k3n64s1`, `C64k4s2`, `MPk2s2`: every number has its letter, and the kernel's is `k`."""
    match = KEYED.fullmatch(text)
    if match is None:
        return None
    layer = LAYERS[match[1].lower()] if match[1] else "conv"
    parts: dict[str, Part] = {}
    for key in KEY.finditer(text, match.start(2)):
        name = KEYS[key[1].lower()]
        if name in parts:
            raise Misread("E105", f"`{name}` of `{shorten(text)}` is given twice", *key.span())
        read = read_number if name in ("maps", "groups") and key[2].isdigit() else read_size
        parts[name] = Part(name, read(text, *key.span(2), name), *key.span(2))
    if "kernel" not in parts or ("maps" in parts) != (layer == "conv"):
        return None
    return Reading(layer, tuple(parts[name] for name in ORDER if name in parts))


ORDER = ("maps", "kernel", "stride", "pad", "dilation", "groups")


def _kernel_first(text: str) -> Reading | None:
    """`conv3-64` of VGG's table and `c7s1-64` of CycleGAN: the kernel, then the maps."""
    match = KERNEL_FIRST.fullmatch(text)
    if match is None:
        return None
    maps = Part("maps", read_number(text, *match.span(4), "maps"), *match.span(4))
    kernel = Part("kernel", read_size(text, *match.span(2), "kernel"), *match.span(2))
    modifiers = read_modifiers(text, *match.span(3), "conv")
    note = "VGG's table leaves out that its 3x3 kernels are padded by 1; `p1` adds it"
    if match[1].lower() == "c":
        note = "in CycleGAN it stands for reflection padding, instance norm and relu as well"
    padded = any(part.name == "pad" for part in modifiers) or kernel.value == 1
    notes = () if padded else (("N001", f"`{text}` is read as a convolution without padding: {note}"),)
    return Reading("conv", (maps, kernel, *modifiers), notes)


def _kernel_before(text: str) -> Reading | None:
    """`3x3C64`: the kernel, then the maps. With two different numbers it could be a repetition as well."""
    match = KERNEL_BEFORE.fullmatch(text)
    if match is None:
        return None
    height, width, last = match.groups()
    if height != width:
        raise Misread(
            "E107",
            f"`{text}` can be read in two ways",
            0,
            len(text),
            here="a repetition, or a kernel and its maps?",
            helps=(
                f"`{height} * {width}C{last}`: {height} times {width} maps of a {last}x{last} kernel",
                f"`{last}C{height}x{width}`: {last} maps of a {height}x{width} kernel",
            ),
        )
    maps = Part("maps", read_number(text, *match.span(3), "maps"), *match.span(3))
    side = Part("kernel", read_number(text, *match.span(1), "kernel"), match.start(1), match.end(2))
    return Reading("conv", (maps, side))


LOSSES = {"svm": "its SVM is a loss", "sse": "its squared error is a loss", "mse": "its squared error is a loss"}


def _dense(text: str) -> Reading | None:
    """`128FC`, `FC-4096`, `D128`, `256D`, `128F`, `1024FC10`, and the output layers `10SVM`, `10SSE`."""
    match = DENSE_BEFORE.fullmatch(text)
    if match:
        # `fc6` names a layer as often as it counts neurons
        said = (("N001", f"`{text}` is read as {match[1]} neurons"),) if text.islower() and "-" not in text else ()
        return Reading("dense", (_units(text, match, 1),), said)
    match = DENSE_AFTER.fullmatch(text)
    if match is None:
        return None
    word = match[2].lower()
    if match[3]:
        if word not in ("fc", "dense", "linear"):
            return None
        flows_in = Expectation(read_number(text, *match.span(1), "units"), *match.span(1))
        return Reading("dense", (_units(text, match, 3),), flows_in=flows_in)
    if word == "softmax":
        note = f"`{text}` is read as {match[1]} neurons; ` - softmax` after them is not added"
        return Reading("dense", (_units(text, match, 1),), (("N001", note),))
    notes = (("N001", f"`{text}` is read as {match[1]} neurons; {LOSSES[word]}"),) if word in LOSSES else ()
    return Reading("dense", (_units(text, match, 1),), notes)


def _units(text: str, match: re.Match[str], group: int) -> Part:
    return Part("units", read_number(text, *match.span(group), "units"), *match.span(group))


def _dropout(text: str) -> Reading | None:
    """`Dp40%`, `0.4d`, `D40%`, `dropout0.5`: a decimal or a percentage, so that `D128` and `256D` stay dense layers."""
    match = DROPOUT_BEFORE.fullmatch(text) or DROPOUT_AFTER.fullmatch(text)
    if match is None:
        return None
    number, percent = match.groups()
    if "." not in number and not percent:
        if text.lower() in (f"d{number}", f"{number}d"):
            return None
        raise Misread(
            "E106",
            f"the rate of a dropout is a decimal or a percentage, and `{shorten(text)}` has neither",
            *match.span(1),
            helps=(f"write `Dp{shorten(number)}%` or `dropout(0.5)`",),
        )
    if len(number) > 18:
        raise Misread("E008", f"a rate of {len(number)} digits is more than a number holds", *match.span(1))
    rate = Fraction(number) / (100 if percent else 1)
    value = int(rate) if rate.denominator == 1 else rate
    return Reading("dropout", (Part("rate", value, match.start(1), match.end(2) if percent else match.end(1)),))


def _alone(text: str) -> Reading | None:
    """Words without a number: other spellings of layers, markers, layers whose number is missing, and no layers."""
    plain = text.replace("_", "").replace("-", "").lower()
    if text in ALONE:
        refuse(text, *ALONE[text])
    if plain in ("input", "output") and text[0].isupper():
        return Reading("identity", marker=plain)
    if plain in NO_LAYERS:
        refuse(text, "E119", f"`{text}` is not a layer of a network", *NO_LAYERS[plain])
    if text == "F":
        return Reading("flatten", notes=(("N001", "`F` is read as flatten"),))
    layer = ALIASES.get(plain, plain if plain in TABLE else None)
    return None if layer is None else Reading(layer)


READERS: tuple[Callable[[str], Reading | None], ...] = (
    _numbered,
    _kernel_first,
    refuse_ambiguous,
    _keyed,
    _kernel_before,
    refuse_no_layer,
    _dropout,
    _dense,
    _alone,
    refuse_mistyped,
    refuse_counted,
)
