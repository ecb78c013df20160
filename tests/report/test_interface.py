import json
import re
from fractions import Fraction
from pathlib import Path

from netspec.analysis.facts import Field
from netspec.records import replace
from netspec.report import interface
from netspec.shape import Shape, Unknown, letter
from tests.report.made import analysis, facts, made_entry, node, scope, seen, small

DOCS = Path(__file__).parents[2] / "docs" / "json.md"


def test_the_keys_stand_in_the_order_that_is_documented():
    document = json.loads(interface.render(small()))
    assert list(document) == [
        "version", "name", "source", "input", "inputs", "outputs", "dtype", "batch", "totals", "layers",
    ]  # fmt: skip
    assert list(document["totals"]) == [
        "parameters", "buffers", "macs", "ops", "flops", "weight_bytes", "activation_bytes", "training_bytes",
    ]  # fmt: skip
    assert list(document["layers"][0]) == [
        "name", "layer", "line", "inputs", "output", "weights", "parameters", "macs", "receptive_field", "buffers",
        "ops", "activations", "buffer_shapes", "kind", "shares", "path",
    ]  # fmt: skip


def test_figures_are_raw_whole_numbers():
    document = interface.document(small(batch=2))
    assert document["input"] == [3, 8, 8]
    assert document["inputs"] == {"input": [3, 8, 8]}
    assert document["outputs"] == {"main": "dense1"}
    assert document["totals"] == {
        "parameters": 330,
        "buffers": 16,
        "macs": 27_808,
        "ops": 5_140,
        "flops": 60_756,
        "weight_bytes": 1_384,
        "activation_bytes": 2_000,
        "training_bytes": 4_000_000,
    }
    assert document["layers"][1] == {
        "name": "bn1",
        "layer": "bn",
        "line": 2,
        "inputs": ["conv1"],
        "output": [8, 8, 8],
        "weights": {"weight": [8], "bias": [8]},
        "parameters": 16,
        "macs": 0,
        "receptive_field": {
            "size": [3, 3],
            "jump": [1, 1],
            "start": [-1, -1],
            "aligned": [True, True],
            "whole": False,
        },
        "buffers": 16,
        "ops": 2_048,
        "activations": 1_024,
        "buffer_shapes": {"running_mean": [8], "running_var": [8]},
        "kind": "conv",
        "shares": None,
        "path": [],
    }


def test_layers_sum_to_the_totals_and_the_inputs_are_no_layers():
    document = interface.document(small(batch=3))
    for key in ("parameters", "buffers", "macs", "ops"):
        assert sum(layer[key] for layer in document["layers"]) == document["totals"][key]
    assert [layer["name"] for layer in document["layers"]] == ["conv1", "bn1", "relu1", "gap1", "dense1"]


def test_a_value_without_an_axis_has_no_jump():
    layer = interface.document(small())["layers"][3]
    assert layer["receptive_field"] == {
        "size": [8, 8],
        "jump": [None, None],
        "start": [0, 0],
        "aligned": [True, True],
        "whole": True,
    }


def test_a_jump_between_pixels_is_a_fraction_as_text():
    field = Field((3,), (Fraction(1, 2),), (0,), (True,))
    assert interface.field(field)["jump"] == ["1/2"]


def test_unknown_sizes_are_closed_forms_and_what_is_lost_is_null_with_a_reason():
    lost = Unknown("it flattens 8xHx8")
    half = letter("H") // 2
    layers = [
        facts(node(0, "input", "8xHx8", Shape(8, (letter("H"), 8)))),
        facts(node(1, "pool1", "MP2", Shape(8, (half, 4))), macs=half * half),
        facts(node(2, "dense1", "10N", Shape(10)), {"weight": (10, lost)}, fields={}),
    ]
    document = interface.document(analysis(layers))
    assert document["input"] == [8, "H", 8]
    assert document["layers"][0]["macs"] == "⌊H / 2⌋²"
    assert "reason" not in document["layers"][0]
    dense = document["layers"][1]
    assert (dense["weights"], dense["parameters"], dense["reason"]) == (
        {"weight": [10, None]},
        None,
        "it flattens 8xHx8",
    )
    assert dense["receptive_field"] is None
    assert document["totals"]["parameters"] is None
    assert document["totals"]["reason"] == "it flattens 8xHx8"


def test_each_input_has_a_field_of_its_own_where_there_are_several():
    shape = Shape(8, (8, 8))
    layers = [
        facts(node(0, "left", "8x8x8", shape)),
        facts(node(1, "right", "8x8x8", shape)),
        facts(node(2, "conv1", "8C3", shape), fields={"left": seen(3), "right": seen(5)}),
    ]
    layer = interface.document(analysis(layers, inputs={"left": 0, "right": 1}))["layers"][0]
    assert layer["receptive_field"]["size"] == [3, 3]
    assert {name: field["size"] for name, field in layer["receptive_fields"].items()} == {
        "left": [3, 3],
        "right": [5, 5],
    }


def test_a_layer_names_the_owner_of_its_weights_and_the_blocks_around_it():
    shape = Shape(8, (8, 8))
    trail = (scope("2 * trunk"), scope("trunk", "trunk2"))
    own = node(1, "trunk.conv1", "8C3", shape)
    shared = replace(node(2, "trunk2.conv1", "8C3", shape, trail), owner=1)
    net = analysis([facts(node(0, "input", "8x8x8", shape)), facts(own), facts(shared)])
    layer = interface.document(net)["layers"][1]
    assert (layer["shares"], layer["path"]) == ("trunk.conv1", ["2 * trunk", "trunk2"])


def test_a_network_of_nothing_but_an_input_has_no_layers():
    net = analysis([facts(node(0, "input", "8x8x8", Shape(8, (8, 8))))])
    object.__setattr__(net.graph, "source", None)
    document = json.loads(interface.render(net))
    assert (document["layers"], document["source"]) == ([], None)


def test_every_layer_is_a_line_of_its_own():
    lines = interface.render(small()).splitlines()
    assert [json.loads(line.rstrip(","))["name"] for line in lines if line.startswith('    {"name"')] == [
        "conv1", "bn1", "relu1", "gap1", "dense1",
    ]  # fmt: skip


def test_the_list_of_networks_has_the_documented_keys():
    (found,) = json.loads(interface.networks([made_entry("made", family="test", year=2024, printed="5 million")]))
    assert found == {
        "name": "made",
        "family": "test",
        "year": 2024,
        "input": [3, 8, 8],
        "parameters": 330,
        "macs": 13_904,
        "title": "made: Somebody 2024",
        "printed": "5 million",
        "inputs": {"input": [3, 8, 8]},
        "outputs": {"main": [10]},
        "path": "made.spec",
    }
    section = DOCS.read_text(encoding="utf-8").partition("`netspec list --json` is")[2]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(found)
    (found,) = json.loads(interface.networks([made_entry("made", macs=3 * letter("H"))]))
    assert (found["macs"], found["printed"]) == ("3·H", None)


def test_every_key_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    document = interface.document(small())
    field = document["layers"][0]["receptive_field"]
    for key in [*document, *document["totals"], *document["layers"][0], *field, "receptive_fields", "reason"]:
        assert f"`{key}`" in text, key
    assert f"version {interface.VERSION}" in text
