"""The page about data does what it says."""

from __future__ import annotations

import re
from pathlib import Path

from netspec.data.known import KNOWN
from netspec.data.layouts import LAYOUTS

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


def test_its_python_runs_from_top_to_bottom() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # noqa: S102 - the page's own code


def test_it_names_every_known_set_and_every_layout() -> None:
    for name in (*KNOWN, *LAYOUTS):
        assert f"`{name}`" in PAGE, name
