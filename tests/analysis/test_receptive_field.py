"""Receptive fields over whole graphs: published figures, laws, branches, unknown sizes and several inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis import analyze, receptive_field
from netspec.analysis.facts import Field
from netspec.graph import Graph
from netspec.layers.base import Layer
from netspec.shape import Unknown, letter
from tests.analysis.graphs import Net, chain, layer


def fields_of(graph: Graph, node: int = -1) -> Mapping[str, Field]:
    return analyze(graph).layers[node].fields


def field_of(graph: Graph, node: int = -1) -> Field:
    """What a node, the last unless said, sees of the one input."""
    (field,) = fields_of(graph, node).values()
    return field


def square(size: int, jump: int, start: int | None, aligned: bool | None = True) -> Field:
    return Field((size, size), (jump, jump), (start, start), (aligned, aligned))


def pad(before: int, after: int) -> Layer:
    return layer("zeropad", before, after)


def conv(kernel: object, stride: int = 1, **more: object) -> Layer:
    return layer("conv", 8, kernel, stride=stride, **more)


def branches(net: Net, start: int, *chains: list[Layer]) -> int:
    return net.add(layer("add"), *(net.chain(start, *each) for each in chains))


# The nine test networks of google-research/receptive_field (Araujo, Norris and Sim, Distill 2019)


def test_network_1_sees_3_pixels_every_4_from_minus_1() -> None:
    net = Net()
    branches(net, net.input("3x32x32"), [conv(1, 4)], [pad(1, 0), conv(3, 2), conv(1, 2)])
    assert field_of(net.graph()) == square(3, 4, -1)


def test_network_2_with_a_pool_in_place_of_the_convolution() -> None:
    net = Net()
    branches(net, net.input("8x32x32"), [conv(1, 4)], [pad(1, 0), layer("maxpool", 3, stride=2), conv(1, 2)])
    assert field_of(net.graph()) == square(3, 4, -1)


def test_network_3_is_not_aligned() -> None:
    net = Net()
    branches(net, net.input("3xHxW"), [pad(2, 1), conv(5, 2)], [conv(3), conv(3)])
    field = field_of(net.graph())
    assert field.aligned == (False, False)
    assert field.size == (Unknown("the branches that meet step by 1 and 2 pixels"),) * 2
    assert (field.jump, field.start) == ((None, None), (None, None))


def same_in_branch(size: str) -> Graph:
    net = Net()
    branches(net, net.input(f"3x{size}"), [conv(1, 4)], [conv(3, 2, pad="same"), conv(1, 2)])
    return net.graph()


def test_network_4_with_same_padding_at_an_unknown_size() -> None:
    assert field_of(same_in_branch("HxW")) == square(3, 4, None, aligned=None)


def test_network_4_at_9x9() -> None:
    assert field_of(same_in_branch("9x9")) == square(3, 4, -1)


def test_network_4_at_8x8_is_not_aligned() -> None:
    assert field_of(same_in_branch("8x8")) == square(3, 4, 0, aligned=False)


def test_network_5_has_other_kernels_along_height_and_width() -> None:
    field = field_of(chain("3x32x32", conv((3, 5), 2), conv((3, 1), 2)))
    assert field.size == (7, 5)
    assert field.jump == (4, 4)


def test_network_6_goes_on_after_branches() -> None:
    net = Net()
    first = branches(net, net.input("3x32x32"), [conv(1, 4)], [pad(1, 0), conv(3, 2), conv(1, 2)])
    branches(net, first, [conv(1, 2)], [pad(1, 0), conv(3, 2)])
    assert field_of(net.graph()) == square(11, 8, -5)


def test_network_6_with_same_padding_at_17x17() -> None:
    net = Net()
    first = branches(net, net.input("3x17x17"), [conv(1, 4)], [conv(3, 2, pad="same"), conv(1, 2)])
    branches(net, first, [conv(1, 2)], [conv(3, 2, pad="same")])
    assert field_of(net.graph()) == square(11, 8, -5)


# Published and measured figures of whole networks


def tf_slim_resnet_50(size: str) -> tuple[Graph, list[int]]:
    """TF-Slim's resnet_v1_50 and its four blocks: SAME padding, and the stride in the last unit of a block."""
    net = Net()
    # conv2d_same pads explicitly where there is a stride
    root = net.chain(net.input(f"3x{size}"), conv(7, 2, pad=3), layer("maxpool", 3, stride=2, pad="same"))
    ends: list[int] = []
    for units, stride in ((3, 2), (4, 2), (6, 2), (3, 1)):
        for unit in range(units):
            step = stride if unit == units - 1 else 1
            middle = conv(3, 2, pad=1) if step == 2 else conv(3, pad="same")
            shortcut = [layer("maxpool", 1, stride=step)] if unit else [conv(1, step)]
            root = branches(net, root, [conv(1), middle, conv(1)], shortcut)
        ends.append(root)
    return net.graph(), ends


