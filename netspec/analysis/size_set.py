"""Sets of sizes as questions about unknown sizes are answered: a few sizes, or all from one on by their remainder."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm

from netspec.records import frozen


@frozen
class Sizes:
    """A set of values of `letter`.

    It is `values`, or if that is None all from `least` on whose remainder by `modulus` is in `residues`. Made by
    `periodic` and `meet`, `least` is a member and no smaller modulus says the same.
    """

    letter: str
    least: int = 1
    modulus: int = 1
    residues: tuple[int, ...] = (0,)
    values: tuple[int, ...] | None = None

    def __contains__(self, size: int) -> bool:
        if self.values is not None:
            return size in self.values
        return size >= self.least and size % self.modulus in self.residues

    @property
    def smallest(self) -> int | None:
        """The smallest size of the set, None if it is empty."""
        if self.values is not None:
            return min(self.values, default=None)
        return self.least

    def __str__(self) -> str:
        if self.values is not None:
            return f"{self.letter} = {_either(self.values)}" if self.values else f"no {self.letter}"
        bounded = any(n % self.modulus in self.residues for n in range(1, self.least))
        if self.modulus == 1:
            return f"{self.letter} ≥ {self.least}"
        if self.modulus == 2:
            parity = ("even", "odd")[self.residues[0]]
            return f"{self.letter} ≥ {self.least} and {parity}" if bounded else f"{self.letter} is {parity}"
        remainder = f"{self.letter} mod {self.modulus} = {_either(self.residues)}"
        return f"{self.letter} ≥ {self.least} and {remainder}" if bounded else remainder


def _either(numbers: Sequence[int]) -> str:
    """`0, 2 or 3`; three and more in a row as `0 to 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [text for run in runs for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))]
    *rest, last = texts
    return f"{', '.join(rest)} or {last}" if rest else last


def periodic(name: str, least: int, period: int, residues: set[int]) -> Sizes:
    """The set with the smallest modulus that describes it, starting at its first member."""

    def classes(modulus: int) -> set[int]:
        return {residue % modulus for residue in residues}

    divisors = (m for m in range(1, period + 1) if period % m == 0)
    modulus = next(m for m in divisors if len(classes(m)) * (period // m) == len(residues))
    first = next(size for size in range(least, least + period) if size % period in residues)
    return Sizes(name, first, modulus, tuple(sorted(classes(modulus))))


def meet(name: str, least: int, limits: Sequence[Sizes]) -> Sizes:
    """The sizes from `least` on that lie in all of these sets."""
    finite = [limit.values for limit in limits if limit.values is not None]
    if finite:
        return Sizes(name, values=tuple(n for n in finite[0] if n >= least and all(n in limit for limit in limits)))
    least = max(least, *(limit.least for limit in limits)) if limits else least
    period = lcm(*(limit.modulus for limit in limits))
    residues = {n % period for n in range(least, least + period) if all(n in limit for limit in limits)}
    return periodic(name, least, period, residues) if residues else Sizes(name, values=())
