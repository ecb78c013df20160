import pytest

from netspec.report.figures import cell, figure, per_axis, raw, shares, short, size
from netspec.shape import Unknown, letter

HALF = letter("H") // 2
AREA = HALF * (letter("W") // 2)
LOST = Unknown("it is lost")


def test_a_figure_has_thousands_separators_and_a_closed_form_stays_one():
    assert [figure(count) for count in (60_965_224, 0, HALF, AREA, LOST)] == [
        "60,965,224",
        "0",
        "⌊H / 2⌋",
        "⌊H / 2⌋·⌊W / 2⌋",
        "unknown",
    ]


def test_a_cell_shows_nought_as_a_dash():
    assert (cell(0), cell(7), cell(LOST)) == ("–", "7", "unknown")


def test_a_machine_gets_whole_numbers_closed_forms_and_null():
    assert (raw(1_000), raw(AREA), raw(LOST)) == (1_000, "⌊H / 2⌋·⌊W / 2⌋", None)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999_999, "999,999"),
        (1_000_000, "1.00 M"),
        (60_965_224, "60.97 M"),
        (724_406_816, "724.4 M"),
        (15_470_264_320, "15.47 G"),
        (10**12, "1.00 T"),
        (10**16, "10,000 T"),
    ],
)
def test_a_short_figure_has_a_unit_from_a_million_on(count, text):
    assert short(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (999, "999 bytes"),
        (1_000, "1.00 kB"),
        (243_860_896, "243.9 MB"),
        (4 * 10**12, "4.00 TB"),
        (HALF, "(⌊H / 2⌋) bytes"),
        (LOST, "unknown"),
    ],
)
def test_bytes_are_in_powers_of_ten(count, text):
    assert size(count) == text


def test_shares_are_percent_of_the_sum():
    assert shares([1, 1, 2, 0]) == ("25.0 %", "25.0 %", "50.0 %", "–")
    assert shares([1, 1, 1, 10**12]) == ("0.0 %", "0.0 %", "0.0 %", "100.0 %")


def test_shares_of_what_is_not_a_number_or_nothing_are_left_out():
    assert shares([1, HALF]) == ("", "")
    assert shares([0, 0]) == ("", "")
    assert shares([]) == ()


def test_axes_that_agree_are_written_once():
    assert (per_axis([11, 11]), per_axis([11, 7]), per_axis([-3, -3]), per_axis([None, 2])) == (
        "11",
        "11x7",
        "−3",
        "?x2",
    )
