"""The recipe: the `train` section of a spec as plain checked data."""

from netspec.recipe.override import overridden
from netspec.recipe.read import read_recipe
from netspec.recipe.settings import SETTINGS

__all__ = ["SETTINGS", "overridden", "read_recipe"]
