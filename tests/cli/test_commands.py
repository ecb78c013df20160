import io
import json
import sys
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.cli.stream import coloured, save
from netspec.report.columns import COLUMNS

LENET = "1x32x32-6C5-MP2-16C5-MP2-10N"


def out_of(capsys, *words, status=0):
    assert main(words) == status
    return capsys.readouterr().out


def typed(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


# analyze


def test_a_one_liner_of_a_paper_is_analysed(capsys):
    text = out_of(capsys, "analyze", "1x29x29-20C4-MP2-40C5-MP3-150N-10N")
    assert text.startswith("1x29x29-20C4-MP2-40C5-MP3-150N-10N\ninput   1x29x29\noutput  10\n\n")
    assert "\nparameters  76,040; 304.2 kB of float32\n" in text


def test_a_spec_is_read_from_a_pipe(capsys, monkeypatch):
    typed(monkeypatch, "1x29x29-20C4-MP2-40C5-MP3-150N-10N\n")
    assert json.loads(out_of(capsys, "analyze", "-", "--json"))["totals"]["parameters"] == 76_040


def test_a_shipped_network_says_where_it_was_read(capsys):
    assert "\nread from  alexnet.spec (shipped)\n" in out_of(capsys, "analyze", "alexnet")
    assert "724,406,816" in out_of(capsys, "analyze", "alexnet.spec")


def test_parameters_and_inputs_can_be_set(capsys):
    words = ("analyze", "mobilenet", "--set", "width=0.5", "--input", "3x160x160", "--json")
    document = json.loads(out_of(capsys, *words))
    assert (document["input"], document["totals"]["parameters"]) == ([3, 160, 160], 1_331_592)


def test_inputs_can_be_set_by_name(capsys, tmp_path):
    spec = tmp_path / "pair.spec"
    spec.write_text("input a 1x8x8\ninput b 1x8x8\nadd { | @a | @b }\n")
    words = ("analyze", str(spec), "--input", "a=1x4x4", "--input", "b=1x4x4", "--json")
    assert json.loads(out_of(capsys, *words))["inputs"] == {"a": [1, 4, 4], "b": [1, 4, 4]}


@pytest.mark.parametrize(
    ("option", "start"),
    [
        ("--json", '{\n  "version": 1,\n'),
        ("--csv", "name,layer,output,"),
        ("--markdown", "### 1x32x32-6C5-MP2-16C5-MP2-10N\n"),
        ("--latex", "% 1x32x32-6C5-MP2-16C5-MP2-10N\n"),
        ("--html", "<!DOCTYPE html>\n"),
    ],
)
def test_each_format_is_printed(option, start, capsys):
    assert out_of(capsys, "analyze", LENET, option).startswith(start)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.json", '{\n  "version": 1,\n'),
        ("a.csv", "name,layer,output,"),
        ("a.md", "### "),
        ("a.tex", "% "),
        ("a.html", "<!DOCTYPE html>\n"),
        ("a.txt", "1x32x32-"),
    ],
)
def test_the_ending_of_a_file_says_the_format(name, start, capsys, tmp_path):
    assert out_of(capsys, "analyze", LENET, "-o", str(tmp_path / name)) == ""
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_dash_is_standard_output(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert out_of(capsys, "analyze", LENET, "--csv", "-o", "-").startswith("name,layer")
    assert list(tmp_path.iterdir()) == []


def test_an_option_wins_over_the_ending(capsys, tmp_path):
    main(["analyze", LENET, "--csv", "-o", str(tmp_path / "a.json")])
    assert (tmp_path / "a.json").read_text().startswith("name,layer")


def test_a_file_that_cannot_be_written_is_one_line(capsys, tmp_path):
    target = tmp_path / "no" / "a.json"
    assert main(["analyze", LENET, "-o", str(target)]) == 2
    assert capsys.readouterr().err == f"netspec: `{target}` can't be written: no such file or directory\n"


def test_columns_are_chosen_in_their_order(capsys):
    text = out_of(capsys, "analyze", LENET, "--columns", "macs, name")
    assert "\n   MACs  name\n" in text
    assert out_of(capsys, "analyze", LENET, "--csv", "--columns", "name,macs").startswith("name,macs\nconv1,117600\n")


def test_blocks_are_folded_and_opened(capsys, tmp_path):
    spec = tmp_path / "net.spec"
    spec.write_text("input 1x8x8\nblock unit(c) { conv(c, 3, pad=1) - relu }\n30 * unit(4)\n")
    assert "\nunit1–30  30 x unit(4)  4x8x8 " in out_of(capsys, "analyze", str(spec))
    assert "\nunit30.relu1  relu " in out_of(capsys, "analyze", str(spec), "--depth", "1")
    assert "\nunit30.relu1  relu " in out_of(capsys, "analyze", str(spec), "--depth", "all")


def test_the_batch_and_the_number_type_change_the_totals(capsys):
    text = out_of(capsys, "analyze", LENET, "--batch", "8", "--dtype", "float16", "--ops")
    assert " of float16\n" in text
    assert " for 8 images\n" in text
    assert "\nFLOPs " in text


def test_a_warning_goes_to_standard_error_and_the_table_is_printed(capsys):
    assert main(["analyze", "227x227x3-8C3"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("warning[W001]: ")
    assert captured.out.startswith("227x227x3-8C3\n")


def test_unknown_sizes_are_reported_below_the_table(capsys):
    text = out_of(capsys, "analyze", "1xHx32-6C5-MP2")
    assert "\n\nH  works where H ≥ 6\n   wastes no pixel where H ≥ 6 and even\n\n" in text
    assert "6x(⌊H / 2⌋ − 2)x14" in text


def test_every_column_is_documented_as_the_table_of_columns_says():
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    for column in COLUMNS.values():
        assert f"| `{column.key}` | {column.help} |" in text


# explain


def test_a_layer_is_calculated_as_on_a_blackboard(capsys):
    text = out_of(capsys, "explain", "alexnet", "conv1")
    for line in (
        "conv1: 96C11s4   3x227x227 → 96x55x55",
        "(227 − 11 + 2·0)/4 + 1 = 55",
        "(11·11·3 + 1)·96 = 34,944",
        "55·55·96·(11·11·3) = 105,415,200",
        "rf: 1 + (11 − 1)·1 = 11",
    ):
        assert line in text


def test_every_layer_of_a_block_or_network_is_explained(capsys):
    text = out_of(capsys, "explain", "resnet18", "basic3")
    heads = [line.split(":")[0] for line in text.splitlines() if line and line[0] != " "]
    assert heads[0] == "basic3.conv1" and all(head.startswith("basic3.") for head in heads)
    text = out_of(capsys, "explain", LENET)
    heads = [line.split(":")[0] for line in text.splitlines() if line and line[0] != " "]
    assert heads == ["conv1", "maxpool1", "conv2", "maxpool2", "dense1"]


def test_an_error_code_is_explained_by_its_page(capsys):
    assert out_of(capsys, "explain", "e203").startswith("# E203: ")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("explain", "E204x", "--color", "never"), None),
        (("explain", "E999"), "netspec: there is no code `E999`\n"),
        (("explain", "W009"), "netspec: there is no code `W009`; did you mean `W002`?\n"),
        (("explain", LENET, "conv3"), "netspec: there is no layer `conv3`; did you mean `conv2`?\n"),
        (("explain", LENET, "zz"), "netspec: there is no layer `zz`; the table shows their names\n"),
    ],
)
def test_what_cannot_be_explained_is_said(words, error, capsys):
    assert main(words) == 2
    found = capsys.readouterr().err
    assert found == error if error else found.startswith("error[E001]")


