"""What the units of a value see along one axis of the network's input: exact intervals, window by window.

Units and pixels are numbered from 0. Padding is not clipped: a unit may see pixel −1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import gcd, lcm
from typing import TypeAlias

from netspec.layers.windows import Axis, Blocks, Enlarge, Spread, Stretch, Window
from netspec.records import frozen

Interval: TypeAlias = tuple[int, int] | None
"""First and last pixel seen; None sees nothing, as the holes of a transposed convolution with kernel < stride do."""

MAX_PHASES = 512
"""Beyond this many different phases (upsampling by more than 512) an axis is no longer followed."""


@frozen
class Track:
    """Unit u sees `phases[u mod P]` moved by `shift·(u div P)`, where P, the number of phases, is 1 in ordinary nets.

    P > 1 comes from upsampling, after which neighbouring units lie at different places in what they see.
    """

    phases: tuple[Interval, ...]
    shift: int

    @property
    def size(self) -> int:
        """The extent of the widest unit, in pixels; 0 if none sees anything."""
        sizes = [seen[1] - seen[0] + 1 for seen in self.phases if seen]
        return max(sizes, default=0)

    @property
    def jump(self) -> int | Fraction:
        """The distance between neighbouring units, in pixels, on average over the phases."""
        jump, rest = divmod(self.shift, len(self.phases))
        return Fraction(self.shift, len(self.phases)) if rest else jump

    @property
    def start(self) -> int | None:
        """The first pixel of the first unit; None if that unit sees nothing."""
        first = self.phases[0]
        return first[0] if first else None

    def sees(self, unit: int) -> Interval:
        """The pixels that a unit sees."""
        turn, phase = divmod(unit, len(self.phases))
        seen = self.phases[phase]
        return seen and (seen[0] + turn * self.shift, seen[1] + turn * self.shift)


@frozen
class Lost:
    """An axis whose field has no one size for all units, or none that can be known; `reason` says why."""

    reason: str


PIXELS = Track(((0, 0),), 1)
"""The network's input itself: pixel u sees pixel u."""


