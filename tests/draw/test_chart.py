"""Scales of charts, and how marks are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.draw.chart import Chart, Dot, Stroke, Words, beside, even, logarithmic, round_step
from netspec.draw.chart_svg import svg

VALUES = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20)


@given(VALUES)
def test_an_even_scale_holds_all_values_between_its_lines(values: list[float]) -> None:
    scale = even(values, 200, 0)
    assert scale.low <= min(values) + 1e-9 and scale.high >= max(values) * (1 - 1e-9)
    assert all(-1e-6 <= scale(each) <= 200 + 1e-6 for each in (*values, *scale.ticks))
    assert 2 <= len(scale.ticks) <= 9


@given(VALUES)
def test_a_logarithmic_scale_holds_all_values_and_equal_factors_are_equally_far(values: list[float]) -> None:
    scale = logarithmic([*values, max(values) * 20], 0, 100)
    assert scale.low <= min(values) * (1 + 1e-9) and scale.high >= max(values) * 20 * (1 - 1e-9)
    middle = (scale.low * scale.high) ** 0.5
    assert scale(middle) == pytest.approx(50)


def test_steps_are_round() -> None:
    found = [round_step(each) for each in (0.011, 0.2, 0.21, 3, 7, 1.0)]
    assert found == pytest.approx([0.02, 0.2, 0.25, 5, 10, 1.0])


def test_parts_are_not_drawn_beyond_the_whole() -> None:
    scale = even([0.5, 1.0], 100, 0, most=1.0)
    assert scale.high == 1.0 and scale(1.0) == 0


def test_charts_stand_beside_each_other() -> None:
    one = Chart(100, 50, (Dot((1, 2), 3, "train"), Stroke(((1, 1), (2, 2)), "grid", 1)), "One.")
    both = beside([one, one])
    assert (both.width, both.height, both.told) == (200, 50, "One. One.")
    assert [mark.at for mark in both.marks if isinstance(mark, Dot)] == [(1, 2), (101, 2)]


def test_words_of_others_are_escaped() -> None:
    text = svg(Chart(10, 10, (Words((0, 0), "<b>&", "quiet", 9),), "<i>"), '<script>"')
    assert "<b>" not in text and "<i>" not in text and "<script>" not in text
    assert "&lt;b&gt;&amp;" in text


def test_the_page_is_light_or_dark_as_the_reader_wants() -> None:
    text = svg(Chart(10, 10, (), ""), "")
    assert "prefers-color-scheme:dark" in text and '<rect class="page"' in text
