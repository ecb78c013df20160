"""The page `docs/recipe.md`, written from the table: `python -m netspec.recipe.reference > docs/recipe.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from netspec.layers.arguments import Argument, show
from netspec.recipe.choices import Choice
from netspec.recipe.settings import SETTINGS, Setting


def reference() -> str:
    """The text of `docs/recipe.md`, written from the table."""
    return "\n".join((PREFACE, *(line for setting in SETTINGS for line in _described(setting)))).rstrip() + "\n"


PREFACE = """# The recipe

A `train` section says how a network is trained. This page is written from the table in `netspec/recipe/settings.py`.

```
train {
  loss = cross_entropy(smoothing=0.1)
  optimizer = sgd(lr=0.1, momentum=0.9, nesterov=true, weight_decay=5e-4)
  schedule = step(every=30, factor=0.1)
  epochs = 90
  batch = 128
  augment { crop(32, pad=4) - hflip }
  normalize = dataset
}
```

Settings stand one a line. Arguments are given in the order shown or by name; one without a default must be given. A
setting that is a chain stands in braces, and its parts are applied in that order. Values may use the parameters of the
spec: `batch = 2 * n`.
"""


def _described(setting: Setting) -> Iterator[str]:
    """The lines of one setting in the reference."""
    equals = "" if setting.example.startswith("{") else "= "
    yield f"## {setting.name}\n"
    yield f"{setting.help} For example `{setting.name} {equals}{setting.example}`."
    if setting.kind:
        yield f"It takes {setting.kind.says}."
    if setting.by_output:
        yield f"It can differ by output: `{setting.name} {{ class: cross_entropy, box: smooth_l1 }}`."
    yield ""
    if setting.choices:
        yield "| choice | meaning |\n|---|---|"
        yield from (f"| `{signature(choice)}` | {choice.help} |" for choice in setting.choices)
        yield ""
        yield from _arguments(setting.choices)
        yield ""


def _arguments(choices: tuple[Choice, ...]) -> Iterator[str]:
    """Each argument once; where choices mean different things by one name, with the choices that it belongs to."""
    takers: dict[tuple[str, str], list[str]] = {}
    for choice in choices:
        for each in choice.arguments:
            takers.setdefault((each.name, f"{each.help}; {each.kind.says}"), []).append(f"`{choice.name}`")
    names = [name for name, _ in takers]
    for (name, means), owners in takers.items():
        of = f" of {', '.join(owners)}" if names.count(name) > 1 else ""
        yield f"- `{name}`{of}: {means}"


def signature(choice: Choice) -> str:
    """The choice with its arguments, those that may be left out with their default: `sgd(lr, momentum=0, …)`."""
    given = ", ".join(map(_with_default, choice.arguments))
    return f"{choice.name}({given})" if given else choice.name


def _with_default(argument: Argument) -> str:
    if argument.required:
        return argument.name
    if argument.default is None:
        return f"[{argument.name}]"
    return f"{argument.name}={show(argument.default).strip('`').replace('e-0', 'e-')}"


if __name__ == "__main__":
    sys.stdout.write(reference())
