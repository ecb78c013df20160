"""The pictures that are shipped are those of the networks."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec import library
from netspec.draw import catalogue
from netspec.library import networks

PICTURES = Path(__file__).parents[2] / "docs" / "networks"


@pytest.mark.parametrize("shipped", networks(), ids=lambda shipped: shipped.name)
def test_the_picture_of_a_network_is_current(shipped: library.Shipped) -> None:
    kept = (PICTURES / f"{shipped.name}.svg").read_text(encoding="utf-8")
    assert kept == catalogue.drawn(shipped), "run python -m netspec.draw.catalogue"


def test_there_is_a_picture_for_each_network_and_no_other_file() -> None:
    assert sorted(path.name for path in PICTURES.iterdir()) == sorted(f"{each.name}.svg" for each in networks())


def test_pictures_are_small() -> None:
    assert all(path.stat().st_size < 6_000 for path in PICTURES.iterdir())


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with one network."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "made.spec").write_text("# Made: A 2000\n# family: f · year: 2000\n\n1x8x8 - 4C3 - 10N\n")
    monkeypatch.setattr(library, "folder", lambda: tmp_path / "specs")
    monkeypatch.delitem(sys.modules, "netspec.draw.catalogue")
    library.networks.cache_clear()
    yield tmp_path
    library.networks.cache_clear()


def command() -> object:
    """Run the module as a program; the exit status."""
    with pytest.raises(SystemExit) as left:
        runpy.run_module("netspec.draw.catalogue", run_name="__main__")
    return left.value.code


def test_the_command_writes_the_page_and_the_pictures_and_removes_old_ones(checkout: Path) -> None:
    pictures = checkout / "docs" / "networks"
    pictures.mkdir(parents=True)
    for name in ("gone", "made"):
        (pictures / f"{name}.svg").write_text("<svg/>")
    assert command() == 0
    assert [path.name for path in pictures.iterdir()] == ["made.svg"]
    assert "[`made`](made.spec)<br>Made: A 2000" in (checkout / "specs" / "README.md").read_text(encoding="utf-8")


def test_the_command_is_for_a_checkout(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command() == 2
    assert capsys.readouterr().err == "the page and the pictures belong to a checkout of netspec, and this is none\n"
    assert [path.name for path in checkout.iterdir()] == ["specs"]