# tree


def test_the_tree_shows_blocks_and_shapes(capsys):
    text = out_of(capsys, "tree", "resnet18", "--depth", "0")
    assert text.splitlines()[:3] == [
        "resnet18                                                        3x224x224",
        "├─ conv1: conv(64, 7, stride=2, pad=3, bias=false) - bn - relu  64x112x112",
        "├─ maxpool1: MP3s2p1                                            64x56x56",
    ]
    assert "├─ basic1: 2 x basic(64) " in text


# check


def test_clean_specs_are_ok(capsys):
    assert out_of(capsys, "check", "alexnet", LENET) == f"alexnet: ok\n{LENET}: ok\n"


def test_errors_exit_with_two_and_warnings_with_one_where_strict(capsys):
    assert main(["check", "3x4x4-8C5", LENET]) == 2
    captured = capsys.readouterr()
    assert captured.out == f"3x4x4-8C5: 1 error\n{LENET}: ok\n"
    assert captured.err.startswith("error[E203]: ")
    assert main(["check", "3x4x4-8C5"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith("error[E203]: ")
    assert main(["check", "227x227x3-8C3"]) == 0
    assert main(["check", "227x227x3-8C3", "--strict"]) == 1


def test_findings_are_data_for_an_editor(capsys):
    found = json.loads(out_of(capsys, "check", "--json", "3x4x4-8C5", LENET, status=2))
    assert [(each["spec"], each["ok"]) for each in found] == [("3x4x4-8C5", False), (LENET, True)]
    (diagnostic,) = found[0]["diagnostics"]
    assert (diagnostic["code"], diagnostic["line"], diagnostic["column"]) == ("E203", 1, 7)


# fmt


def test_a_file_is_formatted_in_place_and_keeps_its_mode(capsys, tmp_path):
    spec = tmp_path / "net.spec"
    spec.write_text("input 1x32x32\nconv( 20,5 ) - relu\n")
    spec.chmod(0o640)
    assert out_of(capsys, "fmt", str(spec)) == ""
    assert spec.read_text() == "input 1x32x32\n20C5 - relu\n"
    assert spec.stat().st_mode & 0o777 == 0o640
    before = spec.stat().st_mtime_ns
    assert out_of(capsys, "fmt", str(spec)) == ""
    assert spec.stat().st_mtime_ns == before


def test_check_changes_nothing_and_shows_the_difference(capsys, tmp_path):
    spec = tmp_path / "net.spec"
    spec.write_text("input 1x32x32\nconv(20, 5)\n")
    text = out_of(capsys, "fmt", "--check", str(spec), status=1)
    assert text == (f"--- {spec}\n+++ {spec} (formatted)\n@@ -1,2 +1,2 @@\n input 1x32x32\n-conv(20, 5)\n+20C5\n")
    assert spec.read_text() == "input 1x32x32\nconv(20, 5)\n"
    spec.write_text("input 1x32x32\n20C5\n")
    assert out_of(capsys, "fmt", "--check", str(spec)) == ""


def test_standard_input_and_one_liners_are_printed(capsys, monkeypatch):
    typed(monkeypatch, "32c3s1p1,relu,mp2\n")
    assert out_of(capsys, "fmt") == "32C3s1p1 - relu - MP2\n"
    assert out_of(capsys, "fmt", "32c3s1p1,relu,mp2") == "32C3s1p1 - relu - MP2\n"


def test_a_one_liner_that_would_change_is_shown_with_its_missing_newline(capsys):
    text = out_of(capsys, "fmt", "--check", "32c3,relu", status=1)
    assert "-32c3,relu\n\\ no newline at the end\n+32C3 - relu\n" in text


def test_one_wrong_file_does_not_stop_the_others(capsys, tmp_path):
    bad, good = tmp_path / "bad.spec", tmp_path / "good.spec"
    bad.write_text("conv(20, 5\n")
    good.write_text("20c5\n")
    assert main(["fmt", str(bad), str(good)]) == 2
    assert capsys.readouterr().err.startswith("error[E101]: ")
    assert bad.read_text() == "conv(20, 5\n"
    assert good.read_text() == "20C5\n"


def test_a_file_that_cannot_be_rewritten_is_one_line(capsys, tmp_path, monkeypatch):
    spec = tmp_path / "net.spec"
    spec.write_text("20c5\n")

    def refuse(path, text):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("netspec.cli.stream.save", refuse)
    assert main(["fmt", str(spec)]) == 2
    assert capsys.readouterr().err == f"netspec: `{spec}` can't be written: permission denied\n"


# layers, list, completion


def test_layers_are_listed_and_have_pages(capsys):
    text = out_of(capsys, "layers")
    assert text.startswith("convolution\n  conv          Convolution (")
    text = out_of(capsys, "layers", "conv")
    assert text.startswith("conv(maps, kernel, stride=1, ")


@pytest.mark.parametrize(("name", "hint"), [("Conv2", "did you mean `conv`?"), ("zzz", "`netspec layers` lists them")])
def test_a_wrong_layer_gets_the_nearest(name, hint, capsys):
    assert main(["layers", name]) == 2
    assert capsys.readouterr().err == f"netspec: there is no layer `{name}`; {hint}\n"


def test_the_networks_are_listed_for_people_and_programs(capsys):
    (line,) = (line for line in out_of(capsys, "list").splitlines() if line.startswith("alexnet "))
    assert line.split()[:8] == ["alexnet", "2012", "3x227x227", "60.97", "M", "724.4", "M", "AlexNet:"]
    entries = {each["name"]: each for each in json.loads(out_of(capsys, "list", "--json"))}
    alexnet = entries["alexnet"]
    assert (alexnet["family"], alexnet["year"], alexnet["input"]) == ("classic", 2012, [3, 227, 227])
    assert (alexnet["parameters"], alexnet["macs"]) == (60_965_224, 724_406_816)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_networks(shell, capsys):
    text = out_of(capsys, "completion", shell)
    for word in ("analyze", "alexnet", "blocks/resnet", "classic", "maxpool", "json" if shell == "fish" else "--json"):
        assert word in text
    assert "--colour" not in text and "colour " not in text


def test_the_bash_completion_completes(tmp_path, capsys):
    import subprocess

    script = out_of(capsys, "completion", "bash")
    asked = 'COMP_WORDS=(netspec analyze alexnet_o); COMP_CWORD=2; _netspec; echo "${COMPREPLY[@]}"'
    asked += '; COMP_WORDS=(netspec ana); COMP_CWORD=1; _netspec; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script + asked], capture_output=True, text=True, check=True)
    assert done.stdout == "alexnet_one_tower\nanalyze\n"


# streams


class Stream(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


def test_colour_follows_the_terminal_and_the_environment(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured(Stream(True), "auto") and not coloured(Stream(False), "auto")
    assert coloured(Stream(False), "always") and not coloured(Stream(True), "never")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(Stream(True), "auto")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not coloured(Stream(True), "auto")


def test_a_terminal_gets_a_fitted_and_coloured_table(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for color, styled in (("auto", True), ("never", False)):
        stream = Stream(True)
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["analyze", "alexnet", "--color", color]) == 0
        text = stream.getvalue()
        assert ("\x1b[1m" in text) is styled
        assert "─" * 60 in text and "─" * 61 not in text
    stream = Stream(True)
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["list"]) == 0
    assert max(map(len, stream.getvalue().splitlines())) <= 60


def test_colour_that_is_forced_into_a_pipe_cuts_nothing(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Stream(False)
    monkeypatch.setattr(sys, "stdout", stream)
    assert main(["analyze", "resnet18", "--color", "always"]) == 0
    assert "\x1b[1m" in stream.getvalue()
    assert "conv(64, 7, stride=2, pad=3, bias=false)" in stream.getvalue()


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    target.write_text("before")

    def interrupted(self, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            save(str(target), "after")
    assert target.read_text() == "before"
    save(str(target), "after \udcff")
    assert target.read_text() == "after ?"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_is_followed_and_a_device_written_to(tmp_path):
    target, link = tmp_path / "a.txt", tmp_path / "link.txt"
    target.write_text("before")
    link.symlink_to(target)
    save(str(link), "after")
    assert link.is_symlink() and target.read_text() == "after"
    save("/dev/null", "nothing")
    assert not Path("/dev/null").is_file()
