"""How fast `netspec train` is: its images a second against other loops, and the memory that MNIST takes.

    python benchmarks/train.py [--images 4000] [--batch 64] [--runs 9] [--device cpu] [--networks resnet20 …]

A line is one epoch of the same network, images, batch and optimiser (Adam) by netspec and by another loop, in turn,
once each in either order, so that a busy moment hits both alike: the median of each, and the median of the ratios of
the pairs, netspec's images a second over the other's. Only steps count, not what comes before the first and after the
last. The peers are a minimal loop by hand, Lightning's Trainer and Keras 3 on torch; of the two that are not installed
a line says so. The lines with augmentation crop out of padded images and flip: netspec in batches, the other one by
one with PIL, in the process itself and by two workers. The last line is the most memory that `netspec train lenet5`
had for an epoch of MNIST, where that is on this machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import peers
import torch

import netspec
from netspec.data.dataset import Dataset, load
from netspec.training.allocation import keep_freed_memory
from netspec.training.loop import train
from netspec.training.network import network
from netspec.training.run import create
from netspec.training.task import Prepared, begun, task

SPECS = Path(__file__).parent.parent / "specs"
NETWORKS = {"lenet5_tutorial": "1x32x32", "resnet20": "3x32x32"}
AUGMENT = "{ crop(32, pad=4) - hflip }"
WORKERS = (0, 2)
Loop = Callable[[], float]


def network_of(name: str, batch: int, augment: str | None) -> str:
    """The spec of a shipped network with another recipe."""
    text, _, _ = (SPECS / f"{name}.spec").read_text().partition("\ntrain {")
    augmentation = f"augment {augment}" if augment else ""
    return f"""{text}
    train {{
      optimizer = adam(lr={peers.RATE})
      epochs = 1
      batch = {batch}
      validation = 0
      {augmentation}
    }}"""


def prepared(name: str, words: str, images: Dataset, batch: int, augment: str | None) -> Prepared:
    """A task of one epoch by Adam at a constant rate, all images trained on."""
    graph = netspec.compile(network_of(name, batch, augment))
    return task(graph, images, words, {})


def ours(ready: Prepared, device: torch.device) -> float:
    """Images a second of an epoch of netspec, as the run's metrics say."""
    with TemporaryDirectory() as folder:
        training, data = begun(ready, device)
        (row,) = train(training, data, create("benchmark", Path(folder) / "run"))
    return float(row["images_per_second"])


def paired(one: Loop, other: Loop, runs: int) -> tuple[float, float, float]:
    """The medians of each and of the ratios of pairs, after one pair that isn't counted."""
    one(), other()
    pairs = []
    for number in range(runs):
        if number % 2:
            first, second = one(), other()
        else:
            second, first = other(), one()
        pairs.append((first, second))
    firsts, seconds = zip(*pairs, strict=True)
    return median(firsts), median(seconds), median(first / second for first, second in pairs)


def compare(title: str, one: Loop, other: Loop, runs: int) -> None:
    """Measure and print a line."""
    try:
        figures = paired(one, other, runs)
    except ImportError as error:
        print(f"{title:46}{error.name} is not installed", flush=True)
        return
    print("{:46}{:12,.0f}  {:12,.0f}  {:7.3f}".format(title, *figures), flush=True)


def measure(name: str, count: int, batch: int, runs: int, device: torch.device) -> None:
    """All lines of a network."""
    words = f"synthetic:{NETWORKS[name]}:10:{count}"
    images = load(words)
    plain, augmented = (prepared(name, words, images, batch, each) for each in (None, AUGMENT))
    known = plain.task.normalization
    mean, std = (torch.tensor(each).view(1, -1, 1, 1).to(device) for each in (known.mean, known.std))
    same = peers.Images(plain.train.pixels.to(device), plain.train.labels.to(device), batch, mean, std)

    def module() -> torch.nn.Module:
        return network(plain.task.graph, plain.task.settings).module.to(device)

    def by_netspec() -> float:
        return ours(plain, device)

    compare(f"{name}, by hand", by_netspec, lambda: peers.by_hand(module(), same), runs)
    compare(f"{name}, Lightning", by_netspec, lambda: peers.lightning(module(), same), runs)
    compare(f"{name}, Keras on torch", by_netspec, lambda: peers.keras(name, same), runs)
    for workers in WORKERS:
        title = f"{name}, augmented, one by one, {workers} workers"
        compare(title, lambda: ours(augmented, device), lambda w=workers: peers.per_sample(module(), same, w), runs)


MEMORY = """
import resource, sys
from netspec.cli import main
words = ["--data", "mnist", "--offline", "--epochs", "1", "--device", "cpu", "-o", sys.argv[1]]
status = main(["train", "lenet5", *words])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, file=sys.stderr)
sys.exit(status)
"""


def memory() -> str:
    """The most memory that a training on MNIST had resident, in words."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", MEMORY, str(Path(folder) / "run")]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        return f"not measured: {ended.stderr.partition(chr(10))[0]}"
    return f"{int(ended.stderr.split()[-1]) / 1e9:.2f} GB at most"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--images", type=int, default=4000)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--networks", nargs="*", choices=NETWORKS, default=list(NETWORKS))
    chosen = options.parse_args()
    keep_freed_memory()
    print(f"torch {torch.__version__}, {chosen.device}, {torch.get_num_threads()} threads, batch {chosen.batch}")
    print(f"{'images a second':46}{'netspec':>12}  {'the other':>12}  {'ratio':>7}")
    for name in chosen.networks:
        measure(name, chosen.images, chosen.batch, chosen.runs, torch.device(chosen.device))
    print(f"{'memory, lenet5 on MNIST':46}{memory()}")


if __name__ == "__main__":
    main()
