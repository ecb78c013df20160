"""Tokens: what makes a sequence of them, self-attention over all and in windows, and two published totals by hand."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.layers.base import Step, Weight, trained_count
from netspec.layers.windows import Axes, Blocks, Window, carry, everything
from netspec.shape import Polynomial, Shape, Unknown, letter
from tests.layers.measured import kept_and_macs, kept_by
from tests.layers.reading import layer_of, shape_of, shapes_of
from tests.layers.refusal import refusal

H, W = letter("H"), letter("W")


def parameters(text: str, *inputs: str) -> Any:
    return trained_count(layer_of(text).weights(shapes_of(inputs)))


# patches


def test_patches_that_leave_something_show_the_floor() -> None:
    layer, inputs = layer_of("patches(16, 192)"), shapes_of("3x225x224")
    output = layer.out_shape(inputs)
    assert layer.explain(inputs, output) == (
        Step("tokens", "⌊H/k⌋·⌊W/k⌋", "⌊225/16⌋·(224/16)", "196"),
        Step("parameters", "(k·k·C + 1)·F", "(16·16·3 + 1)·192", "147,648"),
        Step("macs", "T·(k·k·C)·F", "14·14·(16·16·3)·192", "28,901,376"),
    )


def test_patches_see_their_own_pixels() -> None:
    inputs = shapes_of("3x32x32")
    layer = layer_of("patches(16x8, 4)")
    assert layer.window(inputs, layer.out_shape(inputs)) == (Axes((Window(16, 16), Window(8, 8))),)


def test_patches_of_sizes_in_letters_have_macs_though_no_closed_number_of_tokens() -> None:
    layer, inputs = layer_of("patches(16, 4)"), (Shape(3, (H, W)),)
    output = layer.out_shape(inputs)
    assert output.tokens == Unknown("it is the product ⌊H / 16⌋·⌊W / 16⌋")
    macs, ops = layer.macs(inputs, output), layer.ops(inputs, output)
    assert isinstance(macs, Polynomial) and isinstance(ops, Polynomial)
    assert macs.at({"H": 33, "W": 16}) == 2 * 768 * 4
    assert ops.at({"H": 33, "W": 16}) == 2 * 4


def test_patches_of_one_letter_count_tokens_by_it() -> None:
    assert str(layer_of("patches(16, 4)").out_shape((Shape(3, (H, 32)),))) == "2·⌊H / 16⌋ tokens x 4"


def test_patches_of_regions_come_out_for_each() -> None:
    layer, inputs = layer_of("patches(2, 8, bias=false)"), (Shape(3, (4, 4), rows=5),)
    output = layer.out_shape(inputs)
    assert output == Shape(8, tokens=4, rows=5)
    assert layer.macs(inputs, output) == 5 * 4 * 12 * 8
    assert layer.ops(inputs, output) == 0


def test_a_patch_that_does_not_fit_is_refused() -> None:
    assert refusal("patches(16, 768)", "3x32x8") == (
        "E203: a patch of 16x16 does not fit an input of 32x8\nat size\n3x32x8 flows in"
    )


@pytest.mark.parametrize("text", ["classtoken", "position", "taketoken", "attention(2)"])
def test_layers_of_tokens_need_tokens(text: str) -> None:
    name = text.partition("(")[0]
    assert refusal(text, "8") == f"E201: `{name}` needs a sequence of tokens, but a vector flows in\ninput here is 8"


def test_a_map_where_tokens_belong_is_told_of_patches() -> None:
    assert refusal("classtoken", "3x8x8") == (
        "E201: `classtoken` needs a sequence of tokens, but a map flows in\n"
        "input here is 3x8x8\n"
        "note: `patches(16, 768)` makes tokens of a map"
    )


def test_a_class_token_is_one_more() -> None:
    layer, inputs = layer_of("classtoken"), shapes_of("196 tokens x 768")
    output = layer.out_shape(inputs)
    assert layer.weights(inputs) == {"cls_token": Weight((1, 1, 768))}
    assert layer.explain(inputs, output) == (
        Step("tokens", "T + 1", "196 + 1", "197"),
        Step("parameters", "1·F", "1·768", "768"),
    )
    assert str(*layer.torch(inputs, output)) == "ours.ClassToken(features=768)"
    assert layer.window(inputs, output) == (carry,)


def test_positions_are_trained_for_each_token() -> None:
    layer, inputs = layer_of("position"), shapes_of("197 tokens x 768")
    assert layer.weights(inputs) == {"pos_embed": Weight((1, 197, 768))}
    assert layer.ops(inputs, inputs[0]) == 151_296
    assert layer.explain(inputs, inputs[0]) == (Step("parameters", "T·F", "197·768", "151,296"),)
    assert str(*layer.torch(inputs, inputs[0])) == "ours.Position(tokens=197, features=768)"


def test_positions_of_tokens_that_are_not_counted_are_not_counted_either() -> None:
    shape = Shape(8, tokens=Unknown("it is the product"))
    assert trained_count(layer_of("position").weights((shape,))) == Unknown("it is the product")


def test_a_token_that_is_not_there_is_refused() -> None:
    assert refusal("taketoken(5)", "5 tokens x 8") == (
        "E206: there is no token 5: they are numbered 0 to 4\nat index\n5 tokens x 8 flows in"
    )
    assert layer_of("taketoken(5)").out_shape((Shape(8, tokens=H, rows=3),)) == Shape(8, rows=3)


# attention of all tokens


def test_attention_has_the_weights_of_torchs_by_name_and_shape() -> None:
    nn = pytest.importorskip("torch.nn")
    for bias, text in ((True, "attention(4)"), (False, "attention(4, bias=false)")):
        module = nn.MultiheadAttention(16, 4, bias=bias, batch_first=True)
        expected = [(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()]
        weights = layer_of(text).weights(shapes_of("10 tokens x 16"))
        assert sorted((name, weight.shape) for name, weight in weights.items()) == sorted(expected)


def test_attention_multiplies_and_keeps_what_torchs_does() -> None:
    nn = pytest.importorskip("torch.nn")
    module = nn.MultiheadAttention(16, 4, batch_first=True)

    def attend(x: Any) -> Any:
        return module(x, x, x, need_weights=False)[0]

    attend.parameters = module.parameters  # type: ignore[attr-defined]
    kept, macs = kept_and_macs(attend, (1, 10, 16))
    layer, inputs = layer_of("attention(4)"), shapes_of("10 tokens x 16")
    assert layer.macs(inputs, inputs[0]) == macs
    assert kept_by(layer, *inputs) == kept


def test_attention_shows_its_calculations() -> None:
    inputs = shapes_of("197 tokens x 768")
    assert layer_of("attention(12)").explain(inputs, inputs[0]) == (
        Step("parameters", "4·F·F + 4·F", "4·768·768 + 4·768", "2,362,368"),
        Step("macs", "4·T·F·F + 2·T·T·F", "4·197·768·768 + 2·197·197·768", "524,391,936"),
    )
    (weights, _) = layer_of("attention(12, bias=false)").explain(inputs, inputs[0])
    assert weights == Step("parameters", "4·F·F", "4·768·768", "2,359,296")


def test_attention_counts_a_softmax_of_each_score_and_a_factor_for_each_query() -> None:
    inputs = shapes_of("10 tokens x 16")
    assert layer_of("attention(4, bias=false)").ops(inputs, inputs[0]) == 160 + 5 * 4 * 100
    assert layer_of("attention(4)").ops(inputs, inputs[0]) == 160 + 5 * 4 * 100 + 10 * 4 * 16


def test_attention_sees_all_tokens() -> None:
    inputs = shapes_of("10 tokens x 16")
    layer = layer_of("attention(4)")
    assert layer.window(inputs, inputs[0]) == (everything,)
    assert str(*layer.torch(inputs, inputs[0])) == "ours.SelfAttention(features=16, heads=4)"
    assert str(*layer_of("attention(4, bias=false)").torch(inputs, inputs[0])).endswith("heads=4, bias=False)")


def test_attention_grows_with_the_square_of_tokens_that_are_not_known() -> None:
    shape = Shape(16, tokens=H)
    assert str(layer_of("attention(4)").macs((shape,), shape)) == "32·H² + 1,024·H"


def test_heads_must_divide_the_features() -> None:
    assert refusal("attention(5)", "10 tokens x 16") == (
        "E209: 16 features can't be divided among 5 heads\nat heads\n10 tokens x 16 flows in"
    )
    shape = Shape(letter("F"), tokens=10)
    assert layer_of("attention(5)").out_shape((shape,)) == shape


# attention in windows


def test_attention_on_a_map_needs_a_window() -> None:
    assert refusal("attention(2)", "8x6x6") == (
        "E210: `attention` on a map needs `window`\n"
        "8x6x6 flows in\n"
        "note: for attention of all places, make tokens of the map first: `patches(1, …)`"
    )


def test_windows_are_of_maps_with_two_axes() -> None:
    assert refusal("attention(2, window=4)", "9 tokens x 8") == (
        "E201: `attention` needs a map, but a sequence of tokens flows in\ninput here is 9 tokens x 8"
    )
    assert refusal("attention(2, window=4)", "8x16") == (
        "E202: `attention` in windows is for 2 axes, but what flows in has 1 axis\nat window\n8x16 flows in"
    )


def test_a_shift_or_relative_positions_without_a_window_are_refused() -> None:
    assert refusal("attention(2, shift=1)", "9 tokens x 8") == (
        "E210: a shift is of windows: give `attention` a `window` as well\nat shift"
    )
    assert refusal("attention(2, relative=true)", "9 tokens x 8") == (
        "E210: a bias by relative position is of windows: give `attention` a `window` as well\nat relative"
    )


def test_a_shift_is_smaller_than_its_window() -> None:
    assert refusal("attention(2, window=4, shift=4)", "8x8x8") == (
        "E210: a shift of 4 is not smaller than the window of 4\nat shift"
    )


def test_windows_show_their_calculations() -> None:
    inputs = shapes_of("96x56x56")
    assert layer_of("attention(3, 7)").explain(inputs, inputs[0]) == (
        Step("parameters", "4·F·F + 4·F + (2w − 1)²·heads", "4·96·96 + 4·96 + (2·7 − 1)²·3", "37,755"),
        Step("macs", "4·T·F·F + 2·T·w²·F", "4·3136·96·96 + 2·3136·49·96", "145,108,992"),
    )


def test_a_window_is_seen_whole_and_shifted_only_where_there_are_more() -> None:
    layer = layer_of("attention(2, window=4, shift=2)")
    for shape, shifts in (("8x8x8", (2, 2)), ("8x4x8", (0, 2)), ("8x3x9", (0, 2))):
        inputs = shapes_of(shape)
        assert layer.window(inputs, inputs[0]) == (Axes(tuple(Blocks(4, shift) for shift in shifts)),)


def test_windows_count_biases_and_masks_of_scores() -> None:
    inputs = shapes_of("8x8x8")
    scores = 2 * 64 * 16  # heads, places, places of a window
    plain, shifted, bare = (
        layer_of(f"attention(2, 4, {more}bias=false)").ops(inputs, inputs[0])
        for more in ("", "shift=2, ", "relative=false, ")
    )
    assert (plain, shifted, bare) == (512 + 6 * scores, 512 + 7 * scores, 512 + 5 * scores)


def test_windows_are_torch_calls_of_our_own() -> None:
    inputs = shapes_of("8x8x8")
    texts = ("attention(2, 4)", "attention(2, 4, shift=2)", "attention(2, 4, relative=false, bias=false)")
    assert [str(*layer_of(text).torch(inputs, inputs[0])) for text in texts] == [
        "ours.WindowAttention(features=8, heads=2, window=4)",
        "ours.WindowAttention(features=8, heads=2, window=4, shift=2)",
        "ours.WindowAttention(features=8, heads=2, window=4, bias=False, relative=False)",
    ]


def test_windows_over_sizes_in_letters_pad_them_up() -> None:
    shape = Shape(8, (H, 8))
    macs = layer_of("attention(2, 4)").macs((shape,), shape)
    assert [macs.at({"H": n}) for n in (5, 8, 9)] == [  # type: ignore[union-attr]
        layer_of("attention(2, 4)").macs((known,), known) for known in (Shape(8, (n, 8)) for n in (5, 8, 9))
    ]
    assert layer_of("attention(2, 4, shift=1)").window((shape,), shape) == (Axes((Blocks(4, 1), Blocks(4, 1))),)


def windowed(features: int, heads: int, side: int) -> Any:
    """Attention in windows as Liu et al. describe it, written plainly."""
    import torch
    from torch import nn

    class Windowed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * side - 1) ** 2, heads))
            self.qkv, self.proj = nn.Linear(features, 3 * features), nn.Linear(features, features)

        def forward(self, x: Any) -> Any:
            _, c, h, w = x.shape
            x = nn.functional.pad(x, (0, -w % side, 0, -h % side))
            x = x.unflatten(3, (-1, side)).unflatten(2, (-1, side))
            x = x.permute(0, 2, 4, 3, 5, 1).reshape(-1, side * side, c)
            q, k, v = self.qkv(x).unflatten(2, (3, heads, c // heads)).permute(2, 0, 3, 1, 4)
            at = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")).flatten(1)
            row, column = at[:, :, None] - at[:, None, :] + side - 1
            bias = self.relative_position_bias_table[row * (2 * side - 1) + column].permute(2, 0, 1)
            scores = (q * (c // heads) ** -0.5) @ k.transpose(2, 3) + bias
            return self.proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))

    return Windowed()


def test_windows_have_the_weights_multiply_and_keep_as_the_plain_definition_does() -> None:
    pytest.importorskip("torch")
    layer = layer_of("attention(2, window=4)")
    module = windowed(8, 2, 4)
    weights = layer.weights(shapes_of("8x8x8"))
    assert [(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()] == [
        (name, weight.shape) for name, weight in weights.items()
    ]
    for sizes in ((8, 8), (6, 9), (3, 5)):
        shape = Shape(8, sizes)
        kept, macs = kept_and_macs(module, (1, *shape.dims))  # type: ignore[arg-type]
        assert layer.macs((shape,), shape) == macs
        assert kept_by(layer, shape) == kept - 4**4  # the index into the table, which is no image's


# Whole networks


def test_the_parameters_of_vit_b16_add_up() -> None:
    tokens = "197 tokens x 768"
    block = (
        2 * parameters("layernorm", tokens)
        + parameters("attention(12)", tokens)
        + (768 * 3072 + 3072)
        + (3072 * 768 + 768)
    )
    stem = parameters("patches(16, 768)", "3x224x224") + parameters("classtoken", "196 tokens x 768")
    head = parameters("layernorm", tokens) + 768 * 1000 + 1000
    assert stem + parameters("position", tokens) + 12 * block + head == 86_567_656


def test_the_parameters_of_swin_t_add_up() -> None:
    total = 4 * 4 * 3 * 96 + 96 + parameters("layernorm", "96x56x56")
    for features, side, heads, depth in ((96, 56, 3, 2), (192, 28, 6, 2), (384, 14, 12, 6), (768, 7, 24, 2)):
        shape = str(shape_of(f"{features}x{side}x{side}"))
        mlp = features * 4 * features + 4 * features + 4 * features * features + features
        total += depth * (
            2 * parameters("layernorm", shape) + parameters(f"attention({heads}, window=7)", shape) + mlp
        )  # fmt: skip
        if features < 768:  # four neighbours joined, normalised and halved
            total += 2 * 4 * features + 4 * features * 2 * features
    assert total + parameters("layernorm", "768") + 768 * 1000 + 1000 == 28_288_354
