"""Calibration and the most wrong answers, against sums by hand."""

from __future__ import annotations

import pytest
import torch

from netspec.training.evidence.answers import Answers, Listener, most_wrong
from netspec.training.evidence.calibration import calibration, to_json


def answers(sure: list[float], right: list[bool]) -> Answers:
    said = torch.zeros(len(sure), dtype=torch.int64)
    true = torch.tensor([0 if each else 1 for each in right])
    return Answers(true, said, torch.tensor(sure, dtype=torch.float64), torch.zeros(len(sure), dtype=torch.float64))


def test_the_error_is_the_mean_distance_within_bins() -> None:
    found = calibration(answers([0.9, 0.95, 0.91, 0.3], [True, False, True, True]), count=10)
    by_hand = (1 * abs(0.3 - 1) + 1 * abs(0.9 - 1) + 2 * abs((0.95 + 0.91) / 2 - 0.5)) / 4
    assert found.error == pytest.approx(by_hand)
    assert (found.sure, found.right) == (pytest.approx(0.765), 0.75)


def test_one_who_is_as_often_right_as_he_says_has_no_error() -> None:
    assert calibration(answers([0.75] * 4, [True, True, True, False])).error == pytest.approx(0)


def test_an_edge_belongs_to_the_bin_below_it() -> None:
    (one,) = calibration(answers([0.5], [True]), count=2).bins
    assert (one.low, one.high) == (0.0, 0.5)
    (two,) = calibration(answers([1.0], [True])).bins
    assert two.high == 1.0


def test_its_bins_hold_all_images() -> None:
    sure = torch.rand(1000, generator=torch.Generator().manual_seed(0)).tolist()
    found = to_json(calibration(answers(sure, [each > 0.5 for each in sure])))
    assert sum(each["images"] for each in found["bins"]) == 1000 and len(found["bins"]) == 15
    assert set(found) == {"error", "confidence", "right", "bins"}


def test_probabilities_are_a_softmax_of_the_scores() -> None:
    heard = Listener()
    heard(torch.tensor([[0.0, 2.0], [1.0, 1.0]]), torch.tensor([0, 1]))
    heard(torch.tensor([[3.0, 0.0]]), torch.tensor([0]))
    found = heard.answers()
    assert found.said.tolist() == [1, 0, 0] and found.true.tolist() == [0, 1, 0]
    assert found.sure[0].item() == pytest.approx(0.880797, abs=1e-6)
    assert found.of_true.tolist() == pytest.approx([0.119203, 0.5, 0.952574], abs=1e-6)


def test_the_most_wrong_finds_the_truth_least_likely() -> None:
    of_true = torch.tensor([0.3, 0.9, 0.01, 0.2], dtype=torch.float64)
    said, true = torch.tensor([1, 0, 1, 1]), torch.tensor([0, 0, 0, 0])
    found = Answers(true, said, torch.ones(4, dtype=torch.float64), of_true)
    assert most_wrong(found, 2) == [2, 3] and most_wrong(found, 9) == [2, 3, 0]
