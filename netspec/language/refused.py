"""Words of papers that must not be guessed: ambiguous, faulty, no layers. A reader raises Misread or does nothing."""

from __future__ import annotations

import re
from typing import NoReturn

from netspec.language.reading import Misread, read_number, shorten
from netspec.language.shorthand import read_word

MAPS_OR_KERNEL = re.compile(r"(?i:(c|conv)([0-9]+))")
KERNEL_ONLY = re.compile(r"(?i:(?:c|conv)([0-9]+[x×][0-9]+))")
MAPS_ONLY = re.compile(r"(?i:([0-9]+)(?:c|conv))")
COUNTED = re.compile(r"([0-9]+)[x×]([0-9]+[A-Za-wyz].*)")
CYCLEGAN = re.compile(r"([duR]|CD)([0-9]+)")
DEEPCL_WORDS = {"RT": "moves its training images at random", "RP": "cuts patches from its training images at random"}
DEEPCL = re.compile(r"(R[TP])([0-9]+)")
LETTERS_FOR_DIGITS = re.compile(r"(?i:[0-9ol]*[0-9][0-9ol]*(?:c[0-9ol]+|n))")


def refuse(text: str, code: str, what: str, here: str, help: str) -> NoReturn:
    """Refuse a word as a whole."""
    raise Misread(code, what, 0, len(text), here=here, helps=(help,))


def refuse_ambiguous(text: str) -> None:
    """`C64` and `conv64`: maps in one tradition, kernel in another. `64C` and `C3x3` leave one of the two out."""
    match = MAPS_OR_KERNEL.fullmatch(text)
    if match:
        number = read_number(text, *match.span(2), "maps")
        raise Misread(
            "E107",
            f"`{text}` can be read in two ways",
            0,
            len(text),
            here="maps or kernel?",
            notes=(f"in pix2pix, `C{number}` is a 4x4 convolution of stride 2, then bn and relu: `{number}C4s2p1`",),
            helps=(
                f"`{number}C3`: {number} map{'s' * (number != 1)} of a 3x3 kernel",
                f"`32C{number}`: 32 maps of a {number}x{number} kernel",
            ),
        )
    for pattern, missing, form in ((KERNEL_ONLY, "how many maps", "32C{}"), (MAPS_ONLY, "the kernel", "{}C3")):
        match = pattern.fullmatch(text)
        if match:
            help = f"write both, such as `{form.format(match[1].replace('×', 'x'))}`"
            raise Misread("E126", f"`{shorten(text)}` leaves out {missing}", 0, len(text), helps=(help,))


def refuse_counted(text: str) -> None:
    """`2x128FC`: a repetition without brackets, which is written with `*`."""
    match = COUNTED.fullmatch(text)
    if match is None or not _is_readable(match[2]):
        return
    raise Misread(
        "E107",
        f"`{text}` can be read as a repetition or as a size",
        match.end(1),
        match.end(1) + 1,
        here="`x` stands between the sizes of a shape",
        helps=(f"`{match[1]} * {match[2]}` repeats `{match[2]}` {match[1]} times",),
    )


def _is_readable(text: str) -> bool:
    try:
        return read_word(text) is not None
    except Misread:
        return True


def refuse_no_layer(text: str) -> None:
    """`d128`, `u128`, `R256`, `CD512` of CycleGAN and pix2pix, and `RT2` of DeepCL."""
    match = DEEPCL.fullmatch(text)
    if match:
        here = "this is training, not the network"
        crop = f"crop({match[2]})" if match[1] == "RP" else f"crop(…, pad={match[2]})"
        what = f"`{text}` is not a layer: DeepCL's `{match[1]}` {DEEPCL_WORDS[match[1]]}"
        refuse(text, "E119", what, here, f"write `augment {{ {crop} }}` in the `train` section")
    match = CYCLEGAN.fullmatch(text)
    if match is None:
        return
    number = match[2]
    if match[1] == "d":
        raise Misread(
            "E107",
            f"`{text}` can be read in two ways",
            0,
            len(text),
            here="dense, or CycleGAN's convolution?",
            helps=(
                f"`{number}N`: {number} neurons",
                f"`{number}C3s2p1 - instancenorm - relu`: CycleGAN's 3x3 convolution of stride 2",
            ),
        )
    where, written = {
        "u": ("CycleGAN", f"tconv({number}, 3, stride=2, pad=1, output_pad=1) - instancenorm - relu"),
        "R": ("CycleGAN", f"add {{ | {number}C3p1 - relu - {number}C3p1 | identity }}"),
        "CD": ("pix2pix", f"{number}C4s2p1 - bn - dropout(0.5) - relu"),
    }[match[1]]
    what = f"`{text}` is a word of {where} for several layers"
    refuse(text, "E119", what, "written out, it says more", f"write `{written}`")


def refuse_mistyped(text: str) -> None:
    """`2OC5`, `l6C3`: a letter O or l where a digit belongs."""
    if LETTERS_FOR_DIGITS.fullmatch(text) is None:
        return
    digits = text.translate(str.maketrans("OolI", "0011"))
    at = next(place for place, (old, new) in enumerate(zip(text, digits, strict=True)) if old != new)
    raise Misread(
        "E108",
        f"`{text[at]}` in `{shorten(text)}` is a letter where a number stands",
        at,
        at + 1,
        here=f"type `{digits[at]}`",
        helps=(f"write `{shorten(digits)}` if that is what it says",),
        instead=digits,
    )
