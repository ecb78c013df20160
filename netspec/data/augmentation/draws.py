"""The random numbers of a batch."""

from __future__ import annotations

from math import pi

import torch
from torch import Generator, Tensor

from netspec.records import frozen


@frozen
class Draws:
    """Random numbers, drawn where the generator is and given where the images are.

    They are of single precision whatever the images have, so that these get the same changes in all number types.
    The first axis of every shape is the images. Where these are a part of a batch, from its image `first` on, numbers
    are drawn for all `images` of the batch, so that each gets its own in whatever parts the batch is changed.
    """

    generator: Generator
    device: torch.device
    first: int = 0
    images: int | None = None

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Numbers from `low` to `high`."""
        drawn = torch.rand(self._of_all(shape), generator=self.generator, device=self.generator.device)
        return self._own(drawn, shape).mul_(high - low).add_(low).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        """Numbers of the normal law with mean 0 and deviation 1."""
        drawn = torch.randn(self._of_all(shape), generator=self.generator, device=self.generator.device)
        return self._own(drawn, shape).to(self.device)

    def whole(self, *shape: int, low: int = 0, high: int) -> Tensor:
        """Whole numbers from `low` to `high`, which is one of them."""
        of_all = self._of_all(shape)
        drawn = torch.randint(low, high + 1, of_all, generator=self.generator, device=self.generator.device)
        return self._own(drawn, shape).to(self.device)

    def up_to(self, most: Tensor) -> Tensor:
        """A whole number from 0 to each of `most`, which is one of them."""
        drawn = self.uniform(*most.shape).mul_(most + 1).long()
        return drawn.minimum(most)  # for single precision can round up

    def happens(self, count: int, chance: float) -> Tensor:
        """Whether each of so many happens."""
        return self.uniform(count) < chance

    def order(self, count: int) -> Tensor:
        """The numbers below `count` in any order."""
        return torch.randperm(count, generator=self.generator, device=self.generator.device).to(self.device)

    def beta(self, count: int, alpha: float) -> Tensor:
        """Numbers of the beta law with both parameters `alpha`, within 0 to 1.

        By a formula of two uniform numbers without rejection: T/√(n + T²) of Student's T with n = 2 alpha degrees of
        freedom is such a number from -1 to 1 (Devroye 1996), and Bailey's formula (1994) gives T.
        """
        radius = self.uniform(count) ** (1 / alpha)
        cosine = torch.cos(2 * pi * self.uniform(count))
        return (1 + cosine / torch.sqrt(cosine**2 + radius / (1 - radius))) / 2

    def _of_all(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape for all images of the batch."""
        return shape if self.images is None else (self.images, *shape[1:])

    def _own(self, drawn: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The numbers of these images, out of those of all."""
        return drawn if self.images is None else drawn[self.first : self.first + shape[0]]
