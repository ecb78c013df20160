"""Whose tensor is whose, without torch."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import netspec
from netspec.lowering.matching import Doubt, Matching, Pair, match
from netspec.lowering.matching_report import document, table


def shapes(*written: str) -> dict[str, tuple[int, ...]]:
    """`conv1.weight 64x3x3` and the like as names with shapes."""
    pairs = (line.split() for line in written)
    return {name: tuple(map(int, sizes.split("x"))) for name, sizes in pairs}


def ways(matching: Matching) -> dict[str, tuple[str, str]]:
    """For each tensor of ours, what it gets and how that was found."""
    return {pair.ours: (pair.theirs, pair.by) for pair in matching.pairs}


def network(spec: str) -> dict[str, tuple[int, ...]]:
    """The tensors of a network as its module names them."""
    graph = netspec.compile(spec)
    return {
        f"{node.name}.{name}": weight.shape for node in graph.nodes for name, weight in graph.weights_of(node).items()
    }


TWO = shapes("conv1.weight 8x3x3x3", "conv1.bias 8", "conv2.weight 8x8x3x3", "conv2.bias 8")


def test_names_that_agree_are_matched_by_name_in_any_order():
    theirs = dict(reversed(TWO.items()))
    matching = match(theirs, TWO)
    assert matching.complete and matching.doubts == ()
    assert ways(matching) == {name: (name, "name") for name in TWO}
    assert [pair.ours for pair in matching.pairs] == list(TWO)


def test_equal_shapes_under_equal_names_are_told_apart_by_name():
    ours = shapes("a.weight 4x4", "b.weight 4x4")
    theirs = shapes("b.weight 4x4", "a.weight 4x4")
    assert ways(match(theirs, ours)) == {"a.weight": ("a.weight", "name"), "b.weight": ("b.weight", "name")}


def test_a_layer_that_alone_has_its_shapes_is_matched_by_them():
    theirs = shapes("features.3.weight 8x8x3x3", "features.3.bias 8", "features.0.weight 8x3x3x3", "features.0.bias 8")
    assert ways(match(theirs, TWO))["conv1.weight"] == ("features.0.weight", "shape")


def test_layers_of_one_shape_are_matched_in_their_order():
    theirs = shapes("f.7.weight 4x4", "f.3.weight 4x4", "f.9.weight 4x4")
    ours = shapes("a.weight 4x4", "b.weight 4x4", "c.weight 4x4")
    got = ways(match(theirs, ours))
    assert got == {
        "a.weight": ("f.7.weight", "order"),
        "b.weight": ("f.3.weight", "order"),
        "c.weight": ("f.9.weight", "order"),
    }


def test_a_dense_layer_is_matched_with_a_convolution_of_1x1():
    """Squeeze-and-excitation is written either way."""
    ours = shapes("conv1.weight 8x8x3x3", "dense1.weight 2x8", "dense1.bias 2", "dense2.weight 8x2", "dense2.bias 8")
    theirs = shapes("0.weight 8x8x3x3", "1.fc1.weight 2x8x1x1", "1.fc1.bias 2", "1.fc2.weight 8x2x1x1", "1.fc2.bias 8")
    matching = match(theirs, ours)
    assert matching.complete
    assert ways(matching)["dense1.weight"] == ("1.fc1.weight", "shape")
    assert match(ours, theirs).complete


def test_the_very_shapes_are_matched_first():
    ours = shapes("d.weight 4x4", "c.weight 4x4x1x1")
    theirs = shapes("x.weight 4x4x1x1", "y.weight 4x4")
    assert ways(match(theirs, ours)) == {"d.weight": ("y.weight", "shape"), "c.weight": ("x.weight", "shape")}


def test_dense_layers_and_convolutions_of_1x1_keep_their_common_order():
    ours = shapes("a.weight 4x4", "b.weight 4x4x1x1", "c.weight 4x4")
    theirs = shapes("x.weight 4x4x1x1", "y.weight 4x4x1x1", "z.weight 4x4x1x1")
    assert ways(match(theirs, ours)) == {
        "a.weight": ("x.weight", "order"),
        "b.weight": ("y.weight", "order"),
        "c.weight": ("z.weight", "order"),
    }


def test_an_alphabetical_order_is_read_with_numbers_as_numbers():
    theirs = dict.fromkeys(sorted(f"f.{n}.weight" for n in range(12)), (4, 4))
    ours = {f"dense{n + 1}.weight": (4, 4) for n in range(12)}
    assert [pair.theirs for pair in match(theirs, ours).pairs] == [f"f.{n}.weight" for n in range(12)]


def test_the_weight_and_the_bias_of_a_layer_stay_together():
    theirs = shapes("x.bias 4", "x.weight 4", "y.weight 4x4", "y.bias 4")
    ours = shapes("bn1.weight 4", "bn1.bias 4", "dense1.weight 4x4", "dense1.bias 4")
    got = ways(match(theirs, ours))
    assert got["bn1.weight"] == ("x.weight", "shape") and got["dense1.bias"] == ("y.bias", "shape")


def test_a_tensor_without_a_layer_is_matched_too():
    got = match(shapes("cls_token 1x1x8", "head.weight 2x8"), shapes("classtoken1.cls_token 1x1x8", "fc.weight 2x8"))
    assert ways(got) == {"classtoken1.cls_token": ("cls_token", "shape"), "fc.weight": ("head.weight", "shape")}


def test_counts_of_batches_are_neither_missing_nor_left_over():
    bn = shapes("bn1.weight 4", "bn1.bias 4")
    assert match({**bn, "bn1.num_batches_tracked": ()}, bn).complete
    assert match(bn, {**bn, "bn1.num_batches_tracked": ()}).complete


def test_another_shape_under_the_same_name_is_missing_and_left_over():
    theirs = {**TWO, **shapes("fc.weight 1000x8", "fc.bias 1000")}
    ours = {**TWO, **shapes("fc.weight 10x8", "fc.bias 10")}
    matching = match(theirs, ours)
    assert not matching.complete
    assert matching.missing == shapes("fc.weight 10x8", "fc.bias 10")
    assert matching.left_over == shapes("fc.weight 1000x8", "fc.bias 1000")
    assert len(matching.pairs) == 4 and matching.doubts == ()


def test_too_many_layers_of_one_shape_are_in_doubt_and_none_is_guessed():
    theirs = shapes("x.weight 4x4", "y.weight 4x4", "z.weight 4x4")
    ours = shapes("a.weight 4x4", "b.weight 4x4")
    matching = match(theirs, ours)
    why = "the file has 3 layers of its shapes, and the network 2"
    assert matching == Matching((), ours, theirs, (Doubt("a", why), Doubt("b", why)))


def test_names_in_common_are_taken_where_the_numbers_of_layers_differ():
    theirs = shapes("a.weight 4x4", "y.weight 4x4", "z.weight 4x4")
    ours = shapes("a.weight 4x4", "b.weight 4x4")
    matching = match(theirs, ours)
    assert matching.pairs == (Pair("a.weight", "a.weight", (4, 4), "name"),)
    assert [doubt.layer for doubt in matching.doubts] == ["b"]


def test_names_that_count_from_nought_are_not_taken_for_ours():
    theirs = shapes("conv0.weight 8x3x3x3", "conv1.weight 8x8x3x3", "conv2.weight 8x8x3x3")
    ours = shapes("conv1.weight 8x3x3x3", "conv2.weight 8x8x3x3", "conv3.weight 8x8x3x3")
    matching = match(theirs, ours)
    assert ways(matching)["conv1.weight"] == ("conv0.weight", "shape")
    assert matching.doubts == (Doubt("conv2", "by order it gets `conv1`, though the file has a `conv2`"),)
    assert not matching.complete
    trusted = match(theirs, ours, in_order=True)
    assert trusted.complete and ways(trusted)["conv2.weight"] == ("conv1.weight", "order")


def test_an_order_that_tears_a_block_apart_is_in_doubt():
    # two branches, the file's in another order than ours: by order alone their first convolutions would be exchanged
    theirs = shapes("b.two.0.weight 8x4x1x1", "b.two.1.weight 8x8x3x3", "b.one.0.weight 8x4x1x1")
    ours = shapes("conv1.weight 8x4x1x1", "conv2.weight 8x4x1x1", "conv3.weight 8x8x3x3")
    matching = match(theirs, ours)
    assert ways(matching) == {"conv2.weight": ("b.one.0.weight", "order"), "conv3.weight": ("b.two.1.weight", "shape")}
    assert matching.doubts == (Doubt("conv1", "the layers of `b.two` in the file would not follow each other here"),)
    assert match(theirs, ours, in_order=True).complete


def test_an_order_is_believed_for_the_names_of_published_networks():
    """ResNet's layout, sorted as .safetensors files are: block by block, whatever the order within."""
    from tests.lowering.torchvision_like import resnet50

    theirs = {name: tuple(tensor.shape) for name, tensor in resnet50(1000).state_dict().items()}
    ours = network("resnet50")
    stored = match(theirs, ours)
    alphabetical = match({name: theirs[name] for name in sorted(theirs)}, ours)
    assert stored.complete and stored.doubts == ()
    assert alphabetical == stored
    assert ways(stored)["bottleneck4.conv4.weight"][0] == "layer2.0.downsample.0.weight"


