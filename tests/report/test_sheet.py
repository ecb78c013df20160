import pytest

import netspec
from netspec.analysis import analyze
from netspec.analysis.facts import Field
from netspec.report.columns import COLUMNS, chosen
from netspec.report.sheet import CONVENTION, sheet
from netspec.shape import Shape, Unknown, letter
from netspec.source import Source
from tests.report.made import analysis, facts, node, scope, seen, small

H = letter("H")


def column(net, key, depth=None):
    return [line.cells[0] for line in sheet(net, columns=[key], depth=depth).lines]


def test_a_sheet_says_what_flows_in_and_out_and_where_the_spec_was_read():
    made = sheet(small())
    assert (made.title, made.origin) == ("made", "made.spec")
    assert made.flow == (("input", "3x8x8"), ("output", "10"))


def test_several_inputs_and_outputs_are_named():
    pair = [facts(node(0, "left", "1x8x8", Shape(1, (8, 8)))), facts(node(1, "right", "1x8x8", Shape(1, (8, 8))))]
    net = analysis(pair, inputs={"left": 0, "right": 1}, outputs={"main": 1, "aux": 0})
    assert sheet(net).flow == (
        ("input left", "1x8x8"),
        ("input right", "1x8x8"),
        ("output main", "1x8x8"),
        ("output aux", "1x8x8"),
    )


def test_a_sheet_without_a_source_names_none():
    net = small()
    object.__setattr__(net.graph, "source", None)
    assert sheet(net).origin == ""


@pytest.mark.parametrize(
    ("key", "cells"),
    [
        ("name", ["input", "conv1", "bn1", "relu1", "gap1", "dense1"]),
        ("layer", ["3x8x8", "8C3p1", "bn", "relu", "GAP", "10N"]),
        ("output", ["3x8x8", "8x8x8", "8x8x8", "8x8x8", "8", "10"]),
        ("weights", ["", "8x3x3x3 + 8", "8 + 8", "", "", "10x8 + 10"]),
        ("parameters", ["–", "224", "16", "–", "–", "90"]),
        ("macs", ["–", "13,824", "–", "–", "–", "80"]),
        ("ops", ["–", "512", "1,024", "512", "512", "10"]),
        ("activations", ["192", "512", "512", "512", "8", "10"]),
        ("share", ["–", "99.4 %", "–", "–", "–", "0.6 %"]),
        ("rf", ["", "3", "3", "3", "all", "all"]),
        ("jump", ["", "1", "1", "1", "", ""]),
        ("start", ["", "−1", "−1", "−1", "", ""]),
    ],
)
def test_each_column_shows_its_figure_of_every_layer(key, cells):
    assert column(small(), key) == cells


def test_every_column_is_tested_above():
    marks = test_each_column_shows_its_figure_of_every_layer.pytestmark[0]
    assert {row[0] for row in marks.args[1]} == set(COLUMNS)


def test_the_last_line_holds_the_totals():
    made = sheet(small(), columns=["name", "parameters", "output", "macs", "ops", "activations"])
    assert made.total == ("total", "330", "", "13,904", "2,570", "1,746")


def test_a_batch_multiplies_operations_and_activations_and_not_parameters():
    made = sheet(small(batch=2), columns=["parameters", "macs", "ops", "activations"])
    assert made.lines[1].cells == ("224", "27,648", "1,024", "1,024")
    assert made.total == ("330", "27,808", "5,140", "3,492")
    assert ("MACs", "27,808 for 2 images") in made.summary


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("key", ["parameters", "macs", "ops", "activations"])
def test_rows_sum_to_the_total(depth, batch, key):
    block = scope("basic(64)", "basic1")
    shape = Shape(8, (8, 8))
    layers = [facts(node(0, "input", "3x8x8", shape))]
    layers += [
        facts(node(n, f"conv{n}", "8C3", shape, (block,) if n < 3 else ()), {"weight": (8, n)}, None, 7 * n, 5 * n)
        for n in range(1, 5)
    ]
    made = sheet(analysis(layers, batch=batch), columns=[key], depth=depth)
    numbers = [int(line.cells[0].replace(",", "")) for line in made.lines if line.cells[0] != "–"]
    assert f"{sum(numbers):,}" == made.total[0]


def test_ops_come_after_the_macs_with_their_totals_below():
    made = sheet(small(), ops=True)
    assert [each.key for each in made.columns] == ["name", "layer", "output", "parameters", "macs", "ops", "rf"]
    assert made.summary == (
        ("parameters", "330; 1.38 kB of float32; 16 more in buffers"),
        ("MACs", "13,904 for an image"),
        ("ops", "2,570 for an image"),
        ("FLOPs", "30,378 for an image"),
        ("memory", "1.00 kB of activations in inference, 2.00 MB kept for training, for an image"),
    )


def test_ops_that_are_asked_for_already_stay_where_they_are():
    assert [each.key for each in chosen(["ops", "macs"], ops=True)] == ["ops", "macs"]
    assert [each.key for each in chosen(["name"], ops=True)] == ["name", "ops"]


def test_a_large_figure_is_said_in_short_as_well():
    shape = Shape(8, (8, 8))
    net = analysis([facts(node(0, "input", "3x8x8", shape)), facts(node(1, "conv1", "8C3", shape), macs=724_406_816)])
    assert sheet(net).summary[:2] == (
        ("parameters", "0; 0 bytes of float32"),
        ("MACs", "724,406,816 (724.4 M) for an image"),
    )


