"""What acts in training only, by its chances."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from netspec.lowering.modules import DropPath, Noise  # noqa: E402


def test_whole_images_are_dropped_and_the_others_made_up_for_it() -> None:
    torch.manual_seed(0)
    module, x = DropPath(0.25), torch.rand(4000, 2, 3) + 1
    ratio = (module(x) / x).flatten(1)
    torch.testing.assert_close(ratio.amin(1), ratio.amax(1))
    kept = ratio[:, 0] > 0
    torch.testing.assert_close(ratio[kept], torch.full_like(ratio[kept], 4 / 3))
    assert 0.72 < kept.float().mean() < 0.78


def test_nothing_is_dropped_at_a_rate_of_nought() -> None:
    x = torch.randn(3, 4)
    assert DropPath(0)(x) is x


def test_noise_has_mean_nought_and_its_deviation() -> None:
    torch.manual_seed(0)
    x = torch.randn(100, 100)
    noise = Noise(0.3)(x) - x
    assert noise.mean().abs() < 0.01
    assert 0.29 < noise.std() < 0.31
