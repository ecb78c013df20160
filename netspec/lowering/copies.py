"""The modules of ours that a file needs, as text to be copied into it."""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files

PREFIX = "netspec.lowering.modules."


@cache
def homes() -> dict[str, str]:
    """The file of each class in `netspec/lowering/modules`, as its `__init__.py` imports them."""
    tree = ast.parse(_text("__init__"))
    imports = (each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module)
    return {
        name.name: each.module.removeprefix(PREFIX)
        for each in imports
        if each.module is not None and each.module.startswith(PREFIX)
        for name in each.names
    }


def copy_of(name: str) -> list[str]:
    """The lines of a class of ours, which needs nothing but `torch`, `nn` and `Tensor`."""
    text = _text(homes()[name])
    node = next(each for each in ast.parse(text).body if isinstance(each, ast.ClassDef) and each.name == name)
    return text.splitlines()[node.lineno - 1 : node.end_lineno]


def _text(file: str) -> str:
    return (files("netspec.lowering") / "modules" / f"{file}.py").read_text(encoding="utf-8")
