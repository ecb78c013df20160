"""What is wrong with a training that was asked for."""

from __future__ import annotations


class TrainingError(Exception):
    """A recipe can't be followed so; the text says why, in one line for the user."""


class Unwritable(TrainingError):
    """A file of a run's folder can't be written; what was saved before is still there."""
