from __future__ import annotations

from pathlib import Path

import pytest

from netspec import compiler
from netspec.diagnostics import SpecError
from netspec.language import format as formatter
from netspec.source import Source
from tests.language.meaning import parsed

formatted = formatter.format

# The one-liners that papers, lectures and public code use, with what is read of them

PAPERS = {
    "1x29x29-20C4-MP2-40C5-MP3-150N-10N": ("1x29x29 - 20C4 - MP2 - 40C5 - MP3 - 150N - 10N"),
    "29x29x1-20C4-MP2-40C5-MP3-150N-10N": ("1x29x29 - 20C4 - MP2 - 40C5 - MP3 - 150N - 10N"),
    "2x48x48-100C5-MP2-100C5-MP2-100C4-MP2-300N-100N-6N": (
        "2x48x48 - 100C5 - MP2 - 100C5 - MP2 - 100C4 - MP2 - 300N - 100N - 6N"
    ),
    "3x48x48-100C7-MP2-150C4-150MP2-250C4-250MP2-300N-43N": (
        "3x48x48 - 100C7 - MP2 - 150C4 - MP2 - 250C4 - MP2 - 300N - 43N"
    ),
    "RT2-8C5{z}-MP2-16C5{z}-MP3-150N-10N": ("RT2 - 8C5p - MP2 - 16C5p - MP3 - 150N - 10N"),
    "6*(32c5z-relu)-500n-361n": ("6 * { 32C5p - relu } - 500N - 361N"),
    "3*(32c5z-relu-mp2)-150n-10n": ("3 * { 32C5p - relu - MP2 } - 150N - 10N"),
    "784-[32C3-MP2-64C3-MP2]-512-27": ("784 - { 32C3 - MP2 - 64C3 - MP2 } - 512N - 27N"),
    "784-[32C3-32C3-32C5S2]-[64C3-64C3-64C5S2]-128-10": (
        "784 - { 32C3 - 32C3 - 32C5s2 } - { 64C3 - 64C3 - 64C5s2 } - 128N - 10N"
    ),
    "784-[32C3-32C3-32C5S2]-DRPO-[64C3-64C3-64C5S2]-DRPO-128F-DRPO-10F-sigmoid": (
        "784 - { 32C3 - 32C3 - 32C5s2 } - dropout - { 64C3 - 64C3 - 64C5s2 } - dropout - 128N - dropout - 10N - sigmoid"
    ),
    "32C5-P2-64C5-p2-D128-D10": ("32C5 - MP2 - 64C5 - MP2 - 128N - 10N"),
    "32C5-P2-Dp40%-64C5-P2-Dp40%-D128-Dp40%-D10": (
        "32C5 - MP2 - dropout(0.4) - 64C5 - MP2 - dropout(0.4) - 128N - dropout(0.4) - 10N"
    ),
    "[32C3-BN]*2-[32C5S2-BN]-0.4d-[64C3-BN]*2-[64C5S2-BN]-0.4d-F-256D-10D": (
        "2 * { 32C3 - bn } - { 32C5s2 - bn } - dropout(0.4) - "
        "2 * { 64C3 - bn } - { 64C5s2 - bn } - dropout(0.4) - flatten - 256N - 10N"
    ),
    "Input-32C3-P2-32C3-P2-256-Output": ("Input - 32C3 - MP2 - 32C3 - MP2 - 256N - Output"),
    "Input-(192C5-192C1-192C1-P3)*2-192C5-192C1-10C1-GAP-Output": (
        "Input - 2 * { 192C5 - 192C1 - 192C1 - MP3 } - 192C5 - 192C1 - 10C1 - GAP - Output"
    ),
    "12C3-MP2-64C3-MP2-2304FC512-512FC128-128FC10": ("12C3 - MP2 - 64C3 - MP2 - 512N - 128N - 10N"),
    "64C3-128C3-AP2S2-256C3-256C3-AP2S2-512C3-512C3-AP2S2-512C3-512C3-AP2S2-FC": (
        "64C3 - 128C3 - AP2 - 256C3 - 256C3 - AP2 - 512C3 - 512C3 - AP2 - 512C3 - 512C3 - AP2 - FC"
    ),
    "64C3-AP2-128C3-AP2-128C3-AP2-256C3-AP2-256C3-AP2-10FC": (
        "64C3 - AP2 - 128C3 - AP2 - 128C3 - AP2 - 256C3 - AP2 - 256C3 - AP2 - 10N"
    ),
    "{c128k3s1-BN-LIF-MPk2s2}*5-DP-FC512-LIF-DP-FC110-LIF-APk10s10": (
        "5 * { 128C3s1 - bn - LIF - MP2 } - dropout - 512N - LIF - dropout - 110N - LIF - AP10"
    ),
    "2×(128C3)-MP2-2×(256C3)-MP2-2×(512C3)-MP2-1024FC-10SSE": (
        "2 * 128C3 - MP2 - 2 * 256C3 - MP2 - 2 * 512C3 - MP2 - 1024N - 10N"
    ),
    "(2×128C3)-MP2-(2×256C3)-MP2-(2×512C3)-MP2-(2×1024FC)-10SVM": (
        "2 * 128C3 - MP2 - 2 * 256C3 - MP2 - 2 * 512C3 - MP2 - 2 * 1024N - 10N"
    ),
    "128C3-128C3-MP2-256C3-256C3-MP2-512C3-512C3-MP2-1024FC-1024FC-10": (
        "128C3 - 128C3 - MP2 - 256C3 - 256C3 - MP2 - 512C3 - 512C3 - MP2 - 1024N - 1024N - 10N"
    ),
    "c7s1-64, d128, d256, R256 * 9, u128, u64, c7s1-3": ("64C7s1 - d128 - d256 - 9 * R256 - u128 - u64 - 3C7s1"),
    "C64k4s2-C128k3s1-C256k3s1-C1k4s2": ("64C4s2 - 128C3s1 - 256C3s1 - 1C4s2"),
    "32c3s1p1 - leakyrelu": ("32C3s1p1 - leaky"),
    "conv3-64, conv3-64, maxpool, conv3-128, conv3-128, maxpool, FC-4096, FC-4096, FC-1000, softmax": (
        "64C3 - 64C3 - maxpool - 128C3 - 128C3 - maxpool - 4096N - 4096N - 1000N - softmax"
    ),
    "8C3-P2 --> 16C3-P2 --> 128 --> 1": ("8C3 - MP2 - 16C3 - MP2 - 128N - 1N"),
}


