from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.language.reading import Expectation
from netspec.language.shorthand import Misread, read_word, title
from netspec.language.words import ALIASES
from netspec.layers import TABLE
from netspec.layers.arguments import SAME

VARIANTS = {
    "20c4": "20C4",
    "20conv4": "20C4",
    "32C5S2": "32C5s2",
    "64C3S1p1": "64C3s1p1",
    "32c5z": "32C5p",
    "32C5{z}": "32C5p",
    "3x3C64": "64C3",
    "3×3conv64": "64C3",
    "c128k3s1": "128C3s1",
    "k3n64s1": "64C3s1",
    "f64k3": "64C3",
    "C64k4s2": "64C4s2",
    "k1x7n64p3g2": "64C1x7p3g2",
    "64deconv4s2": "64TC4s2",
    "64tc4s2": "64TC4s2",
    "dwconv3": "DW3",
    "mp2": "MP2",
    "MaxPool2": "MP2",
    "AP2S2": "AP2",
    "MPk2s2": "MP2",
    "MPk3s2": "MP3s2",
    "APk10s10": "AP10",
    "150n": "150N",
    "128FC": "128N",
    "FC512": "512N",
    "FC-4096": "4096N",
    "128Dense": "128N",
    "D128": "128N",
    "256D": "256N",
    "256d": "256N",
    "128F": "128N",
    "F120": "120N",
    "DP": "dropout",
    "Dp40%": "dropout(0.4)",
    "Dp0%": "dropout(0)",
    "DP.5": "dropout(0.5)",
    "D40%": "dropout(0.4)",
    "40%DP": "dropout(0.4)",
    "0.4d": "dropout(0.4)",
    "dropout0.5": "dropout(0.5)",
    "DRPO": "dropout",
    "drop": "dropout",
    "BN": "bn",
    "batchnorm": "bn",
    "Batch_Norm": "bn",
    "ReLU": "relu",
    "RELU": "relu",
    "leakyrelu": "leaky",
    "LeakyReLU": "leaky",
    "lrelu": "leaky",
    "Softmax": "softmax",
    "maxpooling": "maxpool",
    "Flatten": "flatten",
    "GlobalAveragePooling": "GAP",
}


@pytest.mark.parametrize(("word", "canonical"), VARIANTS.items())
def test_a_word_of_papers_is_read_without_a_note(word: str, canonical: str) -> None:
    reading = read_word(word)
    assert reading is not None
    assert reading.notes == () and reading.flows_in is None and not reading.numbered
    assert title(reading.layer, reading.arguments, tuple(reading.arguments)) == canonical


VGG = "VGG's table leaves out that its 3x3 kernels are padded by 1; `p1` adds it"
CYCLEGAN = "in CycleGAN it stands for reflection padding, instance norm and relu as well"
NOTED = {
    "P2": ("MP2", "`P2` is read as max pooling"),
    "p2": ("MP2", "`p2` is read as max pooling"),
    "F": ("flatten", "`F` is read as flatten"),
    "fc6": ("6N", "`fc6` is read as 6 neurons"),
    "10SVM": ("10N", "`10SVM` is read as 10 neurons; its SVM is a loss"),
    "10SSE": ("10N", "`10SSE` is read as 10 neurons; its squared error is a loss"),
    "10Softmax": ("10N", "`10Softmax` is read as 10 neurons; ` - softmax` after them is not added"),
    "conv3-64": (
        "64C3",
        "`conv3-64` is read as a convolution without padding: " + VGG,
    ),
    "c7s1-64": (
        "64C7s1",
        "`c7s1-64` is read as a convolution without padding: " + CYCLEGAN,
    ),
}


@pytest.mark.parametrize(("word", "reading"), NOTED.items())
def test_where_a_reading_is_a_choice_a_note_says_so(word: str, reading: tuple[str, str]) -> None:
    read = read_word(word)
    assert read is not None
    assert title(read.layer, read.arguments, tuple(read.arguments)) == reading[0]
    assert read.notes == (("N001", reading[1]),)


@pytest.mark.parametrize("word", ["conv1-256", "conv3p1-64", "conv3p-64"])
def test_a_kernel_before_its_maps_needs_no_note_where_padding_is_no_question(word: str) -> None:
    reading = read_word(word)
    assert reading is not None and reading.notes == ()


def test_padding_that_keeps_the_size_is_the_same_in_every_spelling() -> None:
    for word in ("32c5z", "32C5{z}", "32C5p", "32C5Z"):
        reading = read_word(word)
        assert reading is not None
        assert reading.arguments["pad"] == SAME


