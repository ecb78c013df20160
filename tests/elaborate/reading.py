"""Compile a spec's text, or have the whole text of what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

import netspec
from netspec.diagnostics import render_all
from netspec.graph import Graph
from netspec.source import Source


def graph(text: str, **settings: Any) -> Graph:
    return netspec.compile(Source(text, "net.spec"), **settings)


def names(text: str, **settings: Any) -> list[str]:
    return [node.name for node in graph(text, **settings).nodes]


def shapes(text: str, **settings: Any) -> list[str]:
    return [str(node.shape) for node in graph(text, **settings).nodes]


def errors(text: str, **settings: Any) -> str:
    with pytest.raises(netspec.SpecError) as caught:
        graph(text, **settings)
    return render_all(caught.value.diagnostics)


def codes(text: str, **settings: Any) -> list[str]:
    with pytest.raises(netspec.SpecError) as caught:
        graph(text, **settings)
    return [each.code for each in caught.value.diagnostics]


def findings(text: str, **settings: Any) -> list[str]:
    return [each.code for each in graph(text, **settings).findings]
