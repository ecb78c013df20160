from netspec.graph import Graph
from netspec.layers import layer_class
from netspec.records import replace
from netspec.report import tree
from netspec.report.structure import Block, forks, structure
from netspec.shape import Shape
from tests.report.made import SOURCE, node, scope

SHAPE = Shape(8, (8, 8))


def conv(number, name, title="8C3", inputs=(), trail=()):
    return node(number, name, title, SHAPE, trail, inputs)


def relu(number, name, inputs=(), trail=()):
    return replace(node(number, name, "relu", SHAPE, trail, inputs), layer=layer_class("relu")())


def merge(number, name, inputs, trail=(), layer=None):
    made = layer or layer_class("add")()
    return replace(node(number, name, made.name, SHAPE, trail, inputs), layer=made)


def graph(*nodes, inputs=None, outputs=None):
    nodes = (node(0, "input", "3x8x8", Shape(3, (8, 8))), *nodes)
    return Graph("made", nodes, inputs or {"input": 0}, outputs or {"main": len(nodes) - 1}, source=SOURCE)


def test_quiet_layers_stand_on_the_line_of_the_layer_before():
    net = graph(conv(1, "conv1"), relu(2, "relu1"), conv(3, "conv2"))
    assert (
        tree.render(net)
        == """\
made                  3x8x8
├─ conv1: 8C3 - relu  8x8x8
└─ conv2: 8C3         8x8x8
"""
    )


def test_branches_hang_under_the_layer_that_merges_them():
    net = graph(
        conv(1, "conv1"),
        conv(2, "conv2"),
        relu(3, "relu1"),
        conv(4, "conv3"),
        merge(5, "add1", (4, 1)),
        relu(6, "relu2"),
    )
    assert (
        tree.render(net)
        == """\
made                        3x8x8
├─ conv1: 8C3               8x8x8
├─ add1: add                8x8x8
│  ├─ |                     8x8x8
│  │  ├─ conv2: 8C3 - relu  8x8x8
│  │  └─ conv3: 8C3         8x8x8
│  └─ | identity            8x8x8
└─ relu2: relu              8x8x8
"""
    )


def test_a_branch_of_one_line_stands_behind_its_bar():
    net = graph(
        conv(1, "conv1", inputs=[0]),
        conv(2, "conv2", inputs=[0]),
        merge(3, "concat1", (1, 2), layer=layer_class("concat")()),
    )
    assert (
        tree.render(net)
        == """\
made                3x8x8
└─ concat1: concat  8x8x8
   ├─ | conv1: 8C3  8x8x8
   └─ | conv2: 8C3  8x8x8
"""
    )


def test_blocks_are_named_and_alike_neighbours_fold():
    one, two, other = scope("basic(64)", "basic1"), scope("basic(64)", "basic2"), scope("basic(64)", "basic3")
    net = graph(
        conv(1, "basic1.conv1", trail=(one,)),
        conv(2, "basic2.conv1", trail=(two,)),
        conv(3, "basic3.conv1", "8C5", trail=(other,)),
    )
    assert (
        tree.render(net)
        == """\
made                      3x8x8
├─ basic1: 2 x basic(64)  8x8x8
│  └─ conv1: 8C3          8x8x8
└─ basic3: basic(64)      8x8x8
   └─ conv1: 8C5          8x8x8
"""
    )


def test_depth_says_how_far_it_opens():
    outer, inner = scope("stage", "stage1"), scope("cba", "cba1")
    net = graph(conv(1, "stage1.cba1.conv1", trail=(outer, inner)), merge(2, "stage1.add1", (1, 0), trail=(outer,)))
    shapeless = [line.rstrip("x83 ").rstrip() for line in tree.render(net, 0).splitlines()]
    assert shapeless == ["made", "└─ stage1: stage"]
    shapeless = [line.rstrip("x83 ").rstrip() for line in tree.render(net, 1).splitlines()]
    assert shapeless == ["made", "└─ stage1: stage", "   └─ add1: add"]
    assert "cba1: cba" in tree.render(net, 2) and "conv1" not in tree.render(net, 2)
    assert "conv1" in tree.render(net, 3)


def test_a_repetition_without_a_name_shows_what_repeats():
    copies = [scope("{ 8C3 - relu }", "", copy, 3) for copy in range(3)]
    net = graph(*(layer for n, copy in enumerate(copies) for layer in (
        conv(1 + 2 * n, f"conv1_{n}", trail=(copy,)), relu(2 + 2 * n, f"relu1_{n}", trail=(copy,)))))  # fmt: skip
    assert tree.render(net).splitlines()[1].startswith("└─ 3 x { 8C3 - relu }")


