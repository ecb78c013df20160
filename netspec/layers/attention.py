"""Self-attention: `attention`, of all tokens of a sequence or within the windows of a map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, final

from netspec.layers.arguments import COUNT, FLAG, WHOLE, argument
from netspec.layers.base import Call, Example, Keeps, Layer, Misuse, Shapes, Step, Weight, trained_count
from netspec.layers.features import check_axes
from netspec.layers.inputs import need_map
from netspec.layers.steps import figure, times
from netspec.layers.tokens import need_tokens
from netspec.layers.windows import Axes, Blocks, Reach, everything
from netspec.records import frozen
from netspec.shape import Count, Dim, Shape, as_dim, ceil_div, product


@final
@frozen
class Attention(Layer):
    """Multi-head self-attention: each token becomes a mean of others, weighted by likeness. The shape is kept.

    On tokens `(T, F) -> (T, F)`, of all of them (Vaswani et al. 2017): `4·F·F + 4·F` parameters; T·F·3F MACs for
    queries, keys and values, 2·T·T·F for scores and means, T·F·F on the way out. Operations: a factor for each query,
    5 for the softmax of each score, the biases.

    With `window`, on maps `(F, H, W) -> (F, H, W)` within windows of that side (Liu et al. 2021): to a score is added a
    trained bias for the head and relative position, `(2·window − 1)²·heads` in all. A map that the windows don't divide
    is padded, at full cost. `shift` moves the windows, but not along an axis that is one window long; places that are
    neighbours only because of the shift don't see each other.
    """

    name: ClassVar[str] = "attention"
    family: ClassVar[str] = "tokens"

    heads: int = argument(COUNT, "parts into which the features are divided, each with scores of its own")
    window_: int | None = argument(COUNT, "side of the windows of a map (without: all tokens)", None)
    shift: int = argument(WHOLE, "by how much the windows are moved", 0)
    bias: bool = argument(FLAG, "trained constants on the way in and out", True)
    relative: bool | None = argument(FLAG, "a trained bias by relative position (as a rule where windowed)", None)

    def out_shape(self, inputs: Shapes) -> Shape:
        _check_windows(self, inputs)
        shape = need_tokens(self, inputs)[1] if self.window_ is None else need_map(self, inputs)
        if isinstance(shape.channels, int) and shape.channels % self.heads:
            what = f"{shape.channels} features can't be divided among {self.heads} heads"
            raise Misuse("E209", what, at="heads", here=f"{shape} flows in")
        return shape

    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        features = inputs[0].channels
        tripled = as_dim(3 * features)
        if self.window_ is None:
            return {
                "in_proj_weight": Weight((tripled, features)),
                **({"in_proj_bias": Weight((tripled,))} if self.bias else {}),
                "out_proj.weight": Weight((features, features)),
                **({"out_proj.bias": Weight((features,))} if self.bias else {}),
            }
        table = Weight(((2 * self.window_ - 1) ** 2, self.heads))
        return {
            **({"relative_position_bias_table": table} if self._relative else {}),
            "qkv.weight": Weight((tripled, features)),
            **({"qkv.bias": Weight((tripled,))} if self.bias else {}),
            "proj.weight": Weight((features, features)),
            **({"proj.bias": Weight((features,))} if self.bias else {}),
        }

    def macs(self, inputs: Shapes, output: Shape) -> Count:
        features = output.channels
        return 4 * self._places(output) * features * features + 2 * self._scores(output) * features

    def ops(self, inputs: Shapes, output: Shape) -> Count:
        elements = self._places(output) * output.channels
        a_score = 5 + self._relative + any(self._shifts(output))
        return (5 if self.bias else 1) * elements + a_score * self.heads * self._scores(output)

    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        if self.window_ is None:
            return (everything,)
        return (Axes(tuple(Blocks(self.window_, shift) for shift in self._shifts(output))),)

    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        elements = self._places(output) * output.channels
        if self.window_ is None:
            # queries, keys, values and means; of the scores only the logarithm of each sum
            return Keeps(inputs=(0,), extra=4 * elements + self.heads * self._places(output))
        # the windows as cut out, queries, keys, values and means; the scores after the softmax
        return Keeps(extra=5 * elements + self.heads * self._scores(output))

    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        features, places, others = output.channels, self._places(output), self._others(output)
        parameters = figure(trained_count(self.weights(inputs)))
        square, letters = times((4, features, features)), "4·F·F"
        if self.bias:
            square, letters = f"{square} + {times((4, features))}", f"{letters} + 4·F"
        if self.window_ is not None and self._relative:
            square, letters = f"{square} + (2·{self.window_} − 1)²·{self.heads}", f"{letters} + (2w − 1)²·heads"
        seen = "T" if self.window_ is None else "w²"
        worked = f"{times((4, places, features, features))} + {times((2, places, others, features))}"
        return (
            Step("parameters", letters, square, parameters),
            Step("macs", f"4·T·F·F + 2·T·{seen}·F", worked, figure(self.macs(inputs, output))),
        )

    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        arguments: dict[str, Any] = {"features": output.channels, "heads": self.heads}
        bias = {} if self.bias else {"bias": False}
        if self.window_ is None:
            return (Call("ours.SelfAttention", {**arguments, **bias}),)
        arguments["window"] = self.window_
        if self.shift:
            arguments["shift"] = self.shift
        return (Call("ours.WindowAttention", {**arguments, **bias, **({} if self._relative else {"relative": False})}),)

    @property
    def _relative(self) -> bool:
        return self.window_ is not None and self.relative is not False

    def _padded(self, shape: Shape) -> tuple[Dim, ...]:
        """The sizes of a map made up to whole windows."""
        side = self.window_ or 1
        return tuple(as_dim(ceil_div(n, side) * side) for n in shape.sizes)

    def _shifts(self, shape: Shape) -> tuple[int, ...]:
        """The shift along each axis: none where one window is all."""
        return tuple(0 if n == self.window_ else self.shift for n in self._padded(shape))

    def _places(self, shape: Shape) -> Count:
        """How many tokens there are, those of the padding as well."""
        return shape.positions if self.window_ is None else product((shape.rows or 1, *self._padded(shape)))

    def _others(self, shape: Shape) -> Dim:
        """How many tokens each token looks at."""
        if self.window_ is not None:
            return self.window_**2
        assert shape.tokens is not None
        return shape.tokens

    def _scores(self, shape: Shape) -> Count:
        """How many pairs of tokens are compared, by one head."""
        return self._places(shape) * self._others(shape)

    examples: ClassVar[tuple[Example, ...]] = (
        Example("attention(12)", "197 tokens x 768", "197 tokens x 768", 2_362_368, 524_391_936, "ViT-B/16"),
        Example("attention(3, bias=false)", "10 tokens x 48", "10 tokens x 48", 9_216, 101_760),
        Example("attention(3, window=7)", "96x56x56", "96x56x56", 37_755, 145_108_992, "Swin-T's first"),
        Example("attention(3, window=7, shift=3)", "96x56x56", "96x56x56", 37_755, 145_108_992, "and its second"),
        Example("attention(2, 4, relative=false)", "8x6x9", "8x6x9", 288, 49_152, "padded to 8x12"),
    )


def _check_windows(layer: Attention, inputs: Shapes) -> None:
    """Windows are of maps; shift and relative positions of windows. Raises Misuse E202 or E210."""
    shape, side = inputs[0], layer.window_
    if side is None and shape.is_map:
        raise Misuse(
            "E210",
            "`attention` on a map needs `window`",
            here=f"{shape} flows in",
            notes=("for attention of all places, make tokens of the map first: `patches(1, …)`",),
        )
    if side is None and (layer.shift or layer.relative):
        at, what = ("shift", "a shift") if layer.shift else ("relative", "a bias by relative position")
        raise Misuse("E210", f"{what} is of windows: give `attention` a `window` as well", at=at)
    if side is None:
        return
    if layer.shift >= side:
        raise Misuse("E210", f"a shift of {layer.shift} is not smaller than the window of {side}", at="shift")
    if shape.is_map:
        check_axes("`attention` in windows", 2, shape, "window")
