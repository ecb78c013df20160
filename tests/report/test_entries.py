from netspec.compiler import analyze
from netspec.library import Shipped, networks
from netspec.report.entries import ORDERS, Entry, entry, having, near
from netspec.shape import Shape, letter
from tests.report.made import made_entry


def names(found):
    return [each.name for each in found]


def test_an_entry_has_the_figures_of_the_analysis():
    for shipped in networks():
        if shipped.name in ("lenet5", "resnet18", "googlenet"):
            found, analysis = entry(shipped), analyze(shipped.path)
            nodes = analysis.graph.nodes
            assert (found.parameters, found.macs) == (analysis.totals.parameters, analysis.totals.macs)
            assert found.inputs == {name: nodes[number].shape for name, number in analysis.graph.inputs.items()}
            assert found.outputs == {name: nodes[number].shape for name, number in analysis.graph.outputs.items()}
            assert found.shipped is shipped


def test_words_choose_by_family_name_year_and_title_whatever_the_capitals():
    assert names(having(networks(), ["SEGMENTATION", "biomedical"])) == ["unet", "unet_padded"]
    assert names(having(networks(), ["1998", "applied"])) == ["lenet5", "lenet5_tutorial"]
    assert names(having(networks(), ["_one_tower"])) == ["alexnet_one_tower"]
    assert having(networks(), []) == networks()
    assert having(networks(), ["unet", "vgg"]) == ()


def test_the_words_that_are_near_are_told_once_each():
    assert near(networks(), "Simonian")[0] == "simonyan"
    found = near(networks(), "gogglenet")
    assert found[0] == "googlenet" and len(found) == len(set(found)) <= 3
    assert near(networks(), "qqqqqqq") == []


def test_each_order_is_smallest_first_and_what_is_unknown_comes_last():
    small, large = made_entry("b", year=2001, parameters=5, macs=7), made_entry("a", year=2000, parameters=6, macs=8)
    open_ = Entry(large.shipped, {"input": Shape(1, (letter("H"),))}, {}, 4, letter("H"))
    assert sorted([small, large], key=ORDERS["name"]) == [large, small]
    assert sorted([small, large], key=ORDERS["year"]) == [large, small]
    assert sorted([large, small], key=ORDERS["parameters"]) == [small, large]
    assert sorted([open_, large, small], key=ORDERS["macs"]) == [small, large, open_]


def test_the_third_line_of_a_spec_says_what_is_printed(tmp_path, monkeypatch):
    from netspec import library

    head = "# A: B 2000\n# family: f · year: 2000\n# printed: 5 million \n\n784 - 10N\n"
    (tmp_path / "made.spec").write_text(head, encoding="utf-8")
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    library.networks.cache_clear()
    (found,) = library.networks()
    library.networks.cache_clear()
    assert found == Shipped("made", "f", 2000, "A: B 2000", tmp_path / "made.spec", "5 million")
