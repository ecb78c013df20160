import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.report.rows import fold, levels_of
from netspec.shape import Shape
from tests.report.made import analysis, facts, node, scope

SHAPE = Shape(8, (8, 8))


def chain(*trails, macs=1):
    """A chain of layers with these trails after an input."""
    made = [facts(node(0, "input", "3x8x8", SHAPE))]
    for number, trail in enumerate(trails, 1):
        path = "".join(f"{each.name}." for each in trail if each.name)
        made.append(facts(node(number, f"{path}conv{number}", f"{number}C3", SHAPE, trail), macs=macs))
    return analysis(made)


def shown(net, depth=None):
    return [(row.name, row.title, len(row.facts)) for row in fold(net, depth)]


def test_layers_outside_blocks_have_a_row_each():
    assert shown(chain((), ())) == [("input", "3x8x8", 1), ("conv1", "1C3", 1), ("conv2", "2C3", 1)]


def test_a_block_is_one_row_at_depth_nought_and_its_layers_at_depth_one():
    block = scope("basic(64)", "basic1")
    net = chain((), (block,), (block,))
    assert shown(net, 0)[2:] == [("basic1", "basic(64)", 2)]
    assert shown(net, 1)[2:] == [("basic1.conv2", "2C3", 1), ("basic1.conv3", "3C3", 1)]


def test_neighbours_with_one_title_fold():
    one, two, other = scope("basic(64)", "basic1"), scope("basic(64)", "basic2"), scope("basic(128, s=2)", "basic3")
    net = chain((one,), (one,), (two,), (two,), (other,))
    assert shown(net, 0)[1:] == [("basic1–2", "2 x basic(64)", 4), ("basic3", "basic(128, s=2)", 1)]
    assert fold(net, 0)[1].sum(lambda each: each.macs) == 4


def test_names_that_are_not_numbered_alike_are_shown_from_to():
    net = chain((scope("basic(64)", "first"),), (scope("basic(64)", "last"),))
    assert shown(net, 0)[1:] == [("first … last", "2 x basic(64)", 2)]
    net = chain((scope("basic(64)", "a1"),), (scope("basic(64)", "a1x"),))
    assert shown(net, 0)[1:] == [("a1 … a1x", "2 x basic(64)", 2)]


def test_branches_side_by_side_do_not_fold():
    left, right = scope("cba(16)", "cba1"), scope("cba(16)", "cba2")
    made = [
        facts(node(0, "input", "3x8x8", SHAPE)),
        facts(node(1, "cba1.conv1", "16C3", SHAPE, (left,), [0])),
        facts(node(2, "cba2.conv1", "16C3", SHAPE, (right,), [0])),
    ]
    assert shown(analysis(made), 0)[1:] == [("cba1", "cba(16)", 1), ("cba2", "cba(16)", 1)]


def test_copies_of_one_repetition_fold_even_where_they_are_not_chained():
    copies = [scope("{…}", "", copy, 2) for copy in range(2)]
    made = [facts(node(0, "input", "3x8x8", SHAPE))]
    made += [facts(node(1 + n, f"conv1_{n}", "16C3", SHAPE, (copies[n // 2],), [0])) for n in range(4)]
    assert shown(analysis(made), 0)[1:] == [("", "2 x {…}", 4)]


def test_blocks_of_one_title_in_different_blocks_do_not_fold():
    outer = [scope("stage(64)", "stage1"), scope("stage(128)", "stage2")]
    net = chain((outer[0], scope("cba", "cba1")), (outer[1], scope("cba", "cba1")))
    assert shown(net, 1)[1:] == [("stage1.cba1", "cba", 1), ("stage2.cba1", "cba", 1)]


def test_a_repetition_of_one_block_shows_the_blocks():
    trails = [
        (scope("basic(c)", "", copy, 3), scope("basic(64)", f"basic{copy + 1}")) for copy in range(3) for _ in range(2)
    ]
    paired = [trails[2 * (number // 2)] for number in range(6)]
    assert shown(chain(*paired), 0)[1:] == [("basic1–3", "3 x basic(64)", 6)]


def test_each_shows_its_rows_as_if_they_were_written_out():
    rows = [scope("each c", "", copy, 2) for copy in range(2)]
    block = scope("basic(64)", "basic1")
    net = chain((rows[0], block), (rows[0],), (rows[1],))
    assert shown(net, 0)[1:] == [("basic1", "basic(64)", 1), ("conv2", "2C3", 1), ("conv3", "3C3", 1)]


def test_the_table_opens_as_deep_as_fifty_rows_allow():
    blocks = [scope("basic(64)", f"basic{number}") for number in range(1, 26)]
    fifty = chain((), *((block,) for block in blocks[:24] for _ in range(2)))
    more = chain(*((block,) for block in blocks for _ in range(2)))
    assert len(fold(fifty)) == 50
    assert shown(more)[1:] == [("basic1–25", "25 x basic(64)", 50)]


def test_a_long_chain_without_blocks_is_shown_whole():
    assert len(fold(chain(*[()] * 80))) == 81


def test_a_hundred_thousand_copies_fold_to_one_row():
    copies = [scope("{ 8C3p1 - relu }", "", number, 20_000) for number in range(20_000)]
    net = chain(*((copy,) for copy in copies for _ in range(2)))
    assert shown(net)[1:] == [("", "20,000 x { 8C3p1 - relu }", 40_000)]


def test_the_levels_of_a_node_are_found_by_identity_and_not_by_value():
    twins = [scope("{…}"), scope("{…}")]
    net = chain((twins[0],), (twins[1],), (twins[1],))
    assert [list(map(id, each)) for each in levels_of(net.graph.nodes)] == [
        [],
        [id(twins[0])],
        [id(twins[1])],
        [id(twins[1])],
    ]


TRAILS = st.recursive(
    st.just([()]),
    lambda inner: st.lists(st.tuples(st.sampled_from("ab"), inner), min_size=1, max_size=4).map(
        lambda parts: [trail for title, trails in parts for trail in within(title, trails)]
    ),
    max_leaves=12,
)


def within(title, trails):
    made = scope(title, f"{title}1")
    return [(made, *trail) for trail in trails]


@settings(max_examples=60)
@given(st.lists(TRAILS, max_size=5), st.integers(0, 4))
def test_every_layer_is_in_exactly_one_row_and_a_deeper_table_is_no_shorter(groups, depth):
    net = chain(*(trail for group in groups for trail in group))
    rows = fold(net, depth)
    assert [each for row in rows for each in row.facts] == list(net.layers)
    assert len(fold(net, depth + 1)) >= len(rows)
    assert sum(row.sum(lambda each: each.macs) for row in rows) == net.totals.macs


@pytest.mark.parametrize("depth", [0, 1, 9])
def test_no_layers_make_no_rows(depth):
    assert fold(analysis([], inputs={}, outputs={"main": 0}), depth) == ()
