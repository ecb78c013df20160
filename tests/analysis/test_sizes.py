"""Questions about unknown sizes, each answer checked against every size tried one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.analysis.size_set import Sizes, meet, periodic
from netspec.analysis.sizes import LetterReport, samples, sizes
from netspec.graph import Graph
from netspec.layers.base import Layer, Misuse
from netspec.shape import Shape, letter
from tests.analysis.graphs import Net, chain, layer


def conv(kernel: object = 3, stride: int = 1, **more: object) -> Layer:
    return layer("conv", 8, kernel, stride=stride, **more)


POOL = layer("maxpool", 2)
UP = layer("upsample", 2)


def shapes_at(graph: Graph, letters: dict[str, int]) -> list[Shape] | None:
    """All shapes when the input has this size, worked out layer by layer; None if a layer doesn't fit."""
    shapes: list[Shape] = []
    for node in graph.nodes:
        inputs = tuple(shapes[number] for number in node.inputs)
        try:
            shapes.append(node.layer.out_shape(inputs) if inputs else node.shape.at(letters))
        except Misuse:
            return None
    return shapes


def working(graph: Graph, most: int, others: dict[str, int] | None = None) -> list[int]:
    """The sizes H up to `most` for which the whole network can be computed."""
    return [size for size in range(1, most) if shapes_at(graph, {**(others or {}), "H": size})]


def report_of(graph: Graph) -> LetterReport:
    return sizes(graph)[0]


def assert_right(graph: Graph, most: int = 200) -> LetterReport:
    """The report's sizes are those that work, tried one by one, and its formulas the sizes that come out."""
    report = report_of(graph)
    assert report.works is not None
    found = working(graph, most)
    assert [size for size in range(1, most) if size in report.works] == found
    assert report.smallest == (found[0] if found else None)
    for size in found:
        shapes = shapes_at(graph, {"H": size})
        assert shapes
        for formula in report.formulas:
            assert formula.size.at({"H": size}) in shapes[formula.node.number].dims
    return report


def unet(depth: int, **padding: object) -> Graph:
    """Contract and expand; valid convolutions crop the skipped map to fit."""
    net = Net()
    value, skips = net.input("1xHxH"), []
    for _ in range(depth):
        value = net.chain(value, conv(**padding), conv(**padding))
        skips.append(value)
        value = net.chain(value, POOL)
    value = net.chain(value, conv(**padding), conv(**padding))
    for skip in reversed(skips):
        value = net.add(layer("concat", crop=not padding), skip, net.chain(value, UP))
        value = net.chain(value, conv(**padding), conv(**padding))
    return net.graph()


# What works


def test_a_known_size_leaves_nothing_to_ask() -> None:
    assert sizes(chain("3x32x32", conv())) == ()


def test_alexnet_needs_67_pixels_and_wastes_none_every_32() -> None:
    pool = layer("maxpool", 3, stride=2)
    graph = chain("3xHxH", conv(11, 4), pool, conv(5, pad=2), pool, conv(pad=1), conv(pad=1), conv(pad=1), pool)
    report = assert_right(graph)
    assert (report.letter, report.smallest, str(report.works), str(report.exact)) == (
        "H", 67, "H ≥ 67", "H ≥ 67 and H mod 32 = 3"
    )  # fmt: skip
    assert report.conditions == ()
    assert 227 in report.exact  # type: ignore[operator]


