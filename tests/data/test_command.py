"""`netspec data` as people and programs see it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from netspec.cli import main
from netspec.data import places
from netspec.data.describe import MOST_ROWS
from tests.data.test_voc import annotated, item
from tests.data.written import mnist, picture


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETSPEC_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(places, "WELL_KNOWN", ())


def test_a_set_is_described_with_its_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mnist(tmp_path, train=21, test=10)
    assert main(["data", f"mnist:{tmp_path}"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == "" and lines[0] == "mnist: handwritten digits (LeCun, Cortes, Burges 1998; CC BY-SA 3.0)"
    assert lines[1:4] == ["images   1x28x28, grey", "classes  10", f"place    {tmp_path}"]
    assert lines[6:9] == ["class  train  test", "------------------", "0          3     1"]
    assert lines[-1] == "total     21    10"


def test_the_same_is_there_as_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        picture(tmp_path / "pets" / "train" / name / "1.png")
        picture(tmp_path / "pets" / "val" / name / "1.png", seed=1)
    assert main(["data", str(tmp_path / "pets"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found.pop("digest")) == 64
    assert found == {
        "name": "pets",
        "about": "folders of images, `class/*.jpg`",
        "images": "3x6x8, colour",
        "classes": ["a", "b"],
        "place": str(tmp_path / "pets"),
        "splits": {"train": {"images": 2, "counts": [1, 1]}, "validation": {"images": 2, "counts": [1, 1]}},
        "counts_of": "images",
    }


def test_boxes_are_counted_by_class(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    annotated(tmp_path / "v", "1", item("dog", 1, 1, 5, 5), item("cat", 1, 1, 5, 5), item("cat", 1, 1, 5, 6))
    annotated(tmp_path / "v", "2")
    assert main(["data", f"voc:{tmp_path}/v"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("v\nimages   photographs 30x40, with boxes\n")
    assert out.endswith(
        "class   train\n-------------\ncat         2\ndog         1\n-------------\ntotal       3\nimages      2\n"
    )
    assert main(["data", f"voc:{tmp_path}/v", "-o", str(tmp_path / "a.png")]) == 2
    assert capsys.readouterr().err == "netspec: a sheet is made of sets with classes; this one has boxes\n"


def test_classes_beyond_the_most_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", f"synthetic:1x1x1:{MOST_ROWS + 2}:{4 * MOST_ROWS + 8}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3] == "3 more     12     6" and lines[-1].split() == ["total", "128", "64"]
    assert len(lines) == MOST_ROWS + 10


def test_a_sheet_is_written_as_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mnist(tmp_path / "m")
    assert main(["data", f"mnist:{tmp_path}/m", "-o", str(tmp_path / "sheet.png"), "--split", "test"]) == 0
    with Image.open(tmp_path / "sheet.png") as image:
        assert image.size[0] > 300
    assert main(["data", f"mnist:{tmp_path}/m", "-o", str(tmp_path / "s.png"), "--split", "exam"]) == 2
    assert capsys.readouterr().err == "netspec: `mnist` has no split `exam`: it has train, test\n"


def test_without_a_name_the_known_sets_are_listed_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mnist(tmp_path / "cache" / "netspec" / "mnist")
    assert main(["data"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mnist-mini            shipped ")
    assert lines[1].split()[:2] == ["mnist", str(tmp_path / "cache" / "netspec" / "mnist")]
    assert "cifar10" in lines[3] and "not here" in lines[3]


def test_a_mistake_is_exit_status_2_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["data", "cifr10"], ["data", "cifar10", "--offline"], ["data", "/no/where"], ["data", "synthetic:x"]):
        assert main(words) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith("netspec: ")


def test_without_pillow_one_line_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a" / "1.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert main(["data", str(tmp_path)]) == 2
    said = "netspec: this needs PIL, which is not installed: pip install 'netspec-compiler[torch]'\n"
    assert capsys.readouterr().err == said


def test_what_a_set_in_memory_needs_is_not_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert main(["data", "mnist-mini"]) == 0
