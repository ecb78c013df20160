"""What a class's `__init__` says: its members, and which of their numbers differ among the sections of the class."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from netspec.layers.base import Call
from netspec.lowering.copies import homes
from netspec.lowering.forward import SHORTEST_LOOP, numbered
from netspec.lowering.layout import Called, Raw, layout, literal
from netspec.lowering.names import WORDS, unlike
from netspec.records import MISSING, frozen

CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
"""What a convolution of torch's has where it isn't told: so that blocks that differ in it only are one class."""

LEADING = frozenset(
    {
        *("in_channels", "out_channels", "kernel_size", "in_features", "out_features"),
        *("num_features", "normalized_shape", "num_groups", "num_channels"),
        *("p", "output_size", "upscale_factor"),
    }
)
"""Arguments with which torch's constructors begin, and which people write without their names."""


@frozen
class Made:
    """A member of one section: `maker` is what is called, a module of torch's or a class; `arguments` go to it.

    `defaults` are the values with which an argument need not be written.
    """

    attribute: str
    maker: str
    arguments: Mapping[str, Any]
    defaults: Mapping[str, Any]


@frozen
class Parameter:
    """A number that differs among the sections of a class."""

    name: str
    kinds: str
    default: Any = MISSING


@frozen
class Constructor:
    """The members of a class, and its parameters. `texts` are the parameters by member and argument."""

    members: tuple[Made, ...]
    parameters: tuple[Parameter, ...]
    places: Mapping[tuple[int, str], str]


def of_torch(attribute: str, call: Call) -> Made:
    """A module of torch's or of ours; what a convolution does not mention has its default."""
    if not call.target.startswith("nn.Conv") or "Transpose" in call.target:
        return Made(attribute, call.target, call.arguments, {})
    first = {name: value for name, value in call.arguments.items() if name not in CONVOLUTION}
    return Made(attribute, call.target, {**first, **CONVOLUTION, **call.arguments}, CONVOLUTION)


def constructor(sections: Sequence[Sequence[Made]]) -> tuple[Constructor, list[dict[str, Any]]]:
    """The constructor of a class, and what each of its sections passes to it: their members differ in values only."""
    members = tuple(sections[0])
    columns: dict[tuple[Hashable, ...], list[tuple[int, str]]] = {}
    for number, member in enumerate(members):
        for name in member.arguments:
            values = [section[number].arguments[name] for section in sections]
            if any(value != values[0] or type(value) is not type(values[0]) for value in values):
                columns.setdefault(tuple((type(value), value) for value in values), []).append((number, name))
    parameters: list[Parameter] = []
    places: dict[tuple[int, str], str] = {}
    passed: list[dict[str, Any]] = [{} for _ in sections]
    for slots in columns.values():
        values = [section[slots[0][0]].arguments[slots[0][1]] for section in sections]
        name = _name(members, slots, len(columns), {each.name for each in parameters})
        default = members[slots[0][0]].defaults.get(slots[0][1], MISSING)
        parameters.append(Parameter(name, _kinds(values), default if default in values else MISSING))
        places.update(dict.fromkeys(slots, name))
        for each, value in zip(passed, values, strict=True):
            each[name] = value
    ordered = sorted(parameters, key=lambda each: each.default is not MISSING)
    return Constructor(members, tuple(ordered), places), [
        {parameter.name: each[parameter.name] for parameter in ordered} for each in passed
    ]


def _name(members: Sequence[Made], slots: Sequence[tuple[int, str]], columns: int, taken: set[str]) -> str:
    """What a parameter is called: as the argument that it goes to first, with the member's name if that is taken."""
    number, name = slots[0]
    if columns == 1 and {"in_channels", "out_channels"} <= {argument for _, argument in slots}:
        return "channels"
    if name in taken:
        name = f"{name}_{members[number].attribute.strip('_')}"
    return unlike(name, {*taken, *WORDS})


