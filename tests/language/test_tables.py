import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.language import tables
from netspec.language.parse import BUILD, COLLECT, NESTING
from netspec.language.parser import load_tables


def test_the_tables_are_those_of_the_grammar():
    made = tables.make_tables(tables.GRAMMAR.read_text(encoding="utf-8"))
    assert tables.TABLES.read_text(encoding="utf-8") == tables.write_tables(made)


def test_running_the_module_writes_the_tables(monkeypatch):
    written = {}
    monkeypatch.setattr(Path, "write_text", lambda path, text, encoding: written.update({path: text}))
    with pytest.warns(RuntimeWarning, match="found in sys.modules"):
        runpy.run_module("netspec.language.tables", run_name="__main__")
    assert written == {tables.TABLES: tables.TABLES.read_text(encoding="utf-8")}


def test_the_tables_are_written_as_they_are_read():
    written = json.loads(tables.TABLES.read_text(encoding="utf-8"))
    assert len(written["states"]) == len(load_tables().states)
    assert load_tables().rules[-1] == tuple(written["rules"][0])


def test_every_alias_of_the_grammar_is_built_in_one_way():
    aliases = {alias for _, _, alias in load_tables().rules.values()} - {""}
    assert aliases == set(BUILD) | set(COLLECT)
    assert aliases >= NESTING
    assert not set(BUILD) & set(COLLECT)


def test_parsing_needs_no_lark():
    code = "import sys; from netspec.language.parse import parse; from netspec.source import Source; "
    code += "parse(Source('20C4 - relu')); print(sorted({'lark', 'numpy', 'torch'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout == "[]\n"
