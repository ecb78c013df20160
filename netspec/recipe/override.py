"""Settings of a recipe given from outside, as `--set train.lr=0.05` does: they replace what the spec writes."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics import Diagnostic, Help, SpecError, nearest
from netspec.language import tree
from netspec.language.parse import parse
from netspec.recipe.settings import SETTINGS
from netspec.records import replace
from netspec.source import Source, Span

PREFIX = "train."
"""How the name of a setting begins where parameters are named."""


def overridden(train: tree.Train | None, given: Mapping[str, str], at: Span) -> tree.Train | None:
    """The section with the settings given, by their names without `train.`; `at` is where a spec without one ends.

    A name that is no setting is an argument of a choice that the spec makes: `lr` of its optimizer.

    Raises:
        SpecError: E113 for a name that is neither, and the syntax errors of a value.
    """
    if not given:
        return train
    settings = list(train.settings) if train is not None else []
    for name, text in given.items():
        read = _read(name, text)
        if name in {each.name for each in SETTINGS}:
            settings = [each for each in settings if each.name != name] + [read]
            continue
        place = next((place for place, each in enumerate(settings) if _takes(each, name)), None)
        if place is None:
            raise SpecError((_unknown(name),))
        settings[place] = _with_argument(settings[place], name, read)
    return tree.Train(tuple(settings), train.span if train is not None else at)


def _read(name: str, text: str) -> tree.Setting:
    """A setting written as its name and the text of its value."""
    body = f"train {{ {name} {text if text.startswith('{') else f'= {text}'} }}"
    (item,) = parse(Source(body, f"--set {PREFIX}{name}")).chain.items
    assert isinstance(item, tree.Train)
    return item.settings[0]


def _takes(setting: tree.Setting, name: str) -> bool:
    """Whether the choice that a setting makes has an argument of this name."""
    value = setting.value
    if not isinstance(value, (tree.Apply, tree.Name)):
        return False
    word = value.function if isinstance(value, tree.Apply) else value.name
    choices = next((each.choices for each in SETTINGS if each.name == setting.name), ())
    return any(choice.name == word and any(each.name == name for each in choice.arguments) for choice in choices)


def _with_argument(setting: tree.Setting, name: str, read: tree.Setting) -> tree.Setting:
    value = setting.value
    assert isinstance(value, (tree.Apply, tree.Name))
    assert isinstance(read.value, (tree.Literal, tree.Name, tree.Incoming, tree.Listing, tree.Operation, tree.Apply))
    argument = tree.Argument(name, read.value, read.span)
    if isinstance(value, tree.Name):
        return replace(setting, value=tree.Apply(value.name, (argument,), value.span))
    kept = tuple(each for each in value.arguments if each.name != name)
    return replace(setting, value=replace(value, arguments=(*kept, argument)))


def _unknown(name: str) -> Diagnostic:
    known = [each.name for each in SETTINGS]
    guess = nearest(name, known)
    helps = (Help(f"did you mean `{PREFIX}{guess}`?"),) if guess else ()
    return Diagnostic("E113", f"the recipe has no setting `{name}`", helps=helps)