def test_a_folded_row_counts_its_tensors():
    block, empty = scope("basic(64)", "basic1"), scope("none", "none1")
    shape = Shape(8, (8, 8))
    layers = [
        facts(node(0, "input", "3x8x8", shape)),
        facts(node(1, "conv1", "8C3", shape, (block,)), {"weight": (8, 3), "bias": (8,)}),
        facts(node(2, "relu1", "relu", shape, (empty,))),
    ]
    assert column(analysis(layers), "weights", depth=0) == ["", "2 tensors", ""]


def test_fields_of_several_inputs_are_named_where_they_differ():
    shape = Shape(8, (8, 8))
    layers = [
        facts(node(0, "left", "3x8x8", shape)),
        facts(node(1, "right", "3x8x8", shape)),
        facts(node(2, "conv1", "8C3", shape), fields={"left": seen(3), "right": seen(5)}),
        facts(node(3, "conv2", "8C3", shape), fields={"left": seen(7), "right": seen(7)}),
        facts(node(4, "conv3", "8C3", shape), fields={}),
    ]
    net = analysis(layers, inputs={"left": 0, "right": 1})
    assert column(net, "rf") == ["", "", "left 3, right 5", "7", ""]


def test_branches_that_are_not_aligned_are_starred_and_explained():
    shape = Shape(8, (8, 8))
    layers = [
        facts(node(0, "input", "3x8x8", shape)),
        facts(node(1, "add1", "add", shape), fields={"input": Field((5, 3), (1, 2), (0, -1), (True, False))}),
    ]
    net = analysis(layers)
    made = sheet(net)
    assert made.lines[1].cells[-1] == "5x3*"
    assert made.remarks == (
        "* branches that meet here or before see fields with different centres or jumps: not aligned",
    )
    assert sheet(net, columns=["name"]).remarks == ()
    assert column(net, "jump") == ["", "1x2"]
    assert column(net, "start") == ["", "0x−1"]


def test_why_a_figure_is_unknown_is_said_once():
    lost = Unknown("the padding depends on H")
    layers = [
        facts(node(0, "input", "3x8x8", Shape(3, (8, 8)))),
        facts(node(1, "conv1", "8C3", Shape(8, (lost, 8))), macs=lost),
        facts(node(2, "dense1", "10N", Shape(10)), {"weight": (10, Unknown("it flattens 8xHx8"))}),
    ]
    made = sheet(analysis(layers))
    assert made.remarks == ("unknown: the padding depends on H", "unknown: it flattens 8xHx8")
    assert made.lines[1].cells[2:] == ("8xunknownx8", "–", "unknown", "1")
    assert made.summary[0] == ("parameters", "unknown")


def test_rows_with_weights_stand_out():
    assert [line.strong for line in sheet(small()).lines] == [False, True, True, False, False, True]


def test_a_column_that_there_is_not_is_a_key_error():
    with pytest.raises(KeyError):
        sheet(small(), columns=["nosuch"])


def test_the_counting_convention_fits_a_narrow_page():
    assert max(map(len, CONVENTION)) <= 100


def test_a_network_without_a_name_is_called_by_its_one_line():
    net = small()
    for text, name, title, origin in (
        ("784-10N\n", "<spec>", "784-10N", ""),
        ("784\n10N\n", "<stdin>", "network", "<stdin>"),
    ):
        object.__setattr__(net.graph, "name", "")
        object.__setattr__(net.graph, "source", Source(text, name))
        made = sheet(net)
        assert (made.title, made.origin) == (title, origin)
    object.__setattr__(net.graph, "source", None)
    assert sheet(net).title == "network"


def unknown_sizes():
    """A network whose merge agrees for some sizes only."""
    return analyze(netspec.compile("1xHxW-8C5-MP2-add { | identity | 8C1s2 - upsample(2) }"))


def test_unknown_sizes_are_told_letter_by_letter():
    made = sheet(unknown_sizes())
    assert made.letters == (
        ("H", "works where H ≥ 8 and H mod 4 = 0 or 1"),
        ("", "`add1` needs H ≥ 8 and H mod 4 = 0 or 1"),
        ("W", "works where W ≥ 8 and W mod 4 = 0 or 1"),
        ("", "`add1` needs W ≥ 8 and W mod 4 = 0 or 1"),
    )
    made = sheet(analyze(netspec.compile("1xHx32-add { | identity | MP2 - upsample(2) }-MP2")))
    assert made.letters == (
        ("H", "works where H is even; the smallest is 2"),
        ("", "wastes no pixel where H is even"),
        ("", "`add1` needs H is even"),
    )


def test_a_number_of_regions_wastes_no_pixels():
    spec = "input image 3x8x8\ninput rois Rx4\nroipool(2) { | @image | @rois }\n10N"
    assert sheet(analyze(netspec.compile(Source(spec)))).letters == (("R", "works where R ≥ 1"),)


def test_unknown_weights_have_no_bytes():
    net = analyze(netspec.compile("3xHxW-10N"))
    assert dict(sheet(net).summary)["parameters"] == "unknown"


def test_a_total_that_is_a_sum_of_products_stands_below_the_table():
    made = sheet(unknown_sizes())
    assert made.total[made.columns.index(COLUMNS["macs"])] == "below"
    assert "·" in dict(made.summary)["MACs"]


def test_a_letter_whose_period_is_too_long_says_so():
    net = analyze(netspec.compile("1xH-" + "-".join(["8C1s1000"] * 4)))
    assert [label for label, _ in sheet(net).letters] == ["H"]
    assert "works" not in sheet(net).letters[0][1]


def test_memory_that_depends_on_unknown_sizes_says_why():
    assert dict(sheet(unknown_sizes()).summary)["memory"].startswith("unknown: ")
