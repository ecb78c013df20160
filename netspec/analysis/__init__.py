"""Graph to facts: one file a question."""

from netspec.analysis.cost import analyze

__all__ = ["analyze"]
