"""Loss and accuracy by epoch."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from netspec.draw.chart import Chart, Dot, Stroke, Words
from netspec.draw.chart_svg import svg
from netspec.draw.curves import curves, panels
from netspec.draw.reliability import reliability


def row(epoch: int, loss: float, top1: float, *, best: bool = False, tested: bool = True) -> dict[str, Any]:
    return {
        "epoch": epoch,
        "train_loss": loss,
        "train_top1": top1,
        "validation_loss": 1.5 * loss if tested else None,
        "validation_top1": 0.9 * top1 if tested else None,
        "best": best,
    }


ROWS = [row(1, 2.0, 0.5, best=True), row(2, 1.0, 0.8, best=True), row(3, 0.9, 0.7)]


def lines(chart: Chart, tone: str) -> list[Stroke]:
    return [mark for mark in chart.marks if isinstance(mark, Stroke) and mark.tone == tone]


def words(chart: Chart) -> list[str]:
    return [mark.text for mark in chart.marks if isinstance(mark, Words)]


def test_each_epoch_is_a_point_of_each_line() -> None:
    for chart in panels(ROWS):
        for tone in ("train", "validation"):
            (line,) = lines(chart, tone)
            assert len(line.points) == 3 and sorted(line.points) == list(line.points)


def test_better_is_lower_for_the_loss_and_higher_for_the_accuracy() -> None:
    loss, accuracy = panels(ROWS)
    (down,), (up,) = lines(loss, "train"), lines(accuracy, "train")
    assert down.points[0][1] < down.points[1][1] and up.points[0][1] > up.points[1][1]


def test_the_best_epoch_is_marked_and_said() -> None:
    for chart, said in zip(panels(ROWS), ("best, epoch 2: 1.5000", "best, epoch 2: 72.00 %"), strict=True):
        (ring,) = [mark for mark in chart.marks if isinstance(mark, Dot) and mark.hollow]
        (line,) = lines(chart, "validation")
        assert ring.at == line.points[1] and said in words(chart)


def test_losses_far_apart_are_drawn_on_a_logarithmic_scale() -> None:
    near, far = panels(ROWS)[0], panels([row(1, 2.0, 0.5), row(2, 0.01, 0.9)])[0]
    assert "Loss" in words(near) and "Loss (log scale)" in words(far)


def test_without_validation_there_is_one_line_and_no_best() -> None:
    chart = panels([row(1, 2.0, 0.5, best=True, tested=False), row(2, 1.0, 0.6, best=True, tested=False)])[0]
    assert lines(chart, "train") and not lines(chart, "validation")
    assert "validation" not in words(chart) and not any(each.startswith("best") for each in words(chart))


def test_names_of_lines_that_end_together_do_not_touch() -> None:
    chart = panels([{**each, "validation_loss": each["train_loss"]} for each in ROWS])[0]
    places = [mark.at[1] for mark in chart.marks if isinstance(mark, Words) and mark.text in ("train", "validation")]
    assert abs(places[0] - places[1]) >= 12


@pytest.mark.parametrize("count", [1, 2, 7, 300])
def test_all_marks_are_on_the_page(count: int) -> None:
    rows = [row(each, 2 / each, 1 - 0.5 / each) for each in range(1, count + 1)]
    chart = curves(rows)
    for mark in chart.marks:
        points = mark.points if isinstance(mark, Stroke) else (mark.at,)
        assert all(0 <= x <= chart.width and 0 <= y <= chart.height for x, y in points)


def test_a_loss_that_is_no_number_is_left_out() -> None:
    rows = [ROWS[0], {**ROWS[1], "validation_loss": float("inf")}, ROWS[2]]
    assert len(lines(panels(rows)[0], "validation")[0].points) == 2


def test_no_epoch_is_no_picture() -> None:
    with pytest.raises(ValueError, match="no epoch was finished"):
        curves([])


def test_it_is_whole_xml_and_the_same_each_time() -> None:
    text = svg(curves(ROWS), "a < b")
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    assert text == svg(curves(ROWS), "a < b")
    assert "train from 2.0000 to 0.9000" in text


def test_a_bin_that_is_as_right_as_sure_lies_on_the_diagonal() -> None:
    chart = reliability([{"images": 3, "confidence": 0.5, "right": 0.5}, {"images": 1, "confidence": 1, "right": 0.0}])
    (diagonal,) = lines(chart, "quiet")
    (x0, y0), (x1, y1) = diagonal.points
    on, below = [mark for mark in chart.marks if isinstance(mark, Dot)]
    assert on.at == ((x0 + x1) / 2, (y0 + y1) / 2) and on.radius > below.radius
    assert below.at == (x1, y0)
