"""The names that a chain gives with `as`: unnamed layers are numbered around them."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.language import tree


def given_names(chain: tree.Chain) -> frozenset[str]:
    """All names given in a chain and in what is expanded within the same scope (branches, `if`, repetitions)."""
    return frozenset(_walk(chain))


def _walk(chain: tree.Chain) -> Iterator[str]:
    for item in chain.items:
        yield from _of_item(item)


def _of_item(item: tree.Item) -> Iterator[str]:
    match item:
        case tree.Named(inner, name):
            yield name
            if not isinstance(inner, (tree.Group, tree.Repeat)):
                yield from _of_item(inner)
        case tree.Branching(_, branches):
            for branch in branches:
                yield from _walk(branch)
        case tree.Group(body) | tree.Each(_, _, body) | tree.Output(_, _, body):
            yield from _walk(body)
        case tree.Repeat(_, inner):
            yield from _of_item(inner)
        case tree.If(_, then, otherwise):
            yield from _walk(then)
            if otherwise is not None:
                yield from _walk(otherwise)
