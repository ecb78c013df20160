"""Graph to facts: one file a question."""

from netspec.analysis.cost import analyze
from netspec.analysis.explain import explain, lines

__all__ = ["analyze", "explain", "lines"]