def through(track: Track | Lost, axis: Axis) -> Track | Lost:
    """What units see that look at `track` through the rule `axis`.

    Outputs repeat every `outs` with inputs moved by `ins`, and the track every P; together the result has
    `outs·P/gcd(P, ins)` phases.
    """
    if isinstance(track, Lost):
        return track
    if isinstance(axis, Window):
        if axis.before is None:
            return Lost("its padding depends on an unknown size")
        if len(track.phases) == 1 and (only := track.phases[0]):
            first = only[0] - axis.before * track.shift
            last = only[1] + (axis.dilation * (axis.kernel - 1) - axis.before) * track.shift
            return Track(((first, last),), track.shift * axis.stride)
    if isinstance(axis, Stretch) and not (isinstance(axis.inputs, int) and isinstance(axis.outputs, int)):
        return Lost("it is stretched from or to an unknown size")
    outs, ins = _repeat(axis)
    phases = len(track.phases)
    turns = phases // gcd(phases, ins)
    if outs * turns > MAX_PHASES:
        return Lost(f"its units differ in more than {MAX_PHASES} ways")
    seen = tuple(_hull(track, taps(axis, unit)) for unit in range(outs * turns))
    return Track(seen, track.shift * (ins * turns // phases))


def _repeat(axis: Axis) -> tuple[int, int]:
    """(outs, ins): output o + outs sees what output o sees, ins inputs further."""
    match axis:
        case Window():
            return 1, axis.stride
        case Spread():
            return axis.stride, 1
        case Enlarge():
            return axis.factor, 1
        case Blocks():
            return axis.size, axis.size
    outputs, inputs = _stretched(axis)
    common = gcd(outputs, inputs)
    return outputs // common, inputs // common


def _stretched(axis: Stretch) -> tuple[int, int]:
    """Steps of the output and of the input between the ends of a stretch."""
    assert isinstance(axis.inputs, int) and isinstance(axis.outputs, int)
    if not axis.corners:
        return axis.outputs, axis.inputs
    return max(axis.outputs - 1, 1), axis.inputs - 1


def taps(axis: Axis, unit: int) -> range:
    """The inputs that an output sees, as its rule in `netspec.layers.windows` says."""
    match axis:
        case Window():
            assert axis.before is not None
            first = unit * axis.stride - axis.before
            return range(first, first + axis.dilation * (axis.kernel - 1) + 1, axis.dilation)
        case Spread():
            return _spread_taps(axis, unit)
        case Enlarge(factor, linear):
            if not linear:
                return range(unit // factor, unit // factor + 1)
            return _around(2 * unit + 1 - factor, 2 * factor)
        case Blocks(size, shift):
            first = (unit - shift) // size * size + shift
            return range(first, first + size)
    outputs, inputs = _stretched(axis)
    if axis.corners:
        return _around(unit * inputs, outputs)
    return range(unit * inputs // outputs, -(-(unit + 1) * inputs // outputs))


def _around(numerator: int, denominator: int) -> range:
    """The two whole numbers around a fraction, or the one that it is."""
    return range(numerator // denominator, -(-numerator // denominator) + 1)


@cache
def _first_tap(axis: Spread, residue: int) -> int | None:
    """The first j with `dilation·j ≡ residue` mod the stride, if there is one."""
    return next(
        (j for j in range(min(axis.stride, axis.kernel)) if (axis.dilation * j - residue) % axis.stride == 0), None
    )


def _spread_taps(axis: Spread, unit: int) -> range:
    """The inputs i with `unit = i·stride − before + dilation·j`: every j of one residue, so an even row of inputs."""
    place = unit + axis.before
    first = _first_tap(axis, place % axis.stride)
    if first is None:
        return range(0)
    common = gcd(axis.dilation, axis.stride)
    count = (axis.kernel - 1 - first) // (axis.stride // common) + 1
    highest, step = (place - axis.dilation * first) // axis.stride, axis.dilation // common
    return range(highest - (count - 1) * step, highest + 1, step)


def _hull(track: Track, inputs: range) -> Interval:
    """From the first to the last pixel that any of these inputs sees.

    Inputs P steps apart see the same, moved on, so the first and the last P decide.
    """
    phases = len(track.phases)
    ends = inputs if len(inputs) <= 2 * phases else (*inputs[:phases], *inputs[-phases:])
    return _enclose(track.sees(unit) for unit in ends)


def _enclose(intervals: Iterable[Interval]) -> Interval:
    """The smallest interval around all of these; None if they are all empty."""
    seen = [interval for interval in intervals if interval]
    return (min(first for first, _ in seen), max(last for _, last in seen)) if seen else None


def union(tracks: Sequence[Track | Lost]) -> Track | Lost:
    """What units see that see what any of these units in the same place do."""
    kept: list[Track] = []
    for track in tracks:
        if isinstance(track, Lost):
            return track
        if not kept or (track is not kept[-1] and track != kept[-1]):
            kept.append(track)
    first = kept[0]
    if len(kept) == 1:
        return first
    jumps = sorted({track.jump for track in kept})
    if len(jumps) > 1:
        return Lost(f"the branches that meet step by {' and '.join(map(str, jumps))} pixels")
    phases = lcm(*(len(track.phases) for track in kept))
    if phases > MAX_PHASES:
        return Lost(f"its units differ in more than {MAX_PHASES} ways")
    seen = tuple(_enclose(track.sees(unit) for track in kept) for unit in range(phases))
    return Track(seen, first.shift * (phases // len(first.phases)))


def widest(tracks: Sequence[Track | Lost]) -> Track | Lost:
    """Of these the one that sees most, or one that is lost."""
    return max(tracks, key=lambda track: (isinstance(track, Lost), isinstance(track, Track) and track.size))


def aligned(tracks: Sequence[Track | Lost]) -> bool:
    """Whether these have the same jump and, unit by unit, the same centre."""
    return all(first is second or _agree(first, second) for first, second in pairwise(tracks))


def _agree(first: Track | Lost, second: Track | Lost) -> bool:
    if first == second:
        return True
    if isinstance(first, Lost) or isinstance(second, Lost) or first.jump != second.jump:
        return False
    # Centres less the common slope are periodic: equal over the sum of both periods, they are equal for ever.
    units = range(len(first.phases) + len(second.phases))
    pairs = ((first.sees(unit), second.sees(unit)) for unit in units)
    return all(one is None or other is None or sum(one) == sum(other) for one, other in pairs)
