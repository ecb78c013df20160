from netspec.records import replace
from netspec.report import library
from netspec.shape import Shape, letter
from tests.report.made import made_entry

H, W = letter("H"), letter("W")


def test_families_stand_apart_and_figures_under_each_other():
    entries = [made_entry("one", family="f"), made_entry("other", family="g", parameters=60_965_224)]
    assert library.render(entries) == (
        "name   year  input  parameters    MACs  what\n"
        "\n"
        "f:\n"
        "one    2000  3x8x8         330  13,904  one: Somebody 2000\n"
        "\n"
        "g:\n"
        "other  2000  3x8x8     60.97 M  13,904  other: Somebody 2000\n"
    )


def test_without_families_they_are_a_column():
    entries = [made_entry("one", family="f")]
    assert library.render(entries, by_family=False) == (
        "name  family  year  input  parameters    MACs  what\n"
        "one   f       2000  3x8x8         330  13,904  one: Somebody 2000\n"
    )


def test_titles_are_shortened_to_the_window():
    text = library.render([made_entry("one", title="a long title " * 9)], 50)
    assert max(map(len, text.splitlines())) == 50 and "…\n" in text


def test_a_figure_of_an_unknown_size_says_which():
    assert library.figure(3 * H * W + H) == "by H, W"
    assert library.figure(letter("L")) == "by L"
    assert (library.figure(950), library.figure(1_582_671_872)) == ("950", "1.58 G")


def test_several_inputs_are_all_named():
    both = {"left": Shape(1, (4, 4)), "right": Shape(3, (H, W))}
    assert library.inputs(replace(made_entry("one"), inputs=both)) == "1x4x4, 3xHxW"
