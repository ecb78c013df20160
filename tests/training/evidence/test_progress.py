"""What is seen while steps are made."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from netspec.cli import main, progress
from netspec.cli.follow import header, line
from netspec.training.evidence.meter import Meter
from netspec.training.evidence.words import duration
from netspec.training.loop import train, train_step
from netspec.training.under_way import Data, Training
from tests.training.small import IMAGES, folder, spec, training

Capture = pytest.CaptureFixture[str]


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def made() -> tuple[Training, Data]:
    return training()


def test_a_reading_is_of_the_steps_since_the_one_before(made: tuple[Training, Data]) -> None:
    clock = Clock()
    meter = Meter(*made, clock).start()
    train_step(made[0], made[1].feed)
    clock.now = 2.0
    first = made[0].sums.tolist()
    reading = meter.read()
    assert (reading.step, reading.epoch, reading.speed) == (1, 1, 4.0)
    assert reading.loss == pytest.approx(first[0] / first[2]) and reading.left == pytest.approx(2.0 * 14)
    train_step(made[0], made[1].feed)
    clock.now = 3.0
    second = made[0].sums.tolist()
    reading = meter.read()
    assert reading.loss == pytest.approx((second[0] - first[0]) / 8) and reading.speed == 8.0
    assert meter.read().loss is None


def test_a_line_every_so_many_steps_covers_each_step_once(tmp_path: Path, capsys: Capture) -> None:
    words = ["train", spec(), "--data", IMAGES, "--log-every", "2", "-o", str(tmp_path / "r")]
    assert main(words) == 0
    found = [each.split() for each in capsys.readouterr().out.splitlines() if each.startswith("  step")]
    assert [int(each[1]) for each in found] == [2, 4, 6, 8, 10, 12, 14]
    assert all(each[2:5] == ["of", "15", "loss"] and float(each[5]) > 0 for each in found)


def test_without_being_asked_a_pipe_gets_no_line_between_epochs(tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", spec(), "--data", IMAGES, "-o", str(tmp_path / "r")]) == 0
    assert "\n  step " not in capsys.readouterr().out


def test_a_terminal_gets_a_bar_with_speed_and_time_left(made: tuple[Training, Data], tmp_path: Path) -> None:
    clock, out = Clock(), io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None, markup=False)
    with progress.bar(console, *made, clock) as bar:
        view = progress.View(Meter(*made, clock).start(), None, bar)

        def stepped() -> None:
            clock.now += 1.0
            view.stepped()

        for row in train(*made, folder(tmp_path), stepped=stepped):
            view.said(line(row), "bold")
            view.next_epoch()
    text = out.getvalue()
    assert "epoch 2/3" in text and "images/s" in text and "0:05 left" in text and "loss " in text
    assert text.count(line(row)) == 1


def test_the_bar_is_not_drawn_more_often_than_seen(made: tuple[Training, Data]) -> None:
    clock = Clock()
    with progress.bar(Console(file=io.StringIO(), force_terminal=True), *made, clock) as bar:
        view = progress.View(Meter(*made, clock).start(), None, bar)
        assert bar.is_due()
        view.stepped()
        clock.now += progress.EVERY / 2
        assert not bar.is_due()
        clock.now += progress.EVERY
        assert bar.is_due()


def test_what_can_not_move_its_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert not progress.is_live()
    monkeypatch.setenv("TERM", "xterm")
    assert progress.is_live()
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not progress.is_live()


def test_of_more_than_ten_classes_the_top_five_is_a_column(tmp_path: Path, capsys: Capture) -> None:
    assert main(["train", "1x6x6-12N", "--data", "synthetic:1x6x6:12:60", "-o", str(tmp_path / "r")]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = lines.index(header(five=True))
    assert "top-5" in lines[at] and lines[at + 1].count("%") == 3 and len(lines[at + 1]) >= len(lines[at])


def test_figures_for_tensorboard_need_it_before_a_folder_is_made(tmp_path: Path, capsys: Capture) -> None:
    from importlib.util import find_spec

    if find_spec("tensorboard"):
        pytest.skip("TensorBoard is installed")
    assert main(["train", spec(), "--data", IMAGES, "--tensorboard", "-o", str(tmp_path / "r")]) == 2
    assert capsys.readouterr().err == (
        "netspec: this needs tensorboard, which is not installed: pip install 'netspec-compiler[tensorboard]'\n"
    )
    assert not (tmp_path / "r").exists()


def test_times_are_written_as_clocks_do() -> None:
    found = [duration(each) for each in (0, 65, 3600 * 3 + 61, 86400 * 2 + 3700)]
    assert found == ["0:00", "1:05", "3:01:01", "2 d 01:01"]
