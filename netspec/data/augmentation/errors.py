"""What is wrong with a chain of augmentations."""

from __future__ import annotations


class AugmentationError(Exception):
    """Images can't be augmented so; the text says why, in one line for the user."""
