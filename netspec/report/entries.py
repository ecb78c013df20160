"""The shipped networks with their figures: what the list, its JSON and the catalogue say of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from netspec.library import Shipped
from netspec.records import frozen
from netspec.shape import Count, Shape


@frozen
class Entry:
    """A network of the library: what flows in and comes out, by name, and its figures per image."""

    shipped: Shipped
    inputs: Mapping[str, Shape]
    outputs: Mapping[str, Shape]
    parameters: Count
    macs: Count


def entry(shipped: Shipped) -> Entry:
    """A network with its figures, computed now. Raises SpecError."""
    from netspec.analysis.cost import parameters_and_macs
    from netspec.elaborate import elaborate
    from netspec.language.parse import parse
    from netspec.library import read

    graph = elaborate(parse(read(shipped.path)))
    inputs = {name: graph.nodes[number].shape for name, number in graph.inputs.items()}
    outputs = {name: graph.nodes[number].shape for name, number in graph.outputs.items()}
    return Entry(shipped, inputs, outputs, *parameters_and_macs(graph))


def having(networks: Iterable[Shipped], words: Sequence[str]) -> tuple[Shipped, ...]:
    """The networks with all of these words in their family, name, year or title; capitals are nothing."""
    wanted = [word.lower() for word in words]
    return tuple(each for each in networks if all(word in _searched(each) for word in wanted))


def near(networks: Iterable[Shipped], word: str, most: int = 3) -> list[str]:
    """The families, names and words of titles that are most like a word that none of them holds, best first."""
    from difflib import get_close_matches

    known = {text.strip('",.:()') for each in networks for text in _searched(each).split()}
    return get_close_matches(word.lower(), sorted(known), most)


def _searched(shipped: Shipped) -> str:
    return f"{shipped.family} {shipped.name} {shipped.year} {shipped.title}".lower()


ORDERS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.shipped.name,
    "year": lambda entry: entry.shipped.year,
    "parameters": lambda entry: _size(entry.parameters),
    "macs": lambda entry: _size(entry.macs),
}
"""What a list can be sorted by, smallest first."""


def _size(count: Count) -> tuple[bool, int]:
    """Counts in order; those that depend on an unknown size come last."""
    return (False, count) if isinstance(count, int) else (True, 0)
