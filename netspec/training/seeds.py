"""Seeds derived from the recipe's: what a step draws depends on the seed and the step alone, not on the steps before.

So a training that is taken up anywhere draws what it would have drawn, and no generator's state has to be kept.
"""

from __future__ import annotations

from hashlib import sha256


def derived(seed: int, *of: str | int) -> int:
    """A seed for a part of a training: `derived(0, "order", epoch)`; from 0 to below 2^63."""
    words = " ".join(map(str, (seed, *of)))
    return int.from_bytes(sha256(words.encode()).digest()[:8], "little") >> 1
