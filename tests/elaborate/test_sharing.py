from __future__ import annotations

from netspec.shape import product
from tests.elaborate.reading import codes, errors, graph

SIAMESE = """\
input left 1x64x64
input right 1x64x64
share trunk { 20C5 - relu - MP2 - 150N }
distance { | @left - trunk | @right - trunk }
"""


def test_the_first_use_owns_the_weights_and_the_others_use_them() -> None:
    made = graph(SIAMESE)
    first, second = made["trunk.conv1"], made["trunk2.conv1"]
    assert not first.shares
    assert second.owner == first.number
    assert second.shares
    assert made.weights_of(second) == {}
    assert product(made.weights_of(first)["weight"].shape) == 500


def test_a_use_may_be_named() -> None:
    text = SIAMESE.replace("@left - trunk", "@left - trunk as l").replace("@right - trunk", "@right - trunk as r")
    made = graph(text)
    assert made["r.dense1"].owner == made["l.dense1"].number


def test_a_shared_chain_in_a_shared_chain() -> None:
    text = "share a { 4C3p }\nshare b { a - relu - a }\ninput 4x8x8\nb - b"
    made = graph(text)
    owners = {node.owner for node in made.nodes if node.layer.name == "conv"}
    assert len(owners) == 1


def test_a_third_use_belongs_to_the_first() -> None:
    made = graph("share a { 4C3p }\ninput 4x8x8\na - a - a")
    assert [node.owner for node in made.nodes[1:]] == [1, 1, 1]


def test_weights_of_another_shape_can_not_be_shared() -> None:
    assert (
        errors("share head { relu - 10N }\ninput 4x8x8\nas_is()\nblock as_is() { relu }\nhead - head")
        == """\
error[E211]: `head` can't share its weights: they would have another shape in this use
  --> net.spec:1:21
   |
 1 | share head { relu - 10N }
   |                     ^^^ `dense` is on 10 here and was on 4x8x8 in the first use
   ⋮
 5 | head - head
   |        ---- while expanding `head`

1 error"""
    )


def test_a_use_of_another_structure_can_not_share() -> None:
    text = "share s { if in.h > 4 { MP2 }\n4C1\nif in.h < 4 { 4C1 } }\ninput 4x8x8\ns - s - s"
    assert codes(text) == ["E211"]
    assert codes("share s { if in.c == 3 { 4C1 } else { tanh } }\ninput 3x8x8\ns - s") == ["E211"]


def test_a_later_use_with_more_layers_has_nothing_to_share() -> None:
    assert "first use has no layer here" in errors("share s { 4C1\nif in.h < 8 { 4C1 } }\ninput 4x8x8\ns - MP2 - s")


def test_a_shared_chain_takes_no_arguments_and_does_not_use_itself() -> None:
    assert codes("share s { relu }\ninput 3x8x8\ns(3)") == ["E105"]
    assert codes("share s { relu - s }\ninput 3x8x8\ns") == ["E010"]
