"""Our pools, compared with a loop over the windows."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from netspec.lowering.modules import AvgPool, SpatialPyramid, Subsample  # noqa: E402
from tests.lowering.modules.plain import filled, window  # noqa: E402


@pytest.mark.parametrize(
    ("sizes", "kernel", "stride", "before", "after"),
    [
        ((6,), (3,), (2,), (0,), (1,)),
        ((6, 5), (3, 3), (2, 2), (0, 1), (1, 1)),
        ((7, 4), (2, 3), (1, 2), (0, 0), (1, 1)),
        ((3, 4, 5), (2, 2, 2), (2, 2, 2), (0, 0, 0), (1, 0, 1)),
    ],
)
def test_a_mean_leaves_its_padding_out(
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    before: tuple[int, ...],
    after: tuple[int, ...],
) -> None:
    x = torch.randn(2, 3, *sizes)
    out = [
        (n + b + a - k) // s + 1 for n, k, s, b, a in zip(sizes, kernel, stride, before, after, strict=True)
    ]  # fmt: skip
    expected = filled(2, 3, out, lambda place: window(x, place, kernel, stride, before).flatten(2).mean(2))
    pad = tuple(amount for pair in reversed([*zip(before, after, strict=True)]) for amount in pair)
    torch.testing.assert_close(AvgPool(kernel, stride, pad)(x), expected)


@pytest.mark.parametrize(("size", "out", "before"), [(5, 3, 1), (6, 3, 0), (7, 4, 1), (2, 1, 0), (1, 1, 1)])
def test_same_padding_is_measured_on_what_flows_in(size: int, out: int, before: int) -> None:
    x = torch.randn(2, 3, size, size)
    # TensorFlow's SAME for windows of 3 at steps of 2: ⌈n/2⌉ windows, and the odd pixel after
    total = max((out - 1) * 2 + 3 - size, 0)
    assert total // 2 == before

    def one(place: tuple[int, ...]) -> Tensor:
        return window(x, place, (3, 3), (2, 2), (before, before)).flatten(2).mean(2)

    torch.testing.assert_close(AvgPool(3, 2)(x), filled(2, 3, (out, out), one))


@pytest.mark.parametrize(
    ("sizes", "kernel", "stride"), [((7,), (3,), (2,)), ((6, 5), (2, 2), (2, 2)), ((4, 4, 6), (2, 1, 3), (2, 1, 3))]
)
def test_subsampling_scales_the_sum_of_each_window_and_adds_a_bias(
    sizes: tuple[int, ...], kernel: tuple[int, ...], stride: tuple[int, ...]
) -> None:
    module, x = Subsample(3, kernel, stride), torch.randn(2, 3, *sizes)
    with torch.no_grad():
        module.weight.copy_(torch.randn(3))
        module.bias.copy_(torch.randn(3))
    out = [(n - k) // s + 1 for n, k, s in zip(sizes, kernel, stride, strict=True)]

    def one(place: tuple[int, ...]) -> Tensor:
        sums = window(x, place, kernel, stride, (0,) * len(kernel)).flatten(2).sum(2)
        return sums * module.weight + module.bias

    torch.testing.assert_close(module(x), filled(2, 3, out, one))


def test_subsampling_steps_by_its_window_and_starts_as_the_sum() -> None:
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert torch.equal(Subsample(1, 2)(x), torch.tensor([[[[10.0, 18.0], [42.0, 50.0]]]]))


@pytest.mark.parametrize("mode", ["max", "avg"])
@pytest.mark.parametrize("sizes", [(7,), (6, 5), (4, 3, 5)])
def test_a_pyramid_pools_to_grids_of_cells_in_the_order_of_its_levels(sizes: tuple[int, ...], mode: str) -> None:
    x, levels = torch.randn(2, 3, *sizes), (3, 1, 2)

    def cells(level: int) -> Tensor:
        def one(place: tuple[int, ...]) -> Tensor:
            cell = x
            for axis, (o, n) in enumerate(zip(place, sizes, strict=True), 2):
                first, last = o * n // level, -(-(o + 1) * n // level)
                cell = cell.narrow(axis, first, last - first)
            return cell.flatten(2).amax(2) if mode == "max" else cell.flatten(2).mean(2)

        return filled(2, 3, (level,) * len(sizes), one).flatten(1)

    expected = torch.cat([cells(level) for level in levels], 1)
    torch.testing.assert_close(SpatialPyramid(levels, mode)(x), expected)
