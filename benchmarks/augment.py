"""How fast images are augmented: batches at once, against one image after the other.

    python benchmarks/augment.py [--batch 256] [--runs 9] [--device cpu]

The first lines do the same in two ways: from bytes to decimals, a crop of 32x32 out of 40x40 and a flip by chance, on
images of 3x32x32. One by one it is what a per-sample pipeline such as torchvision's does, written by hand so that only
its tensor operations count. The two run in turn, once each in either order; a line shows the median of each and the
median of the ratios of the pairs. The other lines are batches of other chains. Memory that was freed is kept, as it is
in training, for both.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from torch import Generator, Tensor

import netspec
from netspec.data.augment import Augmentation, augmentation
from netspec.training.allocation import keep_freed_memory

SIZE, PAD = 32, 4
CHAINS = (
    "hflip",
    "rotate - zoom - shift",
    "elastic",
    "resizedcrop(32)",
    "brightness - contrast - saturation",
    "colour",
    "noise",
    "cutout(16)",
    "mixup",
    "cutmix",
    "auto",
    "crop(32, pad=4) - hflip - rotate - brightness - cutout(8)",
)


def made(text: str) -> Augmentation:
    """The augmentation of a chain as a spec writes it."""
    graph = netspec.compile(f"3x32x32\n10N\ntrain {{ augment {{ {text} }} }}")
    return augmentation(graph.train["augment"], classes=10, components=0.1 * torch.eye(3))


def one_by_one(pixels: Tensor, generator: Generator) -> Tensor:
    """A crop and a flip for each image on its own."""
    images = []
    for each in pixels:
        padded = torch.nn.functional.pad(each.float() / 255, (PAD,) * 4)
        top, left = torch.randint(2 * PAD + 1, (2,), generator=generator).tolist()
        image = padded[:, top : top + SIZE, left : left + SIZE]
        if torch.rand(1, generator=generator).item() < 0.5:
            image = image.flip(2)
        images.append(image)
    return torch.stack(images)


def seconds(run: Callable[[], object], device: str) -> float:
    """Wall time of one run, of all that the device does for it."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    return time.perf_counter() - start


def measured(runs: list[Callable[[], object]], count: int, device: str) -> list[list[float]]:
    """The seconds of each of several ways, run in turn; every other turn in the opposite order."""
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        seconds(run, device)
    for number in range(count):
        order = range(len(runs))
        for place in order if number % 2 else reversed(order):
            times[place].append(seconds(runs[place], device))
    return times


def main() -> None:
    """Measure and print one line a chain."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--device", default="cpu")
    chosen = options.parse_args()
    keep_freed_memory()
    generator = torch.Generator(chosen.device).manual_seed(0)
    plain = torch.Generator().manual_seed(0)
    pixels = torch.randint(256, (chosen.batch, 3, SIZE, SIZE), dtype=torch.uint8)
    there, targets = pixels.to(chosen.device), torch.randint(10, (chosen.batch,), device=chosen.device)

    def batched(text: str) -> Callable[[], object]:
        augment = made(text)
        return lambda: augment(there.float() / 255, targets, generator)

    print(f"torch {torch.__version__}, {chosen.device}, {torch.get_num_threads()} threads, batch {chosen.batch}")
    both = [batched(f"crop({SIZE}, pad={PAD}) - hflip"), lambda: one_by_one(pixels, plain)]
    ours, theirs = measured(both, chosen.runs, chosen.device)
    ratio = median(other / one for one, other in zip(ours, theirs, strict=True))
    print(f"{'crop and flip, batched':60}{chosen.batch / median(ours):12,.0f} images/s")
    print(f"{'crop and flip, one by one on the CPU':60}{chosen.batch / median(theirs):12,.0f} images/s")
    print(f"{'ratio':60}{ratio:12.1f}")
    for text in CHAINS:
        (times,) = measured([batched(text)], chosen.runs, chosen.device)
        print(f"{text:60}{chosen.batch / median(times):12,.0f} images/s", flush=True)


if __name__ == "__main__":
    main()
