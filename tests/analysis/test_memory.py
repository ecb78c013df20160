"""Memory of activations: what is alive at the peak of inference, and what training keeps."""

from __future__ import annotations

import pytest

from netspec.analysis import analyze
from netspec.analysis.cost import figures
from netspec.analysis.memory import Peak, inference_peak
from netspec.graph import Graph
from netspec.layers.base import Layer
from netspec.shape import Unknown
from tests.analysis.graphs import Net, chain, layer


def conv(maps: int, kernel: int = 3) -> Layer:
    return layer("conv", maps, kernel, pad="same")


def peak_of(graph: Graph) -> Peak:
    rows = [figures(node.layer, graph.inputs_of(node), node.shape) for node in graph.nodes]
    return inference_peak(graph, [row.activations for row in rows], [row.is_view_at_inference for row in rows])


def peak_and_training(graph: Graph) -> tuple[object, object]:
    totals = analyze(graph, dtype="int8").totals  # one byte an element
    return totals.activation_bytes, totals.training_bytes


def test_along_a_chain_the_peak_is_the_largest_input_and_output_together() -> None:
    graph = chain("1x10x10", conv(4), conv(8), conv(2))
    assert peak_of(graph) == Peak(400 + 800, 2)


def test_the_input_alone_is_the_peak_of_a_network_of_nothing() -> None:
    assert peak_of(chain("3x10x10")) == Peak(300, 0)


def test_a_shortcut_stays_alive_until_it_is_added() -> None:
    net = Net()
    start = net.chain(net.input("1x10x10"), conv(4))
    body = net.chain(start, conv(8), conv(4))
    net.add(layer("add"), start, body)
    assert peak_of(net.graph()) == Peak(400 + 800 + 400, 3)


def test_a_value_that_is_an_output_stays_to_the_end() -> None:
    net = Net()
    side = net.chain(net.input("1x10x10"), conv(4))
    end = net.chain(side, conv(1), conv(8))
    assert peak_of(net.graph(side=side, main=end)) == Peak(400 + 100 + 800, 3)
    assert peak_of(net.graph(main=end)) == Peak(100 + 800, 3)


def test_all_inputs_are_there_from_the_start() -> None:
    net = Net()
    left = net.chain(net.input("1x10x10", "left"), conv(9), conv(1))
    right = net.chain(net.input("2x10x10", "right"), conv(1))
    net.add(layer("add"), left, right)
    assert peak_of(net.graph()) == Peak(100 + 200 + 900, 1)


def test_a_value_that_nothing_uses_is_freed_at_once() -> None:
    net = Net()
    start = net.input("1x10x10")
    net.add(conv(5), start)
    net.chain(start, conv(1), conv(1))
    assert peak_of(net.graph()) == Peak(100 + 500, 1)


@pytest.mark.parametrize("view", [layer("flatten"), layer("identity"), layer("dropout"), layer("reshape", (200, 2))])
def test_at_inference_a_view_makes_no_tensor_and_keeps_its_own_alive(view: Layer) -> None:
    graph = chain("4x10x10", view, layer("relu"))
    assert peak_of(graph) == Peak(800, 2)


def test_layers_that_move_elements_make_a_tensor() -> None:
    for moves in (layer("shuffle", 2), layer("pixelshuffle", 2)):
        assert peak_of(chain("4x10x10", moves)) == Peak(800, 1)


def test_training_keeps_inputs_of_convolutions_and_outputs_of_rectifiers_once() -> None:
    # conv keeps 100; relu's 400 are the next conv's input; its 400 are kept by nobody but the flattened dense layer
    graph = chain("1x10x10", conv(4), layer("relu"), conv(4), layer("flatten"), layer("dense", 10))
    assert peak_and_training(graph) == (800, 100 + 400 + 400)


def test_training_keeps_what_is_kept_twice_once() -> None:
    net = Net()
    start = net.input("1x10x10")
    net.add(layer("add"), net.add(conv(2), start), net.add(conv(2), start))
    assert analyze(net.graph(), dtype="int8").totals.training_bytes == 100


def test_training_keeps_a_tensor_once_whatever_its_views_are_called() -> None:
    graph = chain("1x10x10", layer("relu"), layer("flatten"), layer("dense", 10))
    assert analyze(graph, dtype="int8").totals.training_bytes == 100


def test_training_keeps_indices_of_pools_and_masks_of_dropout_besides() -> None:
    pool = chain("1x10x10", layer("maxpool", 2))
    assert [analyze(pool, dtype=dtype).totals.training_bytes for dtype in ("int8", "float32")] == [300, 600]
    dropped = chain("1x10x10", layer("dropout"), conv(1))
    assert analyze(dropped, dtype="int8").totals.training_bytes == 200


def test_bytes_follow_the_number_type_and_the_batch() -> None:
    graph = chain("1x10x10", conv(4), layer("relu"))
    small, large = analyze(graph, dtype="float16").totals, analyze(graph, dtype="float64", batch=3).totals
    assert (small.activation_bytes, small.training_bytes) == (1600, 1000)
    assert (large.activation_bytes, large.training_bytes) == (1600 * 12, 1000 * 12)


def test_at_an_unknown_size_the_peak_is_unknown_and_what_training_keeps_a_formula() -> None:
    totals = analyze(chain("1xHx10", conv(4), conv(4)), dtype="int8").totals
    assert totals.activation_bytes == Unknown("it depends on the size of the input")
    assert str(totals.training_bytes) == "50·H"


def test_what_training_keeps_is_what_torch_saves() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    net = Net()
    stem = net.chain(net.input("3x16x16"), conv(8), layer("bn"), layer("relu"), layer("maxpool", 2))
    body = net.chain(stem, conv(8), layer("relu"), conv(8))
    merged = net.add(layer("add"), stem, body)
    net.chain(merged, layer("sigmoid"), layer("flatten"), layer("dense", 10))
    trunk = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
    branch = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
    head = nn.Sequential(nn.Sigmoid(), nn.Flatten(), nn.Linear(512, 10))
    own = {weight.data_ptr() for part in (trunk, branch, head) for weight in (*part.parameters(), *part.buffers())}
    saved: dict[int, int] = {}

    def note(tensor: object) -> object:
        storage = tensor.untyped_storage()  # type: ignore[attr-defined]
        if storage.data_ptr() not in own and tensor.numel():  # type: ignore[attr-defined]
            saved[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        value = trunk(torch.randn(1, 3, 16, 16))
        result = head(value + branch(value))
    assert result.shape == (1, 10)
    assert analyze(net.graph()).totals.training_bytes == sum(saved.values())
