"""The whole text of a layer's refusal, so that tests compare all of it."""

from __future__ import annotations

import pytest

from netspec.layers.base import Misuse
from netspec.shape import Shape
from tests.layers.reading import layer_of, shape_of


def refusal(text: str, *inputs: str | Shape) -> str:
    """What a layer says when these shapes flow in: code, title, the argument, label, notes, fixes and branch."""
    shapes = tuple(shape_of(each) if isinstance(each, str) else each for each in inputs)
    with pytest.raises(Misuse) as caught:
        layer_of(text).out_shape(shapes)
    error = caught.value
    lines = [f"{error.code}: {error.what}"]
    lines += [f"at {error.at}"] if error.at else []
    lines += [error.here] if error.here else []
    lines += [f"note: {note}" for note in error.notes]
    lines += [f"fix: {fix.why}: {dict(fix.changes)}" for fix in error.fixes]
    lines += [f"branch {error.branch}"] if error.branch is not None else []
    return "\n".join(lines)