def test_the_number_before_a_dense_layer_is_what_flows_in() -> None:
    for word, (features, units) in {"1024FC10": (1024, 10), "2304FC512": (2304, 512), "128dense10": (128, 10)}.items():
        reading = read_word(word)
        assert reading is not None
        assert reading.flows_in == Expectation(features, 0, len(str(features)))
        assert reading.arguments == {"units": units}


def test_a_number_with_n_counts_layers() -> None:
    reading = read_word("300nC2s2")
    assert reading is not None
    assert reading.numbered and reading.arguments == {"maps": 300, "kernel": 2, "stride": 2}


def test_input_and_output_are_marks_and_no_layers() -> None:
    for word, marker in {"Input": "input", "INPUT": "input", "Output": "output"}.items():
        reading = read_word(word)
        assert reading is not None
        assert (reading.layer, reading.parts, reading.marker) == ("identity", (), marker)


def test_a_percentage_is_exact() -> None:
    reading = read_word("Dp12.5%")
    assert reading is not None
    (part,) = reading.parts
    assert (part.value, part.start, part.end) == (Fraction(1, 8), 2, 7)


def test_every_alias_leads_to_a_layer_and_hides_none() -> None:
    for alias, layer in ALIASES.items():
        assert layer in TABLE
        assert alias not in TABLE
        assert alias == alias.lower().replace("_", "")


@pytest.mark.parametrize(
    "word",
    ["f", "MPk", "c64s2", "k3s1", "MPc2k3", "128F10", "10SVM2", "conv3_1", "pool5", "block1", "F-5", "fc_6x"],
)
def test_what_only_resembles_a_notation_is_not_read(word: str) -> None:
    assert read_word(word) is None


