"""How fast the modules that netspec builds are, against the same networks written by hand (`handwritten.py`).

    python benchmarks/lowered.py [--batch 32] [--runs 7] [--device cpu] [--networks resnet18 …] [--eager]

A module of netspec and one written by hand get the same weights and must give equal outputs first. Then both run in
turn, once each in either order, so that a busy moment hits both alike; a line shows the median of each and the median
of the ratios of the pairs: 1.00 is no difference. Forward is inference; forward+backward is a step of training without
the optimiser. The last lines build ResNet-152: with `netspec.build` from its text, and with the torch layers alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import handwritten
import torch
from torch import Tensor, nn

import netspec

Build = Callable[[], nn.Module]


@dataclass(frozen=True, slots=True)
class Network:
    """A shipped spec, the same network by hand, and the shape of an image."""

    spec: str
    by_hand: Build
    image: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of pairs of runs: ours and by hand."""

    ours: list[float]
    by_hand: list[float]

    def __str__(self) -> str:
        ratio = median(one / other for one, other in zip(self.ours, self.by_hand, strict=True))
        ours, by_hand = (f"{median(times) * 1000:9.1f} ms" for times in (self.ours, self.by_hand))
        return f"{ours}  {by_hand}  {ratio:6.3f}"


NETWORKS = {
    "resnet18": Network("resnet18", handwritten.resnet18, (3, 224, 224)),
    "vgg16": Network("cifar_vgg16", handwritten.VGG16, (3, 32, 32)),
    "mobilenet": Network("mobilenet", handwritten.MobileNet, (3, 224, 224)),
    "googlenet": Network("googlenet", handwritten.GoogLeNet, (3, 224, 224)),
}

RESNET152 = """
use "blocks/resnet.spec"
input 3x224x224
conv(64, 7, stride=2, pad=3, bias=false) - bn - relu - MP3s2p1
3 * bottleneck(64)
bottleneck(128, s=2) - 7 * bottleneck(128)
bottleneck(256, s=2) - 35 * bottleneck(256)
bottleneck(512, s=2) - 2 * bottleneck(512)
GAP - 1000N
"""


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Give `target` the weights of `source`, which has them in the same order. Raises ValueError if it hasn't."""
    given, taken = source.state_dict(), target.state_dict()
    if [each.shape for each in given.values()] != [each.shape for each in taken.values()]:
        raise ValueError("the two modules differ in their weights")
    target.load_state_dict(dict(zip(taken, given.values(), strict=True)))


def outputs(result: Tensor | dict[str, Tensor]) -> list[Tensor]:
    """What a network gives, by name if there are several."""
    return [result] if isinstance(result, Tensor) else [result[name] for name in sorted(result)]


def assert_equal(ours: nn.Module, by_hand: nn.Module, images: Tensor) -> None:
    """The two must agree at inference, and in training where the same dropout is drawn."""
    for training in (False, True):
        results = []
        for module in (ours.train(training), by_hand.train(training)):
            torch.manual_seed(1)
            with torch.no_grad():
                results.append(outputs(module(images)))
        for one, other in zip(*results, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def forward(module: nn.Module, images: Tensor) -> Callable[[], None]:
    """One inference."""
    module.eval()

    def run() -> None:
        with torch.no_grad():
            module(images)

    return run


def forward_and_backward(module: nn.Module, images: Tensor) -> Callable[[], None]:
    """The gradients of one step of training."""
    module.train()

    def run() -> None:
        loss = torch.stack([each.square().mean() for each in outputs(module(images))]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        module.zero_grad(set_to_none=True)  # so that both modules find the memory alike

    return run


MODES = {"forward": forward, "forward+backward": forward_and_backward}


def wait(device: str) -> None:
    """Until the device has done all that it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def seconds(run: Callable[[], object], device: str) -> float:
    """Wall time of one run, of all that the device does for it."""
    wait(device)
    start = time.perf_counter()
    run()
    wait(device)
    return time.perf_counter() - start


def paired(ours: Callable[[], object], by_hand: Callable[[], object], runs: int, device: str) -> Timing:
    """Pairs of runs after one pair that isn't counted; every other pair begins with the one by hand."""
    timing = Timing([], [])
    seconds(ours, device), seconds(by_hand, device)
    for number in range(runs):
        pair = [(ours, timing.ours), (by_hand, timing.by_hand)]
        for run, times in pair if number % 2 else reversed(pair):
            times.append(seconds(run, device))
    return timing


def measure(network: Network, batch: int, runs: int, device: str, ways: list[str]) -> Iterator[tuple[str, Timing]]:
    """The timings of a network by mode, eager and compiled."""
    torch.manual_seed(0)
    ours, by_hand = netspec.build(network.spec).to(device), network.by_hand().to(device)
    copy_weights(ours, by_hand)
    images = torch.randn(batch, *network.image, device=device)
    assert_equal(ours, by_hand, images[:4])
    for way in ways:
        if way == "compiled":
            ours.compile()
            by_hand.compile()
        for mode, prepare in MODES.items():
            one, other = (prepare(each, images) for each in (ours, by_hand))
            yield f"{mode}, {way}", paired(one, other, runs, device)


def main() -> None:
    """Measure and print one line a network and mode."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--device", default="cpu")
    options.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    options.add_argument("--eager", action="store_true", help="leave out torch.compile, which takes minutes")
    chosen = options.parse_args()
    ways = ["eager"] if chosen.eager else ["eager", "compiled"]
    print(f"torch {torch.__version__}, {chosen.device}, {torch.get_num_threads()} threads, batch {chosen.batch}")
    print(f"{'':38}{'netspec':>12}  {'by hand':>12}  {'ratio':>6}")
    for name in chosen.networks:
        for mode, timing in measure(NETWORKS[name], chosen.batch, chosen.runs, chosen.device, ways):
            print(f"{name:11}{mode:27}{timing}", flush=True)
    built = paired(lambda: netspec.build(RESNET152), handwritten.resnet152, chosen.runs, "cpu")
    print(f"{'build ResNet-152':38}{built}")


if __name__ == "__main__":
    main()
