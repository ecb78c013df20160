from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.language.reading import Expectation
from netspec.language.shorthand import Misread, Part, Reading, read_word, title, write_short
from netspec.layers import TABLE
from netspec.layers.arguments import LARGEST, SAME, PerAxis, Value, Word

CANONICAL: dict[str, tuple[str, dict[str, Value]]] = {
    "20C5": ("conv", {"maps": 20, "kernel": 5}),
    "96C11s4": ("conv", {"maps": 96, "kernel": 11, "stride": 4}),
    "64C3p1": ("conv", {"maps": 64, "kernel": 3, "pad": 1}),
    "64C3p": ("conv", {"maps": 64, "kernel": 3, "pad": SAME}),
    "256C5p2g2": ("conv", {"maps": 256, "kernel": 5, "pad": 2, "groups": 2}),
    "64C3pd2": ("conv", {"maps": 64, "kernel": 3, "pad": SAME, "dilation": 2}),
    "192C1x7p": ("conv", {"maps": 192, "kernel": PerAxis((1, 7)), "pad": SAME}),
    "64C3s2x1p2x0": ("conv", {"maps": 64, "kernel": 3, "stride": PerAxis((2, 1)), "pad": PerAxis((2, 0))}),
    "64TC4s2p1": ("tconv", {"maps": 64, "kernel": 4, "stride": 2, "pad": 1}),
    "DW3s2p": ("dwconv", {"kernel": 3, "stride": 2, "pad": SAME}),
    "MP2": ("maxpool", {"kernel": 2}),
    "MP3s2p1": ("maxpool", {"kernel": 3, "stride": 2, "pad": 1}),
    "MP3s2p": ("maxpool", {"kernel": 3, "stride": 2, "pad": SAME}),
    "AP2": ("avgpool", {"kernel": 2}),
    "GAP": ("gap", {}),
    "GMP": ("gmp", {}),
    "150N": ("dense", {"units": 150}),
}


@pytest.mark.parametrize(("word", "meaning"), CANONICAL.items())
def test_a_canonical_word_is_read_and_written_back(word: str, meaning: tuple[str, dict[str, Value]]) -> None:
    reading = read_word(word)
    assert reading is not None
    assert (reading.layer, reading.arguments) == meaning
    assert reading.notes == () and reading.flows_in is None and not reading.numbered and reading.marker is None
    assert write_short(*meaning) == word


def test_each_part_knows_the_characters_that_wrote_it() -> None:
    word = "192C1x7s2p"
    reading = read_word(word)
    assert reading is not None
    assert reading.parts == (
        Part("maps", 192, 0, 3),
        Part("kernel", PerAxis((1, 7)), 4, 7),
        Part("stride", 2, 7, 9),
        Part("pad", SAME, 9, 10),
    )


def test_modifiers_are_read_in_any_order_and_written_in_one() -> None:
    reading = read_word("64C3g2d2p1s2")
    assert reading is not None
    assert write_short(reading.layer, reading.arguments) == "64C3s2p1d2g2"


def test_a_number_before_a_pool_is_what_flows_in() -> None:
    reading = read_word("150MP2")
    assert reading == Reading("maxpool", (Part("kernel", 2, 5, 6),), flows_in=Expectation(150, 0, 3))


layers = st.sampled_from(["conv", "tconv", "dwconv", "maxpool", "avgpool"])
numbers = st.one_of(st.integers(1, LARGEST), st.integers(1, 12))
sizes = st.one_of(numbers, st.lists(numbers, min_size=2, max_size=3).map(PerAxis))


@st.composite
def short_layers(draw: st.DrawFn) -> tuple[str, dict[str, Value]]:
    layer = draw(layers)
    arguments: dict[str, Value] = {"kernel": draw(sizes)}
    if layer in ("conv", "tconv"):
        arguments["maps"] = draw(numbers)
        arguments |= draw(st.fixed_dictionaries({}, optional={"groups": numbers}))
    if layer != "avgpool":
        arguments |= draw(st.fixed_dictionaries({}, optional={"dilation": sizes}))
    return layer, arguments | draw(
        st.fixed_dictionaries({}, optional={"stride": sizes, "pad": st.one_of(st.just(SAME), sizes)})
    )


