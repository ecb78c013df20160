"""The pseudo-layer that stands where values are given."""

from netspec.layers import TABLE
from netspec.layers.base import Keeps
from netspec.layers.input import Input
from netspec.shape import Shape

IMAGE = Shape(3, (32, 32))


def test_an_input_gives_the_shape_that_was_written() -> None:
    assert Input(IMAGE).out_shape(()) == IMAGE


def test_an_input_computes_owns_and_keeps_nothing() -> None:
    given = Input(IMAGE)
    assert given.weights(()) == {}
    assert (given.macs((), IMAGE), given.ops((), IMAGE)) == (0, 0)
    assert (given.window((), IMAGE), given.torch((), IMAGE), given.explain((), IMAGE)) == ((), (), ())
    assert given.keeps((), IMAGE) == Keeps()


def test_no_layer_of_the_table_is_the_input() -> None:
    assert "input" not in TABLE