def test_side_outputs_are_marked_and_keep_their_line():
    net = graph(conv(1, "conv1"), relu(2, "relu1"), outputs={"main": 2, "aux": 1})
    assert (
        tree.render(net)
        == """\
made            3x8x8
├─ conv1: 8C3   8x8x8 → output aux
└─ relu1: relu  8x8x8 → output main
"""
    )


def test_several_inputs_are_named_and_forks_may_lie_before_the_first_layer():
    nodes = [
        node(0, "left", "3x8x8", SHAPE),
        replace(node(1, "right", "3x8x8", SHAPE), inputs=()),
        conv(2, "conv1", inputs=[0]),
        conv(3, "conv2", inputs=[1]),
        merge(4, "add1", (2, 3)),
    ]
    net = Graph("made", tuple(nodes), {"left": 0, "right": 1}, {"main": 4}, source=SOURCE)
    assert forks(nodes)[4] == -1
    assert (
        tree.render(net)
        == """\
made                left 8x8x8, right 8x8x8
└─ add1: add        8x8x8
   ├─ | conv1: 8C3  8x8x8
   └─ | conv2: 8C3  8x8x8
"""
    )


def test_the_fork_is_the_last_node_that_everything_has_passed():
    nodes = [
        node(0, "input", "3x8x8", SHAPE),
        conv(1, "a"),
        conv(2, "b"),
        conv(3, "c"),
        merge(4, "m", (3, 1)),
        merge(5, "n", (4, 0)),
        conv(6, "d"),
    ]
    assert forks(nodes) == [-1, 0, 1, 2, 1, 0, 5]


def test_merges_nest_in_the_branches_of_others():
    net = graph(
        conv(1, "a"), conv(2, "b"), merge(3, "inner", (2, 1)), conv(4, "c"), merge(5, "outer", (4, 0)),
    )  # fmt: skip
    names = [line.strip("│├└─ |").split(":")[0] for line in tree.render(net).splitlines()]
    assert [name.split()[0] for name in names] == [
        "made",
        "outer",
        "8x8x8",
        "a",
        "inner",
        "b",
        "identity",
        "c",
        "identity",
    ]


def test_a_head_beside_the_branches_stays_in_the_chain():
    net = graph(
        conv(1, "a", inputs=[0]),
        conv(2, "head1", inputs=[0]),
        merge(3, "head2", (2, 0)),
        conv(4, "b", inputs=[0]),
        merge(5, "m", (1, 4)),
        outputs={"main": 5, "aux": 3},
    )
    head, fork = structure(net)
    assert (head.last.name, fork.last.name) == ("head2", "m")
    assert [[part.last.name for part in branch] for branch in fork.branches] == [["a"], ["b"]]


def test_a_node_that_leads_to_two_branches_stands_in_the_first():
    net = graph(conv(1, "a"), conv(2, "second", inputs=[1]), conv(3, "first", inputs=[1]), merge(4, "m", (3, 2, 0)))
    (fork,) = structure(net)
    assert [[part.last.name for part in branch] for branch in fork.branches] == [["a", "first"], ["second"], []]


def test_a_network_without_a_name_has_a_root_all_the_same():
    assert tree.render(replace(graph(conv(1, "conv1")), name="")).startswith("network ")


def test_parts_of_different_titles_do_not_fold():
    net = graph(
        conv(1, "x1.conv1", trail=(scope("x(1)", "x1"),)),
        conv(2, "x2.conv1", trail=(scope("x(2)", "x2"),)),
        relu(3, "x3.relu1", trail=(scope("x(2)", "x3"),)),
    )
    assert [part.copies for part in structure(net) if isinstance(part, Block)] == [1, 1, 1]


def test_blocks_that_end_in_a_merge_fold_by_what_their_branches_are():
    trails = [(scope("basic", f"basic{number}"),) for number in (1, 2, 3)]
    net = graph(
        conv(1, "basic1.conv1", trail=trails[0]),
        merge(2, "basic1.add1", (1, 0), trails[0]),
        conv(3, "basic2.conv1", trail=trails[1]),
        merge(4, "basic2.add1", (3, 2), trails[1]),
        conv(5, "basic3.conv1", trail=trails[2]),
        merge(6, "basic3.add1", (4, 5), trails[2]),
    )
    assert [part.copies for part in structure(net) if isinstance(part, Block)] == [2, 1]