@given(st.lists(st.sampled_from([(4,), (4, 4), (2, 3)]), max_size=8), st.randoms())
def test_a_file_of_the_same_names_is_always_complete_and_exact(kinds, random):
    ours = {f"layer{n}.weight": kind for n, kind in enumerate(kinds)}
    names = list(ours)
    random.shuffle(names)
    matching = match({name: ours[name] for name in names}, ours)
    assert matching.complete and all(pair.ours == pair.theirs for pair in matching.pairs)


@given(
    st.dictionaries(st.text("ab.1", min_size=1, max_size=4), st.sampled_from([(4,), (4, 4)]), max_size=7),
    st.dictionaries(st.text("ab.1", min_size=1, max_size=4), st.sampled_from([(4,), (4, 4)]), max_size=7),
    st.booleans(),
)
def test_every_tensor_is_paired_once_or_listed(theirs, ours, in_order):
    matching = match(theirs, ours, in_order=in_order)
    assert sorted([*(pair.ours for pair in matching.pairs), *matching.missing]) == sorted(ours)
    assert sorted([*(pair.theirs for pair in matching.pairs), *matching.left_over]) == sorted(theirs)
    assert all(ours[pair.ours] == theirs[pair.theirs] == pair.shape for pair in matching.pairs)


def test_the_table_says_what_went_where_and_what_did_not():
    theirs = shapes("f.0.weight 8x3x3x3", "f.0.bias 8", "x.weight 5x8", "y.weight 4x4", "z.weight 4x4")
    ours = {**TWO, **shapes("a.weight 4x4")}
    assert table(match({**theirs, "conv2.weight": (8, 8, 3, 3), "conv2.bias": (8,)}, ours)) == (
        "network  file   tensors                 by\n"
        "conv1    f.0    weight 8x3x3x3, bias 8  shape\n"
        "conv2    conv2  weight 8x8x3x3, bias 8  name\n"
        "\n"
        "missing in the file\n"
        "  a.weight           4x4\n"
        "\n"
        "left over in the file\n"
        "  x.weight             5x8\n"
        "  y.weight             4x4\n"
        "  z.weight             4x4\n"
        "\n"
        "`a` is doubtful: the file has 2 layers of its shapes, and the network 1\n"
        "\n"
        "2 tensors by name\n"
        "2 tensors by shape, which no other has\n"
    )


