"""A recipe with every setting resolved: what a training goes by, and what its record keeps."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from netspec.graph import Graph
from netspec.recipe.settings import SETTINGS
from netspec.records import fields, frozen
from netspec.training.errors import TrainingError

Choice: TypeAlias = Mapping[str, Any]
"""A word of the recipe with all its arguments: `{"name": "sgd", "lr": 0.1, "momentum": 0.9, …}`."""

EPOCHS = 10
BATCH = 64
OPTIMIZER = "adam"
SCHEDULE = "cosine"
"""What a spec without a recipe is trained by: `adam` at its own rate, along half a cosine."""

VALIDATION = 0.1


@frozen
class Settings:
    """How a network is trained. Numbers of images, steps and the like are ints, all others floats.

    `loss` is by name of output. `batch` is None where all images are one batch; `steps`, `clip`, `ema` and `early_stop`
    are None where the recipe asks for none, and so is `epochs` where it asks for `steps` only. `input` is what is done
    to the images, with sizes, as it was fitted.
    """

    loss: Mapping[str, Choice]
    auxiliary: float
    optimizer: Choice
    schedule: Choice
    epochs: float | None
    steps: int | None
    batch: int | None
    accumulate: int
    augment: tuple[Choice, ...]
    input: tuple[Choice, ...]
    normalize: Choice
    init: Choice
    l1: float
    l2: float
    decay: str
    clip: float | None
    ema: float | None
    early_stop: int | None
    validation: float
    test_flips: bool
    freeze: tuple[str, ...]
    precision: str
    seed: int
    rates: tuple[str, ...] = ()


def resolved(graph: Graph) -> Settings:
    """The settings of a network's recipe, with defaults for what it does not say."""
    recipe = plain(graph.train)

    def number(name: str, default: float | None) -> float | None:
        return float(recipe[name]) if name in recipe else default

    batch = recipe.get("batch", BATCH)
    cross_entropy = default_of("loss", "cross_entropy")
    return Settings(
        loss=recipe.get("loss") or dict.fromkeys(graph.outputs, cross_entropy),
        auxiliary=number("auxiliary", 1.0) or 0.0,
        optimizer=recipe.get("optimizer") or default_of("optimizer", OPTIMIZER),
        schedule=recipe.get("schedule") or default_of("schedule", "constant" if "optimizer" in recipe else SCHEDULE),
        epochs=number("epochs", None if "steps" in recipe else EPOCHS),
        steps=recipe.get("steps"),
        batch=None if batch == "all" else batch,
        accumulate=recipe.get("accumulate", 1),
        augment=tuple(recipe.get("augment", ())),
        input=tuple(recipe.get("input", ())),
        normalize=recipe.get("normalize") or default_of("normalize", "dataset"),
        init=recipe.get("init") or default_of("init", "default"),
        l1=number("l1", 0.0) or 0.0,
        l2=number("l2", 0.0) or 0.0,
        decay=str(recipe.get("decay", "all")),
        clip=number("clip", None),
        ema=number("ema", None) or None,
        early_stop=recipe.get("early_stop"),
        validation=number("validation", VALIDATION) or 0.0,
        test_flips=recipe.get("test_flips", False),
        freeze=tuple(recipe.get("freeze", ())),
        precision=str(recipe.get("precision", "auto")),
        seed=recipe.get("seed", 0),
        rates=tuple(recipe.get("rates", ())),
    )


def default_of(setting: str, word: str) -> Choice:
    """A word of the recipe with its arguments as they are where none is given."""
    choices = next(each.choices for each in SETTINGS if each.name == setting)
    choice = next(each for each in choices if each.name == word)
    made: Choice = plain({"name": word, **{each.name: each.default for each in choice.arguments}})
    return made


def plain(value: Any) -> Any:
    """The same value of floats, tuples and dicts, whether it is of a recipe or of JSON."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    return value


def exact(value: Any) -> Any:
    """The same value with decimals as the recipe wrote them: 0.3 of 10 pixels is 3, and a float's is a little less."""
    if isinstance(value, float):
        return Fraction(str(value))
    if isinstance(value, Mapping):
        return {name: exact(each) for name, each in value.items()}
    return tuple(map(exact, value)) if isinstance(value, tuple) else value


def to_json(settings: Settings) -> dict[str, Any]:
    """The settings as JSON has them."""
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def from_json(written: Mapping[str, Any]) -> Settings:
    """What `to_json` gave, read back. Raises TrainingError if settings are missing or are too many.

    Those with a default may be missing: runs are older than they are.
    """
    names = {each.name: each.required for each in fields(Settings)}
    missing = [name for name, required in names.items() if required and name not in written]
    wrong = sorted([*missing, *(name for name in written if name not in names)])
    if wrong:
        what = "lacks" if wrong[0] in names else "has an unknown"
        raise TrainingError(f"the record of the run {what} setting `{wrong[0]}`: another version of netspec wrote it")
    return Settings(**{name: plain(each) for name, each in written.items()})
