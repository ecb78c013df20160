"""Specs with their whole expected output: `specs/ok/*.txt` is the table, `specs/bad/*.txt` every error.

A case needs no Python: write `name.spec`, run `UPDATE=1 pytest tests/test_spec_files.py`, and read what it wrote.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netspec.cli import main

SPECS = Path(__file__).parent / "specs"
UPDATE = bool(os.environ.get("UPDATE")) and not os.environ.get("CI")


def cases(folder: str) -> list[str]:
    return sorted(path.stem for path in (SPECS / folder).glob("*.spec"))


def compare(expected: Path, text: str) -> None:
    if UPDATE:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", cases("ok"))
def test_a_good_spec_prints_its_table(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SPECS / "ok")
    assert main(["analyze", f"{name}.spec"]) == 0
    printed = capsys.readouterr()
    compare(SPECS / "ok" / f"{name}.txt", printed.out + printed.err)


@pytest.mark.parametrize("name", cases("bad"))
def test_a_bad_spec_prints_its_errors_and_nothing_else(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SPECS / "bad")
    assert main(["analyze", f"{name}.spec"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    compare(SPECS / "bad" / f"{name}.txt", printed.err)


def test_every_expected_text_has_its_spec() -> None:
    for folder in ("ok", "bad"):
        assert sorted(path.stem for path in (SPECS / folder).glob("*.txt")) == cases(folder)