@given(short_layers())
@settings(max_examples=100)
def test_what_is_written_short_reads_as_the_same_layer(meaning: tuple[str, dict[str, Value]]) -> None:
    layer, arguments = meaning
    word = write_short(layer, arguments, keep=True)
    assert word is not None
    for spelling in (word, word.lower()):
        reading = read_word(spelling)
        assert reading is not None
        assert (reading.layer, reading.arguments) == (layer, arguments)


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        ("conv", {"maps": 64, "kernel": 3, "bias": False}),
        ("conv", {"maps": 64, "kernel": 3, "connect": ((0, 1),)}),
        ("conv", {"maps": 64}),
        ("conv", {"kernel": 3}),
        ("conv", {"maps": PerAxis((1, 2)), "kernel": 3}),
        ("conv", {"maps": Fraction(5, 2), "kernel": 3}),
        ("conv", {"maps": -3, "kernel": 3}),
        ("conv", {"maps": 64, "kernel": ()}),
        ("conv", {"maps": 64, "kernel": 3, "stride": "wide"}),
        ("conv", {"maps": 64, "kernel": 3, "pad": "circular"}),
        ("conv", {"maps": 64, "kernel": 3, "pad": (1, 0)}),
        ("conv", {"maps": 64, "kernel": 3, "pad": ((1, 0), (1, 0))}),
        ("conv", {"maps": 64, "kernel": 3, "pad": ()}),
        ("maxpool", {"kernel": 3, "ceil": True}),
        ("avgpool", {"kernel": 3, "dilation": 2}),
        ("dense", {"units": 10, "bias": False}),
        ("dense", {}),
        ("gap", {"keep": True}),
        ("relu", {}),
    ],
)
def test_a_layer_that_has_no_short_form_says_so(layer: str, arguments: dict[str, Value]) -> None:
    assert write_short(layer, arguments) is None


@pytest.mark.parametrize(
    ("pad", "word"),
    [("valid", "8C3p0"), (((1, 1),), "8C3p1"), (((2, 2), (0, 0)), "8C3p2x0"), (0, "8C3p0"), (Word("same"), "8C3p")],
)
def test_padding_is_written_short_where_both_sides_are_alike(pad: Value, word: str) -> None:
    assert write_short("conv", {"maps": 8, "kernel": 3, "pad": pad}) == word


def test_a_stride_equal_to_the_kernel_of_a_pool_is_left_out() -> None:
    assert write_short("maxpool", {"kernel": 2, "stride": 2}) == "MP2"
    assert write_short("maxpool", {"kernel": 2, "stride": 2}, keep=True) == "MP2s2"
    assert write_short("conv", {"maps": 8, "kernel": 2, "stride": 2}) == "8C2s2"


FAULTS = {
    "20C5s": ("E126", "a number is missing after `s` in `20C5s`", "s", ""),
    "20C5s2s3": ("E105", "`stride` of `20C5s2s3` is given twice", "s3", ""),
    "20C5pz": ("E105", "`pad` of `20C5pz` is given twice", "z", ""),
    "20C5z2": ("E105", "`z` in `20C5z2` takes no number", "2", "`p` takes one"),
    "MP3s2g2": (
        "E104",
        "`g2` in `MP3s2g2` means nothing: `maxpool` takes `s` stride, `p` pad, `d` dilation",
        "g2",
        "`MP3s2` is read so far",
    ),
    "20C2.5": (
        "E104",
        "`.5` in `20C2.5` means nothing: `conv` takes `s` stride, `p` pad, `d` dilation, `g` groups",
        ".5",
        "`20C2` is read so far",
    ),
    "01C3": ("E108", "the number `01` begins with a zero", "01", "a letter `O` or `l`, or a missing separator?"),
    "8C3x00": ("E108", "the number `00` begins with a zero", "00", "a letter `O` or `l`, or a missing separator?"),
    "999999999999C3": (
        "E008",
        "999,999,999,999 maps are more than any network has: counts go up to 2,147,483,647",
        "999999999999",
        "",
    ),
    "8C2147483648": (
        "E008",
        "a kernel of 2,147,483,648 is larger than any network has: sizes go up to 2,147,483,647",
        "2147483648",
        "",
    ),
    "8C3s" + "9" * 5000: (
        "E008",
        "a stride of 10^4999 or more is larger than any network has: sizes go up to 2,147,483,647",
        "9" * 5000,
        "",
    ),
    "20С5": (
        "E108",
        "`С` in `20С5` is not the `C` that it looks like",
        "С",
        "this is U+0421, CYRILLIC CAPITAL LETTER ES",
    ),
    "ΜΡ2": (
        "E108",
        "`Μ` in `ΜΡ2` is not the `M` that it looks like",
        "Μ",
        "this is U+039C, GREEK CAPITAL LETTER MU",
    ),
    "20C５": (
        "E108",
        "`５` in `20C５` is not the `5` that it looks like",
        "５",
        "this is U+FF15, FULLWIDTH DIGIT FIVE",
    ),
}


