"""How large a network may get, found out before it is expanded."""

from __future__ import annotations

from netspec.language import tree

MOST_LAYERS = 1_000_000
"""Layers that one spec may expand to, unless the caller says otherwise."""

DEEPEST = 100
"""How deep blocks, repetitions and branches may stand in one another."""


class Floor:
    """A lower bound of the number of layers that a piece of tree expands to, in time linear in its text.

    Laws: 1. a word or call of a layer is one; 2. a block is what its body is, counted once and remembered;
    3. `n * item` is n times the item where n is a number written out, else nothing; 4. `if` and `each` are nothing:
    whether and how often they expand is known only when they do; 5. all else is the sum of its parts.
    """

    def __init__(self, blocks: dict[str, tree.Chain]) -> None:
        self._blocks = blocks
        self._known: dict[str, int] = {}

    def of_chain(self, chain: tree.Chain) -> int:
        """The bound for a chain."""
        return sum(self.of_item(item) for item in chain.items)

    def of_item(self, item: tree.Item) -> int:
        """The bound for one item."""
        match item:
            case tree.Word(name) | tree.Call(name):
                return self._of_block(name) if name in self._blocks else 1
            case tree.Named(inner):
                return self.of_item(inner)
            case tree.Branching(_, branches):
                return 1 + sum(map(self.of_chain, branches))
            case tree.Group(body) | tree.Output(_, _, body):
                return self.of_chain(body)
            case tree.Repeat(tree.Literal(int() as count), inner):
                return max(count, 0) * self.of_item(inner)
        return 0

    def _of_block(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0  # a block that uses itself is reported where it does
            self._known[name] = self.of_chain(self._blocks[name])
        return self._known[name]
