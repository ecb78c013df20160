"""Documentation that can't go stale: its specs compile, its commands run, its Python does what it says."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import ClassVar, final

import pytest

import netspec
from netspec.cli import main
from netspec.layers import arguments, base
from netspec.records import frozen

ROOT = Path(__file__).parent.parent
UPDATE = bool(os.environ.get("UPDATE")) and not os.environ.get("CI")  # rewrite what the commands print
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "specs/README.md"]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of this language in all pages, with where they stand."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1] == language:
                found.append((f"{page.name}:{text.count(chr(10), 0, match.start()) + 1}", match[2]))
    return found


@pytest.mark.parametrize(("place", "spec"), blocks("spec"), ids=lambda value: value if ".md:" in value else "")
def test_a_documented_spec_compiles_without_a_warning(place: str, spec: str) -> None:
    begins_with_shape = re.match(r"\d+(x\d+)+", spec) is not None
    has_input = "\ninput " in f"\n{spec}" or begins_with_shape
    graph = netspec.compile(spec, inputs=None if has_input else "3x32x32")
    assert [each for each in graph.findings if each.severity != "note"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_documented_commands_print_what_the_page_shows(
    page: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def played(session: re.Match[str]) -> str:
        printed = ""
        for command in re.findall(r"^\$ (netspec .*)$", session[2], re.MULTILINE):
            main(shlex.split(command)[1:])
            output = capsys.readouterr()
            printed += f"$ {command}\n{output.out}{output.err}"
        return f"```console\n{printed}```"

    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    shown = FENCE.sub(lambda block: played(block) if block[1] == "console" else block[0], text)
    if UPDATE:
        page.write_text(shown, encoding="utf-8")
    assert shown == text or UPDATE


def test_the_page_about_adding_a_layer_adds_one() -> None:
    from netspec.layers import activation

    (_, code), (_, row) = (block for block in blocks("python") if block[0].startswith("adding-a-layer"))
    names = {
        **vars(base),
        **vars(arguments),
        **vars(activation),
        "final": final,
        "frozen": frozen,
        "ClassVar": ClassVar,
    }
    exec(f"from __future__ import annotations\n{code}", names)  # noqa: S102 - the page's own code
    mish = names["Mish"]()
    assert row.strip() == '"mish": "activation.Mish",'
    shape = netspec.compile("64x56x56 - relu").nodes[-1].shape
    assert mish.out_shape((shape,)) == shape and mish.macs((shape,), shape) == 0
    assert [str(call) for call in mish.torch((shape,), shape)] == ["nn.Mish()"]


def test_the_api_page_does_what_it_says() -> None:
    names: dict[str, object] = {}
    for place, code in blocks("python"):
        if place.startswith("api.md"):
            exec(code, names)  # noqa: S102 - the page's own code
    assert "graph" in names


def test_the_public_names_are_those_of_the_api_page() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert re.findall(r"^## `(\w+)`$", page, re.MULTILINE) == [*netspec._HOMES, "__version__"]
    assert sorted([*netspec._HOMES, "__version__"]) == sorted(netspec.__all__)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in folder.glob("0*.md"))
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", index) == files


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, *(ROOT / "docs" / "decisions").glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        anchors = {
            re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)
        }
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("#"):
                assert target[1:] in anchors, f"{page.name}: {target}"
            elif not target.startswith("http"):
                assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"
        for target in re.findall(r'<img src="([^"]+)"', text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_guide_for_contributors_is_short_and_starts_with_adding_a_layer() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert text.startswith("# Contributing\n\n## Add a layer\n") and len(text.splitlines()) < 80
