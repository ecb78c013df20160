"""Everything in `examples/` runs, prints what its last lines say, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python and the command `netspec` are those of this checkout."""
    command = tmp_path / "bin" / "netspec"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netspec "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{command.parent}:{os.environ['PATH']}"}


def run(program: str, path: Path, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    done = subprocess.run(
        [program, path], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert list(folder.iterdir()) == []
    return done


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_prints_what_it_says(path: Path, tmp_path: Path, here: dict[str, str]) -> None:
    _, _, said = path.read_text(encoding="utf-8").partition("\n# Prints:\n")
    expected = "".join(f"{line.removeprefix('#').removeprefix(' ')}\n" for line in said.splitlines())
    done = run(sys.executable, path, tmp_path / "empty", here)
    assert expected and (done.stdout, done.stderr) == (expected, "")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.sh")), ids=lambda path: path.stem)
def test_a_shell_example_ends_well(path: Path, tmp_path: Path, here: dict[str, str]) -> None:
    done = run("bash", path, tmp_path / "empty", here)
    assert done.returncode == 0, done.stderr
    assert done.stdout
