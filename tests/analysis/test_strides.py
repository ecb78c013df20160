"""Where values are copied because they do not lie in order, worked out by hand and as torch does it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec
from netspec.analysis.strides import Laid, copies, laid, view
from netspec.layers.base import Call, call


def copying(spec: str) -> set[str]:
    """The names of the nodes that copy what flows in."""
    graph = netspec.compile(spec)
    calls = [node.layer.torch(graph.inputs_of(node), node.shape) for node in graph.nodes]
    return {graph.nodes[number].name for number in copies(graph, calls)}


def test_a_tensor_in_one_piece_runs_fastest_along_its_last_axis() -> None:
    assert laid((2, 3, 4, 5)).strides == (60, 20, 5, 1)
    assert laid((2, 3, 4, 5), (0, 2, 3, 1)).strides == (60, 1, 15, 3)
    assert laid((2, 3, 4, 5), (0, 2, 3, 1)).channels_last and not laid((2, 3, 4, 5)).channels_last


def test_flattening_a_map_in_order_copies_nothing_and_a_turned_one_is_copied() -> None:
    assert copying("4x8x8-relu-flatten-10N") == set()
    assert copying("4x8x8-permute([1,2,0])-relu-flatten-10N") == {"flatten1"}
    assert copying("4x8x8-permute([1,2,0])-8C3-relu-flatten-10N") == set()  # no order that a convolution hands on


def test_a_layernorm_of_maps_leaves_the_channels_last_as_convolutions_and_pools_do() -> None:
    assert copying("4x8x8-layernorm-8C3-relu-MP2-10N") == {"dense1"}
    assert copying("4x8x8-layernorm-8C3-relu-GAP-10N") == set()
    assert copying("4x8x8-layernorm-8C3-softmax-flatten") == set()


def test_channels_that_were_cut_off_are_copied_where_a_norm_wants_them_in_one_piece() -> None:
    assert copying("8x6x6-slice(2,6)-groupnorm(2)") == {"groupnorm1"}
    assert copying("8x6x6-slice(2,6)-relu-groupnorm(2)") == set()
    assert copying("8x6x6-slice(2,6)-flatten-10N") == set()  # they follow one another still


def test_branches_that_lie_differently_meet_in_order() -> None:
    assert copying("input 8x6x6\nlayernorm as a\nconcat { | @a | @input }\nflatten") == set()
    assert copying("input 8x6x6\nlayernorm as a\nconcat { | @a | @a - relu }\nflatten") == {"flatten1"}


@st.composite
def views(draw: st.DrawFn) -> tuple[Laid, Call]:
    """A tensor of which axes may be turned and cut, and a call that gives a view of it."""
    rank = draw(st.integers(2, 4))
    whole = laid(
        tuple(draw(st.lists(st.integers(1, 6), min_size=rank, max_size=rank))), draw(st.permutations(range(rank)))
    )
    axis = draw(st.integers(0, rank - 1))
    start = draw(st.integers(0, whole.sizes[axis] - 1))
    cut = call("torch.narrow", dim=axis, start=start, length=draw(st.integers(1, whole.sizes[axis] - start)))
    value = draw(st.sampled_from([whole, view(cut, whole)[0]]))
    pairs = [divided for divided in range(1, value.sizes[-1] + 1) if value.sizes[-1] % divided == 0]
    split = draw(st.sampled_from(pairs))
    return value, draw(
        st.sampled_from(
            [
                call("torch.permute", dims=tuple(draw(st.permutations(range(rank))))),
                call("torch.transpose", dim0=0, dim1=rank - 1),
                call("torch.movedim", source=1, destination=-1),
                call("torch.movedim", source=-1, destination=1),
                call("torch.select", dim=1, index=0),
                call("torch.flatten", start_dim=draw(st.integers(0, rank - 1))),
                call("nn.Flatten"),
                call("nn.Identity"),
                call("torch.unflatten", dim=rank - 1, sizes=(split, value.sizes[-1] // split)),
                call("torch.reshape", shape=(-1, split)),
            ]
        )
    )


@settings(max_examples=300, deadline=None)
@given(views())
def test_a_view_lies_as_torchs_does_and_is_a_copy_where_torchs_is(case: tuple[Laid, Call]) -> None:
    torch = pytest.importorskip("torch")
    value, made = case
    storage = torch.empty(1 + sum((n - 1) * step for n, step in zip(value.sizes, value.strides, strict=True)))
    tensor = storage.as_strided(value.sizes, value.strides)
    group, kind = made.target.split(".")
    function: Any = getattr(torch.nn, kind)(**made.arguments) if group == "nn" else None
    theirs = function(tensor) if function else getattr(torch, kind)(tensor, **made.arguments)
    ours, copied = view(made, value)
    assert ours.sizes == tuple(theirs.shape)
    shared = theirs.untyped_storage().data_ptr() == storage.untyped_storage().data_ptr()
    assert copied == (not shared)
    steps = zip(ours.sizes, ours.strides, theirs.stride(), strict=True)
    assert all(mine == its for size, mine, its in steps if size != 1)
