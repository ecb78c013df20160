"""Sizes and shapes, known and unknown.

A size is a whole number, a `Symbol` (`⌊(H + 1) / 2⌋`, a closed form in one letter of the input) or `Unknown` with the
reason. A count (of parameters, of multiply-accumulates) is a whole number, a `Polynomial` in symbols, or `Unknown`.
Whole numbers stay Python's own `int`, so that known sizes cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import gcd, lcm
from typing import TypeAlias, overload

from netspec.records import frozen


@frozen
class Unknown:
    """A size or count that can't be known before the input size is; `reason` says why. It absorbs all arithmetic."""

    reason: str

    def __add__(self, other: object) -> Unknown:
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __add__

    def __str__(self) -> str:
        return "unknown"


@frozen
class Symbol:
    """`factor·⌊(inner + add) / divisor⌋ + offset`, where `inner` is a letter or another symbol.

    Always in normal form, so that equal symbols are equal functions of the letter as far as folding can show:
    `0 <= add < divisor`; a divisor of 1 has no floor; an inner symbol has offset 0 and a factor prime to `divisor`
    (else the floors fold: `⌊(⌊(H + a)/b⌋ + c)/s⌋ = ⌊(H + a + b·c)/(b·s)⌋`). Build with `letter` and arithmetic.
    """

    inner: Symbol | str
    add: int = 0
    divisor: int = 1
    factor: int = 1
    offset: int = 0

    @property
    def letter(self) -> str:
        """The letter of the input that this size depends on."""
        return self.inner if isinstance(self.inner, str) else self.inner.letter

    @property
    def period(self) -> tuple[int, int]:
        """(P, Q) with `f(n + P) = f(n) + Q` for every n: linear plus periodic."""
        inner_period, inner_rise = (1, 1) if isinstance(self.inner, str) else self.inner.period
        repeats = self.divisor // gcd(self.divisor, inner_rise)
        return inner_period * repeats, inner_rise * repeats // self.divisor * self.factor

    def at(self, letters: Mapping[str, int]) -> int:
        """The size when the letters have these values."""
        inner = letters[self.inner] if isinstance(self.inner, str) else self.inner.at(letters)
        return self.factor * ((inner + self.add) // self.divisor) + self.offset

    @overload
    def __add__(self, other: int) -> Symbol: ...
    @overload
    def __add__(self, other: Symbol | Polynomial | Unknown) -> Count: ...
    def __add__(self, other: Count) -> Count:
        if isinstance(other, int):
            return Symbol(self.inner, self.add, self.divisor, self.factor, self.offset + other)
        if isinstance(other, Unknown):
            return other
        return _tidy(Polynomial.of(self) + Polynomial.of(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Symbol:
        return self + -other

    def __mul__(self, other: Count) -> Count:
        if isinstance(other, int):
            if other == 0:
                return 0
            return Symbol(self.inner, self.add, self.divisor, self.factor * other, self.offset * other)
        if isinstance(other, Unknown):
            return other
        return _tidy(Polynomial.of(self) * Polynomial.of(other))

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Symbol:
        if divisor == 1:
            return self
        common = gcd(self.factor, divisor)
        factor, offset, divisor = self.factor // common, self.offset // common, divisor // common
        if divisor == 1:
            return Symbol(self.inner, self.add, self.divisor, factor, offset)
        if factor != 1:
            return _floor(Symbol(self.inner, self.add, self.divisor, factor), offset, divisor)
        add, divisor = self.add + self.divisor * offset, self.divisor * divisor
        # The product of two divisors may share a factor with the inner symbol, though neither did: fold again.
        return _floor(self.inner, add, divisor) if isinstance(self.inner, str) else (self.inner + add) // divisor

    def __str__(self) -> str:
        inner = str(self.inner)
        if self.divisor > 1:
            inner = f"⌊({inner} + {self.add}) / {self.divisor}⌋" if self.add else f"⌊{inner} / {self.divisor}⌋"
        if self.factor != 1:
            inner = f"{self.factor:,}·{inner}"
        if self.offset:
            inner += f" {'+' if self.offset > 0 else '−'} {abs(self.offset):,}"
        return inner


def letter(name: str) -> Symbol:
    """The unknown size that a spec writes as this letter."""
    return Symbol(name)


def _floor(inner: Symbol | str, add: int, divisor: int) -> Symbol:
    return Symbol(inner, add % divisor, divisor, 1, add // divisor)


Monomial: TypeAlias = tuple[Symbol, ...]
"""A product of atoms: symbols with factor 1 and offset 0, sorted by `_rank`."""


@frozen
class Polynomial:
    """A sum of whole multiples of products of sizes, such as `9408·⌊(H + 1) / 2⌋·⌊(W + 1) / 2⌋`."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(count: int | Symbol | Polynomial) -> Polynomial:
        """The same count as a polynomial."""
        if isinstance(count, Polynomial):
            return count
        if isinstance(count, int):
            return Polynomial((((), count),)) if count else Polynomial(())
        atom = Symbol(count.inner, count.add, count.divisor)
        terms: dict[Monomial, int] = {(atom,): count.factor}
        if count.offset:
            terms[()] = count.offset
        return Polynomial(tuple(terms.items()))

    def at(self, letters: Mapping[str, int]) -> int:
        """The count when the letters have these values."""
        total = 0
        for atoms, coefficient in self.terms:
            for atom in atoms:
                coefficient *= atom.at(letters)
            total += coefficient
        return total

    def __add__(self, other: Count) -> Count:
        if isinstance(other, Unknown):
            return other
        terms = dict(self.terms)
        for atoms, coefficient in Polynomial.of(other).terms:
            terms[atoms] = terms.get(atoms, 0) + coefficient
        return _tidy(Polynomial(tuple((a, c) for a, c in terms.items() if c)))

    __radd__ = __add__

    def __mul__(self, other: Count) -> Count:
        if isinstance(other, Unknown):
            return other
        terms: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in Polynomial.of(other).terms:
                atoms = tuple(sorted(left + right, key=_rank))
                terms[atoms] = terms.get(atoms, 0) + a * b
        return _tidy(Polynomial(tuple((a, c) for a, c in terms.items() if c)))

    __rmul__ = __mul__

    def __str__(self) -> str:
        text = ""
        for atoms, coefficient in sorted(self.terms, key=_place):
            factors = [] if abs(coefficient) == 1 and atoms else [f"{abs(coefficient):,}"]
            for atom in dict.fromkeys(atoms):
                power = atoms.count(atom)
                factors.append(str(atom) + ("" if power == 1 else str(power).translate(_SUPERSCRIPTS)))
            sign = " − " if coefficient < 0 else " + "
            text += (sign if text else sign.strip(" +")) + "·".join(factors)
        return text or "0"


def _rank(atom: Symbol) -> tuple[str, int, int, str]:
    """Where an atom stands in print: by letter, then from the largest map to the smallest."""
    divisor, inner = atom.divisor, atom.inner
    while isinstance(inner, Symbol):
        divisor, inner = divisor * inner.divisor, inner.inner
    return inner, divisor, atom.add, str(atom)


def _place(term: tuple[Monomial, int]) -> tuple[int, list[tuple[str, int, int, str]]]:
    """Where a term stands in print: longer products first, constants last."""
    return -len(term[0]), [_rank(atom) for atom in term[0]]


_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _tidy(value: Count) -> Count:
    """The simplest form: a polynomial that is a number or a symbol becomes one."""
    if not isinstance(value, Polynomial):
        return value
    constant = sum(c for atoms, c in value.terms if not atoms)
    rest = [(atoms, c) for atoms, c in value.terms if atoms]
    if not rest:
        return constant
    if len(rest) == 1 and len(rest[0][0]) == 1:
        (atom,), factor = rest[0]
        return Symbol(atom.inner, atom.add, atom.divisor, factor, constant)
    return value


Dim: TypeAlias = int | Symbol | Unknown
"""A size along one axis."""

Count: TypeAlias = int | Symbol | Polynomial | Unknown
"""How many: parameters, operations, elements."""


def product(factors: Iterable[Count]) -> Count:
    """The product of sizes or counts; 1 for none."""
    result: Count = 1
    for factor in factors:
        result = result * factor
    return result


def total(counts: Iterable[Count]) -> Count:
    """The sum of counts; 0 for none."""
    result: Count = 0
    for count in counts:
        result = result + count
    return result


def as_dim(count: Count) -> Dim:
    """A count used as a size: a product of unknown sizes has no closed form as a size and becomes `Unknown`."""
    return Unknown(f"it is the product {count}") if isinstance(count, Polynomial) else count


def ceil_div(size: Dim, divisor: int) -> Dim:
    """⌈size / divisor⌉ = ⌊(size + divisor − 1) / divisor⌋."""
    return as_dim(size + (divisor - 1)) // divisor


def agreement(first: Dim, second: Dim) -> bool | None:
    """Whether two sizes are equal: True always, False never, None for some input sizes or not decidable.

    For one letter, exact for all sizes from 1: the difference is linear plus periodic, so that one period of values
    and the rise over a period say where it is 0.
    """
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return None
    if first == second:
        return True
    if isinstance(first, int) and isinstance(second, int):
        return False
    letters = {size.letter for size in (first, second) if isinstance(size, Symbol)}
    if len(letters) > 1:
        return None
    (name,) = letters
    period_a, rise_a = first.period if isinstance(first, Symbol) else (1, 0)
    period_b, rise_b = second.period if isinstance(second, Symbol) else (1, 0)
    period = lcm(period_a, period_b)
    if period > MAX_PERIOD:
        return None
    rise = rise_a * (period // period_a) - rise_b * (period // period_b)
    differences = [_at(first, name, n) - _at(second, name, n) for n in range(1, period + 1)]
    if not rise and not any(differences):
        return True
    # Over k periods a difference d becomes d + k·rise, which is 0 at k = −d/rise.
    meets = any(_reaches_zero(difference, rise) for difference in differences)
    return None if meets else False


def _at(size: int | Symbol, name: str, value: int) -> int:
    return size if isinstance(size, int) else size.at({name: value})


def _reaches_zero(difference: int, rise: int) -> bool:
    """Whether difference + k·rise is 0 for a whole k from 0."""
    if not rise or not difference:
        return not difference
    return difference % rise == 0 and -difference // rise >= 0


MAX_PERIOD = 100_000
"""Periods beyond this are not walked through."""


def dim_at(size: Dim, letters: Mapping[str, int]) -> Dim:
    """The size when the letters have these values; letters that are not given stay."""
    return size.at(letters) if isinstance(size, Symbol) and size.letter in letters else size


@frozen
class Shape:
    """The shape of one value for one image: channels first, the batch never written.

    `Shape(96, (55, 55))` is a map (a signal has one size, a clip three), `Shape(4096)` a vector,
    `Shape(768, tokens=196)` a sequence of tokens with 768 features each. `rows` is how many of these there are for an
    image when it isn't one: R regions of interest.
    """

    channels: Dim
    sizes: tuple[Dim, ...] = ()
    tokens: Dim | None = None
    rows: Dim | None = None

    @property
    def rank(self) -> int:
        """How many spatial axes: 2 for an image, 0 for a vector and for tokens."""
        return len(self.sizes)

    @property
    def is_map(self) -> bool:
        """Whether there are spatial axes."""
        return bool(self.sizes)

    @property
    def is_vector(self) -> bool:
        """Whether this is a plain vector (not tokens)."""
        return not self.sizes and self.tokens is None

    @property
    def dims(self) -> tuple[Dim, ...]:
        """All sizes in the order of torch's axes after the batch: rows, then (C, H, W), (T, C) or (C,)."""
        lead = () if self.rows is None else (self.rows,)
        if self.tokens is not None:
            return (*lead, self.tokens, self.channels)
        return (*lead, self.channels, *self.sizes)

    @property
    def positions(self) -> Count:
        """Over how many places a layer's weights are applied: rows x tokens x height x width."""
        return product((*((self.rows,) if self.rows is not None else ()),
                        *((self.tokens,) if self.tokens is not None else ()), *self.sizes))  # fmt: skip

    @property
    def elements(self) -> Count:
        """How many numbers the value holds."""
        return product(self.dims)

    @property
    def is_known(self) -> bool:
        """Whether every size is a whole number."""
        return all(isinstance(size, int) for size in self.dims)

    def at(self, letters: Mapping[str, int]) -> Shape:
        """The shape when the letters have these values."""
        return Shape(
            dim_at(self.channels, letters),
            tuple(dim_at(size, letters) for size in self.sizes),
            None if self.tokens is None else dim_at(self.tokens, letters),
            None if self.rows is None else dim_at(self.rows, letters),
        )

    def __str__(self) -> str:
        if self.tokens is not None:
            lead = "" if self.rows is None else f"{self.rows}x"
            return f"{lead}{self.tokens} tokens x {self.channels}"
        return "x".join(f"({size})" if isinstance(size, Symbol) and size.offset else str(size) for size in self.dims)
