"""The page of the networks."""

import re
import runpy
import sys

from netspec.library import folder, networks
from netspec.report import catalogue
from tests.report.made import made_entry

PAGE = folder() / "README.md"


def test_the_page_of_networks_is_current_and_the_module_prints_it(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "netspec.report.catalogue")
    runpy.run_module("netspec.report.catalogue", run_name="__main__")
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8"), "run python -m netspec.draw.catalogue"


def test_every_network_has_a_row_under_its_family():
    sections = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    listed = [
        (family, name)
        for family, text in zip(sections[::2], sections[1::2], strict=True)
        for name in re.findall(r"^\| \[`(\w+)`\]\(\1\.spec\)", text, re.MULTILINE)
    ]
    assert listed == [(each.family, each.name) for each in networks()]


def row(**facts):
    """The cells of the one row of a page."""
    line = catalogue.markdown([made_entry("a_net", **facts)]).splitlines()[-1]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_a_row_has_link_source_picture_and_figures():
    assert row(year=2016, parameters=1_248_424, macs=861_339_936, printed="5 million") == [
        "[`a_net`](a_net.spec)<br>a\\_net: Somebody 2016<br>*printed: 5 million*",
        "2016",
        '<img src="../docs/networks/a_net.svg" width="240" alt="profile of a_net">',
        "3x8x8",
        "1.25&nbsp;M",
        "861.3&nbsp;M",
    ]


def test_what_means_something_to_markdown_does_not_in_a_title():
    assert row(title="A|B: <0.5MB *bold*")[0] == "[`a_net`](a_net.spec)<br>A\\|B: \\<0.5MB \\*bold\\*"


def test_only_short_prints_are_shown():
    for printed in ("", "no count", "5 million, " * 20):
        assert "printed" not in row(printed=printed)[0]


def test_families_are_linked_at_the_top():
    text = catalogue.markdown([made_entry("a", family="fine grained"), made_entry("b", family="vgg")])
    assert "\n[fine grained](#fine-grained) · [vgg](#vgg)\n" in text
    assert "\n## fine grained\n" in text and "from the 2 specs" in text
