"""Frozen data classes that load fast.

`@frozen` makes what `@dataclass(frozen=True, slots=True)` makes: `dataclasses.fields`, `replace`, equality, hashing,
`match` and pickling work on it as usual. The standard decorator compiles six methods a class, some 0.7 ms; netspec has
a hundred such classes, and a command that prints a table in a fifth of a second can't spend a third of it so. Here one
method a class is compiled, `__init__`; the others are shared by all classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

AnyClass = TypeVar("AnyClass", bound=type)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: AnyClass) -> AnyClass:
    """The class as a frozen data class with slots. Its fields are its own annotations: there is no inheriting of them.

    Raises:
        TypeError: if a field without a default follows one that has one.
    """
    found = {name: _field(cls, name, kind) for name, kind in vars(cls).get("__annotations__", {}).items()}
    members = {name: each for name, each in found.items() if each is not None}
    body = {name: value for name, value in cls.__dict__.items() if name not in (*members, "__dict__", "__weakref__")}
    shared = {"__eq__": _equal, "__hash__": _hash, "__repr__": _represent, "__reduce__": _reduce}
    body = {**shared, **body}
    body.update(
        __slots__=tuple(members),
        __match_args__=tuple(members),
        __dataclass_fields__=members,
        __dataclass_params__=_PARAMETERS,
        __setattr__=_refuse_set,
        __delattr__=_refuse_delete,
        __qualname__=cls.__qualname__,
        _values=staticmethod(_reader(tuple(members))),
    )
    if "__init__" not in cls.__dict__:
        body["__init__"] = _initialiser(cls.__name__, members)
    made: AnyClass = type(cls)(cls.__name__, cls.__bases__, body)
    return made


@dataclasses.dataclass(frozen=True, slots=True)
class _Standard:
    """What the standard decorator makes, to take its parameters and the mark of a field from."""

    field: int = 0


_PARAMETERS = _Standard.__dataclass_params__  # type: ignore[attr-defined]
_OF_INSTANCES = _Standard.__dataclass_fields__["field"]._field_type  # type: ignore[attr-defined]


def _field(cls: type, name: str, kind: Any) -> Field[Any] | None:
    """The field of an annotation, or None for one about the class."""
    if isinstance(kind, str) and kind.startswith(("ClassVar", "typing.ClassVar")):
        return None
    default = cls.__dict__.get(name, MISSING)
    made: Any = default if isinstance(default, Field) else field() if default is MISSING else field(default=default)
    made.name, made.type, made.kw_only, made._field_type = name, kind, False, _OF_INSTANCES
    found: Field[Any] = made
    return found


def _initialiser(name: str, members: dict[str, Field[Any]]) -> Any:
    """`__init__(self, a, b=default)`, compiled: instances are made by the hundred thousand."""
    values: dict[str, Any] = {"_set": object.__setattr__}
    arguments, lines = ["self"], []
    optional = False
    for member, each in members.items():
        value = member
        if each.default_factory is not MISSING:
            values[f"_make_{member}"], values["_MISSING"] = each.default_factory, MISSING
            arguments.append(f"{member}=_MISSING")
            value = f"_make_{member}() if {member} is _MISSING else {member}"
        elif each.default is not MISSING:
            values[f"_default_{member}"] = each.default
            arguments.append(f"{member}=_default_{member}")
        elif optional:
            raise TypeError(f"{name}.{member} has no default and follows a field that has one")
        else:
            arguments.append(member)
        optional = optional or len(arguments[-1]) > len(member)
        lines.append(f" _set(self, {member!r}, {value})")
    exec(f"def __init__({', '.join(arguments)}):\n" + ("\n".join(lines) or " pass"), values)  # noqa: S102
    return values["__init__"]


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes the values of these fields from an instance."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda instance: tuple([getattr(instance, name) for name in names])


def _equal(self: Any, other: Any) -> Any:
    if self is other:
        return True
    if other.__class__ is not self.__class__:
        return NotImplemented
    return self._values(self) == self._values(other)


def _hash(self: Any) -> int:
    return hash(self._values(self))


def _represent(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
    return f"{self.__class__.__qualname__}({shown})"


def _reduce(self: Any) -> tuple[Any, ...]:
    return self.__class__, self._values(self)


def _refuse_set(self: Any, name: str, value: Any) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
