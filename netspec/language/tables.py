"""Makes `tables.json`, the LALR(1) parse tables, from `grammar.lark`: `python -m netspec.language.tables`.

lark is needed to make the tables and not to use them (`docs/decisions/0002-parser-tables.md`); a test makes them anew
and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).with_name("grammar.lark")
TABLES = Path(__file__).with_name("tables.json")


def make_tables(grammar: str) -> dict[str, Any]:
    """The tables of a grammar, as `tables.json` holds them.

    `rules` has (what it makes, number of parts, alias or "" where the one part is passed on) for each rule. `states`
    has one row a state: for a terminal, the state to shift to, or −1 − the number of the rule to reduce by; for a
    nonterminal, the state to go to. State 0 is the start; `end` is the state in which a whole text has been read.
    """
    from hashlib import sha256

    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    table: Any = Lark(grammar, parser="lalr", lexer=_no_lexer()).parser.parser._parse_table
    states = _in_order(table.states, table.start_states["start"], Shift)
    rules = sorted(
        {target for state in states for action, target in table.states[state].values() if action is not Shift},
        key=lambda rule: (rule.origin.name, rule.order),
    )
    place = {state: number for number, state in enumerate(states)}
    reduce = {rule: -1 - number for number, rule in enumerate(rules)}
    rows = [
        {name: place[target] if action is Shift else reduce[target] for name, (action, target) in sorted(row.items())}
        for row in (table.states[state] for state in states)
    ]
    return {
        "grammar": sha256(grammar.encode()).hexdigest(),
        "end": place[table.end_states["start"]],
        "rules": [[str(rule.origin.name), len(rule.expansion), rule.alias or ""] for rule in rules],
        "states": rows,
    }


def write_tables(tables: dict[str, Any]) -> str:
    """The text of `tables.json`: one rule and one state a line, so that a change of the grammar can be read in it."""
    import json

    def rows(name: str) -> str:
        return ",\n".join(json.dumps(row, separators=(",", ":")) for row in tables[name])

    head = json.dumps({name: tables[name] for name in ("grammar", "end")})[1:-1]
    return f'{{{head},\n"rules":[\n{rows("rules")}\n],\n"states":[\n{rows("states")}\n]}}\n'


def _in_order(states: dict[Any, Any], start: Any, shift: Any) -> list[Any]:
    """The states as they are met from the start, breadth first: lark's own numbers differ from run to run."""
    order, met = [start], {start}
    for state in order:
        for _, (action, target) in sorted(states[state].items()):
            if action is shift and target not in met:
                met.add(target)
                order.append(target)
    return order


def _no_lexer() -> type:
    """A lexer class that lark takes for granted: every terminal of the grammar is declared, none is defined."""
    from lark.lexer import Lexer

    return type("Declared", (Lexer,), {"__init__": lambda self, conf: None, "lex": lambda self, data: iter(())})


if __name__ == "__main__":
    TABLES.write_text(write_tables(make_tables(GRAMMAR.read_text(encoding="utf-8"))), encoding="utf-8")