def _kinds(values: Sequence[Any]) -> str:
    """The annotation of a parameter with these values."""
    return " | ".join(
        dict.fromkeys(_kind(value) for value in sorted(values, key=lambda value: isinstance(value, tuple)))
    )


def _kind(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"tuple[{_kind(value[0])}, ...]" if value else "tuple[()]"
    return "None" if value is None else type(value).__name__


def initialiser(made: Constructor) -> list[str]:
    """The lines of `__init__`."""
    if not made.members:
        return []
    named = (
        f"{each.name}: {each.kinds}" + ("" if each.default is MISSING else f" = {literal(each.default)}")
        for each in made.parameters
    )
    lines = layout(Called("__init__", tuple(map(Raw, ("self", *named)))), 4, "def ", " -> None:")
    lines.append("        super().__init__()")
    values = [value(member, {name: made.places.get((number, name)) for name in member.arguments})
              for number, member in enumerate(made.members)]  # fmt: skip
    at = 0
    while at < len(values):
        length = _loop(made.members, values, at)
        if length >= SHORTEST_LOOP:
            lines += _repeated(made.members[at : at + length], values[at : at + length])
            at += length
            continue
        lines += layout(values[at], 8, f"self.{made.members[at].attribute} = ")
        at += 1
    return lines


def value(member: Made, places: Mapping[str, str | None]) -> Called:
    """The call that makes a member; an argument whose place is a parameter's is that parameter."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    block = not _is_module(member.maker)
    for name, given in member.arguments.items():
        place = places[name]
        if place is None and name in member.defaults and member.defaults[name] == given:
            continue
        written = Raw(place) if place is not None else given
        leads = name not in member.defaults if block else name in LEADING
        if leads and not named:
            positional.append(written)
        else:
            named[name] = written
    return Called(member.maker, tuple(positional), named)


def _is_module(maker: str) -> bool:
    """Whether this makes a module of torch's or of ours, rather than a section."""
    return maker.startswith(("nn.", "ours.")) or maker in homes()


def _loop(members: Sequence[Made], values: Sequence[Called], at: int) -> int:
    """How many members from this one on are numbered sections of one class, made alike or in even steps."""
    first = members[at]
    stem, start = numbered(first.attribute)
    if not stem or _is_module(first.maker):
        return 0
    length = 1
    while at + length < len(members):
        member = members[at + length]
        if member.maker != first.maker or numbered(member.attribute) != (stem, start + length):
            break
        if not _step(values[at], values[at + 1], length, values[at + length]):
            break
        length += 1
    return length


def _step(first: Called, second: Called, steps: int, each: Called) -> bool:
    """Whether these arguments go on in the steps in which the first two began."""
    if len(each.positional) != len(first.positional) or each.named != first.named:
        return False
    return all(
        value == one if one == two else all(map(_whole, (one, two, value))) and value == one + steps * (two - one)
        for one, two, value in zip(first.positional, second.positional, each.positional, strict=True)
    )


def _whole(value: Any) -> bool:
    return type(value) is int


def _repeated(members: Sequence[Made], values: Sequence[Called]) -> list[str]:
    stem, start = numbered(members[0].attribute)
    first, second = values[0], values[1]
    arguments = tuple(
        one if one == two else Raw(_line(one - start * (two - one), two - one))
        for one, two in zip(first.positional, second.positional, strict=True)
    )
    call = Called("self.add_module", (Raw(f'f"{stem}{{number}}"'), Called(first.name, arguments, first.named)))
    return [f"        for number in range({start}, {start + len(members)}):", *layout(call, 12)]


def _line(offset: int, factor: int) -> str:
    """`offset + factor * number`, as one would write it."""
    slope = "number" if factor == 1 else "-number" if factor == -1 else f"{factor} * number"
    return slope if not offset else f"{slope} - {-offset}" if offset < 0 else f"{offset} + {slope}".replace("+ -", "- ")
