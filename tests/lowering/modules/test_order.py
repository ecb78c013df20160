"""What a module gives lies in order, so that flattening it makes no copy which the figures don't count."""

from __future__ import annotations

import pytest

from netspec.lowering.verify import verify

torch = pytest.importorskip("torch")

from netspec.lowering.modules import CenterCrop, Local  # noqa: E402 - needs torch


@pytest.mark.parametrize("module", [CenterCrop((3, 5)), CenterCrop((7, 9)), Local(4, 6, 3, (5, 7))], ids=str)
def test_what_is_cut_out_or_computed_place_by_place_lies_in_order(module: torch.nn.Module) -> None:
    assert module(torch.randn(2, 4, 7, 9)).is_contiguous()


def test_a_map_that_is_cut_out_is_a_copy() -> None:
    x = torch.randn(2, 4, 7, 9)
    for size in ((3, 5), (7, 9)):
        assert CenterCrop(size)(x).untyped_storage().data_ptr() != x.untyped_storage().data_ptr()


@pytest.mark.parametrize(
    "spec", ["4x8x8 - 8C3 - crop(3) - 10N", "4x8x8 - 8C3 - crop(6) - relu - 10N", "4x8x8 - local(6, 3) - relu - 10N"]
)
def test_training_keeps_what_is_stated_where_it_is_flattened(spec: str) -> None:
    assert verify(spec, field=False).differences == ()
