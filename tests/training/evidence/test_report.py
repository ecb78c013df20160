"""The report of a run: one file, without a network, with every text escaped, made of the folder alone."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from netspec.cli import main
from netspec.training.evidence.classes import classes_section
from netspec.training.evidence.images import wrong_section
from netspec.training.evidence.report import report
from netspec.training.run import Run
from tests.training.small import IMAGES, spec

VOID = {"meta", "img", "br"}


class Balanced(HTMLParser):
    """Reads a page; `open` are the tags that are not closed, `sources` what it fetches."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "r"
    words = ["train", spec(), "--data", "synthetic:1x6x6:4:400", "--device", "cpu", "-o", str(folder)]
    assert main([*words, "--epochs", "1", "--set", "train.lr=0.002"]) == 0  # so little that some images are wrong
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    shutil.copytree(trained, tmp_path / "r")
    return Run(tmp_path / "r")


def read(run: Run) -> str:
    return (run.folder / "report.html").read_text(encoding="utf-8")


def test_it_is_whole_and_fetches_nothing(run: Run) -> None:
    page = Balanced()
    page.feed(read(run))
    assert page.open == [] and all(each.startswith("data:image/png;base64,") for each in page.sources)
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", read(run)) and "<script" not in read(run)
    assert "@import" not in read(run) and "url(" not in read(run)


def test_it_shows_network_recipe_curves_classes_and_what_is_most_wrong(run: Run) -> None:
    text = read(run)
    for each in ("Curves", "Classes", "Most wrong", "Calibration", "Network", "Recipe", "Epochs"):
        assert f"<h2>{each}</h2>" in text
    assert "momentum(lr=0.002" in text and "116" in text and text.count('class="chart"') == 3
    found = json.loads((run.folder / "validation.json").read_text())
    assert text.count("<figure>") == len(found["wrong"]) > 0
    assert found["train"]["images"] == found["validation"]["images"] == 40


def test_the_figures_are_those_of_the_best_epoch(run: Run) -> None:
    found, best = json.loads((run.folder / "validation.json").read_text()), run.read("best/metrics.json")
    assert found["step"] == best["step"]
    assert found["validation"]["top1"] == best["validation_top1"]
    assert found["validation"]["loss"] == pytest.approx(best["validation_loss"], rel=1e-6)
    share = f"{100 * best['validation_top1']:.2f}\u00a0%"
    assert f"<b>{share}</b><span>of validation images right</span>" in read(run)


def test_it_is_made_again_to_the_same_bytes(run: Run) -> None:
    before = read(run)
    (run.folder / "report.html").unlink()
    assert report(run) and read(run) == before


def test_findings_of_other_weights_are_not_shown(run: Run) -> None:
    found = json.loads((run.folder / "validation.json").read_text())
    run.write("validation.json", json.dumps({**found, "step": 99}))
    assert report(run) and "<h2>Classes</h2>" not in read(run) and "Nothing to tell by" in read(run)


def test_names_are_text_and_never_markup(run: Run) -> None:
    record: dict[str, Any] = run.read("recipe.json")
    evil = "<script>alert('x')</script>"
    record["spec"] = record["data"]["words"] = record["device"] = record["fitted"]["line"] = evil
    record["data"]["classes"] = [evil, '"><img src=x>', "&amp;", "d"]
    record["command"] = [evil]
    run.write("recipe.json", json.dumps(record))
    assert report(run)
    assert "<script>" not in read(run) and "<img src=x>" not in read(run) and "&amp;amp;" in read(run)
    page = Balanced()
    page.feed(read(run))
    assert page.open == []


def test_before_an_epoch_there_is_nothing_to_report(run: Run) -> None:
    (run.folder / "metrics.jsonl").unlink()
    (run.folder / "report.html").unlink()
    assert not report(run) and not (run.folder / "report.html").exists()


def test_a_test_is_kept_and_shown(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(run.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    kept = json.loads((run.folder / "test.json").read_text())
    assert {name: kept[name] for name in found} == found and kept["step"] == run.read("best/metrics.json")["step"]
    assert "of 80 test images right" in read(run)


def test_a_test_of_other_images_is_not_kept(run: Run) -> None:
    assert main(["test", str(run.folder), "--data", IMAGES]) == 0
    assert not (run.folder / "test.json").exists()


def test_a_result_that_cannot_be_kept_is_printed_all_the_same(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from netspec.training.errors import TrainingError

    def refuse(self: Run, name: str, text: str) -> None:
        raise TrainingError("`test.json` can't be written: read-only file system")

    monkeypatch.setattr(Run, "write", refuse)
    assert main(["test", str(run.folder)]) == 0
    out, err = capsys.readouterr()
    assert "top-1" in out
    assert err == "netspec: the result is printed and not kept: `test.json` can't be written: read-only file system\n"


def test_of_many_classes_the_pairs_and_the_worst_are_shown() -> None:
    counts = [[0] * 30 for _ in range(30)]
    for at in range(30):
        counts[at][at] = 10 + at
    counts[7][9] = 5
    text = classes_section([f"class {at}" for at in range(30)], {"confusion": counts})
    assert "<td>class 7</td><td>class 9</td><td>5</td>" in text and "the other 10" in text
    assert "confusion" not in text and text.index('class 7</td><td class="bar"') < text.index("class 1</td>")


def test_outputs_beyond_the_classes_have_a_number() -> None:
    counts = [[1, 0, 2], [0, 3, 0]]
    assert "#2" in classes_section(["a", "b"], {"confusion": counts})
    wrong = [{"true": 0, "said": 2, "true_probability": 1e-9, "said_probability": 0.999, "image": None}]
    text = wrong_section(["a", "b"], wrong, {"top1": 0.5, "images": 6})
    assert '<span class="said">#2</span> 99.9 %' in text and "0 %" in text


def test_nothing_wrong_is_said_so() -> None:
    assert "No validation image is wrong." in wrong_section(["a"], [], {"top1": 1.0, "images": 6})
