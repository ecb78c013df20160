"""The page about training does what it says."""

from __future__ import annotations

import re
from pathlib import Path

from netspec.cli import train

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


def test_its_python_runs() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    exec(block, {})  # noqa: S102 - the page's own code


def test_the_options_that_it_names_are_there() -> None:
    known = train.parser()._option_string_actions
    table = PAGE.partition("| option | |")[2].partition("\n\n")[0]
    named = re.findall(r"`(-{1,2}[a-z-]+)", table)
    assert len(named) >= 7 and set(named) <= set(known)
