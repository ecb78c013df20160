"""`netspec show` as people and programs see it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.library import blocks, folder, networks

NAMES = [*(each.name for each in networks()), *blocks()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(capfdbinary: pytest.CaptureFixture[bytes], *words: str, status: int = 0) -> bytes:
    assert main(["show", *words]) == status
    sys.stdout.flush()
    return capfdbinary.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_text_comes_out_byte_for_byte(name: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert printed(capfdbinary, name) == (folder() / f"{name}.spec").read_bytes()


@pytest.mark.parametrize("content", ["4C3 # ü\r\n\ttab".encode(), "\ufeff20C5 - maxpol(\n".encode(), b"", b"\n\n"])
def test_any_file_comes_out_byte_for_byte(
    content: bytes, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "net.spec"
    path.write_bytes(content)
    assert printed(capfdbinary, str(path)) == content


def test_the_locale_changes_no_byte() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "netspec", "show", "resnet50"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout == (folder() / "resnet50.spec").read_bytes()


def test_standard_input_is_shown_as_it_is_and_a_one_liner_on_a_line(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"784-10N")))
    assert printed(capfdbinary, "-") == b"784-10N"
    assert printed(capfdbinary, "784 - 10N") == b"784 - 10N\n"


def test_several_texts_have_a_blank_line_between_them(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    alone = printed(capfdbinary, "lenet5"), printed(capfdbinary, "mcdnn")
    assert printed(capfdbinary, "lenet5", "mcdnn") == b"\n".join(alone)


def test_colours_are_for_terminals_and_those_who_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["show", "784 - 10N", "--color", "always"]) == 0
    assert capsys.readouterr().out == "\x1b[33m784\x1b[0m - \x1b[1;36m10N\x1b[0m\n"
    for words, coloured in ((["784-10N"], True), (["784-10N", "--color", "never"], False)):
        stream = Terminal()
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["show", *words]) == 0
        assert ("\x1b[" in stream.getvalue()) is coloured
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", stream := Terminal())
    assert main(["show", "784-10N"]) == 0
    assert stream.getvalue() == "784-10N\n"


def test_a_text_with_a_mistake_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "20C5 - maxpol( - relu", "--color", "always"]) == 0
    captured = capsys.readouterr()
    assert "\x1b[1;36m20C5\x1b[0m" in captured.out and "maxpol" in captured.out
    assert captured.err == ""


def test_a_path_is_where_the_file_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "my.spec"
    own.write_text("784-10N")
    assert main(["show", "--path", "resnet50", "blocks/resnet", str(own)]) == 0
    shipped = [folder() / "resnet50.spec", folder() / "blocks" / "resnet.spec"]
    assert capsys.readouterr().out == "".join(f"{path}\n" for path in (*shipped, own))


@pytest.mark.parametrize("spec", ["784-10N", "-"])
def test_what_is_in_no_file_has_no_path(
    spec: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"784")))
    assert main(["show", "--path", "resnet50", spec]) == 2
    assert capsys.readouterr() == ("", f"netspec: `{spec}` is in no file\n")


@pytest.mark.parametrize(
    ("name", "guess"),
    [("resnett50", "resnet50"), ("blocks/resnett", "blocks/resnet"), ("nets/lenet.spec", "lenet5")],
)
def test_an_unknown_name_is_the_error_that_every_command_gives(
    name: str, guess: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "lenet5", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error[E001]: ")
    assert f"`{name}`\n   = help: did you mean `{guess}`?\n" in captured.err
