"""Figures of a test, against counting by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from netspec.training.evaluation import Evaluation, evaluate, to_json
from netspec.training.losses import losses
from netspec.training.network import Network

LOSSES = losses({}, ["main"])


class Given(nn.Module):
    """Gives the image itself, flattened, as scores."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)


def found(scores: Tensor, labels: list[int], classes: int, *, flips: bool = False, size: int = 2) -> Evaluation:
    images, of = scores[:, None, None, :], torch.tensor(labels)
    batches = zip(images.split(size), of.split(size), strict=True)
    network = Network(Given(), "main", frozenset(), ())
    return evaluate(network, batches, LOSSES, classes, flips=flips)


def test_loss_top_1_classes_and_confusion_are_those_of_counting() -> None:
    scores = torch.tensor([[3.0, 1, 0], [0, 2, 1], [0, 2, 1], [0, 0, 5], [1, 0, 0]])
    result = found(scores, [0, 1, 0, 0, 0], 3)
    assert result.images == 5 and result.top1 == pytest.approx(3 / 5) and result.top5 is None
    assert result.per_class == (0.5, 1.0, None)
    assert result.confusion == ((2, 1, 1), (0, 1, 0), (0, 0, 0))
    assert result.loss == pytest.approx(cross_entropy(scores, torch.tensor([0, 1, 0, 0, 0])).item())


def test_over_ten_classes_the_best_five_are_counted() -> None:
    scores = torch.arange(11.0).flip(0).repeat(3, 1)  # class 0 is the likeliest, 4 the fifth
    result = found(scores, [0, 4, 5], 11)
    assert (result.top1, result.top5) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_the_batches_do_not_matter() -> None:
    scores = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    one, other = (found(scores, [0, 1, 2, 3, 0, 1, 2], 4, size=size) for size in (7, 2))
    assert one.loss == pytest.approx(other.loss) and one.confusion == other.confusion


def test_flips_test_the_mean_of_an_image_and_its_mirror_image() -> None:
    scores = torch.tensor([[2.0, 0.0, 0.5]])
    mean = (scores.softmax(1) + scores.flip(1).softmax(1)) / 2
    assert found(scores, [2], 3, flips=True).loss == pytest.approx(-mean[0, 2].log().item(), rel=1e-6)


def test_a_network_may_know_more_classes_than_the_data_have() -> None:
    assert found(torch.tensor([[0.0, 1, 2]]), [0], 2).confusion == ((0, 0, 1), (0, 0, 0))


def test_without_images_there_is_nothing_to_say() -> None:
    with pytest.raises(ValueError, match="no images"):
        evaluate(Network(Given(), "main", frozenset(), ()), [], LOSSES, 2)


def test_it_is_data_for_programs() -> None:
    assert set(to_json(found(torch.eye(2), [0, 1], 2))) >= {"loss", "top1", "top5", "per_class", "confusion"}
