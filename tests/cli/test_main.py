import io
import os
import subprocess
import sys

import pytest

from netspec.cli import COMMANDS, main
from netspec.report.columns import COLUMNS


def test_help_names_every_command_and_shows_examples(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: netspec COMMAND …\n")
    assert [line.split()[0] for line in out.partition("commands:\n")[2].partition("\n\n")[0].splitlines()] == list(
        COMMANDS
    )
    assert "examples:\n  netspec analyze alexnet  " in out


def test_no_command_is_a_usage_error_that_shows_the_help(capsys):
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("usage: netspec COMMAND …\n")


def test_the_version_is_the_packages(capsys, monkeypatch):
    import netspec

    monkeypatch.setitem(vars(netspec), "__version__", "1.2.3")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "netspec 1.2.3\n"


def test_the_version_of_a_checkout_that_is_not_installed_is_unknown(capsys, monkeypatch):
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "netspec 0+unknown\n"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("analyse", "did you mean `netspec analyze`?"),
        ("alexnet", "did you mean `netspec analyze alexnet`?"),
        ("1x29x29-20C4", "did you mean `netspec analyze 1x29x29-20C4`?"),
        ("zzz", "`netspec --help` lists the commands"),
    ],
)
def test_a_wrong_command_gets_the_nearest(word, hint, capsys):
    assert main([word]) == 2
    assert capsys.readouterr().err == f"netspec: there is no command `{word}`; {hint}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_examples(command, capsys):
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: netspec {command} ")
    assert "\nexamples:\n  " in out
    assert max(map(len, out.splitlines())) <= 110


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["analyze", "alexnet", "--jsn"], "there is no option `--jsn`; did you mean `--json`?"),
        (["analyze", "alexnet", "--zzzzzz=1"], "there is no option `--zzzzzz=1`"),
        (["analyze", "alexnet", "lenet5"], "what is `lenet5` for?"),
        (["analyze"], "the following arguments are required: SPEC"),
        (["analyze", "alexnet", "--set", "width"], "argument --set: `width` is not name=value"),
        (["analyze", "alexnet", "--batch", "0"], "argument --batch: `0` is not a whole number from 1"),
        (["analyze", "alexnet", "--batch", "x"], "argument --batch: `x` is not a whole number from 1"),
        (["analyze", "alexnet", "--depth", "-1"], "argument --depth: `-1` is neither a whole number nor `all`"),
        (["analyze", "alexnet", "--depth", "deep"], "argument --depth: `deep` is neither a whole number nor `all`"),
        (
            ["analyze", "alexnet", "--columns", "name,mac"],
            "argument --columns: there is no column `mac`; did you mean `macs`?",
        ),
        (
            ["analyze", "alexnet", "--columns", ""],
            f"argument --columns: there is no column ``; there are {', '.join(COLUMNS)}",
        ),
        (["analyze", "alexnet", "--json", "--csv"], "argument --csv: not allowed with argument --json"),
        (
            ["analyze", "alexnet", "--input", "a=1x2x2", "--input", "3x4x4"],
            "name every input, as in `--input left=1x64x64 --input right=1x64x64`, or none",
        ),
    ],
)
def test_a_usage_error_says_what_is_wrong_and_exits_with_two(words, error, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    command = f"netspec {words[0]}"
    assert captured.err == f"{command}: {error}\n`{command} --help` shows what it takes, by example\n"


def test_a_wrong_spec_is_reported_without_a_traceback(capsys):
    assert main(["analyze", "3x4x4-8C5"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error[E203]: a 5x5 kernel does not fit a 4x4 input\n  --> <spec>:1:7\n")
    assert captured.err.endswith("\n\n1 error\n")


def test_colour_is_added_only_where_it_is_wanted(capsys):
    main(["analyze", "3x4x4-8C5", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().err
    main(["analyze", "3x4x4-8C5", "--colour", "never"])
    assert "\x1b[" not in capsys.readouterr().err


def test_an_interrupt_is_quiet(monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("netspec.cli.layers.run", interrupted)
    assert main(["layers"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_leaves_early_is_no_error():
    command = [sys.executable, "-m", "netspec", "list"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_broken_pipe_leaves_no_pipe_to_break(monkeypatch, tmp_path):
    def broken(options):
        raise BrokenPipeError

    monkeypatch.setattr("netspec.cli.layers.run", broken)
    with (tmp_path / "out").open("w", encoding="ascii") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["layers"]) == 141
        assert stream.errors == "replace"
        stream.write("into nothing")
    assert (tmp_path / "out").read_text() == ""
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["layers"]) == 141


def test_a_stream_that_has_no_arrows_shows_question_marks():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "netspec", "analyze", "1xHxH-4C3-MP2"]
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert b"4x(?H / 2? ? 1)" in done.stdout


def test_analysing_loads_neither_rich_nor_torch_when_piped():
    code = (
        "import sys; from netspec.cli import main; main(['analyze', 'lenet5']); "
        "print([name for name in ('rich', 'torch', 'numpy', 'lark') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


def test_the_test_above_sees_what_is_loaded():
    code = "import sys, rich; print([name for name in ('rich', 'torch') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['rich']\n"
