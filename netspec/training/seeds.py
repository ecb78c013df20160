"""Seeds derived from the recipe's: what a step draws depends on the seed and the step alone, not on the steps before.

So a training that is taken up anywhere draws what it would have drawn, and no generator's state has to be kept.
"""

from __future__ import annotations

from hashlib import sha256

import torch


def derived(seed: int, *of: str | int) -> int:
    """A seed for a part of a training: `derived(0, "order", epoch)`; from 0 to below 2^63."""
    words = " ".join(map(str, (seed, *of)))
    return int.from_bytes(sha256(words.encode()).digest()[:8], "little") >> 1


def set_seed(seed: int, device: torch.device) -> None:
    """Seed the generators that modules draw from, such as dropout, on the CPU and on this device.

    `torch.manual_seed` seeds those of all devices that there could be, which takes a millisecond where they aren't.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
