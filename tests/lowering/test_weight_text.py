"""Weights as text."""

from __future__ import annotations

import torch

from netspec.lowering.weight_text import lines


def test_rows_stand_in_lines_and_matrices_apart() -> None:
    kernels = torch.arange(12.0).reshape(2, 1, 2, 3) / 8
    found = list(lines({"c.weight": kernels, "c.bias": torch.tensor([0.5, -1.0]), "n": torch.tensor(3)}))
    assert [" ".join(line.split()) for line in found] == [
        "# 3 tensors, 15 numbers",
        "",
        "c.weight 2x1x2x3",
        "0 0.125 0.25",
        "0.375 0.5 0.625",
        "",
        "0.75 0.875 1",
        "1.125 1.25 1.375",
        "",
        "c.bias 2",
        "0.5 -1",
        "",
        "n 1",
        "3",
    ]


def test_every_number_of_32_bits_is_said_exactly() -> None:
    values = torch.randint(-(2**31), 2**31, (500,), generator=torch.Generator().manual_seed(0)).int()
    numbers = values.view(torch.float32)
    numbers = numbers[numbers.isfinite()]
    *_, row = lines({"x": numbers})
    assert torch.tensor(list(map(float, row.split()))).equal(numbers)


def test_a_matrix_is_one_block_and_an_empty_tensor_none() -> None:
    assert list(lines({"d": torch.zeros(2, 2)}))[2:] == ["d  2x2", *[f"{'0':>15} {'0':>15}"] * 2]
    assert list(lines({"e": torch.zeros(0, 2)}))[2:] == ["e  0x2"]
    assert list(lines({"e": torch.zeros(2, 0)}))[2:] == ["e  2x0"]
