"""Figures as people read them: thousands separators, megabytes, shares. Exact figures come in, text goes out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netspec.shape import Count, Unknown

NOTHING = "–"
"""What a count of nought looks like in a table, so that the figures stand out."""


def figure(count: Count) -> str:
    """`60,965,224`; a count of an unknown size as its closed form; `unknown`."""
    return f"{count:,}" if isinstance(count, int) else str(count)


def cell(count: Count) -> str:
    """A count in a table, where nought is a dash."""
    return figure(count) if count != 0 else NOTHING


def raw(count: Count) -> int | str | None:
    """A count for a machine: a whole number, the closed form as text, None where it is unknown."""
    if isinstance(count, int):
        return count
    return None if isinstance(count, Unknown) else str(count)


def short(count: int) -> str:
    """Three or four digits and a unit: `60.97 M`, `1.58 G`; counts below a million as they are."""
    for unit, scale in (("T", 10**12), ("G", 10**9), ("M", 10**6)):
        if count >= scale:
            return f"{_digits(count / scale)} {unit}"
    return f"{count:,}"


def size(count: Count) -> str:
    """Bytes in powers of ten: `243.9 MB`; a closed form stays one."""
    if not isinstance(count, int):
        return str(count) if isinstance(count, Unknown) else f"({count}) bytes"
    for unit, scale in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= scale:
            return f"{_digits(count / scale)} {unit}"
    return f"{count} bytes"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def shares(counts: Sequence[Count]) -> tuple[str, ...]:
    """What each count is of their sum, in percent; a dash for nought, nothing where one of them is no number."""
    known = [count for count in counts if isinstance(count, int)]
    whole = sum(known)
    if len(known) != len(counts) or whole == 0:
        return ("",) * len(counts)
    return tuple(f"{count / whole:.1%}".replace("%", " %") if count else NOTHING for count in known)


def per_axis(values: Iterable[object]) -> str:
    """`11` where all axes agree, else `11x7`; `?` for a value that depends on an unknown size."""
    texts = ["?" if value is None else str(value).replace("-", "−") for value in values]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)
