"""The shift-reduce machine that runs the LALR(1) tables of `grammar.lark`.

It knows nothing of the language but where it may take up again after an error: at the end of an item of a chain, of a
setting, of a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from netspec.language.brackets import DEEPEST
from netspec.language.tokens import CLOSED, END, Token
from netspec.records import frozen

Build: TypeAlias = Callable[[str, list[Any], int, int], Any]
"""Makes the value of a rule: from its alias, the values of its parts, and the offsets where they begin and end."""

Refuse: TypeAlias = Callable[[Token | None, Token, Callable[[], frozenset[str]]], None]
"""Takes note of an error: the token before it, the token that doesn't fit, and (when asked) the kinds that would."""

_OPENS = frozenset(("LPAR", "LBRACKET", "LBRACE", "CALL", "COUNT"))
_STOPS = CLOSED | {"SEP", "BAR", END}
_RESUMES = ("item", "setting", "pair")

Stack: TypeAlias = list[tuple[int, Any, int, int]]
"""The state, the value, the offset where it begins, and how deep things stand one inside another in it."""


class TooDeep(Exception):
    """More than DEEPEST things stand one inside another, the outermost from offset `start` to `end`."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(start, end)
        self.start, self.end = start, end


@frozen
class Tables:
    """What to do in each state.

    `states[state][terminal]` is the state to shift to, or (below 0) the rule to reduce by;
    `states[state][nonterminal]` the state to go to. A rule is what it makes, of how many parts, under which alias;
    `passes` has what is made by those rules that only hand on their one part. In state `end` all is read.
    """

    states: Sequence[Mapping[str, int]]
    rules: Mapping[int, tuple[str, int, str]]
    passes: Mapping[int, str]
    end: int


@cache
def load_tables() -> Tables:
    """The tables as they are shipped."""
    import json

    data = json.loads(Path(__file__).with_name("tables.json").read_text(encoding="utf-8"))
    rules = {-1 - number: (made, length, alias) for number, (made, length, alias) in enumerate(data["rules"])}
    passes = {number: made for number, (made, _, alias) in rules.items() if not alias}
    return Tables(data["states"], rules, passes, data["end"])


def run(tokens: Sequence[Token], build: Build, refuse: Refuse, nesting: Collection[str] = ()) -> Any:
    """The value of the whole text; None when anything was refused. Linear: each token is looked at once.

    `nesting` are the aliases of the rules whose values stand one inside another. Raises TooDeep.
    """
    tables = load_tables()
    states, rules, passes = tables.states, tables.rules, tables.passes
    stack: Stack = [(0, None, 0, 0)]
    place, end, sound, token = 0, 0, True, tokens[0]
    kind = token.kind
    while True:
        action = states[stack[-1][0]].get(kind)
        if action is None:
            refuse(tokens[place - 1] if place else None, token, partial(_expected, tables, stack))
            sound, place = False, _recover(tables, stack, tokens, place)
            if place < 0:
                return None
            kind = (token := tokens[place]).kind
        elif action >= 0:
            stack.append((action, token, token.start, 0))
            end, place = token.end, place + 1
            token = tokens[place]
            kind = token.kind
        else:
            made, length, alias = rules[action]
            parts = stack[len(stack) - length :]
            start, depth = (parts[0][2], max([part[3] for part in parts])) if parts else (end, 0)
            if alias in nesting:
                depth += 1
                if depth > DEEPEST:
                    raise TooDeep(start, end)
            del stack[len(stack) - length :]
            value = build(alias, [part[1] for part in parts], start, end) if sound else None
            row = states[stack[-1][0]]
            state = row[made]
            while (hands_on := passes.get(states[state].get(kind, 0))) is not None:
                state = row[hands_on]
            if state == tables.end:
                return value
            stack.append((state, value, start, depth))


def _expected(tables: Tables, stack: Stack) -> frozenset[str]:
    """The kinds of token that could stand next."""
    row = tables.states[stack[-1][0]]
    return frozenset(kind for kind in row if kind.isupper() and _accepts(tables, stack, kind))


def _accepts(tables: Tables, stack: Stack, kind: str) -> bool:
    """Whether a token of this kind could stand next: an LALR machine may reduce a few times before it sees that not."""
    path = [entry[0] for entry in stack]
    while (action := tables.states[path[-1]].get(kind)) is not None and action < 0:
        made, length, _ = tables.rules[action]
        del path[len(path) - length :]
        path.append(tables.states[path[-1]][made])
        if path[-1] == tables.end:
            return True
    return action is not None


def _recover(tables: Tables, stack: Stack, tokens: Sequence[Token], place: int) -> int:
    """Takes up again after an error, and returns the place of the token with which to go on, or −1 if there is none.

    The innermost item, setting or pair that is being read is taken as whole, and what comes up to the separator, `|` or
    closing bracket after it is skipped.
    """
    depth = 0
    while not (resumes := [made for made in _RESUMES if made in tables.states[stack[-1][0]]]):
        _, value, _, _ = stack.pop()
        depth += isinstance(value, Token) and value.kind in _OPENS
    stack.append((tables.states[stack[-1][0]][resumes[0]], None, tokens[place].start, 0))
    while tokens[place].kind != END:
        kind = tokens[place].kind
        if depth == 0 and kind in _STOPS and _accepts(tables, stack, kind):
            return place
        depth = max(0, depth + (kind in _OPENS) - (kind in CLOSED))
        place += 1
    return place if _accepts(tables, stack, END) else -1
