"""Fields of clips, whose footprints are measured on cubes of pixels."""

from __future__ import annotations

import pytest

from netspec.lowering.verify import verify

pytest.importorskip("torch")


def test_a_large_field_of_a_clip_is_not_measured_because_its_cube_would_not_fit_in_memory() -> None:
    found = verify("1x16x24x24 - 2C9p4 as small - 2C5s2p2 as medium - 2C5s2p2 as large - GAP - 3N")
    assert found.differences == ()
    assert found.field == ("small", "medium")  # 9 and 13 pixels, but 21
