"""Our dense layers, tokens, factors and crops, by their formulas."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from netspec.lowering.modules import (  # noqa: E402
    CenterCrop,
    ClassToken,
    CropConcat,
    LowRank,
    Multiply,
    Position,
    Rbf,
    Scale,
)


def test_low_rank_is_a_dense_layer_with_the_product_of_its_two_matrices() -> None:
    module, x = LowRank(6, 5, 2), torch.randn(3, 6)
    expected = torch.nn.functional.linear(x, module.u @ module.v, module.bias)
    torch.testing.assert_close(module(x), expected)
    tokens = torch.randn(3, 4, 6)
    torch.testing.assert_close(module(tokens)[:, 1], module(tokens[:, 1]))


def test_a_prototype_is_answered_by_the_squared_distance_to_it() -> None:
    module, x = Rbf(4, 3), torch.randn(2, 4)
    expected = torch.tensor(
        [[sum((a - b) ** 2 for a, b in zip(row.tolist(), w.tolist(), strict=True)) for w in module.weight] for row in x]
    )
    torch.testing.assert_close(module(x), expected)


def test_prototypes_are_not_trained_and_start_as_signs() -> None:
    torch.manual_seed(0)
    module = Rbf(84, 10)
    assert list(module.parameters()) == []
    assert list(module.state_dict()) == ["weight"]
    assert set(module.weight.flatten().tolist()) == {-1.0, 1.0}
    assert module.weight.mean().abs() < 0.1


def test_the_class_token_stands_first_in_each_image() -> None:
    module, x = ClassToken(4), torch.randn(2, 3, 4)
    torch.nn.init.normal_(module.cls_token)
    result = module(x)
    assert torch.equal(result[:, 1:], x)
    assert torch.equal(result[0, 0], module.cls_token[0, 0])
    assert torch.equal(result[1, 0], module.cls_token[0, 0])


def test_positions_are_added_alike_in_each_image() -> None:
    module, x = Position(3, 4), torch.randn(2, 3, 4)
    assert torch.equal(module(x), torch.stack([image + module.pos_embed[0] for image in x]))
    assert 0 < module.pos_embed.abs().max() < 0.2


def test_a_factor_stands_for_its_channel() -> None:
    module, x = Scale(2, init=0.5, places=2, bias=True), torch.randn(3, 2, 4, 5)
    assert torch.equal(module(x), x * 0.5)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([2.0, 3.0]))
        module.bias.copy_(torch.tensor([5.0, 7.0]))
    assert torch.equal(module(x), torch.stack([x[:, 0] * 2 + 5, x[:, 1] * 3 + 7], 1))
    assert "bias" not in Scale(2).state_dict()


def test_on_tokens_and_vectors_a_factor_stands_for_its_feature() -> None:
    module, x = Scale(2), torch.randn(3, 4, 2)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([2.0, 3.0]))
    assert torch.equal(module(x), torch.stack([x[..., 0] * 2, x[..., 1] * 3], 2))
    assert torch.equal(module(x[:, 0]), module(x)[:, 0])


def test_a_gate_multiplies_each_channel_of_a_map() -> None:
    x, gate, place = torch.randn(2, 3, 4, 5), torch.randn(2, 3), torch.randn(2, 1, 4, 5)
    expected = x.clone()
    for image in range(2):
        for channel in range(3):
            expected[image, channel] *= gate[image, channel]
    assert torch.equal(Multiply(1)(x, gate), expected)
    assert torch.equal(Multiply(1)(gate, x), expected)
    torch.testing.assert_close(Multiply(1)(x, gate, place), expected * place)


def test_a_gate_multiplies_each_feature_of_tokens() -> None:
    x, gate = torch.randn(2, 4, 4), torch.randn(2, 4)
    assert torch.equal(Multiply(2)(x, gate)[:, 1], x[:, 1] * gate)
    assert torch.equal(Multiply(2)(x, gate, gate)[:, 3], x[:, 3] * gate * gate)


def test_a_crop_takes_the_odd_pixel_after() -> None:
    x = torch.arange(35.0).view(1, 1, 5, 7)
    assert torch.equal(CenterCrop((2, 4))(x), x[:, :, 1:3, 1:5])
    assert torch.equal(CenterCrop((3,))(x[0]), x[0, ..., 2:5])


def test_maps_are_joined_on_what_all_of_them_have_about_their_centre() -> None:
    a, b, c = torch.randn(2, 1, 5, 4), torch.randn(2, 2, 3, 6), torch.randn(2, 3, 4, 5)
    expected = torch.cat([a[:, :, 1:4], b[..., 1:5], c[:, :, 0:3, 0:4]], 1)
    assert torch.equal(CropConcat()(a, b, c), expected)
