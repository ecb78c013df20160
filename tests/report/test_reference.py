import runpy
import sys
from pathlib import Path

import pytest

from netspec.layers import TABLE, layer_class
from netspec.layers.arguments import PerAxis
from netspec.report import reference
from netspec.shape import Shape, letter

DOCS = Path(__file__).parents[2] / "docs" / "layers.md"


def test_the_page_of_layers_is_current():
    assert DOCS.read_text(encoding="utf-8") == reference.markdown(), (
        "run python -m netspec.report.reference > docs/layers.md"
    )


def test_every_layer_is_listed_once_under_its_family():
    listed = [line.split()[0] for line in reference.overview().splitlines() if line.startswith("  ")]
    assert sorted(listed) == sorted(TABLE)
    families = [family for family, _ in reference.families()]
    assert len(families) == len(set(families))


@pytest.mark.parametrize("name", TABLE)
def test_the_examples_come_out_as_they_are_declared(name):
    for example in layer_class(name).examples:
        cells = reference.worked(example).cells
        declared = [f"{count:,}" if count else "–" for count in (example.parameters, example.macs)]
        assert list(cells[2:5]) == [example.output, *declared], example.spec


def test_a_page_holds_signature_arguments_examples_and_a_calculation():
    text = reference.page(layer_class("avgpool"))
    assert text.startswith("avgpool(kernel") and ", pad=0, " in text.splitlines()[0]
    assert "\n  kernel " in text
    assert "\nexamples:\n  example " in text
    assert "\nthe calculation of " in text


def test_a_layer_without_arguments_or_calculation_has_a_shorter_page():
    text = reference.page(layer_class("tanh"))
    assert text.startswith("tanh\n\n")
    assert "the calculation" not in text and "unless given" not in text


def test_a_merging_layer_shows_its_branches():
    assert reference.signature(layer_class("add")) == "add { | … | … }"
    assert reference.signature(layer_class("concat")).endswith(") { | … | … }")


def test_defaults_are_written_as_a_spec_would():
    values = [None, True, 2, ((0, 0),), PerAxis((1, 7)), "same", ((0, 1),), ()]
    assert [reference.default(value) for value in values] == ["…", "true", "2", "0", "1x7", "same", "[0, 1]", "[]"]


def test_shapes_of_examples_are_read():
    assert reference.shape_of("196 tokens x 768") == Shape(768, tokens=196)
    assert reference.shape_of("3xHxW") == Shape(3, (letter("H"), letter("W")))
    assert reference.shape_of("Rx4") == Shape(4, rows=letter("R"))
    assert reference.shape_of("120x1x1") == Shape(120, (1, 1))
    assert reference.shape_of("Rx512x7x7") == Shape(512, (7, 7), rows=letter("R"))


def test_the_summary_is_the_first_sentence():
    assert reference.summary(layer_class("relu")).endswith("(MobileNet's ReLU6).")
    assert "\n" not in "".join(map(reference.summary, map(layer_class, TABLE)))


def test_the_module_prints_the_page(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "netspec.report.reference")
    runpy.run_module("netspec.report.reference", run_name="__main__")
    assert capsys.readouterr().out == DOCS.read_text(encoding="utf-8")
