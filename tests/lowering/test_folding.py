"""Exported files of networks of unknown size, whose shapes and counts are long formulas."""

from __future__ import annotations

import netspec
from netspec.lowering.source import source

LONG = "\n".join(
    (
        "input image 3xHxW",
        "@image - 8C3s2p1 - 8C3s2p1 - 8C3s2p1 - 8C3s2p1",
        *(f"output head_{number} {{ {number}C1 - sigmoid }}" for number in range(1, 6)),
    )
)


def test_docstrings_are_folded_at_120_columns_and_lose_nothing() -> None:
    graph = netspec.compile(LONG)
    text = source(graph)
    assert max(map(len, text.splitlines())) <= 120
    words = " ".join(text.split())
    assert f"{netspec.analyze(graph).totals.macs} MACs for an image." in words
    outputs = ", ".join(str(graph.nodes[number].shape) for number in graph.outputs.values())
    assert f'"""The network: 3xHxW -> {outputs}."""' in words
    assert f'"""A network: 3xHxW -> {outputs}. ' in words
