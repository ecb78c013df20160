"""Whether a network is as often right as it says: the expected calibration error.

Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, equation 3, with their 15 bins.
"""

from __future__ import annotations

from typing import Any

from netspec.records import frozen
from netspec.training.evidence.answers import Answers

BINS = 15


@frozen
class Bin:
    """The images whose class was said with a probability above `low`, up to `high`.

    `sure` is the mean of these probabilities, `right` the part of the images that are right.
    """

    low: float
    high: float
    images: int
    sure: float
    right: float


@frozen
class Calibration:
    """`error` is the mean over images of the distance, within their bin, of `sure` and `right`; no bin is empty.

    `sure` and `right` are means over all images.
    """

    error: float
    sure: float
    right: float
    bins: tuple[Bin, ...]


def calibration(answers: Answers, count: int = BINS) -> Calibration:
    """The calibration of at least one answer, in bins of one width."""
    right = (~answers.wrong).double()
    number = (answers.sure * count).ceil().long().clamp(1, count) - 1
    bins = []
    for at in range(count):
        own = number == at
        images = int(own.sum())
        if images:
            sure, share = float(answers.sure[own].mean()), float(right[own].mean())
            bins.append(Bin(at / count, (at + 1) / count, images, sure, share))
    total = len(right)
    error = sum(each.images * abs(each.sure - each.right) for each in bins) / total
    return Calibration(error, float(answers.sure.mean()), float(right.mean()), tuple(bins))


def to_json(found: Calibration) -> dict[str, Any]:
    """The calibration as JSON has it."""
    bins = [
        {"from": each.low, "to": each.high, "images": each.images, "confidence": each.sure, "right": each.right}
        for each in found.bins
    ]
    return {"error": found.error, "confidence": found.sure, "right": found.right, "bins": bins}
