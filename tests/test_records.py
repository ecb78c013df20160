from __future__ import annotations

import copy
import pickle
from functools import cached_property
from typing import ClassVar

import pytest

from netspec.records import FrozenError, field, fields, frozen, mutable, replace


@frozen
class Point:
    """Two whole numbers."""

    x: int
    y: int = 0
    origin: ClassVar[tuple[int, int]] = (0, 0)

    @property
    def sum(self) -> int:
        return self.x + self.y


@frozen
class Single:
    value: object


@frozen
class Nothing:
    pass


@frozen
class Named:
    names: dict[str, int] = field(default_factory=dict)
    note: str = field(default="none", metadata={"help": "a remark"})


@frozen
class Square:
    side: int

    @cached_property
    def area(self) -> int:
        return self.side**2


@mutable
class Tally:
    total: int = 0
    seen: list[str] = field(default_factory=list)


@mutable
class Odd:
    """Says itself how it is made, compared and hashed."""

    value: int

    def __init__(self, text: str) -> None:
        self.value = int(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Odd) and self.value % 2 == other.value % 2

    def __hash__(self) -> int:
        return self.value % 2


def test_fields_are_given_by_place_or_name_and_have_defaults() -> None:
    assert (Point(1).x, Point(1).y) == (1, 0)
    assert Point(1, 2) == Point(x=1, y=2) == Point(1, y=2)
    assert Point(1, 2).sum == 3
    for wrong in (lambda: Point(), lambda: Point(1, 2, 3), lambda: Point(1, z=3)):
        with pytest.raises(TypeError):
            wrong()


def test_a_variable_of_the_class_is_no_field() -> None:
    assert [each.name for each in fields(Point)] == [each.name for each in fields(Point(1))] == ["x", "y"]
    assert Point.origin == (0, 0)


def test_records_of_one_class_are_equal_by_value() -> None:
    point = Point(1, 2)
    assert point == point
    assert Point(1, 2) == Point(1, 2) != Point(2, 1)
    assert Point(1, 2) != (1, 2)
    assert Single((1, 2)) != Point(1, 2)
    assert Single(1) == Single(1) != Single(2)
    assert Nothing() == Nothing()
    assert Tally(1) == Tally(1) != Tally(2)


def test_equal_records_have_one_hash() -> None:
    assert len({Point(1, 2), Point(1, 2), Point(2, 1)}) == 2
    assert hash(Single(3)) == hash(Single(3))
    assert {Nothing(), Nothing()} == {Nothing()}
    with pytest.raises(TypeError, match="unhashable"):
        hash(Named())


def test_a_frozen_record_stays_as_it_is() -> None:
    point = Point(1, 2)
    with pytest.raises(FrozenError, match=r"^`Point` is frozen: `x` can't be set$"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(FrozenError, match=r"^`Point` is frozen: `z` can't be set$"):
        point.z = 3  # type: ignore[attr-defined]
    with pytest.raises(FrozenError, match=r"^`Point` is frozen: `y` can't be deleted$"):
        del point.y
    assert point == Point(1, 2)
    assert not hasattr(point, "__dict__")


def test_a_mutable_record_may_be_changed_and_has_no_hash() -> None:
    tally = Tally()
    tally.total += 1
    tally.seen.append("conv1")
    assert tally == Tally(1, ["conv1"])
    with pytest.raises(AttributeError):
        tally.other = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="unhashable"):
        hash(tally)


def test_a_class_that_says_how_it_is_made_and_compared_is_left_so() -> None:
    assert Odd("3") == Odd("5") != Odd("4")
    assert len({Odd("3"), Odd("5")}) == 1
    assert repr(Odd("3")) == "Odd(value=3)"


def test_what_is_made_for_one_record_is_not_anothers() -> None:
    one, other = Named(), Named()
    one.names["a"] = 1
    assert other.names == {}
    given: dict[str, int] = {}
    assert Named(given).names is given


def test_a_field_knows_its_default_and_what_is_said_of_it() -> None:
    names, note = fields(Named)
    assert (names.name, names.default_factory, names.required) == ("names", dict, False)
    assert (note.name, note.default, note.required, note.metadata["help"]) == ("note", "none", False, "a remark")
    assert [each.required for each in fields(Point)] == [True, False]


def test_a_field_without_a_default_stands_before_those_that_have_one() -> None:
    with pytest.raises(TypeError, match=r"^Wrong\.second has no default and follows a field that has one$"):

        @frozen
        class Wrong:
            first: int = 0
            second: int


def test_a_record_says_what_it_is() -> None:
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"
    assert repr(Single("a")) == "Single(value='a')"
    assert repr(Nothing()) == "Nothing()"
    assert repr(Tally(seen=["a"])) == "Tally(total=0, seen=['a'])"
    assert (Point.__name__, Point.__doc__, Point.__module__) == ("Point", "Two whole numbers.", __name__)


@pytest.mark.parametrize("record", [Point(1, 2), Single([1]), Nothing(), Named({"a": 1}), Square(3), Tally(1, ["a"])])
def test_a_record_is_copied_and_pickled(record: object) -> None:
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - our own
    assert copy.copy(record) == record
    assert copy.deepcopy(record) == record


def test_a_deep_copy_shares_nothing() -> None:
    tally = Tally(1, ["a"])
    copy.deepcopy(tally).seen.append("b")
    assert tally.seen == ["a"]


def test_some_fields_are_replaced() -> None:
    point = Point(1, 2)
    assert replace(point, y=5) == Point(1, 5)
    assert replace(point) == point == Point(1, 2)
    with pytest.raises(TypeError):
        replace(point, z=1)


def test_a_record_is_matched_by_place() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    match Point(1, 2):
        case Point(y=2):
            pass
        case _:
            raise AssertionError


def test_what_is_computed_once_is_kept_beside_the_fields() -> None:
    square = Square(3)
    assert square.area == 9 and square.__dict__ == {"area": 9}
    assert square == Square(3)
    with pytest.raises(FrozenError):
        square.side = 4  # type: ignore[misc]
