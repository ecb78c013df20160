from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

import netspec
from netspec import library
from netspec.compiler import source_of
from netspec.source import Source


def refusal(spec: str | Path) -> tuple[str, str]:
    with pytest.raises(netspec.SpecError) as caught:
        source_of(spec)
    return caught.value.diagnostics[0].code, caught.value.diagnostics[0].title


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


@pytest.mark.parametrize("spec", ["alexnet", "alexnet.spec"])
def test_a_shipped_network_is_found_by_name(spec: str) -> None:
    found = library.find(spec)
    assert found.name == "alexnet.spec (shipped)"
    assert found.path == library.folder() / "alexnet.spec"


def test_a_shipped_file_of_blocks_is_found_by_name() -> None:
    assert "blocks/resnet" in library.blocks()
    for spec in ("blocks/resnet", "blocks/resnet.spec"):
        found = library.find(spec)
        assert (found.name, found.path) == ("blocks/resnet.spec (shipped)", library.folder() / "blocks" / "resnet.spec")
    assert refusal("blocks/../alexnet")[0] == "E001"
    assert refusal("blocks/blocks/resnet")[0] == "E001"


def test_a_file_in_the_way_wins() -> None:
    Path("alexnet.spec").write_text("784-10N")
    Path("alexnet").mkdir()
    assert library.find("alexnet.spec").text == "784-10N"
    assert library.find("alexnet.spec").name == "alexnet.spec"
    assert library.find("alexnet").name == "alexnet.spec (shipped)"


def test_a_one_liner_is_itself() -> None:
    divided = "3x8x8-conv(16/2, 3)"
    for text in ("1x29x29-20C4-MP2", "784", "20C5 - maxpol(2)", "a\nb", "relu - " * 400, divided):
        assert library.find(text) == Source(text)


def test_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, b"784-10N\n")
    assert library.find("-") == Source("784-10N\n", "<stdin>")


def test_sources_and_paths_are_taken_as_they_are() -> None:
    Path("a.spec").write_text("784-10N")
    assert source_of(Path("a.spec")).text == "784-10N"
    assert source_of(Source("x")) == Source("x")


def test_what_is_neither_file_nor_network() -> None:
    assert refusal("alexnett") == ("E001", "there is no file and no shipped network `alexnett`")
    assert refusal("nets/mine.spec") == ("E001", "no such file: `nets/mine.spec`")
    assert refusal("nets (old)/mine") == ("E001", "no such file: `nets (old)/mine`")
    with pytest.raises(netspec.SpecError) as caught:
        library.find("alexnett")
    assert [each.text for each in caught.value.diagnostics[0].helps] == [
        "did you mean `alexnet`?",
        "`netspec list` shows the networks that are shipped",
    ]
    with pytest.raises(netspec.SpecError) as caught:
        library.find("qqqqqq")
    assert len(caught.value.diagnostics[0].helps) == 1


def test_files_that_are_no_text() -> None:
    Path("nul.spec").write_bytes(b"784\0-10N")
    Path("latin.spec").write_bytes("784-10N # Cire\u015fan \xe9".encode("latin-1", "replace") + b"\n\xff")
    Path("big.spec").write_bytes(b"#" * (library.LARGEST_FILE + 1))
    Path("folder").mkdir()
    assert refusal("nul.spec") == ("E004", "a NUL character: this is not a text file")
    assert refusal("latin.spec") == ("E005", "`latin.spec` is not UTF-8 text: line 1 holds the byte 0xe9")
    assert refusal("big.spec") == ("E003", "`big.spec` is larger than 10 MB, the most that a spec may have")
    assert refusal("folder") == ("E002", "`folder` is a folder, not a spec")
    assert refusal(Path("none.spec")) == ("E002", "`none.spec` can't be read: no such file or directory")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission() -> None:
    Path("shut.spec").write_text("784")
    Path("shut.spec").chmod(0)
    assert refusal("shut.spec") == ("E002", "`shut.spec` can't be read: permission denied")


def test_an_endless_file_is_not_read_to_its_end() -> None:
    assert refusal("/dev/zero")[0] == "E003"


def test_a_name_that_no_file_system_takes() -> None:
    assert refusal("x" * 300)[0] == "E001"


def test_the_shipped_networks_are_listed_by_family_and_year() -> None:
    shipped = library.networks()
    assert shipped == netspec.networks()
    assert [(each.family, each.year, each.name) for each in shipped] == sorted(
        (each.family, each.year, each.name) for each in shipped
    )
    named = {each.name: each for each in shipped}
    assert named["alexnet"].year == 2012
    assert named["alexnet"].title.startswith("AlexNet: Krizhevsky")
    assert all(each.family != "other" for each in shipped)


def test_a_spec_without_a_header_is_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plain.spec").write_text("784-10N")
    monkeypatch.setattr(library, "folder", Path.cwd)
    library.networks.cache_clear()
    shipped = library.networks()
    library.networks.cache_clear()
    assert [(each.name, each.family, each.year) for each in shipped] == [("plain", "other", 0)]


def test_the_installed_specs_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("netspec/specs").mkdir(parents=True)
    monkeypatch.setattr(library, "__file__", str(Path("netspec/library.py").resolve()))
    assert library.folder() == Path("netspec/specs").resolve()
