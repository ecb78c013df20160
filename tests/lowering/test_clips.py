"""Clips: fields, whose footprints are measured on cubes of pixels, and means over windows larger than the clip."""

from __future__ import annotations

import pytest

import netspec
from netspec.lowering.verify import verify

torch = pytest.importorskip("torch")


def test_a_large_field_of_a_clip_is_not_measured_because_its_cube_would_not_fit_in_memory() -> None:
    found = verify("1x16x24x24 - 2C9p4 as small - 2C5s2p2 as medium - 2C5s2p2 as large - GAP - 3N")
    assert found.differences == ()
    assert found.field == ("small", "medium")  # 9 and 13 pixels, but 21


@pytest.mark.parametrize(
    ("size", "arguments", "of_torch"),
    [
        (1, "ceil=true", {"ceil_mode": True}),
        (2, "stride=1, pad=1", {"stride": 1, "padding": 1}),
        (2, "stride=1, pad=1, count_pad=false", {"stride": 1, "padding": 1, "count_include_pad": False}),
        (2, "stride=2, pad=1, ceil=true", {"stride": 2, "padding": 1, "ceil_mode": True}),
        (
            *(2, "stride=2, pad=1, ceil=true, count_pad=false"),
            {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
        ),
    ],
)
def test_a_mean_over_windows_that_are_larger_than_the_clip_is_that_of_maps(
    size: int, arguments: str, of_torch: dict[str, int]
) -> None:
    per_axis = {"stride=1": "stride=1x1x1", "stride=2": "stride=2x2x1", "pad=1": "pad=[[1, 1], [1, 1], [0, 0]]"}
    for one, three in per_axis.items():
        arguments = arguments.replace(one, three)
    spec = f"input 2x{size}x6x3\navgpool(3x3x1, {arguments})"
    clip = torch.rand(2, 2, size, 6, 3)
    with pytest.raises(RuntimeError, match="smaller than kernel size"):
        torch.nn.AvgPool3d((3, 3, 1), padding=(1, 1, 0))(clip)
    maps = clip.movedim(4, 1).flatten(0, 1)  # each column of the clip as a map
    wanted = torch.nn.AvgPool2d(3, **of_torch)(maps).unflatten(0, (2, 3)).movedim(1, 4)
    torch.testing.assert_close(netspec.build(spec)(clip), wanted)
    assert verify(spec).differences == ()
