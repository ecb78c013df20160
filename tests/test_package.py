"""The public door: what `import netspec` offers, and `python -m netspec`."""

from __future__ import annotations

import re
import runpy
import sys
from importlib.metadata import PackageNotFoundError, version

import pytest

import netspec


def test_every_public_name_is_there_and_listed() -> None:
    try:
        names = netspec.__all__ if version("netspec-compiler") else []
    except PackageNotFoundError:  # in a checkout that is not installed there is no version to tell
        names = [name for name in netspec.__all__ if name != "__version__"]
    assert all(getattr(netspec, name) is not None for name in names)
    assert dir(netspec) == sorted(netspec.__all__)


def test_the_version_is_that_of_the_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", {"netspec-compiler": "1.2.3"}.__getitem__)
    assert netspec.__version__ == "1.2.3"


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match=r"^module 'netspec' has no attribute 'Layer'$"):
        netspec.Layer  # noqa: B018


def test_python_m_netspec_is_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["netspec", "explain", "784-10N", "dense1"])
    with pytest.raises(SystemExit) as left:
        runpy.run_module("netspec", run_name="__main__")
    assert left.value.code == 0
    assert re.search(r"7,?850", capsys.readouterr().out)
    runpy.run_module("netspec.__main__", run_name="imported")
