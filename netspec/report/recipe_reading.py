"""The recipe, and single arguments, from JSON: nothing passes that a spec could not have written."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from netspec.layers.arguments import Argument, Kind
from netspec.recipe.choices import Choice
from netspec.recipe.settings import SETTINGS, Setting
from netspec.report.json_values import Malformed, decode, encode, items, mapping, one_of, shown, table_of


def read_argument(argument: Argument, value: Any, at: str) -> Any:
    """The value of an argument of a layer or a choice: one that it takes, or its default."""
    if not argument.required and argument.default is None and value is None:
        return None
    return read_kind(argument.kind, value, at)


def read_kind(kind: Kind, value: Any, at: str) -> Any:
    """A value as a kind keeps it: what a spec may write in other ways (`valid` for `[[0, 0]]`) is refused."""
    decoded = decode(value, at)
    read = kind.read(decoded)
    if read is None:
        raise Malformed(at, f"takes {kind.says}, not {shown(value)}")
    if read != decoded:
        raise Malformed(at, f"is not in the form that is kept: {json.dumps(encode(read))}")
    return read


def read_recipe(value: Any, at: str, outputs: Collection[str]) -> dict[str, Any]:
    """The `train` section as checked data."""
    settings = {each.name: each for each in SETTINGS}
    return {
        name: _setting(one_of(name, f"{at}.{name}", settings, "no setting"), each, f"{at}.{name}", outputs)
        for name, each in mapping(value, at).items()
    }


def _setting(setting: Setting, value: Any, at: str, outputs: Collection[str]) -> Any:
    if setting.kind is not None:
        return read_kind(setting.kind, value, at)
    if setting.chain:
        return list(items(value, at, lambda each, place: _chosen(setting, each, place)))
    if not setting.by_output:
        return _chosen(setting, value, at)
    for name in mapping(value, at):
        if name not in outputs:
            raise Malformed(f"{at}.{name}", "names no output")
    return {name: _chosen(setting, each, f"{at}.{name}") for name, each in value.items()}


def _chosen(setting: Setting, value: Any, at: str) -> dict[str, Any]:
    """A choice with all its arguments: `{"name": "sgd", "lr": {"fraction": "1/10"}, …}`."""
    choices: dict[str, Choice] = {each.name: each for each in setting.choices}
    choice = one_of(mapping(value, at).get("name"), f"{at}.name", choices, "no choice")
    _, *values = table_of(value, ("name", *(each.name for each in choice.arguments)), at)
    arguments = zip(choice.arguments, values, strict=True)
    return {
        "name": choice.name,
        **{each.name: read_argument(each, written, f"{at}.{each.name}") for each, written in arguments},
    }
