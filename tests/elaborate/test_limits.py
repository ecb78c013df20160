from __future__ import annotations

from tests.elaborate.reading import codes, errors, graph


def test_ten_to_the_ninth_layers_are_refused_before_they_are_made() -> None:
    assert (
        errors("input 3x8x8\n1000 * { 1000 * { 1000 * { relu } } }")
        == """\
error[E007]: this network has at least 1,000,000,001 layers, and the limit is 1,000,000
  --> net.spec:2:1
   |
 2 | 1000 * { 1000 * { 1000 * { relu } } }
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ while expanding this

1 error"""
    )


def test_blocks_that_double_are_refused_before_they_are_made() -> None:
    blocks = "".join(f"block b{level}() {{ b{level + 1}() - b{level + 1} }}\n" for level in range(40))
    text = blocks + "block b40() { add { | relu as x | { if true { tanh } } }\noutput y { gap } }\ninput 3x8x8\nb0()"
    assert codes(text) == ["E007"]


def test_counts_that_are_worked_out_multiply_as_well() -> None:
    text = "block many(n) { n * { n * { n * { relu } } } }\ninput 3x8x8\nmany(1000)"
    assert codes(text) == ["E007"]


def test_the_limit_can_be_set() -> None:
    text = "input 3x8x8\n10 * relu"
    assert len(graph(text, max_layers=11).nodes) == 11
    assert codes(text, max_layers=10) == ["E007"]
    assert codes("input 3x8x8\neach n in [6, 6] { n * relu }", max_layers=10) == ["E007"]
    assert codes("input 3x8x8\nrelu - relu", max_layers=2) == ["E007"]


def test_rounds_of_each_are_not_multiplied_with_counts_in_them() -> None:
    text = "input 3x8x8\neach n in [9, 1, 1, 1] { n * relu }"
    assert len(graph(text, max_layers=20).nodes) == 13


def test_blocks_in_blocks_too_deep() -> None:
    blocks = "".join(f"block b{level}() {{ b{level + 1}() }}\n" for level in range(120))
    assert codes(blocks + "block b120() { relu }\ninput 3x8x8\nb0()") == ["E006"]


def test_a_size_beyond_all_indices() -> None:
    assert codes("1x8-40*upsample(2)") == ["E008"]
    assert codes("3x9x9-999999999999C3") == ["E008"]


def test_a_hundred_thousand_layers_expand() -> None:
    assert len(graph("input 3x8x8\n100000 * relu").nodes) == 100_001
