from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.diagnostics import SpecError
from netspec.language import format as formatter
from tests.language.meaning import parsed

formatted = formatter.format

# Specs as nobody would write them: any spacing, any line breaks, comments anywhere

words = st.sampled_from(
    [
        "20C5",
        "20c4s2",
        "MP2",
        "mp2",
        "P2",
        "64C3p",
        "relu",
        "ReLU",
        "BN",
        "0.4d",
        "Dp40%",
        "FC-4096",
        "128FC",
        "10",
        "150N",
        "GAP",
        "gap",
        "trunk",
        "300nC2",
        "784",
        "Input",
    ]
)
names = st.sampled_from(["a", "conv1", '"3a"', '"in"'])
spaces = st.sampled_from(["", " ", "  "])
numbers = st.sampled_from(["1", "16", "0.10", "5e-4", "1x7", "c", "same", "true", '"t # }"', "in.h"])
breaks = st.sampled_from(["", " ", "\n", "\n\n", " # note\n", "\n  # own\n", "\n\n# own }\n\n"])
separators = st.sampled_from(
    ["-", " - ", ",", " -> ", "\n", " -\n", "\n\n\n", " # note\n", "\n# own ,\n", "\n\n# own\n\n"]
)

expressions = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("({}){}({})".format, inner, st.sampled_from(["+", "-", "*", " // ", "<", " and ", "/"]), inner),
        st.builds("max({},{}{})".format, inner, breaks, inner),
        st.builds("[{}{},{} {}{}]".format, breaks, inner, breaks, inner, st.sampled_from(["", ",", ",\n"])),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)
calls = st.one_of(
    st.builds(
        "conv({}{},{}5{})".format, spaces, expressions, breaks, st.sampled_from(["", ",", " , pad=same", ",p=1\n"])
    ),
    st.builds("unit({}{}, {} {})".format, spaces, expressions, breaks, expressions),
    st.sampled_from(["conv(20, 5)", "maxpool(3 , stride=3)", "relu()", "conv(20,5,\n stride=2)", "lrn(5)"]),
)


def chains(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def joined(drawn: tuple[list[str], list[str]]) -> str:
        items, between = drawn
        return items[0] + "".join(gap + item for gap, item in zip(between, items[1:], strict=False))

    return st.tuples(st.lists(inner, min_size=1, max_size=4), st.lists(separators, min_size=3, max_size=3)).map(joined)


def bodies(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{{{}{}{}}}".format, breaks, chains(inner), breaks)


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chain, body = chains(inner), bodies(inner)
    return st.one_of(
        st.builds("({}{})*2".format, breaks, chain),
        st.builds("[{}{}]".format, chain, breaks),
        st.builds("2 * {}".format, body),
        st.builds("(n - 1) * {}".format, body),
        st.builds("{} as {}".format, body, names),
        st.builds("concat {{{}| {}{}|{}|{}}}".format, breaks, chain, breaks, chain, breaks),
        st.builds("if ({}) {}".format, expressions, body),
        st.builds("if a {} else {}".format, body, body),
        st.builds("if a {} else if b {} else {}".format, body, body, body),
        st.builds("each x, y in [{}[1,{}2],{}[10, 3]{}] {}".format, breaks, spaces, breaks, breaks, body),
        st.builds("output {} {}".format, names, body),
    )


items = st.recursive(st.one_of(words, calls, st.builds("{} as {}".format, words, names)), larger, max_leaves=6)
heads = st.sampled_from(
    ["", "input 28x28\n", "# top\n\ninput 3@8x8 #in\n", "let a=(1+2)*3\n", "default conv(bias=false)\n"]
)
specs = st.builds("{}{}{}".format, heads, chains(items), st.sampled_from(["", "\n", "\n# end"]))


@given(specs)
@settings(max_examples=150, deadline=None)
def test_formatting_keeps_the_meaning_and_the_comments_and_twice_changes_nothing(text: str) -> None:
    try:
        before = parsed(text)
    except SpecError:
        return
    once = formatted(text)
    assert parsed(once) == before
    assert formatted(once) == once
    assert all(line == line.rstrip() and "\t" not in line for line in once.splitlines())
