"""Attention, compared with torch's own and, in windows, with a loop over pairs of places."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from netspec.lowering.modules import SelfAttention, WindowAttention  # noqa: E402


@pytest.mark.parametrize("bias", [True, False])
def test_attention_loads_torchs_state_dict_and_computes_the_same(bias: bool) -> None:
    torchs, module = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True), SelfAttention(12, 3, bias)
    for each in torchs.parameters():
        nn.init.normal_(each, std=0.5)
    module.load_state_dict(torchs.state_dict())
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(module(x), torchs(x, x, x, need_weights=False)[0])


def test_attention_starts_as_torchs_does() -> None:
    torch.manual_seed(0)
    module = SelfAttention(64, 4)
    assert module.in_proj_bias.abs().max() == module.out_proj.bias.abs().max() == 0
    assert 0.14 < module.in_proj_weight.abs().max() <= (6 / (64 + 192)) ** 0.5
    assert 0.12 < module.out_proj.weight.abs().max() <= 1 / 8


def plain_windows(module: WindowAttention, x: Tensor) -> Tensor:
    """Each place looks at all of its window, one pair at a time (Liu et al. 2021)."""
    side, heads, (batch, features, height, width) = module.window, module.heads, x.shape
    high, wide = -(-height // side) * side, -(-width // side) * side
    shifts = (module.shift if high > side else 0, module.shift if wide > side else 0)
    padded = torch.zeros(batch, features, high, wide)
    padded[:, :, :height, :width] = x
    projected = module.qkv(padded.permute(0, 2, 3, 1)).view(batch, high, wide, 3, heads, -1)
    out = torch.empty(batch, high, wide, features)

    def window_of(at: int, length: int, shift: int) -> tuple[int, int, bool]:
        """Of a place: its window, where it lies there, and whether it came round the end."""
        moved = (at - shift) % length
        return moved // side, moved % side, at < shift

    where = {
        (i, j): (window_of(i, high, shifts[0]), window_of(j, wide, shifts[1])) for i in range(high) for j in range(wide)
    }
    for (i, j), (row, column) in where.items():
        seen = [
            (place, other)
            for place, other in where.items()
            if (other[0][0], other[0][2], other[1][0], other[1][2]) == (row[0], row[2], column[0], column[2])
        ]
        for head in range(heads):
            query = projected[:, i, j, 0, head] * (features // heads) ** -0.5
            scores = torch.stack([(query * projected[:, p, q, 1, head]).sum(1) for (p, q), _ in seen], 1)
            table = module.relative_position_bias_table
            if table is not None:
                steps = [
                    (row[1] - other[0][1] + side - 1) * (2 * side - 1) + column[1] - other[1][1] + side - 1
                    for _, other in seen
                ]
                scores = scores + torch.stack([table[step, head] for step in steps])
            values = torch.stack([projected[:, p, q, 2, head] for (p, q), _ in seen], 1)
            part = features // heads
            out[:, i, j, head * part : (head + 1) * part] = (scores.softmax(1).unsqueeze(2) * values).sum(1)
    return module.proj(out).permute(0, 3, 1, 2)[:, :, :height, :width]


@pytest.mark.parametrize("shift", [0, 1, 2])
@pytest.mark.parametrize(("sizes", "relative"), [((6, 6), True), ((3, 6), False), ((5, 4), True), ((2, 2), True)])
def test_a_place_looks_at_its_window_and_not_round_the_end(shift: int, sizes: tuple[int, int], relative: bool) -> None:
    module = WindowAttention(4, 2, window=3, shift=shift, relative=relative)
    for each in module.parameters():
        nn.init.normal_(each)
    x = torch.randn(2, 4, *sizes)
    torch.testing.assert_close(module(x), plain_windows(module, x))


def test_windows_start_from_small_weights_without_biases() -> None:
    torch.manual_seed(0)
    module = WindowAttention(32, 4, 7)
    assert module.qkv.bias.abs().max() == module.proj.bias.abs().max() == 0
    for each in (module.qkv.weight, module.proj.weight, module.relative_position_bias_table):
        assert 0.017 < each.std() < 0.023
    assert "relative_position_bias_table" not in WindowAttention(4, 2, 3, relative=False).state_dict()
