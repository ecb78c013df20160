"""The hand calculations that layers share, written as on a blackboard: `(227 − 11 + 2·0)/4 + 1 = 55`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from netspec.layers.base import Step, decimal
from netspec.layers.lengths import Extent
from netspec.shape import Count, Dim

AXIS_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def figure(count: Count) -> str:
    """A count with thousands separators; symbols as they print."""
    return f"{count:,}" if isinstance(count, int) else str(count)


def times(factors: Sequence[Count | str]) -> str:
    """`55·55·96`; a factor that is a sum stands in brackets."""
    texts = [str(each) for each in factors]
    return "·".join(f"({each})" if _is_sum(each) else each for each in texts)


def _is_sum(text: str) -> bool:
    """Whether a plus or minus stands outside all brackets."""
    depth = 0
    for character in text:
        depth += (character in "(⌊⌈") - (character in ")⌋⌉")
        if character in "+−" and depth == 0:
            return True
    return False


def window_steps(axes: tuple[Extent, ...], results: tuple[Dim, ...]) -> tuple[Step, ...]:
    """The size along each axis of a convolution or pool; axes that are alike share one calculation."""
    names = AXIS_NAMES[len(axes)]
    if all(axis == axes[0] for axis in axes):
        return _axis_steps(" and ".join(names) if len(names) < 3 else "each axis", axes[0], results[0])
    return tuple(
        step
        for name, axis, result in zip(names, axes, results, strict=True)
        for step in _axis_steps(name, axis, result)
    )


def _axis_steps(name: str, axis: Extent, result: Dim) -> tuple[Step, ...]:
    n, k, s, d = axis.size, axis.kernel, axis.stride, axis.dilation
    n_text = f"({n})" if " " in str(n) else str(n)
    if axis.same:
        return (Step(name, "⌈n/s⌉", f"⌈{n_text}/{s}⌉", figure(result)),)
    assert axis.before is not None and axis.after is not None
    span, span_worked = ("k", f"{k}") if d == 1 else ("d·(k − 1) − 1", f"{d}·({k} − 1) − 1")
    pad, pad_worked = ("2p", f"2·{axis.before}")
    if axis.before != axis.after:
        pad, pad_worked = "before + after", f"{axis.before} + {axis.after}"
    room, room_worked = f"n − {span} + {pad}", f"{n_text} − {span_worked} + {pad_worked}"
    left, right = ("⌈", "⌉") if axis.ceil else ("⌊", "⌋")
    rest = " + 1"
    exact = Fraction(n + axis.before + axis.after - axis.reach, s) if isinstance(n, int) else None
    if axis.ceil and _drops(axis, exact, result):
        name, rest = f"{name}, without a last window that starts in the padding", " + 1 − 1"
    if s == 1 or (exact is not None and exact.denominator == 1):
        quotient, worked = f"({room})/s", f"({room_worked})/{s}"
    else:
        quotient, worked = f"{left}({room})/s{right}", f"{left}({room_worked})/{s}{right}"
        if exact is not None:
            worked += f"{rest} = {left}{_places(exact)}{right}"
    steps: tuple[Step, ...] = (Step(name, quotient + rest, worked + rest, figure(result)),)
    if axis.before == axis.after == 0 and d == 1 and not axis.ceil:
        steps += (
            Step(f"{name}, as TensorFlow's VALID", "⌈(n − k + 1)/s⌉", f"⌈({n_text} − {k} + 1)/{s}⌉", figure(result)),
        )
    return steps


def _drops(axis: Extent, exact: Fraction | None, result: Dim) -> bool:
    """Whether rounding up makes a window that is dropped; for an unknown size, whether it can."""
    assert axis.after is not None
    if exact is None:
        return axis.after - axis.reach + axis.stride > 0
    return result != -(-exact.numerator // exact.denominator) + 1


def _places(value: Fraction) -> str:
    exact = decimal(value)
    return exact if "/" not in exact else f"{float(value):.2f}…"
