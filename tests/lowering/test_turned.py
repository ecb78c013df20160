"""What training keeps of values that do not lie in order, as torch's own hooks measure it."""

from __future__ import annotations

import pytest

from netspec.diagnostics import SpecError
from netspec.lowering.verify import verify

pytest.importorskip("torch")

STARTS = (
    "4x8x8-layernorm",
    "4x8x6-permute([1,2,0])",
    "6x9-permute([1,0])",
    "3x16x16-patches(4,8)",
    "3x16x16-patches(4,8)-slice(0,5)",
    "3x16x16-patches(4,8)-classtoken-taketoken",
    "8x6x6-slice(2,6)",
    "8x6x6-layernorm-slice(2,6)",
)
MIDDLES = (
    *("relu", "8C3p1-relu", "MP2", "AP2", "bn", "lrn", "gelu-dropout(0.5)", "16N-relu", "attention(2)", "layernorm"),
    *("add{|identity|relu}", "concat{|identity|relu}", "add{|identity|8C3p1}", "mul{|identity|GAP}", "groupnorm(2)"),
    *("upsample(2)", "zeropad(1)", "tconv(4,2,stride=2)", "scale(0.1)", "softmax", "prelu", "l2norm", "noise(0.1)"),
    *("droppath(0.1)", "pixelshuffle(2)", "adaptivepool(3)", "permute([2,0,1])", "crop(4)", "position", "scaledtanh"),
    *("maxout(2)", "conv(4,3,pad=[1,0])", "avgpool(3,stride=2,pad=same)", "local(4,3)", "subsample(2)"),
    *("instancenorm", "spp([2,1])", "reshape([8,8])"),
)

NOT_AS_FAKES_SAY = ("4x8x6-permute([1,2,0])-bn", "6x9-permute([1,0])-bn")
"""Torch's batch norm gives these in order; its fake tensors, by which is measured, leave them turned."""


@pytest.mark.parametrize("start", STARTS)
def test_what_is_kept_behind_a_value_that_does_not_lie_in_order_is_what_torch_keeps(start: str) -> None:
    legal = 0
    for middle in MIDDLES:
        for end in ("", "-relu-flatten-5N"):
            if f"{start}-{middle}" in NOT_AS_FAKES_SAY:
                continue
            try:
                found = verify(f"{start}-{middle}{end}", field=False)
            except SpecError:
                continue  # a layer for other shapes
            legal += 1
            assert found.differences == (), f"{start}-{middle}{end}"
    assert legal > 10
