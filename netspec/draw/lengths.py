"""Lengths as SVG has them."""

from __future__ import annotations


def length(value: float) -> str:
    """A length to a tenth of a pixel, so that the last digits of a float decide nothing."""
    return f"{value:.1f}".removesuffix(".0")