REFUSED: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "C64": (
        "E107",
        "`C64` can be read in two ways",
        "C64",
        "maps or kernel?",
        ("`64C3`: 64 maps of a 3x3 kernel", "`32C64`: 32 maps of a 64x64 kernel"),
    ),
    "conv1": (
        "E107",
        "`conv1` can be read in two ways",
        "conv1",
        "maps or kernel?",
        ("`1C3`: 1 map of a 3x3 kernel", "`32C1`: 32 maps of a 1x1 kernel"),
    ),
    "64C": ("E126", "`64C` leaves out the kernel", "64C", "", ("write both, such as `64C3`",)),
    "conv3x3": ("E126", "`conv3x3` leaves out how many maps", "conv3x3", "", ("write both, such as `32C3x3`",)),
    "C5×5": ("E126", "`C5×5` leaves out how many maps", "C5×5", "", ("write both, such as `32C5x5`",)),
    "d128": (
        "E107",
        "`d128` can be read in two ways",
        "d128",
        "dense, or CycleGAN's convolution?",
        ("`128N`: 128 neurons", "`128C3s2p1 - instancenorm - relu`: CycleGAN's 3x3 convolution of stride 2"),
    ),
    "u128": (
        "E119",
        "`u128` is a word of CycleGAN for several layers",
        "u128",
        "written out, it says more",
        ("write `tconv(128, 3, stride=2, pad=1, output_pad=1) - instancenorm - relu`",),
    ),
    "R256": (
        "E119",
        "`R256` is a word of CycleGAN for several layers",
        "R256",
        "written out, it says more",
        ("write `add { | 256C3p1 - relu - 256C3p1 | identity }`",),
    ),
    "CD512": (
        "E119",
        "`CD512` is a word of pix2pix for several layers",
        "CD512",
        "written out, it says more",
        ("write `512C4s2p1 - bn - dropout(0.5) - relu`",),
    ),
    "RT2": (
        "E119",
        "`RT2` is not a layer: DeepCL's `RT` moves its training images at random",
        "RT2",
        "this is training, not the network",
        ("write `augment { crop(…, pad=2) }` in the `train` section",),
    ),
    "RP24": (
        "E119",
        "`RP24` is not a layer: DeepCL's `RP` cuts patches from its training images at random",
        "RP24",
        "this is training, not the network",
        ("write `augment { crop(24) }` in the `train` section",),
    ),
    "FC": (
        "E126",
        "`FC` says nothing about how many neurons it has",
        "FC",
        "a dense layer needs its number of neurons",
        ("write `512N`, or `FC512`",),
    ),
    "N": (
        "E126",
        "`N` says nothing about how many neurons it has",
        "N",
        "a dense layer needs its number of neurons",
        ("write `512N`, or `FC512`",),
    ),
    "MP": (
        "E126",
        "`MP` says nothing about its window",
        "MP",
        "the size of the window is missing",
        ("write `MP2` for a 2x2 window",),
    ),
    "P": (
        "E126",
        "`P` says nothing about its window",
        "P",
        "the size of the window is missing",
        ("write `MP2` for max pooling over 2x2",),
    ),
    "M": (
        "E126",
        "`M` says nothing about its window",
        "M",
        "the size of the window is missing",
        ("torchvision's lists write `M` for `MP2`",),
    ),
    "C": ("E126", "`C` says nothing about its maps and its kernel", "C", "two numbers are missing", ("write `20C5`",)),
    "D": ("E107", "`D` can be read in two ways", "D", "dense, or dropout?", ("write `512N` or `dropout(0.5)`",)),
    "LIF": ("E119", "`LIF` is not a layer of a network", "LIF", "a spiking neuron", ("the nearest layer is `relu`",)),
    "IF": ("E119", "`IF` is not a layer of a network", "IF", "a spiking neuron", ("the nearest layer is `relu`",)),
    "Voting": (
        "E119",
        "`Voting` is not a layer of a network",
        "Voting",
        "a vote over groups of outputs",
        ("the nearest layer is `avgpool`, over the vector as a signal",),
    ),
    "LSTM": (
        "E119",
        "`LSTM` is not a layer of a network",
        "LSTM",
        "a recurrent layer",
        ("netspec has layers for one pass only; `attention` works on sequences",),
    ),
    "SVM": (
        "E119",
        "`SVM` is not a layer of a network",
        "SVM",
        "a loss, which belongs to training",
        ("write `loss = …` in the `train` section",),
    ),
    "DP50": (
        "E106",
        "the rate of a dropout is a decimal or a percentage, and `DP50` has neither",
        "50",
        "",
        ("write `Dp50%` or `dropout(0.5)`",),
    ),
    "50DP": (
        "E106",
        "the rate of a dropout is a decimal or a percentage, and `50DP` has neither",
        "50",
        "",
        ("write `Dp50%` or `dropout(0.5)`",),
    ),
    "Dp1234567890123456789%": (
        "E008",
        "a rate of 19 digits is more than a number holds",
        "1234567890123456789",
        "",
        (),
    ),
    "2x128C3": (
        "E107",
        "`2x128C3` can be read in two ways",
        "2x128C3",
        "a repetition, or a kernel and its maps?",
        ("`2 * 128C3`: 2 times 128 maps of a 3x3 kernel", "`3C2x128`: 3 maps of a 2x128 kernel"),
    ),
    "2x1024FC": (
        "E107",
        "`2x1024FC` can be read as a repetition or as a size",
        "x",
        "`x` stands between the sizes of a shape",
        ("`2 * 1024FC` repeats `1024FC` 2 times",),
    ),
    "2OC5": (
        "E108",
        "`O` in `2OC5` is a letter where a number stands",
        "O",
        "type `0`",
        ("write `20C5` if that is what it says",),
    ),
    "l6C3": (
        "E108",
        "`l` in `l6C3` is a letter where a number stands",
        "l",
        "type `1`",
        ("write `16C3` if that is what it says",),
    ),
    "20Cl": (
        "E108",
        "`l` in `20Cl` is a letter where a number stands",
        "l",
        "type `1`",
        ("write `20C1` if that is what it says",),
    ),
    "k3n64k5": ("E105", "`kernel` of `k3n64k5` is given twice", "k5", "", ()),
    "FC-04": (
        "E108",
        "the number `04` begins with a zero",
        "04",
        "a letter `O` or `l`, or a missing separator?",
        ("write `4` if that is the number",),
    ),
    "01c111": (
        "E108",
        "the number `01` begins with a zero",
        "01",
        "a letter `O` or `l`, or a missing separator?",
        ("write `1` if that is the number",),
    ),
}


@pytest.mark.parametrize(("word", "refusal"), REFUSED.items())
def test_a_word_that_must_not_be_guessed_is_refused(
    word: str, refusal: tuple[str, str, str, str, tuple[str, ...]]
) -> None:
    with pytest.raises(Misread) as refused:
        read_word(word)
    misread = refused.value
    found = (misread.code, misread.what, word[misread.start : misread.end], misread.here, misread.helps)
    assert found == refusal


def test_a_faulty_word_behind_a_repetition_is_refused_as_a_repetition() -> None:
    with pytest.raises(Misread) as refused:
        read_word("2x64C")
    assert refused.value.helps == ("`2 * 64C` repeats `64C` 2 times",)


@pytest.mark.parametrize(
    "word",
    ["1x" * 100_000 + "C", "1x" * 40 + "8N", "c3k3" * 100_000, "c3" + "s1" * 100_000 + "-6", "0" * 100_000 + "l"],
)
def test_a_word_without_end_is_no_notation(word: str) -> None:
    assert read_word(word) is None


def test_the_two_readings_of_c64_come_with_a_third_of_pix2pix() -> None:
    with pytest.raises(Misread) as refused:
        read_word("C64")
    assert refused.value.notes == ("in pix2pix, `C64` is a 4x4 convolution of stride 2, then bn and relu: `64C4s2p1`",)
