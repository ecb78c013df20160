"""Data classes that load fast: `@frozen` for stage data, `@mutable` for what a pass fills while it runs.

They are what `dataclasses.dataclass(frozen=True, slots=True)` makes, for static checkers too: fields with defaults,
equality, hashing, `match`, pickling. But the standard decorator compiles six methods a class, some 0.7 ms, and its
module imports half of the standard library's introspection; netspec has over a hundred such classes, and a command that
prints a table in a fifth of a second can't spend half of it so (`docs/decisions/0004-records.md`). Here one method a
class is compiled, `__init__`; all others are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeVar, dataclass_transform

AnyClass = TypeVar("AnyClass", bound=type)
AnyRecord = TypeVar("AnyRecord")

MISSING: Any = object()
"""The default of a field that has none."""


class Field:
    """One field of a record: its name, its default or what makes it, and whatever the declaration says about it."""

    __slots__ = ("default", "default_factory", "metadata", "name")

    def __init__(
        self,
        default: Any = MISSING,
        default_factory: Callable[[], Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.metadata: Mapping[str, Any] = MappingProxyType(dict(metadata or {}))

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is MISSING and self.default_factory is None


def field(
    *,
    default: Any = MISSING,
    default_factory: Callable[[], Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """A field that needs more than an annotation and a default, such as a list of its own for each record."""
    return Field(default, default_factory, metadata)


class FrozenError(AttributeError):
    """A frozen record was to be changed."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: AnyClass) -> AnyClass:
    """The class as a frozen record with slots. Its fields are its own annotations; there is no inheriting of them.

    Raises:
        TypeError: if a field without a default follows one that has one.
    """
    shared = {"__hash__": _hash, "__setattr__": _refuse_set, "__delattr__": _refuse_delete}
    return _record(cls, shared)


@dataclass_transform(field_specifiers=(field,))
def mutable(cls: AnyClass) -> AnyClass:
    """The class as a record whose fields may be set; it can't be hashed unless it says how."""
    return _record(cls, {"__hash__": None})


def fields(record: Any) -> tuple[Field, ...]:
    """The fields of a record or of its class, in order."""
    found: tuple[Field, ...] = record.__fields__
    return found


def replace(record: AnyRecord, **changes: Any) -> AnyRecord:
    """A copy of a record with some fields changed."""
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    return record.__class__(**{**values, **changes})


def _record(cls: AnyClass, shared: Mapping[str, Any]) -> AnyClass:
    members = tuple(
        _field(cls, name) for name, kind in vars(cls).get("__annotations__", {}).items() if not _of_the_class(kind)
    )
    names = tuple(each.name for each in members)
    body = {name: value for name, value in vars(cls).items() if name not in (*names, "__dict__", "__weakref__")}
    cached = any(hasattr(value, "attrname") for value in body.values())  # a `cached_property` needs a `__dict__`
    common = {"__eq__": _equal, "__repr__": _represent, "__reduce__": _reduce, **shared}
    made: AnyClass = type(cls)(
        cls.__name__,
        cls.__bases__,
        {
            **common,
            **body,
            "__slots__": (*names, "__dict__") if cached else names,
            "__match_args__": names,
            "__fields__": members,
            "__qualname__": cls.__qualname__,
            "_values": staticmethod(_reader(names)),
        },
    )
    if "__init__" not in body:
        made.__init__ = _initialiser(made, members)  # type: ignore[misc]
    return made


def _of_the_class(kind: Any) -> bool:
    return isinstance(kind, str) and kind.startswith("ClassVar")


def _field(cls: type, name: str) -> Field:
    default = vars(cls).get(name, MISSING)
    made = default if isinstance(default, Field) else Field(default)
    made.name = name
    return made


def _initialiser(made: type, members: tuple[Field, ...]) -> Any:
    """`__init__(self, a, b=default)`, compiled: instances are made by the hundred thousand.

    A field is set through its slot, which is quicker than by name and asks no `__setattr__` that refuses.
    """
    values: dict[str, Any] = {"_MISSING": MISSING}
    arguments, lines = ["self"], []
    optional = False
    for each in members:
        value = argument = each.name
        if each.default_factory is not None:
            values[f"_make_{each.name}"] = each.default_factory
            argument = f"{each.name}=_MISSING"
            value = f"_make_{each.name}() if {each.name} is _MISSING else {each.name}"
        elif not each.required:
            values[f"_default_{each.name}"] = each.default
            argument = f"{each.name}=_default_{each.name}"
        elif optional:
            raise TypeError(f"{made.__name__}.{each.name} has no default and follows a field that has one")
        optional = optional or not each.required
        arguments.append(argument)
        values[f"_set_{each.name}"] = vars(made)[each.name].__set__
        lines.append(f" _set_{each.name}(self, {value})")
    source = f"def __init__({', '.join(arguments)}):\n" + ("\n".join(lines) or " pass")
    exec(source, values)  # noqa: S102 - names and defaults of our own classes
    return values["__init__"]


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the values of these fields from a record."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple([getattr(record, name) for name in names])


def _equal(self: Any, other: Any) -> Any:
    if self is other:
        return True
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._values(self) == self._values(other)


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _represent(self: Any) -> str:
    shown = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in self.__fields__)
    return f"{self.__class__.__qualname__}({shown})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, self._values(self)


def _refuse_set(self: Any, name: str, value: Any) -> None:
    raise FrozenError(f"`{self.__class__.__name__}` is frozen: `{name}` can't be set")


def _refuse_delete(self: Any, name: str) -> None:
    raise FrozenError(f"`{self.__class__.__name__}` is frozen: `{name}` can't be deleted")