@pytest.mark.parametrize(("written", "printed"), PAPERS.items())
def test_a_one_liner_of_a_paper_is_printed_in_the_canonical_short_form(written: str, printed: str) -> None:
    assert formatted(written) == printed + "\n"
    assert formatted(printed) == printed + "\n"


def network(text: str, name: str) -> object:
    """All that the graph of a spec says; layers by the torch calls that they make, so that defaults may be written."""
    graph = compiler.compile(Source(text, name))
    nodes = [
        (
            node.name,
            node.title,
            node.inputs,
            node.owner,
            node.shape,
            node.layer.name,
            node.layer.weights(graph.inputs_of(node)),
            [str(call) for call in node.layer.torch(graph.inputs_of(node), node.shape)],
        )
        for node in graph.nodes
    ]
    return nodes, graph.inputs, graph.outputs, graph.parameters, graph.train


SHIPPED = sorted(Path(__file__).parents[2].joinpath("specs").rglob("*.spec"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_formatting_a_shipped_network_changes_nothing_of_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    once = formatted(text)
    assert formatted(once) == once
    assert parsed(once) == parsed(text)
    if path.parent.name != "blocks":
        assert network(once, str(path)) == network(text, str(path))


@pytest.mark.parametrize("text", PAPERS)
def test_formatting_a_one_liner_changes_nothing_of_its_network(text: str) -> None:
    assert attempt(formatted(text)) == attempt(text)


def attempt(text: str) -> object:
    """The network, or the codes of what keeps it from being one; a dropped restatement can't be missing there."""
    try:
        return network(text, "<spec>")
    except SpecError as error:
        return sorted({each.code for each in error.diagnostics if each.severity == "error"})
