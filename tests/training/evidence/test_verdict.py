"""Whether a network under- or overfits, and the figures that say so."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.training.evidence.verdict import verdict


def of(top1: float, images: int = 5000, classes: int = 10) -> dict[str, Any]:
    return {"top1": top1, "images": images, "confusion": [[0]] * classes}


def row(epoch: int, train: float, validation: float) -> dict[str, Any]:
    return {"epoch": epoch, "train_loss": train, "validation_loss": validation}


@pytest.mark.parametrize(
    ("train", "validation", "kind"),
    [
        (0.11, 0.10, "not learnt"),
        (0.18, 0.18, "not learnt"),
        (0.20, 0.20, "underfits"),
        (0.85, 0.84, "underfits"),
        (0.90, 0.81, "underfits"),
        (0.90, 0.79, "overfits"),
        (1.00, 0.97, "overfits"),
        (1.00, 0.981, "fits"),
        (0.96, 0.93, "fits"),
        (0.97, 0.98, "fits"),
    ],
)
def test_the_larger_part_of_the_error_decides(train: float, validation: float, kind: str) -> None:
    assert verdict(of(train), of(validation), []).kind == kind


def test_what_chance_makes_of_few_images_is_not_overfitting() -> None:
    assert verdict(of(0.98, 100), of(0.94, 100), []).kind == "fits"
    assert verdict(of(0.98, 10000), of(0.94, 10000), []).kind == "overfits"


def test_the_figures_are_said() -> None:
    made = verdict(of(1.0), of(0.95), [])
    assert made.title == "It overfits" and "augmentation" in made.tries
    first, second = made.sentences[:2]
    assert first == (
        "On training images, as they are, 100.00 % are right (5,000 tested); on validation images 95.00 % (5,000)."
    )
    assert second == (
        "Of 5.00 points of error on validation images, 0.00 are there on images that it was trained on as well, "
        "and 5.00 are the gap."
    )


def test_a_network_that_errs_less_on_what_it_has_not_seen_is_said_so() -> None:
    said = verdict(of(0.96), of(0.97), []).sentences[1]
    assert said == (
        "It errs no more often on images that it has not seen: 3.00 % of them are wrong, and 4.00 % of those that it "
        "was trained on."
    )


def test_probabilities_that_overfit_are_seen_by_the_loss() -> None:
    rows = [row(1, 0.9, 0.8), row(2, 0.4, 0.5), row(3, 0.2, 0.6), row(4, 0.1, 0.7)]
    said = verdict(of(1.0), of(0.985), rows).sentences[-1]
    assert said == (
        "From epoch 2 to 4 the validation loss rose from 0.5000 to 0.7000 while the training loss fell from 0.4000 to "
        "0.1000: its probabilities overfit."
    )


def test_a_training_that_still_got_better_is_said_so() -> None:
    rows = [row(each, 1 / each, 1 / each) for each in range(1, 11)]
    said = verdict(of(0.9), of(0.9), rows).sentences[-1]
    assert said == (
        "It was still getting better: in the last 2 epochs the validation loss fell by 20 %, from 0.1250 to 0.1000. "
        "More epochs may help."
    )
    flat = [row(each, 1 / each, 0.5) for each in range(1, 11)]
    assert "getting better" not in " ".join(verdict(of(0.9), of(0.9), flat).sentences)


def test_without_validation_there_is_nothing_to_tell_by() -> None:
    assert verdict(None, None, []).kind == "unknown"
