"""`netspec list` as people and programs see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netspec.cli import main
from netspec.library import networks


def out_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["list", *words]) == 0
    return capsys.readouterr().out


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out_of(capsys, *words, "--json"))
    return found


def test_all_networks_stand_under_their_families(capsys: pytest.CaptureFixture[str]) -> None:
    lines = out_of(capsys).splitlines()
    assert lines[0].split() == ["name", "year", "input", "parameters", "MACs", "what"]
    groups = "\n".join(lines[1:]).strip("\n").split("\n\n")
    assert [group.partition(":")[0] for group in groups] == sorted({each.family for each in networks()})
    assert [line.split()[0] for group in groups for line in group.splitlines()[1:]] == [
        each.name for each in networks()
    ]


def test_words_choose_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert [each["name"] for each in listed(capsys, "VGG", "course")] == ["cifar_vgg16"]


def test_a_sorted_list_is_one_list_with_a_column_of_families(capsys: pytest.CaptureFixture[str]) -> None:
    heading, *lines = out_of(capsys, "course", "--sort", "macs").splitlines()
    assert heading.split()[:3] == ["name", "family", "year"]
    assert len(lines) >= 6 and all(line.split()[1] == "course" for line in lines)


@pytest.mark.parametrize("key", ["parameters", "macs", "year", "name"])
def test_each_order_is_smallest_first(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    values = [each[key] for each in listed(capsys, "course", "--sort", key)]
    assert values == sorted(values) and len(set(values)) > (key != "year")


def test_programs_get_paths_and_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    (alexnet,) = listed(capsys, "alexnet", "ImageNet Classification")
    (shipped,) = (each for each in networks() if each.name == "alexnet")
    assert (alexnet["title"], alexnet["printed"]) == (shipped.title, shipped.printed)
    assert (alexnet["inputs"], alexnet["outputs"]) == ({"input": [3, 227, 227]}, {"main": [1000]})
    assert alexnet["path"] == str(shipped.path)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["zzzzzz"], "`zzzzzz` in its family, name, year or title; `netspec list` shows them all"),
        (["vgg", "gogglenet"], "`gogglenet` in its family, name, year or title; did you mean `googlenet` or "),
        (["unet", "vgg"], "`unet` and `vgg` in its family, name, year or title"),
    ],
)
def test_words_that_choose_nothing_are_told_what_is_near(
    words: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"netspec: no network has {error}")


def test_a_wrong_order_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--sort", "size"]) == 2
    assert "argument --sort: invalid choice: 'size'" in capsys.readouterr().err