@pytest.mark.parametrize(
    ("size", "paddings"),
    [("HxW", [None] * 4), ("224x224", [15, 47, 143, 239]), ("321x321", [17, 49, 145, 241])],
)
def test_tf_slims_resnet_v1_50_sees_what_its_published_table_says(size: str, paddings: list[int | None]) -> None:
    graph, ends = tf_slim_resnet_50(size)
    analysis = analyze(graph)
    fields = [analysis.layers[end].fields["input"] for end in ends]
    starts = [None if padding is None else -padding for padding in paddings]
    figures = zip((35, 99, 291, 483), (8, 16, 32, 32), starts, strict=True)
    assert fields == [square(*figure) for figure in figures]


VGGS = {
    (1, 1, 2, 2, 2): [
        (3, 1, 1), (4, 2, 1), (8, 2, 3), (10, 4, 3), (18, 4, 7), (26, 4, 11), (30, 8, 11), (46, 8, 19), (62, 8, 27),
        (70, 16, 27), (102, 16, 43), (134, 16, 59), (150, 32, 59),
    ],
    (2, 2, 3, 3, 3): [
        (3, 1, 1), (5, 1, 2), (6, 2, 2), (10, 2, 4), (14, 2, 6), (16, 4, 6), (24, 4, 10), (32, 4, 14), (40, 4, 18),
        (44, 8, 18), (60, 8, 26), (76, 8, 34), (92, 8, 42), (100, 16, 42), (132, 16, 58), (164, 16, 74), (196, 16, 90),
        (212, 32, 90),
    ],
}  # fmt: skip
"""Convolutions a stage, and (size, jump, padding) of each layer."""


@pytest.mark.parametrize("size", ["224x224", "321x321", "HxW"])
@pytest.mark.parametrize(("depths", "figures"), VGGS.items(), ids=["vgg_a", "vgg_16"])
def test_vggs_see_what_gradients_and_the_published_table_say(
    size: str, depths: tuple[int, ...], figures: list[tuple[int, int, int]]
) -> None:
    stages = [[conv(3, pad=1)] * depth + [layer("maxpool", 2)] for depth in depths]
    analysis = analyze(chain(f"3x{size}", *(each for stage in stages for each in stage)))
    assert [facts.fields["input"] for facts in analysis.layers[1:]] == [square(k, j, -p) for k, j, p in figures]


MOBILENET_V2 = [3, 7, 11, 19, 27, 43, 59, 75, 107, 139, 171, 203, 235, 267, 299, 363, 427, 491, 491]


