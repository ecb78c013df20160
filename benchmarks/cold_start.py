"""How long a whole process takes, and how much memory: netspec against the bare interpreter and against torchinfo.

    python benchmarks/cold_start.py [--runs 7] [--network resnet50]

Each command runs in turn, `runs` times round after one that isn't counted, so that a busy moment hits all alike; the
least time counts. Bytecode is cached, as it is for an installed package, whatever the environment says. torchinfo
summarises the equal model of torchvision's layout built from torch alone, on the meta device, so that neither program
computes anything. That line needs torch and torchinfo (`pip install 'netspec-compiler[bench]'`), else it is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from dataclasses import dataclass

TORCHINFO = """
import torch
from torch import nn
from torchinfo import summary

class Bottleneck(nn.Module):
    def __init__(self, inputs, c, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, c, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(),
            nn.Conv2d(c, c, 3, stride, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(),
            nn.Conv2d(c, 4 * c, 1, bias=False), nn.BatchNorm2d(4 * c))
        same = stride == 1 and inputs == 4 * c
        self.short = nn.Identity() if same else nn.Sequential(
            nn.Conv2d(inputs, 4 * c, 1, stride, bias=False), nn.BatchNorm2d(4 * c))
        self.relu = nn.ReLU()
    def forward(self, x):
        return self.relu(self.body(x) + self.short(x))

with torch.device("meta"):
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for c, count in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for k in range(count):
            layers.append(Bottleneck(inputs, c, 2 if k == 0 and c > 64 else 1))
            inputs = 4 * c
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))
print(summary(model, input_size=(1, 3, 224, 224), device="meta", verbose=0))
"""


CACHED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of the processes."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: wall seconds, and its largest resident set in bytes."""

    seconds: float
    memory_bytes: int


def cost(command: list[str]) -> Cost:
    """Run a command with its output thrown away. Raises RuntimeError if it fails."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, CACHED, file_actions=nowhere)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise RuntimeError(f"{' '.join(command[:4])} ended with status {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(seconds, usage.ru_maxrss * unit)


def main() -> None:
    """Measure and print one line a command."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--network", default="resnet50")
    chosen = options.parse_args()
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        f"netspec analyze {chosen.network}": [python, "-m", "netspec", "analyze", chosen.network],
    }
    if importlib.util.find_spec("torchinfo") and importlib.util.find_spec("torch"):
        commands["torchinfo, ResNet-50 on meta"] = [python, "-c", TORCHINFO]
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for command in commands.values():
        cost(command)
    for _ in range(chosen.runs):
        for name, command in commands.items():
            costs[name].append(cost(command))
    least = {
        name: Cost(min(c.seconds for c in each), min(c.memory_bytes for c in each)) for name, each in costs.items()
    }
    bare, ours, *others = least.values()
    for name, each in least.items():
        print(
            f"{name:32} {each.seconds * 1000:7.0f} ms  {each.memory_bytes / 2**20:6.0f} MiB"
            f"  {each.seconds / bare.seconds:6.1f} x bare"
        )
    for other in others:
        faster, smaller = other.seconds / ours.seconds, other.memory_bytes / ours.memory_bytes
        print(f"netspec is {faster:.1f} x faster and {smaller:.1f} x smaller")


if __name__ == "__main__":
    main()
