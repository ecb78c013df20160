"""Our convolutions, compared with a loop over maps and places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from netspec.lowering.modules import ConnectedConv, Local, PadSame  # noqa: E402
from tests.lowering.modules.plain import filled, window  # noqa: E402

CONVOLUTIONS: dict[int, Any] = {1: nn.functional.conv1d, 2: nn.functional.conv2d, 3: nn.functional.conv3d}
TABLE = ((0, 2), (1,), (2, 1, 0), (3, 0))


@pytest.mark.parametrize("kernel", [(3,), (3, 2), (2, 1, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_map_is_a_convolution_of_the_channels_that_its_row_names(kernel: tuple[int, ...], bias: bool) -> None:
    module = ConnectedConv(4, kernel, TABLE, stride=2, padding=1, dilation=1, bias=bias)
    x = torch.randn(2, 4, *(7, 6, 5)[: len(kernel)])
    maps, used = [], 0
    for number, row in enumerate(TABLE):
        kernels = module.weight[used : used + len(row)]
        constant = None if module.bias is None else module.bias[number : number + 1]
        maps.append(CONVOLUTIONS[len(kernel)](x[:, list(row)], kernels[None], constant, 2, 1))
        used += len(row)
    torch.testing.assert_close(module(x), torch.cat(maps, 1))


def test_a_full_table_is_a_convolution() -> None:
    module, x = ConnectedConv(2, (3, 3), ((0, 1, 2), (0, 1, 2)), dilation=2), torch.randn(2, 3, 8, 8)
    expected = nn.functional.conv2d(x, module.weight.view(2, 3, 3, 3), module.bias, dilation=2)
    torch.testing.assert_close(module(x), expected)


def test_the_table_is_no_part_of_the_weights() -> None:
    assert list(ConnectedConv(4, (3, 3), TABLE).state_dict()) == ["weight", "bias"]


def test_a_map_starts_by_how_many_channels_it_sees() -> None:
    torch.manual_seed(0)
    module = ConnectedConv(2, (5, 5), ((0,), tuple(range(100))))
    few, many = module.weight[:1].abs().max(), module.weight[1:].abs().max()
    assert 0.15 < few <= 1 / 5
    assert 0.0195 < many <= 1 / 50


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_each_place_has_the_kernels_of_its_block(data: st.DataObject) -> None:
    rank = data.draw(st.integers(1, 3))

    def axes(least: int, most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(least, most)) for _ in range(rank))

    kernel, stride, share, out, bias = axes(1, 2), axes(1, 2), axes(1, 3), axes(1, 5), data.draw(st.booleans())
    module = Local(2, 3, kernel, out, stride, share, bias)
    x = torch.randn(2, 2, *((n - 1) * s + k for n, s, k in zip(out, stride, kernel, strict=True)))

    def one(place: tuple[int, ...]) -> Tensor:
        block = tuple(at // n for at, n in zip(place, share, strict=True))
        seen = window(x, place, kernel, stride, (0,) * rank).flatten(1)
        return nn.functional.linear(
            seen, module.weight[block].flatten(1), None if module.bias is None else module.bias[block]
        )

    torch.testing.assert_close(module(x), filled(2, 3, out, one))


def test_one_block_over_all_is_a_convolution() -> None:
    module, x = Local(2, 3, 3, (4, 5), share=9), torch.randn(2, 2, 6, 7)
    assert module.weight.shape == (1, 1, 3, 2, 3, 3)
    torch.testing.assert_close(module(x), nn.functional.conv2d(x, module.weight[0, 0], module.bias[0, 0]))


def test_local_kernels_start_by_what_each_sees() -> None:
    torch.manual_seed(0)
    module = Local(4, 3, 5, (6, 6))
    assert 0.099 < module.weight.abs().max() <= 0.1
    assert 0.09 < module.bias.abs().max() <= 0.1


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 5))
def test_same_padding_makes_as_many_windows_as_steps_and_puts_the_odd_pixel_after(n: int, k: int, s: int) -> None:
    padded = PadSame(k, s, value=-1.0)(torch.zeros(1, 1, n))[0, 0]
    windows = -(-n // s)
    assert (len(padded) - k) // s + 1 == windows or k < s
    least = (windows - 1) * s + k
    assert len(padded) == max(n, least)
    before = int((padded[: len(padded) // 2 + 1] == -1).long().cumprod(0).sum()) if len(padded) > n else 0
    assert before == (len(padded) - n) // 2


def test_axes_are_padded_each_by_its_own() -> None:
    padded = PadSame((4, 1, 2), (2, 1, 2))(torch.ones(1, 1, 4, 3, 5))
    assert padded.shape == (1, 1, 6, 3, 6)
    assert padded[0, 0, 0].sum() == padded[0, 0, 5].sum() == 0
    assert padded[0, 0, :, :, 5].sum() == 0
    assert padded.sum() == 60
