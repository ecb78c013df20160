"""What names stand for while a spec is expanded: a file's definitions, and the frame of one expansion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from netspec.graph import Scope
from netspec.language import tree
from netspec.layers.arguments import Value
from netspec.records import field, mutable
from netspec.source import Span


@mutable
class Defaults:
    """`default conv(bias=false)`: the arguments that it gives, to what stands behind it in the file."""

    starts: list[int] = field(default_factory=list)
    arguments: list[dict[str, Value]] = field(default_factory=list)

    def at(self, offset: int) -> dict[str, Value] | None:
        """The arguments in force at a place in the file, or None."""
        found = bisect_right(self.starts, offset)
        return self.arguments[found - 1] if found else None

    def add(self, offset: int, arguments: dict[str, Value]) -> None:
        """From `offset` on these hold, beside what held before."""
        before = self.arguments[-1] if self.arguments else {}
        self.starts.append(offset)
        self.arguments.append({**before, **arguments})


@mutable
class Shared:
    """A `share`: its chain, and the nodes of its first use, which own the weights."""

    body: tree.Share
    owners: list[int] = field(default_factory=list)
    uses: int = 0


@mutable
class Module:
    """One file: its definitions and the values of its parameters and lets."""

    blocks: dict[str, tuple[tree.Block, Module]] = field(default_factory=dict)
    shares: dict[str, tuple[Shared, Module]] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    defaults: dict[str, Defaults] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)


@mutable
class Frame:
    """One expansion: the values and names that its chain sees, and how the nodes in it are called.

    `prefix` and `suffix` go around node names, `counts` numbers the layers of each kind; frames of anonymous
    repetitions share `counts` and `taken` with the frame around them. `names` are the values named by `as`;
    `outer` is the frame around this one where its names can be seen. `entered` is the flow into the innermost block or
    braces, whose shape `in.c` asks for; None outside all braces, where it is the flow itself.
    """

    module: Module
    values: dict[str, Value]
    trail: tuple[Scope, ...] = ()
    prefix: str = ""
    suffix: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    names: dict[str, tuple[int, Span]] = field(default_factory=dict)
    outer: Frame | None = None
    entered: int | None = None

    def find(self, name: str) -> tuple[int, Span] | None:
        """The value of this name, here or around."""
        frame: Frame | None = self
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.outer
        return None

    def visible(self) -> Iterator[str]:
        """All names that `@` could mean here."""
        frame: Frame | None = self
        while frame is not None:
            yield from frame.names
            frame = frame.outer

    def numbered(self, kind: str) -> str:
        """The name of the next layer or block of a kind: its kind and number, skipping names given by `as`."""
        number = self.counts.get(kind, 0) + 1
        while f"{kind}{number}" in self.taken:
            number += 1
        self.counts[kind] = number
        return f"{self.prefix}{kind}{number}"

    def repeated(self, trail: tuple[Scope, ...], values: dict[str, Value], copy: tuple[int, int]) -> Frame:
        """The frame of one copy of a repetition: names of its own, but numbered on with its neighbours."""
        suffix = f"{self.suffix}_{copy[0] + 1}" if copy[1] > 1 else self.suffix
        return Frame(
            self.module,
            values,
            trail,
            self.prefix,
            suffix,
            self.counts,
            self.taken,
            outer=self,
            entered=self.entered,
        )