def test_the_table_puts_tensors_of_one_shape_together():
    bn = shapes("bn1.weight 4", "bn1.bias 4", "bn1.running_mean 4")
    line = table(match({f"x.{name}": shape for name, shape in bn.items()}, bn)).splitlines()[1]
    assert re.split("  +", line) == ["bn1", "x.bn1", "weight bias running_mean 4", "shape"]


def test_the_document_holds_everything():
    matching = match(shapes("x.weight 4x4"), shapes("a.weight 4x4", "b.bias 3"))
    assert document(matching) == {
        "version": 1,
        "complete": False,
        "tensors": [{"network": "a.weight", "file": "x.weight", "shape": [4, 4], "by": "shape"}],
        "missing": {"b.bias": [3]},
        "left_over": {},
        "doubts": [],
    }


def test_matching_loads_no_torch():
    import subprocess
    import sys

    code = "import sys, netspec.lowering.weights as w; w.match({}, {}); print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("count", [20_000])
def test_large_networks_are_matched_at_once(count):
    import time

    theirs = {f"block{n // 10}.{n % 10}.weight": (4, 4) for n in range(count)}
    ours = {f"unit{n // 10}.conv{n % 10}.weight": (4, 4) for n in range(count)}
    start = time.perf_counter()
    assert match(theirs, ours).complete
    assert time.perf_counter() - start < 5
