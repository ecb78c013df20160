"""Every code has a page, whose bad example gives exactly this code and whose good example doesn't give it.

What the bad example prints is in `errors/E203.txt`, whole; `UPDATE=1 pytest tests/test_errors_pages.py` writes it anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.codes import CODES, page, parse_page
from netspec.diagnostics import render_all

ROOT = Path(__file__).parent.parent
PAGES = {code: parse_page(page(code)) for code in CODES}
PRINTED = Path(__file__).parent / "errors"
UPDATE = bool(os.environ.get("UPDATE")) and not os.environ.get("CI")


def codes_of(text: str) -> set[str]:
    """The codes of all that compiling a spec finds."""
    return {each.code for each in netspec.check(text)}


def compare(code: str, printed: str) -> None:
    """The whole text that an error's example prints is as it was last read by a person."""
    expected = PRINTED / f"{code}.txt"
    if UPDATE:
        expected.write_text(printed, encoding="utf-8")
    assert printed == expected.read_text(encoding="utf-8")


def test_the_table_has_every_code_that_the_program_uses_and_no_other():
    used: set[str] = set()
    for path in (ROOT / "netspec").rglob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r"\b[EWN]\d{3}\b", path.read_text(encoding="utf-8")))
    assert used - set(CODES) == set()
    assert set(CODES) - used == set()


def test_every_page_belongs_to_a_code():
    assert {path.stem for path in (ROOT / "docs" / "errors").glob("*.md")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_has_its_title_and_all_its_parts(code):
    read = PAGES[code]
    assert read.title == f"{code}: {CODES[code]}"
    assert read.why and read.bad and read.good and read.advice


@pytest.mark.parametrize("code", [code for code, read in PAGES.items() if not read.commands])
def test_the_bad_example_gives_this_code_and_the_good_one_does_not(code):
    bad, good = codes_of(PAGES[code].bad), codes_of(PAGES[code].good)
    quieter = {"E": "WN", "W": "N", "N": ""}[code[0]]
    assert {each for each in bad if each[0] not in quieter} == {code}
    assert not {each for each in good if each == code or each[0] == "E"}


@pytest.mark.parametrize("code", [code for code, read in PAGES.items() if not read.commands])
def test_the_bad_example_prints_the_expected_text(code):
    compare(code, render_all(netspec.check(PAGES[code].bad)) + "\n")


def test_every_expected_text_belongs_to_a_code():
    assert {path.stem for path in PRINTED.glob("*.txt")} == set(CODES)


def session(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the last command of a session at the shell; files that it shows by `cat` are made first."""
    *shown, command = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    for each in shown:
        line, _, content = each.partition("\n")
        (folder / line.removeprefix("cat ")).write_text(content, encoding="utf-8")
    (folder / "blocks").mkdir()
    (folder / "blocks" / "common.spec").write_text("block small() { 8C3 }\n", encoding="utf-8")
    (folder / "weights.spec").write_bytes(bytes(10 * 1024 * 1024 + 1))
    shell = f'netspec() {{ "{sys.executable}" -m netspec "$@"; }}\n{command}'
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(["/bin/sh", "-c", shell], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("code", [code for code, read in PAGES.items() if read.commands])
def test_the_bad_command_gives_this_code_and_the_good_one_runs(code, tmp_path):
    (tmp_path / "bad").mkdir()
    bad = session(PAGES[code].bad, tmp_path / "bad")
    assert set(re.findall(r"^\w+\[(\w+)\]", bad.stderr, re.MULTILINE)) == {code}
    assert (bad.returncode, bad.stdout) == (2, "")
    compare(code, bad.stderr)
    (tmp_path / "good").mkdir()
    good = session(PAGES[code].good, tmp_path / "good")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout


def test_an_unknown_code_has_no_page():
    with pytest.raises(KeyError):
        page("E999")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# E1: x\n\nwhy\n", "the page has no '## Bad'"),
        (
            "## Bad\n\nno fence\n\n## Good\n\n```spec\n8C3\n```\n\n## What to do\n\nx",
            "not one fenced example: 'no fence'",
        ),
        ("## Bad\n\n```spec\n8C3\n\n## Good\n\n```\n```\n\n## What to do\n\nx", "not one fenced example: '```spec'"),
    ],
)
def test_a_page_that_is_not_in_form_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_page(text)
