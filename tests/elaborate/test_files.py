from __future__ import annotations

import os
from pathlib import Path

import pytest

import netspec
from netspec.diagnostics import render_all
from netspec.language.parse import parse
from netspec.source import Source


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nets" / "parts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "nets"


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def errors(path: str) -> str:
    with pytest.raises(netspec.SpecError) as caught:
        netspec.compile(Path(path))
    return render_all(caught.value.diagnostics)


def test_blocks_of_another_file_are_used_with_its_own_values_and_defaults(folder: Path) -> None:
    write(
        folder,
        "parts/common.spec",
        "param k = 3\nlet d = 2\ndefault conv(bias=false)\nblock b(c) { conv(c * d, k) }\nGAP",
    )
    write(folder, "net.spec", 'use "parts/common.spec"\nparam k = 5\ninput 1x9x9\nb(2) - 4C1')
    made = netspec.compile(Path("nets/net.spec"))
    assert [str(node.shape) for node in made.nodes] == ["1x9x9", "4x7x7", "4x7x7"]
    assert [len(made.weights_of(node)) for node in made.nodes] == [0, 1, 2]
    assert made.name == "net"
    assert dict(made.parameters) == {"k": 5}


def test_a_used_file_may_use_another_relative_to_itself(folder: Path) -> None:
    write(folder, "parts/inner.spec", "block inner() { relu }\nshare kept { 2C1 }")
    write(folder, "parts/outer.spec", 'use "inner.spec"\nblock outer() { inner() - kept }')
    write(folder, "net.spec", 'use "parts/outer.spec"\ninput 1x9x9\nouter() - inner')
    assert len(netspec.compile(Path("nets/net.spec")).nodes) == 4


def test_the_library_is_found_from_anywhere(folder: Path) -> None:
    text = 'use "blocks/resnet.spec"\ninput 64x8x8\nbasic(64)'
    assert len(netspec.compile(Source(text)).nodes) > 1


def test_an_error_in_a_used_block_shows_both_files(folder: Path) -> None:
    write(folder, "parts/common.spec", "block b(c) {\n  conv(c, 9)\n}")
    write(folder, "net.spec", 'use "parts/common.spec"\ninput 1x4x4\nb(2)')
    assert (
        errors("nets/net.spec")
        == """\
error[E203]: a 9x9 kernel does not fit a 4x4 input
  --> nets/parts/common.spec:2:11
   |
 2 |   conv(c, 9)
   |           ^ input here is 1x4x4
   |
  ::: nets/net.spec:3:1
   |
 3 | b(2)
   | ---- while expanding `b(2)`

1 error"""
    )


@pytest.mark.parametrize(
    ("path", "code", "title"),
    [
        ("nosuch.spec", "E001", "there is no file `nosuch.spec` to use"),
        ("../outside.spec", "E009", "`../outside.spec` is outside the spec's own folder"),
        ("/etc/passwd", "E009", "`/etc/passwd` is outside the spec's own folder"),
        ("link.spec", "E009", "`link.spec` is outside the spec's own folder"),
        ("parts", "E002", "`nets/parts` is a folder, not a spec"),
        ("pipe.spec", "E002", "`nets/pipe.spec` is not a regular file"),
        ("net.spec", "E010", "`net.spec` uses itself"),
        ("loop.spec", "E010", "`loop.spec` uses itself"),
        ("bad.spec", "E101", ""),
        ("value.spec", "E111", ""),
        ("twice.spec", "E109", "`b` is defined twice"),
    ],
)
def test_what_can_not_be_used(folder: Path, path: str, code: str, title: str) -> None:
    write(folder.parent, "outside.spec", "block b() { relu }")
    write(folder, "loop.spec", 'use "loop.spec"\nblock b() { relu }')
    write(folder, "bad.spec", "block b( { relu }")
    write(folder, "value.spec", "let a = nosuch\nblock b() { relu }")
    write(folder, "twice.spec", "block b() { relu }\nblock b() { relu }")
    (folder / "link.spec").symlink_to(folder.parent / "outside.spec")
    os.mkfifo(folder / "pipe.spec")
    write(folder, "net.spec", f'use "{path}"\ninput 1x9x9\nrelu')
    with pytest.raises(netspec.SpecError) as caught:
        netspec.compile(Path("nets/net.spec"))
    first = caught.value.diagnostics[0]
    assert first.code == code
    assert first.title.startswith(title)


def test_two_files_that_use_each_other(folder: Path) -> None:
    write(folder, "a.spec", 'use "b.spec"')
    write(folder, "b.spec", 'use "a.spec"\nblock b() { relu }')
    write(folder, "net.spec", 'use "a.spec"\ninput 1x9x9\nb()')
    assert "error[E010]: `a.spec` uses itself" in errors("nets/net.spec")


def test_a_file_that_has_changed_is_read_anew(folder: Path) -> None:
    write(folder, "net.spec", 'use "parts/common.spec"\ninput 1x9x9\nb')
    for maps in (4, 8):
        write(folder, "parts/common.spec", f"block b {{ {maps}C3 }}")
        assert str(netspec.compile(Path("nets/net.spec")).nodes[-1].shape) == f"{maps}x7x7"


def test_a_file_is_taken_apart_once_for_all_that_use_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.elaborate import files

    seen: list[str] = []
    files._tree.cache_clear()
    monkeypatch.setattr(files, "parse", lambda source: seen.append(source.name) or parse(source))
    write(folder, "parts/common.spec", "block b { 4C3 }")
    for name in ("one", "two"):
        write(folder, f"{name}.spec", 'use "parts/common.spec"\ninput 1x9x9\nb')
        netspec.compile(Path(f"nets/{name}.spec"))
    assert seen == [str(Path("nets/parts/common.spec"))]
