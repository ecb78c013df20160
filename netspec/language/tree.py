"""The Tree: a spec as it is written, and nothing more. Words are not looked up, expressions not evaluated.

Every node carries its span. A chain keeps the author's lines, because `netspec fmt` does, and because `@name` may begin
a chain where a line begins.
"""

from __future__ import annotations

from typing import TypeAlias

from netspec.layers.arguments import Value
from netspec.records import frozen
from netspec.source import Source, Span

# Expressions


@frozen
class Literal:
    """A number, text, `true`, `false` or a size such as `1x7`, already as its value."""

    value: Value
    span: Span


@frozen
class Name:
    """A parameter, a `let`, an argument of a block; or a bare word such as `same` where one is expected."""

    name: str
    span: Span


@frozen
class Incoming:
    """`in.c`, `in.h`, `in.w` (also `in.d`, `in.l`, `in.t`): a size of the shape that flows in."""

    axis: str
    span: Span


@frozen
class Listing:
    """`[1, 2, 3]`."""

    items: tuple[Expr, ...]
    span: Span


@frozen
class Operation:
    """An operator and its one or two operands: `- not + * / // % == != < <= > >= and or`."""

    operator: str
    operands: tuple[Expr, ...]
    span: Span


@frozen
class Argument:
    """One argument of a call: `3` or `stride=2`; `span` covers both parts."""

    name: str | None
    value: Expr
    span: Span


@frozen
class Apply:
    """A call in an expression: `round_to(c, 8)`; in a recipe `sgd(lr=0.1)`."""

    function: str
    arguments: tuple[Argument, ...]
    span: Span


Expr: TypeAlias = "Literal | Name | Incoming | Listing | Operation | Apply"

# Items of a chain


@frozen
class Word:
    """A word as it stands: `20C4`, `relu`, `GAP`, `1x29x29`, `784`, a block or share without arguments."""

    text: str
    span: Span


@frozen
class Call:
    """A layer or block with arguments: `conv(96, 11, stride=4)`; `name_span` covers the word."""

    name: str
    arguments: tuple[Argument, ...]
    name_span: Span
    span: Span


@frozen
class Branching:
    """A merging layer with its branches: `concat { | … | … }`. An empty branch is a chain without lines."""

    head: Word | Call
    branches: tuple[Chain, ...]
    span: Span


@frozen
class Reference:
    """`@name`: the value of that name."""

    name: str
    span: Span


@frozen
class Group:
    """A chain in brackets: `{ … }`, or as papers write it `( … )` and `[ … ]`."""

    body: Chain
    span: Span


@frozen
class Repeat:
    """`3 * item`, `(n - 1) * item`; papers' `(…)*2`, `2x(…)`, `(…)_5` as well."""

    count: Expr
    item: Item
    span: Span


@frozen
class Named:
    """`item as name`."""

    item: Item
    name: str
    name_span: Span
    span: Span


@frozen
class If:
    """`if condition { chain }`, and `else { chain }`."""

    condition: Expr
    then: Chain
    otherwise: Chain | None
    span: Span


@frozen
class Each:
    """`each a, b in list { chain }`."""

    names: tuple[tuple[str, Span], ...]
    values: Expr
    body: Chain
    span: Span


@frozen
class Output:
    """`output name { chain }`: a side chain with an output at its end."""

    name: str
    name_span: Span
    body: Chain
    span: Span


# Statements: they stand where an item stands and let the flow pass


@frozen
class Version:
    """`netspec 1`."""

    number: int
    span: Span


@frozen
class Input:
    """`input 3x224x224`, `input left 1x64x64`; `shape` is the word as written."""

    name: str | None
    shape: Word
    span: Span


@frozen
class Define:
    """`param name = value` or `let name = value`; `keyword` says which."""

    keyword: str
    name: str
    value: Expr
    name_span: Span
    span: Span


@frozen
class Default:
    """`default conv(bias=false)`."""

    call: Call
    span: Span


@frozen
class Parameter:
    """A parameter of a block, with its default if it has one."""

    name: str
    default: Expr | None
    span: Span


@frozen
class Block:
    """`block name(parameters) { chain }`."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Chain
    name_span: Span
    span: Span


@frozen
class Use:
    """`use "blocks/vgg.spec"`; `path_span` covers the quoted path."""

    path: str
    path_span: Span
    span: Span


@frozen
class Share:
    """`share name { chain }`: one set of weights for all uses of `name`."""

    name: str
    body: Chain
    name_span: Span
    span: Span


@frozen
class Assert:
    """`assert condition` or `assert condition, "message"`."""

    condition: Expr
    message: str | None
    span: Span


@frozen
class Setting:
    """One setting of a recipe: `batch = 128`, `augment { crop(32) - hflip }`, `loss { class: …, box: … }`.

    `value` is an expression, a chain in braces, or a table by output name.
    """

    name: str
    value: Expr | Chain | tuple[tuple[str, Span, Expr], ...]
    name_span: Span
    span: Span


@frozen
class Train:
    """`train { … }`."""

    settings: tuple[Setting, ...]
    span: Span


Item: TypeAlias = (
    "Word | Call | Branching | Reference | Group | Repeat | Named | If | Each | Output | "
    "Version | Input | Define | Default | Block | Use | Share | Assert | Train"
)


@frozen
class Chain:
    """Items in the order of flow, in the author's lines; within a line ` - ` stands between them."""

    lines: tuple[tuple[Item, ...], ...]
    span: Span

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, lines forgotten."""
        return tuple(item for line in self.lines for item in line)


@frozen
class Tree:
    """A whole spec. `comments` are the spans of all comments, `#` included, in order."""

    chain: Chain
    comments: tuple[Span, ...]
    source: Source
