"""The wheel: built, installed into an empty environment, used from another folder."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def netspec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "empty")
    python = folder / "empty" / "bin" / "python"
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=folder)
    return folder / "empty" / "bin" / "netspec"


def test_an_installed_netspec_analyses_a_shipped_network_from_another_folder(netspec: Path, tmp_path: Path) -> None:
    for name in ("alexnet", "alexnet.spec"):
        table = run(netspec, "analyze", name, cwd=tmp_path)
        assert "60,965,224" in table and "724,406,816" in table


def test_an_installed_netspec_finds_the_blocks_and_the_pages_of_errors(netspec: Path, tmp_path: Path) -> None:
    assert "11,689,512" in run(netspec, "analyze", "resnet18", cwd=tmp_path)
    assert run(netspec, "explain", "E203", cwd=tmp_path)


def test_an_installed_netspec_has_every_spec_and_the_page_beside_them_is_none(netspec: Path, tmp_path: Path) -> None:
    shipped = {path.stem for path in (ROOT / "specs").glob("*.spec")}
    assert {each["name"] for each in json.loads(run(netspec, "list", "--json", cwd=tmp_path))} == shipped
    folder = Path(run(netspec, "show", "--path", "alexnet", cwd=tmp_path).strip()).parent
    assert folder.is_relative_to(netspec.parents[1])
    assert {path.relative_to(folder) for path in folder.rglob("*.spec")} == {
        path.relative_to(ROOT / "specs") for path in (ROOT / "specs").rglob("*.spec")
    }
    assert not [*netspec.parents[1].rglob("*.svg")]
    assert run(netspec, "show", "resnet50", cwd=tmp_path) == (ROOT / "specs/resnet50.spec").read_text(encoding="utf-8")


def test_a_file_in_the_way_wins_over_a_shipped_network(netspec: Path, tmp_path: Path) -> None:
    (tmp_path / "alexnet.spec").write_text("784 - 10N\n")
    assert "7,850" in run(netspec, "analyze", "alexnet.spec", cwd=tmp_path)
