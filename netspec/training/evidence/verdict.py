"""In plain words, whether a network under- or overfits, and by which figures.

The best weights are tested on validation images and on as many training images, both as they are: not augmented,
without dropout. (The top-1 that is counted while training is lower than that: images are changed, units left out, and
the weights of an epoch's beginning count as well.) Of K classes, with e the part of the images that is wrong:

1. It has not learnt where training images are wrong hardly less often than by guessing: e(train) > 0.9 (1 - 1/K).
2. It overfits where the gap e(validation) - e(train) is more than 2 points, more than chance makes of sets of this size
   (two standard errors), and the larger part of e(validation): most of its errors are on what it has not seen.
3. It underfits where e(train) is more than 5 points and at least as large as the gap: most of its errors are on what it
   has seen, so more data of the kind would not help.
4. Else it fits well.

Beside that, figures of the epochs say two things that a rate alone doesn't. The probabilities overfit where the
validation loss rose from its lowest by a quarter while the training loss fell. And it was still getting better where
the validation loss of the last fifth of the epochs is lower by a twentieth than any before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Literal, TypeAlias

from netspec.records import frozen

Kind: TypeAlias = Literal["unknown", "not learnt", "overfits", "underfits", "fits"]

GUESSING = 0.9
GAP = 0.02
SEEN = 0.05
ROSE = 1.25
FELL = 0.95


@frozen
class Verdict:
    """What it is, in a few words and in sentences with figures, and what to try."""

    kind: Kind
    title: str
    sentences: tuple[str, ...]
    tries: str = ""


def verdict(
    train: Mapping[str, Any] | None, validation: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]]
) -> Verdict:
    """The verdict on a run.

    Args:
        train: `images` and `top1` of training images, tested as validation images are; None where that was not done.
        validation: the same of validation images, and `confusion`, for the number of classes.
        rows: the lines of all epochs.
    """
    if train is None or validation is None:
        why = "No images were kept for validation (`validation = 0`), so nothing shows how it does on others."
        return Verdict("unknown", "Nothing to tell by", (why,))
    seen, unseen = 1 - train["top1"], 1 - validation["top1"]
    kind = _kind(train, validation)
    figures = (
        f"On training images, as they are, {_percent(train['top1'])} are right ({train['images']:,} tested); "
        f"on validation images {_percent(validation['top1'])} ({validation['images']:,})."
    )
    parts = _parts(seen, unseen)
    said = (figures, parts, _trend(rows, kind))
    return Verdict(kind, _TITLES[kind], tuple(each for each in said if each), _TRIES[kind])


def _kind(train: Mapping[str, Any], validation: Mapping[str, Any]) -> Kind:
    seen, unseen = 1 - train["top1"], 1 - validation["top1"]
    gap, classes = unseen - seen, len(validation["confusion"])
    if seen > GUESSING * (1 - 1 / classes):
        return "not learnt"
    noise = 2 * sqrt(seen * (1 - seen) / train["images"] + unseen * (1 - unseen) / validation["images"])
    if gap > max(GAP, noise, seen):
        return "overfits"
    if seen > SEEN and seen >= gap:
        return "underfits"
    return "fits"


def _parts(seen: float, unseen: float) -> str:
    gap = 100 * (unseen - seen)
    if gap <= 0:
        here = f"{_percent(unseen)} of them are wrong, and {_percent(seen)} of those that it was trained on"
        return f"It errs no more often on images that it has not seen: {here}."
    return (
        f"Of {100 * unseen:.2f} points of error on validation images, {100 * seen:.2f} are there on images that it was "
        f"trained on as well, and {gap:.2f} are the gap."
    )


def _trend(rows: Sequence[Mapping[str, Any]], kind: Kind) -> str:
    tested = [row for row in rows if row.get("validation_loss") is not None]
    if len(tested) < 3:
        return ""
    lowest, last = min(tested, key=lambda row: row["validation_loss"]), tested[-1]
    if last["validation_loss"] > ROSE * lowest["validation_loss"] and last["train_loss"] < lowest["train_loss"]:
        return (
            f"From epoch {lowest['epoch']} to {last['epoch']} the validation loss rose from "
            f"{lowest['validation_loss']:.4f} to {last['validation_loss']:.4f} while the training loss fell from "
            f"{lowest['train_loss']:.4f} to {last['train_loss']:.4f}: its probabilities overfit."
        )
    late = max(1, len(tested) // 5)
    before = min(row["validation_loss"] for row in tested[:-late])
    now = min(row["validation_loss"] for row in tested[-late:])
    if now < FELL * before and kind != "not learnt":
        epochs = "epoch" if late == 1 else f"{late} epochs"
        return (
            f"It was still getting better: in the last {epochs} the validation loss fell by "
            f"{100 * (1 - now / before):.0f} %, from {before:.4f} to {now:.4f}. More epochs may help."
        )
    return ""


def _percent(part: float) -> str:
    return f"{100 * part:.2f} %"


_TITLES: dict[Kind, str] = {
    "not learnt": "It has not learnt",
    "overfits": "It overfits",
    "underfits": "It underfits",
    "fits": "It fits well",
}
_TRIES: dict[Kind, str] = {
    "not learnt": "To try: another learning rate, ten times lower first; see whether its loss falls at all.",
    "overfits": "To try: augmentation, weight decay, dropout, label smoothing, a smaller network, or more images.",
    "underfits": "To try: more epochs, another learning rate, a larger network, or less augmentation and decay.",
    "fits": "",
}