def test_a_unet_of_depth_4_works_when_its_size_divides_by_16() -> None:
    graph = unet(4, pad=1)
    report = assert_right(graph)
    assert (str(report.works), report.smallest, str(report.exact)) == ("H mod 16 = 0", 16, "H mod 16 = 0")
    assert [(condition.node.shape.sizes[0], condition.text) for condition in report.conditions] == [
        (letter("H") // 8, "H ≥ 16 and H mod 16 = 0 to 7"),
        (letter("H") // 4, "H ≥ 16 and H mod 8 = 0 to 3"),
        (letter("H") // 2, "H ≥ 16 and H mod 4 = 0 or 1"),
        (letter("H"), "H ≥ 16 and even"),
    ]


def test_the_first_unet_takes_188_pixels_and_wastes_none_at_572() -> None:
    report = report_of(unet(4))
    assert (str(report.works), str(report.exact)) == ("H ≥ 188", "H ≥ 188 and H mod 16 = 12")
    assert 572 in report.exact  # type: ignore[operator]


def test_the_first_unet_with_valid_convolutions_needs_its_levels_to_be_even_only_where_it_wastes_nothing() -> None:
    report = assert_right(unet(2), most=120)
    assert report.exact is not None
    for size in working(unet(2), 120):
        levels = [size - 4, (size - 4) // 2 - 4]
        assert (size in report.exact) == all(level % 2 == 0 for level in levels)


def test_formulas_are_listed_once_where_they_first_come_out() -> None:
    graph = chain("3xHxW", conv(7, 2, pad=3), layer("relu"), POOL)
    assert [(str(formula.size), formula.node.number) for formula in report_of(graph).formulas] == [
        ("⌊(H + 1) / 2⌋", 1),
        ("⌊(H + 1) / 4⌋", 3),
    ]


def test_each_letter_is_decided_by_itself() -> None:
    graph = chain("3xHxW", conv((7, 3), 2), POOL)
    assert [(report.letter, report.smallest, str(report.exact)) for report in sizes(graph)] == [
        ("H", 9, "H ≥ 9 and H mod 4 = 1"),
        ("W", 5, "W ≥ 5 and W mod 4 = 1"),
    ]
    assert working(graph, 50, {"W": 5}) == list(range(9, 50))


def test_branches_of_different_slope_agree_for_one_size_only() -> None:
    net = Net()
    start = net.input("8xHxH")
    net.add(layer("add"), net.chain(start, POOL), net.chain(start, conv(5)))
    report = assert_right(net.graph())
    assert (str(report.works), report.smallest) == ("H = 7 or 8", 7)
    assert [condition.text for condition in report.conditions] == ["H = 7 or 8"]
    assert str(report.exact) == "H = 8"


def test_branches_that_meet_a_fixed_size_agree_where_they_reach_it() -> None:
    net = Net()
    start = net.input("8xHxH")
    net.add(layer("add"), net.chain(start, layer("maxpool", 4)), net.chain(start, layer("adaptivepool", 5)))
    report = assert_right(net.graph())
    assert str(report.works) == "H = 20 to 23"


def test_branches_that_agree_for_no_size_that_fits_work_for_none() -> None:
    net = Net()
    start = net.input("8xHxH")
    first = net.add(layer("add"), net.chain(start, POOL), net.chain(start, conv(5)))
    net.chain(first, conv(5))
    report = assert_right(net.graph())
    assert (str(report.works), report.smallest, report.exact) == ("no H", None, None)


def test_contradictory_conditions_work_for_no_size() -> None:
    net = Net()
    start = net.input("8xHxH")
    even = net.add(layer("add"), start, net.chain(start, POOL, UP))
    odd = net.chain(start, conv(1, 2), layer("tconv", 8, 1, stride=2))
    net.add(layer("add"), even, odd)
    report = assert_right(net.graph())
    assert [condition.text for condition in report.conditions] == ["H is even", "H ≥ 3 and odd"]
    assert (report.smallest, report.exact) == (None, None)


def test_a_condition_says_from_where_it_holds() -> None:
    net = Net()
    start = net.chain(net.input("8xHxH"), conv(12))
    net.add(layer("add"), start, net.chain(start, conv(1, 2), layer("tconv", 8, 1, stride=2)))
    report = assert_right(net.graph())
    assert [condition.text for condition in report.conditions] == ["H ≥ 12 and even"]


def test_a_crop_sets_a_bound() -> None:
    report = assert_right(chain("8xHxH", conv(5), layer("crop", 56), POOL))
    assert (str(report.works), [condition.text for condition in report.conditions]) == ("H ≥ 60", ["H ≥ 60"])


def test_patches_set_a_bound_too_and_leave_nothing_over_where_they_divide() -> None:
    report = report_of(chain("3xHxW", conv(5), layer("patches", 16, 8)))
    assert (str(report.works), str(report.exact)) == ("H ≥ 20", "H ≥ 20 and H mod 16 = 4")


def test_a_reshape_takes_the_sizes_that_have_as_many_elements() -> None:
    report = assert_right(chain("4xH", POOL, layer("reshape", (2, 6))))
    assert str(report.works) == "H = 6 or 7"


def test_a_bound_holds_from_the_first_size_that_reaches_it() -> None:
    report = assert_right(chain("8xHxH", layer("maxpool", 3), layer("crop", 5)))
    assert str(report.works) == "H ≥ 15"


def test_a_gate_goes_with_a_map_while_it_is_one_pixel_wide() -> None:
    net = Net()
    start = net.input("8xHxH")
    net.add(layer("mul"), net.chain(start, conv(5)), net.chain(start, layer("maxpool", 4)))
    assert str(assert_right(net.graph()).works) == "H = 5 to 7"


def test_same_padding_wastes_nothing_at_any_size() -> None:
    report = assert_right(chain("3xHxH", conv(3, 2, pad="same"), layer("maxpool", 2, pad="same")))
    assert (str(report.works), str(report.exact)) == ("H ≥ 1", "H ≥ 1")


def test_a_pool_that_rounds_up_divides_where_one_that_rounds_down_does() -> None:
    report = assert_right(chain("3xHxH", layer("maxpool", 3, stride=2, ceil=True)))
    assert str(report.exact) == "H ≥ 3 and odd"


def test_strides_that_never_divide_together_leave_no_exact_size() -> None:
    net = Net()
    start = net.input("3xHxH")
    net.add(layer("concat", crop=True), net.chain(start, conv(2, 2)), net.chain(start, conv(1, 2)))
    assert report_of(net.graph()).exact is None


def test_two_letters_that_meet_are_reported_as_an_equality() -> None:
    net = Net()
    start = net.chain(net.input("8xHxW"), POOL)
    net.add(layer("add"), start, net.add(layer("permute", (0, 2, 1)), start))
    assert [(report.letter, [(c.text, c.sizes) for c in report.conditions]) for report in sizes(net.graph())] == [
        ("H", [("⌊H / 2⌋ = ⌊W / 2⌋", None)]),
        ("W", [("⌊W / 2⌋ = ⌊H / 2⌋", None)]),
    ]


def test_a_vector_or_a_number_of_regions_may_have_a_letter() -> None:
    assert [report.letter for report in sizes(chain("N", layer("relu")))] == ["N"]


def test_periods_too_long_to_walk_stay_undecided() -> None:
    report = report_of(chain("3xHxH", conv(1, 1009), conv(1, 1013)))
    assert (report.works, report.exact, report.smallest) == (None, None, None)
    assert report.reason == "deciding it would take 1,023,127 steps"
    assert samples(chain("3xHxH", conv(1, 1009), conv(1, 1013)), 1, 10**9) is None


def test_as_many_samples_are_taken_as_sizes_can_fall_in_different_ways() -> None:
    graph = chain("3xHxW", conv((3, 1), (4, 3)))
    assert samples(graph, 1, 100) == [{"H": 3 + row, "W": 1 + row % 3} for row in range(4)]
    assert samples(graph, 1, 3) is None
    net = Net()
    start = net.input("8xHxH")
    net.add(layer("add"), net.chain(start, POOL), net.chain(start, conv(5)))
    assert samples(net.graph(), 4, 100) == [{"H": 7}, {"H": 8}]


few = st.integers(1, 3)
steps = st.one_of(
    st.builds(lambda k, s, p: conv(k, s, pad=p), st.integers(1, 5), few, st.integers(0, 2)),
    st.builds(lambda k, s: layer("avgpool", k, stride=s), few, few),
    st.builds(lambda k, s: layer("tconv", 8, k, stride=s), few, few),
    st.builds(lambda f: layer("upsample", f), few),
)


@given(st.lists(steps, max_size=3), st.lists(steps, max_size=3), st.lists(steps, max_size=2))
@settings(max_examples=60, deadline=None)
def test_what_is_said_to_work_is_what_works(first: list[Layer], second: list[Layer], after: list[Layer]) -> None:
    net = Net()
    start = net.input("8xHxH")
    try:
        net.chain(net.add(layer("add"), net.chain(start, *first), net.chain(start, *second)), *after)
    except Misuse:
        return  # the branches differ at every size, which compiling says
    assert_right(net.graph(), most=80)


# Sets


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Sizes("H"), "H ≥ 1"),
        (Sizes("H", 5), "H ≥ 5"),
        (Sizes("H", 2, 2, (0,)), "H is even"),
        (Sizes("W", 1, 2, (1,)), "W is odd"),
        (Sizes("H", 13, 2, (1,)), "H ≥ 13 and odd"),
        (Sizes("H", 16, 16, (0,)), "H mod 16 = 0"),
        (Sizes("H", 188, 16, (12,)), "H ≥ 188 and H mod 16 = 12"),
        (Sizes("H", 2, 4, (0, 2, 3)), "H mod 4 = 0, 2 or 3"),
        (Sizes("H", values=(8,)), "H = 8"),
        (Sizes("H", values=(1, 2, 3, 5, 6, 9)), "H = 1 to 3, 5, 6 or 9"),
        (Sizes("H", values=()), "no H"),
    ],
)
def test_a_set_of_sizes_reads_as_people_write_it(found: Sizes, text: str) -> None:
    assert str(found) == text


def test_a_set_is_described_by_its_smallest_modulus_from_its_first_member() -> None:
    assert periodic("H", 5, 12, {1, 4, 7, 10}) == Sizes("H", 7, 3, (1,))
    assert periodic("H", 3, 4, {0, 1, 2, 3}) == Sizes("H", 3)


def test_sets_meet_in_what_lies_in_all_of_them() -> None:
    even, third = Sizes("H", 2, 2, (0,)), Sizes("H", 9, 3, (0,))
    assert meet("H", 1, [even, third]) == Sizes("H", 12, 6, (0,))
    assert meet("H", 7, []) == Sizes("H", 7)
    assert meet("H", 5, [even, Sizes("H", values=(4, 6, 7))]) == Sizes("H", values=(6,))
    assert meet("H", 1, [even, Sizes("H", 1, 2, (1,))]) == Sizes("H", values=())
