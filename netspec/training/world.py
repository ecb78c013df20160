"""The processes that train one network together, one a device, and what each of them computes.

A network is trained on many devices as on one: each takes its part of every batch, and what is added up over the batch
is added up over the processes. A training on one device is that of a world of one process, in which nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from netspec.records import frozen

Anything = TypeVar("Anything")


@frozen
class Share:
    """The images of a batch that a process computes: `count` from `first` on, of `whole`.

    `weight` is what the mean over these images counts in the mean over all processes, so that it is the mean over the
    batch. `counted` says whether they enter sums over the processes: a batch of fewer than two images a process is
    computed whole by each, for no layer can take statistics of one image, and entered by the first.
    """

    first: int
    count: int
    whole: int
    weight: float
    counted: bool

    @property
    def own(self) -> slice:
        """Where its images are in the batch."""
        return slice(self.first, self.first + self.count)

    @property
    def divided(self) -> bool:
        """Whether other processes compute other images of the batch."""
        return self.count < self.whole

    @property
    def apart(self) -> tuple[int, ...]:
        """What a seed is derived from as well, so that dropout draws others for other images of the batch."""
        return (self.first,) if self.divided else ()


@frozen
class World:
    """The processes of a training: this one's number, from 0; how many they are; its number on its own machine.

    What is sent between them must be asked for by all of them, in the same order.
    """

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the process that prints, and writes the run's folder."""
        return self.rank == 0

    def share(self, images: int) -> Share:
        """What of a batch of so many images this process computes; no share is larger than another by two."""
        if images < 2 * self.size or self.size == 1:
            return Share(0, images, images, 1.0, self.is_first)
        first, last = (images * rank // self.size for rank in (self.rank, self.rank + 1))
        return Share(first, last - first, images, (last - first) * self.size / images, True)

    def summed(self, own: Tensor) -> Tensor:
        """The sum over the processes, the same bits in all of them."""
        if self.size == 1:
            return own
        total = own.clone()
        dist.all_reduce(total)
        return total

    def summing(self, share: Share) -> Callable[[Tensor], Tensor]:
        """What makes of this process's sums over its share those over all images."""
        return lambda own: self.summed(own if share.counted else torch.zeros_like(own))

    def largest(self, own: int) -> int:
        """The largest of a whole number of each process."""
        if self.size == 1:
            return own
        number = torch.tensor(own)
        dist.all_reduce(number, dist.ReduceOp.MAX)
        return int(number)

    def any(self, own: bool) -> bool:
        """Whether it is so in any process."""
        return bool(self.largest(int(own)))

    def gathered(self, own: Anything) -> list[Anything]:
        """What each process has, by its number: plain data."""
        if self.size == 1:
            return [own]
        found: list[Any] = [None] * self.size
        dist.all_gather_object(found, own)
        return found

    def collected(self, own: Tensor) -> Tensor:
        """The sum over the processes; it is the first one's own from now on, and the others have 0."""
        if self.size > 1:
            dist.all_reduce(own)
        total = own.clone() if self.size > 1 else own
        self.leave_to_the_first(own)
        return total

    def leave_to_the_first(self, own: Tensor) -> None:
        """Let all processes but the first have 0."""
        if not self.is_first:
            own.zero_()


ALONE = World()