@pytest.mark.parametrize(("word", "fault"), FAULTS.items(), ids=lambda case: str(case)[:20])
def test_a_faulty_word_says_what_is_wrong_and_where(word: str, fault: tuple[str, str, str, str]) -> None:
    with pytest.raises(Misread) as refused:
        read_word(word)
    misread = refused.value
    assert (misread.code, misread.what, word[misread.start : misread.end], misread.here) == fault


@pytest.mark.parametrize(("word", "instead"), [("01C3", "1C3"), ("8C03", "8C3"), ("20С5", "20C5"), ("ΜΡ2", "MP2")])
def test_a_slip_comes_with_the_word_to_try_instead(word: str, instead: str) -> None:
    with pytest.raises(Misread) as refused:
        read_word(word)
    assert refused.value.instead == instead
    assert read_word(instead) is not None


@pytest.mark.parametrize(
    "word", ["trunk", "bottleneck", "pool3", "res2a", "s2x1", "784", "1x29x29", "größe", "p3_out", ""]
)
def test_a_word_that_is_no_notation_is_left_to_the_caller(word: str) -> None:
    assert read_word(word) is None


def read_or_refuse(word: str) -> Reading | Misread | None:
    try:
        return read_word(word)
    except Misread as misread:
        return misread


@given(st.text("0123456789CcMPpsdgzxNnFDTWkAGB.%-{}×OlСé", max_size=8))
@settings(max_examples=300)
def test_any_word_is_read_refused_or_left(word: str) -> None:
    reading = read_or_refuse(word)
    if isinstance(reading, Misread):
        assert 0 <= reading.start <= reading.end <= len(word)
        assert reading.what
        return
    if reading is None:
        return
    assert reading.layer in TABLE
    for part in reading.parts:
        assert 0 <= part.start < part.end <= len(word)


@pytest.mark.parametrize(
    ("layer", "arguments", "order", "text"),
    [
        ("conv", {"maps": 96, "kernel": 11, "stride": 4}, ("maps", "kernel", "stride"), "96C11s4"),
        (
            "conv",
            {"maps": 64, "kernel": 7, "stride": 2, "pad": 3, "bias": False},
            ("maps", "kernel", "stride", "pad", "dilation", "groups", "bias"),
            "conv(64, 7, stride=2, pad=3, bias=false)",
        ),
        ("conv", {"kernel": 7}, ("maps", "kernel"), "conv(kernel=7)"),
        ("conv", {"maps": 3, "kernel": 5, "pad": (1, 0)}, ("maps", "kernel", "pad"), "conv(3, 5, pad=[1, 0])"),
        (
            "conv",
            {"maps": 16, "kernel": PerAxis((1, 7)), "bias": True},
            ("maps", "kernel", "bias"),
            "conv(16, 1x7, bias=true)",
        ),
        (
            "conv",
            {"maps": 6, "kernel": 5, "connect": ((0,),) * 6},
            ("maps", "kernel", "connect"),
            "conv(6, 5, connect=[…])",
        ),
        ("relu", {}, (), "relu"),
        ("basic", {"c": 128, "s": 2}, ("c", "s"), "basic(128, 2)"),
        ("basic", {"s": Fraction(1, 2)}, ("c", "s"), "basic(s=0.5)"),
        ("named", {"a": 'say "b\\"', "b": Word("same")}, ("a", "b"), 'named("say \\"b\\\\\\"", same)'),
    ],
)
def test_a_title_is_the_layer_as_a_spec_writes_it(
    layer: str, arguments: dict[str, Value], order: tuple[str, ...], text: str
) -> None:
    assert title(layer, arguments, order) == text
