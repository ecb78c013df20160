"""Pooling of boxes, compared with a loop over boxes, cells and pixels."""

from __future__ import annotations

from math import ceil, copysign, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from torch import Tensor  # noqa: E402

from netspec.lowering.modules import RoiAlign, RoiPool  # noqa: E402

BOXES = torch.tensor(
    [
        [0.0, 0, 21, 17],
        [2, 3, 9, 9],
        [-5, -7, 40, 40],  # larger than the image
        [20, 16, 20, 16],  # one pixel
        [40, 40, 50, 50],  # beside the image
        [7, 9, 3, 2],  # the wrong way round: one pixel
        [1, 1, 5, 17],
    ]
)


def plain_pool(x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float) -> Tensor:
    """As Fast R-CNN's Caffe layer goes about it, with whole numbers."""
    result = torch.zeros(len(boxes), x.shape[1], *size)
    for number, box in enumerate(boxes.tolist()):
        left, top, right, bottom = (int(copysign(floor(abs(corner * scale) + 0.5), corner)) for corner in box)
        extents = (max(bottom - top + 1, 1), max(right - left + 1, 1))
        for i in range(size[0]):
            for j in range(size[1]):
                rows = range(top + i * extents[0] // size[0], top + ceil((i + 1) * extents[0] / size[0]))
                columns = range(left + j * extents[1] // size[1], left + ceil((j + 1) * extents[1] / size[1]))
                inside = [
                    x[0, :, y, z] for y in rows for z in columns if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]
                ]  # fmt: skip
                if inside:
                    result[number, :, i, j] = torch.stack(inside).amax(0)
    return result


@pytest.mark.parametrize("sizes", [(9, 11), (1, 1), (16, 3), (8, 8)])
@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_a_cell_of_roipool_has_the_largest_value_of_its_pixels(sizes: tuple[int, int], scale: float) -> None:
    x = torch.randn(1, 3, *sizes)
    assert torch.equal(RoiPool((3, 2), scale)(x, BOXES), plain_pool(x, BOXES, (3, 2), scale))
    assert torch.equal(RoiPool(7, scale)(x, BOXES), plain_pool(x, BOXES, (7, 7), scale))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(-8, 40).map(lambda n: n / 2), min_size=4, max_size=4), min_size=1, max_size=4))
def test_any_boxes_are_pooled_as_the_definition_says(corners: list[list[float]]) -> None:
    x, boxes = torch.randn(1, 2, 10, 13), torch.tensor(corners)
    assert torch.equal(RoiPool((2, 3))(x, boxes), plain_pool(x, boxes, (2, 3), 1))


def test_the_first_of_equal_values_gets_the_gradient() -> None:
    x = torch.zeros(1, 1, 4, 5, requires_grad=True)
    RoiPool(1)(x, torch.tensor([[1.0, 1, 3, 3]])).sum().backward()
    expected = torch.zeros(1, 1, 4, 5)
    expected[0, 0, 1, 1] = 1
    assert torch.equal(x.grad, expected)


def plain_align(x: Tensor, boxes: Tensor, size: tuple[int, int], scale: float, samples: int) -> Tensor:
    """As Mask R-CNN's layer goes about it: pixel i stands at coordinate i, and the border reaches one pixel out."""
    (_, channels, height, width), result = x.shape, torch.zeros(len(boxes), x.shape[1], *size)

    def value(y: float, z: float) -> Tensor:
        if not (-1 <= y <= height and -1 <= z <= width):
            return torch.zeros(channels)
        y, z = min(max(y, 0), height - 1), min(max(z, 0), width - 1)
        up, left = floor(y), floor(z)
        down, right = min(up + 1, height - 1), min(left + 1, width - 1)
        top = x[0, :, up, left] * (left + 1 - z) + x[0, :, up, right] * (z - left)
        bottom = x[0, :, down, left] * (left + 1 - z) + x[0, :, down, right] * (z - left)
        return top * (up + 1 - y) + bottom * (y - up)

    for number, box in enumerate(boxes.tolist()):
        left, top, right, bottom = (corner * scale for corner in box)
        high, wide = max(bottom - top, 1) / size[0], max(right - left, 1) / size[1]
        down = samples or min(ceil(high), ceil(height / size[0]))
        along = samples or min(ceil(wide), ceil(width / size[1]))
        for i in range(size[0]):
            for j in range(size[1]):
                points = [
                    value(top + (i + (a + 0.5) / down) * high, left + (j + (b + 0.5) / along) * wide)
                    for a in range(down)
                    for b in range(along)
                ]
                result[number, :, i, j] = torch.stack(points).mean(0)
    return result


@pytest.mark.parametrize("samples", [0, 1, 2, 3])
@pytest.mark.parametrize(("sizes", "scale"), [((9, 11), 0.5), ((1, 1), 1.0), ((5, 3), 0.25)])
def test_a_cell_of_roialign_is_the_mean_of_its_points(samples: int, sizes: tuple[int, int], scale: float) -> None:
    x = torch.randn(1, 3, *sizes)
    module = RoiAlign((3, 2), scale, samples)
    torch.testing.assert_close(
        module(x, BOXES), plain_align(x, BOXES, (3, 2), scale, samples), atol=1e-4, rtol=1e-4
    )  # fmt: skip


def test_coordinates_are_not_rounded_to_the_sixteen_bits_of_a_map() -> None:
    stripes = (torch.arange(200) % 2).expand(1, 1, 4, 200).bfloat16()
    boxes = torch.tensor([[150.0, 0, 154, 3], [151.5, 0, 155.5, 3]])
    result = RoiAlign((1, 4), samples=1)(stripes, boxes)
    torch.testing.assert_close(
        result[:, 0, 0].float(), torch.tensor([[0.5] * 4, [0.0, 1.0, 0.0, 1.0]]), atol=0.01, rtol=0
    )


def test_as_many_points_as_pixels_are_the_same_compiled() -> None:
    torch.compiler.reset()
    module, x = RoiAlign((3, 2), 0.5, samples=0), torch.randn(1, 3, 9, 11)
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, BOXES), module(x, BOXES))


@pytest.mark.parametrize("module", [RoiPool(3), RoiAlign(3), RoiAlign(3, samples=0)])
def test_boxes_are_constants_may_be_none_and_belong_to_one_image(module: RoiPool | RoiAlign) -> None:
    x, boxes = torch.randn(1, 2, 6, 6, requires_grad=True), torch.rand(4, 4, requires_grad=True)
    module(x, boxes).sum().backward()
    assert boxes.grad is None
    assert module(x, boxes[:0]).shape == (0, 2, 3, 3)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text follows
        module(x.expand(2, -1, -1, -1), boxes)
    assert str(caught.value) == "boxes are of one image, but 2 maps flow in"