def test_mobilenet_v2_sees_what_gradients_through_torchvisions_say() -> None:
    net = Net()
    ends = [net.chain(net.input("3x224x224"), conv(3, 2, pad=1))]
    jumps = [2]
    for copies, stride in ((1, 1), (2, 2), (3, 2), (4, 2), (3, 1), (3, 2), (1, 1)):
        for copy in range(copies):
            step = 1 if copy else stride
            body = [conv(1), layer("dwconv", 3, stride=step, pad=1), conv(1)]
            ends.append(branches(net, ends[-1], body, []) if copy else net.chain(ends[-1], *body))
            jumps.append(jumps[-1] * step)
    ends.append(net.chain(ends[-1], conv(1)))
    analysis = analyze(net.graph())
    found = [analysis.layers[end].fields["input"] for end in ends]
    figures = zip(MOBILENET_V2, [*jumps, 32], strict=True)
    assert found == [square(size, jump, -(size - 1) // 2) for size, jump in figures]


ALEXNET = [(11, 4, 0), (19, 8, 0), (51, 8, 16), (67, 16, 16), (99, 16, 32), (131, 16, 48), (163, 16, 64), (195, 32, 64)]


@pytest.mark.parametrize("border", [0, 2])
def test_alexnet_sees_what_gradients_and_its_published_table_say(border: int) -> None:
    pool = layer("maxpool", 3, stride=2)
    rest = [pool, conv(5, pad=2), pool, conv(3, pad=1), conv(3, pad=1), conv(3, pad=1), pool]
    analysis = analyze(chain("3x224x224", conv(11, 4, pad=border), *rest))
    expected = [square(size, jump, -padding - border) for size, jump, padding in ALEXNET]
    assert [facts.fields["input"] for facts in analysis.layers[1:]] == expected


def residual_stages(net: Net, start: int, bottleneck: bool, depths: tuple[int, ...]) -> list[int]:
    """torchvision's ResNets after the stem: the number of each block's end."""
    ends: list[int] = []
    for stage, depth in enumerate(depths):
        for block in range(depth):
            stride = 2 if stage and not block else 1
            wide = [conv(1), conv(3, stride, pad=1), conv(1)]
            body = wide if bottleneck else [conv(3, stride, pad=1), conv(3, pad=1)]
            start = branches(net, start, body, [conv(1, stride)] if not block else [layer("identity")])
            ends.append(start)
    return ends


RESNETS = {
    (False, (2, 2, 2, 2)): [27, 43, 67, 99, 147, 211, 307, 435],
    (True, (3, 4, 6, 3)): [19, 27, 35, 43, 59, 75, 91, 107, 139, 171, 203, 235, 267, 299, 363, 427],
}


@pytest.mark.parametrize(("kind", "sizes"), RESNETS.items())
def test_resnets_see_what_gradients_through_torchvisions_say(
    kind: tuple[bool, tuple[int, ...]], sizes: list[int]
) -> None:
    net = Net()
    stem = net.chain(net.input("3x224x224"), conv(7, 2, pad=3), layer("maxpool", 3, stride=2, pad=1))
    ends = residual_stages(net, stem, *kind)
    analysis = analyze(net.graph())
    found = [analysis.layers[end].fields["input"] for end in ends]
    jumps = [4 * 2**stage for stage, depth in enumerate(kind[1]) for _ in range(depth)]
    assert found == [square(size, jump, -(size - 1) // 2) for size, jump in zip(sizes, jumps, strict=True)]


# Branches


def test_a_shortcut_leaves_a_field_as_wide_as_the_longer_branch() -> None:
    net = Net()
    branches(net, net.input("8x9x9"), [conv(3, pad=1), layer("relu"), conv(3, pad=1)], [layer("identity")])
    assert field_of(net.graph()) == square(5, 1, -2)


def test_branches_with_shifted_centres_are_not_aligned_nor_is_what_follows() -> None:
    net = Net()
    start = branches(net, net.input("8xHxW"), [pad(2, 0), conv(3)], [pad(1, 1), conv(3)])
    net.chain(start, layer("relu"), conv(3, pad=1), layer("gap"), layer("dense", 10))
    graph = net.graph()
    assert field_of(graph, start) == square(4, 1, -2, aligned=False)
    assert field_of(graph, -3) == square(6, 1, -3, aligned=False)
    whole = Field((letter("H"), letter("W")), (None, None), (0, 0), (False, False), whole=True)
    assert field_of(graph) == whole


def test_branches_that_are_not_aligned_stay_so_where_they_meet_others() -> None:
    net = Net()
    start = net.input("8x9x9")
    crooked = branches(net, start, [pad(2, 0), conv(3)], [conv(3, pad=1)])  # sees −2 to 1
    net.add(layer("add"), crooked, net.chain(start, pad(2, 1), conv(4)))  # as this one does
    assert field_of(net.graph()) == square(4, 1, -2, aligned=False)


def test_alignment_is_decided_for_each_axis_by_itself() -> None:
    net = Net()
    branches(net, net.input("8x9x9"), [conv((3, 3), pad=((2, 0), (1, 1)))], [layer("identity")])
    field = field_of(net.graph())
    assert field.aligned == (False, True)
    assert (field.size, field.start) == ((3, 3), (-2, -1))


def test_a_gate_over_a_map_sees_everything_and_keeps_the_jump() -> None:
    net = Net()
    trunk = net.chain(net.input("8x32x32"), conv(3, 2, pad=1))
    gate = net.chain(trunk, layer("gap"), layer("dense", 8), layer("sigmoid"))
    scaled = net.add(layer("mul"), trunk, gate)
    net.add(conv(3, 2, pad=1), scaled)
    graph = net.graph()
    assert field_of(graph, gate) == Field((32, 32), (None, None), (0, 0), (True, True), whole=True)
    assert field_of(graph, scaled) == Field((32, 32), (2, 2), (0, 0), (True, True), whole=True)
    assert field_of(graph) == Field((32, 32), (4, 4), (0, 0), (True, True), whole=True)


def test_the_entries_of_a_flattened_map_see_what_its_units_do_and_have_no_jump() -> None:
    graph = chain("3x32x32", conv(3), layer("flatten"), layer("relu"))
    assert field_of(graph) == Field((3, 3), (None, None), (0, 0), (True, True))


def test_of_flattened_maps_laid_end_to_end_the_widest_entry_counts() -> None:
    net = Net()
    pool = net.chain(net.input("3x32x32"), conv(3), layer("maxpool", 2))
    deeper = net.chain(pool, conv(3))
    ends = (net.add(layer("flatten"), pool), net.add(layer("flatten"), deeper))
    net.add(layer("concat"), *ends)
    assert field_of(net.graph()) == Field((8, 8), (None, None), (0, 0), (True, True))


def test_vectors_that_see_everything_meet_without_places() -> None:
    net = Net()
    start = net.input("3x8x8")
    net.add(layer("add"), net.chain(start, layer("gap")), net.chain(start, layer("gmp")))
    assert field_of(net.graph()) == Field((8, 8), (None, None), (0, 0), (True, True), whole=True)


def test_a_branch_that_is_taken_twice_changes_nothing() -> None:
    net = Net()
    start = net.chain(net.input("3x8x8"), conv(3))
    net.add(layer("add"), start, start)
    assert field_of(net.graph()) == square(3, 1, 0)


# Axes, inputs and other layers


def test_a_transposed_map_follows_the_inputs_axes() -> None:
    graph = chain("3x20x30", conv((3, 1)), layer("permute", (0, 2, 1)), conv((1, 5), (1)), conv((1, 1), 2))
    assert field_of(graph) == Field((7, 1), (2, 2), (0, 0), (True, True))


def test_the_axes_of_a_clip_may_be_turned_around() -> None:
    graph = chain("3x20x30x40", conv((3, 1, 1)), layer("permute", (0, 2, 3, 1)), conv((1, 5, 1)))
    assert field_of(graph).size == (3, 1, 5)


def test_branches_that_see_an_axis_along_different_axes_have_no_size() -> None:
    net = Net()
    start = net.input("3x20x20")
    branches(net, start, [layer("permute", (0, 2, 1))], [layer("identity")])
    lost = Unknown("the branches that meet see it along different axes")
    assert field_of(net.graph()) == Field((lost, lost), (None, None), (None, None), (False, False))


def test_a_value_has_a_field_on_each_map_that_it_sees_and_none_on_vectors() -> None:
    net = Net()
    left, right = net.chain(net.input("1x16x16", "left"), conv(3)), net.chain(net.input("1x20x20", "right"), conv(7))
    net.add(layer("add"), left, right)
    net.add(layer("relu"), net.input("10", "extra"))
    graph = net.graph()
    assert fields_of(graph, left) == {"left": square(3, 1, 0)}
    assert fields_of(graph, -3) == {"left": square(3, 1, 0), "right": square(7, 1, 0)}
    assert fields_of(graph) == {}


def test_upsampling_gives_fractional_jumps_and_pooling_takes_them_back() -> None:
    up = layer("upsample", 2)
    assert field_of(chain("3x8x8", up)) == Field((1, 1), (Fraction(1, 2),) * 2, (0, 0), (True, True))
    assert field_of(chain("3x8x8", up, conv(3, pad=1))).size == (2, 2)
    assert field_of(chain("3x8x8", up, layer("maxpool", 2))) == square(1, 1, 0)


def test_a_signal_has_one_axis_and_a_clip_three() -> None:
    assert field_of(chain("1x16000", layer("conv", 32, 9, stride=4))) == Field((9,), (4,), (0,), (True,))
    assert field_of(chain("3x16x112x112", layer("conv", 64, 3, pad=1))).size == (3, 3, 3)


def test_shifted_windows_of_attention_widen_the_field_and_keep_the_jump() -> None:
    swin = [layer("attention", 2, window=4), layer("attention", 2, window=4, shift=2)]
    assert field_of(chain("8x32x32", conv(4, 4), swin[0])) == square(16, 4, 0)
    assert field_of(chain("8x32x32", conv(4, 4), *swin)).size == (32, 32)


def test_patches_are_units_with_a_jump_until_attention_mixes_them() -> None:
    graph = chain("3x32x32", layer("patches", 8, 16), layer("attention", 2))
    assert field_of(graph, 1) == square(8, 8, 0)
    assert field_of(graph) == Field((32, 32), (None, None), (0, 0), (True, True), whole=True)


def test_a_map_made_of_a_vector_has_no_places() -> None:
    graph = chain("8x8x8", layer("gap"), layer("reshape", (2, 2, 2)), layer("tconv", 8, 2, stride=2))
    assert field_of(graph) == Field((8, 8), (None, None), (0, 0), (True, True), whole=True)


def test_shared_weights_see_each_through_its_own_input() -> None:
    net = Net()
    trunk = conv(5)
    one = net.chain(net.input("1x16x16", "left"), trunk)
    other = net.add(trunk, net.input("1x16x16", "right"), owner=one)
    assert fields_of(net.graph(), other) == {"right": square(5, 1, 0)}


# Unknown sizes


def test_same_padding_in_a_chain_hides_only_the_start() -> None:
    assert field_of(chain("3xHxW", conv(3, 2, pad="same"), conv(3, pad=1))) == square(7, 2, None)


def test_same_padding_that_any_size_makes_alike_is_known() -> None:
    assert field_of(chain("3xHxW", conv(1, 2, pad="same"))) == square(1, 2, 0)


def test_both_branches_behind_one_unknown_padding_are_aligned() -> None:
    net = Net()
    start = net.chain(net.input("3xHxW"), conv(3, 2, pad="same"))
    branches(net, start, [conv(3, pad=1)], [layer("identity")])
    assert field_of(net.graph()) == square(7, 2, None)


def test_only_sizes_that_work_are_asked_for_their_padding() -> None:
    net = Net()
    start = net.input("3xHxW")
    down = net.chain(start, layer("maxpool", 2), layer("upsample", 2))  # agrees for even sizes only
    start = net.add(layer("add"), start, down)
    net.add(conv(3, 2, pad="same"), start)
    assert field_of(net.graph()).start == (0, 0)


def test_a_crop_out_of_an_unknown_size_starts_nowhere_in_particular() -> None:
    field = field_of(chain("3xHxW", layer("crop", 8), conv(3)))
    assert field == square(3, 1, None)


def test_an_axis_of_known_size_is_known_beside_an_unknown_one() -> None:
    field = field_of(chain("3x9xW", conv(3, 2, pad="same")))
    assert field.start == (-1, None)


def test_a_figure_that_differs_between_sizes_is_unknown() -> None:
    net = Net()
    start = net.input("3xHxW")
    branches(net, start, [conv(3, 2, pad="same"), conv(2, 2)], [pad(1, 1), conv(5, 4)])
    field = field_of(net.graph())
    assert field.size == (Unknown("it depends on the size of the input"),) * 2
    assert (field.jump, field.start, field.aligned) == ((4, 4), (-1, -1), (None, None))


def test_what_would_take_too_long_to_walk_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receptive_field, "WALKED_NODES", 1)
    lost = Unknown("its padding depends on an unknown size")
    graph = chain("3xHxW", conv(3, 2, pad="same"), conv(3))
    assert field_of(graph) == Field((lost, lost), (None, None), (None, None), (True, True))


# Laws


few = st.integers(1, 3)
windows = st.one_of(
    st.builds(lambda k, s, p, d: conv(k, s, pad=p, dilation=d), few, few, st.integers(0, 2), few),
    st.builds(lambda k, s: layer("avgpool", k, stride=s), few, few),
    st.builds(lambda: layer("relu")),
)
enlargements = st.one_of(
    st.builds(lambda k, s: layer("tconv", 8, k, stride=s), few, few),
    st.builds(lambda f: layer("upsample", f), few),
)


@given(st.lists(windows, max_size=6))
@settings(max_examples=60, deadline=None)
def test_along_a_chain_of_windows_a_field_never_shrinks(chosen: list[Layer]) -> None:
    sizes = [facts.fields["input"].size[0] for facts in analyze(chain("8x8192", *chosen)).layers]
    assert sizes == sorted(sizes)  # type: ignore[type-var]


@given(st.lists(windows | enlargements, min_size=1, max_size=4), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_field_is_the_footprint_of_a_gradient(chosen: list[Layer], unit: int) -> None:
    torch = pytest.importorskip("torch")
    length = 2_500
    graph = chain(f"8x{length}", *chosen)
    node = graph.nodes[-1]
    output_length = node.shape.sizes[0]
    assert isinstance(output_length, int)
    place = output_length // 2 + unit  # amid the signal, where no tap is in the padding
    signal = torch.zeros(1, 1, length, dtype=torch.float64, requires_grad=True)
    value = signal
    for each in chosen:
        value = FORWARD[each.name](torch, each, value)
    value[0, 0, place].backward()
    seen = [int(pixel) for pixel in signal.grad[0, 0].nonzero()]

    from netspec.analysis.tracks import PIXELS, Track, through
    from netspec.layers.windows import Axes

    track: object = PIXELS
    for each in graph.nodes[1:]:
        (reach,) = each.layer.window(graph.inputs_of(each), each.shape)
        for rule in reach.axes if isinstance(reach, Axes) else ():
            track = through(track, rule)  # type: ignore[arg-type]
    assert isinstance(track, Track)
    assert track.sees(place) == ((seen[0], seen[-1]) if seen else None)
    assert field_of(graph).size == (track.size,)


def _window(each: Layer) -> dict[str, object]:
    return {"stride": each.stride, "padding": each.pad[0][0]}  # type: ignore[attr-defined]


FORWARD: dict[str, Callable[..., object]] = {
    "conv": lambda torch, each, x: torch.nn.functional.conv1d(
        x, torch.ones(1, 1, each.kernel, dtype=x.dtype), dilation=each.dilation, **_window(each)
    ),
    "tconv": lambda torch, each, x: torch.nn.functional.conv_transpose1d(
        x, torch.ones(1, 1, each.kernel, dtype=x.dtype), **_window(each)
    ),
    "avgpool": lambda torch, each, x: torch.nn.functional.avg_pool1d(x, each.kernel, **_window(each)),
    "relu": lambda torch, each, x: x,
    "upsample": lambda torch, each, x: torch.nn.functional.interpolate(x, scale_factor=each.factor),
}
