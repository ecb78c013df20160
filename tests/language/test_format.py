from __future__ import annotations

import pytest

from netspec.diagnostics import SpecError
from netspec.language import format as formatter
from netspec.language.format import format_tree
from netspec.language.parse import parse
from netspec.source import Source

formatted = formatter.format

# Pairs of what an author wrote and what the formatter prints

LINES = {
    # words and calls
    "1x29x29-20C4-MP2-40C5-MP3-150N-10N": "1x29x29 - 20C4 - MP2 - 40C5 - MP3 - 150N - 10N",
    "227x227x3 - 20c4, mp2 -> FC-4096": "3x227x227 - 20C4 - MP2 - 4096N",
    "3@8x8 – conv( 20,5 )": "3x8x8 - 20C5",
    "conv(20, 5, pad=same, stride=2)": "20C5s2p",
    "conv(20, 5, stride=1)": "20C5s1",
    "conv(maps=20, kernel=1x7)": "20C1x7",
    "conv(c, 3, pad=same)": "conv(c, 3, pad=same)",
    "conv(20, 5,)": "20C5",
    "conv(c, 5,)": "conv(c, 5)",
    "conv(20, 5, bias=false)": "conv(20, 5, bias=false)",
    "conv(20, 5, 1, 0, 1, 1, true, none, 7)": "conv(20, 5, 1, 0, 1, 1, true, none, 7)",
    "conv(20, kernel=5, kernel=5)": "conv(20, kernel=5, kernel=5)",
    "conv(20)": "conv(20)",
    "conv(9999999999, 5)": "conv(9999999999, 5)",
    "maxpool(2, stride=2)": "MP2",
    "maxpool(3, 2, ceil=true)": "maxpool(3, 2, ceil=true)",
    "gap() - relu() - gmp": "GAP - relu - GMP",
    "ReLU - BN - LeakyReLU": "relu - bn - leaky",
    "150MP2 - 1024FC10 - P2": "MP2 - 10N - MP2",
    "300nC2 - Input - Output - d128 - nosuch": "300nC2 - Input - Output - d128 - nosuch",
    # bare numbers
    "784-128-10": "784 - 128N - 10N",
    "MP2 - 128 - relu - 10 - softmax": "MP2 - 128N - relu - 10N - softmax",
    "20C5 - 128": "20C5 - 128",
    "20C5 - relu - 128": "20C5 - relu - 128",
    "[20C5] - 128": "{ 20C5 } - 128N",
    "[20C5] - relu - 128": "{ 20C5 } - relu - 128",
    "MP2 - 0128": "MP2 - 0128",
    "MP2 - 9999999999": "MP2 - 9999999999",
    "input 784 - 10": "input 784 - 10N",
    "input 1x8x8 - 10": "input 1x8x8 - 10",
    "MP2 as a - 10": "MP2 as a - 10N",
    "@a - 10": "@a - 10",
    "dot { | @a | @b } - 10": "dot { | @a | @b } - 10N",
    "add { | @a | @b } - 10": "add { | @a | @b } - 10",
    "block q() { relu } - 784 - 10": "block q() { relu } - 784 - 10N",
    "MP2 - nosuch - 10": "MP2 - nosuch - 10",
    "1x2x3x4x5 - 10": "1x2x3x4x5 - 10",
    "Input - 784": "Input - 784",
    "MP2 - Output - 10": "MP2 - Output - 10N",
    # groups and repetitions
    "(20C5-relu)*2": "2 * { 20C5 - relu }",
    "2x(20C5)-(2×20C5)-(20C5)_3": "2 * 20C5 - 2 * 20C5 - 3 * 20C5",
    "(2*20C5) as a": "{ 2 * 20C5 } as a",
    "((20C5-relu))": "{ 20C5 - relu }",
    "( n-1 )*basic( 64 ) as x": "(n - 1) * basic(64) as x",
    "n * {relu}": "n * relu",
    "2 * { basic(64) }": "2 * { basic(64) }",
    "2 * { 3 * relu }": "2 * { 3 * relu }",
    "{}": "{ }",
    "R256 * 9": "9 * R256",
    # branches
    "concat{|20c5|}": "concat { | 20C5 | }",
    "roipool( 7,scale=1/16 ){|@map|@rois}": "roipool(7, scale=1/16) { | @map | @rois }",
    "Add{|relu|identity}": "add { | relu | identity }",
    # names
    '@"a b" - relu as "relu1"': '@"a b" - relu as relu1',
    'relu as "in"': 'relu as "in"',
    'relu as "3a"': 'relu as "3a"',
    # statements
    "netspec  1": "netspec 1",
    "input  left  28x28": "input left 1x28x28",
    "input x abc": "input x abc",
    "let a=1+2*3": "let a = 1 + 2 * 3",
    "param  lr = 5e-4": "param lr = 5e-4",
    "default conv( bias = false )": "default conv(bias=false)",
    'use   "blocks/a.spec"': 'use "blocks/a.spec"',
    'assert in.h>=32,"too small"': 'assert in.h >= 32, "too small"',
    "assert a": "assert a",
    "share trunk{20c5-relu}": "share trunk { 20C5 - relu }",
    "block b{relu}": "block b() { relu }",
    "block b(c,s=1){conv(c,3,stride=s)}": "block b(c, s=1) { conv(c, 3, stride=s) }",
    "if aux{relu}else{tanh}": "if aux { relu } else { tanh }",
    "if a{relu}else if b{tanh}else{bn}": "if a { relu } else if b { tanh } else { bn }",
    "if a { } - relu": "if a { } - relu",
    "each t,c in [[1,2],[3,4]]{conv(c,t)}": "each t, c in [[1, 2], [3, 4]] { conv(c, t) }",
    "output head{dense(10)}": "output head { 10N }",
    "train{epochs=3,batch=all}": "train { epochs = 3, batch = all }",
    "train { augment{crop(32,pad=4)-hflip} }": "train { augment { crop(32, pad=4) - hflip } }",
    "train {loss{class:cross_entropy,box:smooth_l1( weight=1.0 )}}": (
        "train { loss { class: cross_entropy, box: smooth_l1(weight=1.0) } }"
    ),
    "train { }": "train { }",
}


@pytest.mark.parametrize(("written", "printed"), LINES.items())
def test_a_line_is_printed_in_canonical_form(written: str, printed: str) -> None:
    assert formatted(written) == printed + "\n"
    assert formatted(printed) == printed + "\n"


EXPRESSIONS = {
    "a+b-c": "a + b - c",
    "a-(b-c)": "a - (b - c)",
    "(a*b)+c": "a * b + c",
    "a*(b+c)": "a * (b + c)",
    "a//b%c": "a // b % c",
    "a//(b%c)": "a // (b % c)",
    "1/16": "1/16",
    "a/16": "a / 16",
    "0.1/128": "0.1 / 128",
    "-a*b": "-a * b",
    "-(a*b)": "-(a * b)",
    "-(-a)": "-(-a)",
    "a - -b": "a - -b",
    "not(a==b)": "not a == b",
    "(not a)==b": "(not a) == b",
    "not not a": "not not a",
    "(a<b)==(c>=d)": "(a < b) == (c >= d)",
    "a and(b or c)": "a and (b or c)",
    "a or b and c": "a or b and c",
    "(a or b)or c": "a or b or c",
    "a or(b or c)": "a or (b or c)",
    "min(a,b , 3)": "min(a, b, 3)",
    "in.c*2": "in.c * 2",
    "[1,[2,3],1x7]": "[1, [2, 3], 1x7]",
    "[]": "[]",
    "0.10": "0.10",
    'true!="a\\"b"': 'true != "a\\"b"',
    "f(x=1,2)": "f(x=1, 2)",
    "f()": "f()",
}


@pytest.mark.parametrize(("written", "printed"), EXPRESSIONS.items())
def test_an_expression_gets_its_spaces_and_only_the_brackets_that_it_needs(written: str, printed: str) -> None:
    assert formatted(f"let x = {written}") == f"let x = {printed}\n"
    assert formatted(f"let x = {printed}") == f"let x = {printed}\n"


PAGES = [
    (
        "comments and blank lines stay where they stand",
        """


# first
# second

input 1x8x8# shape


20c4-relu   #   a layer
    # own line
MP2
#last""",
        """\
# first
# second

input 1x8x8  # shape

20C4 - relu  #   a layer
# own line
MP2
#last
""",
    ),
    (
        "bodies are indented by two and keep the author's lines",
        """\
block b(c) {# body

      add {   # sum
  # left
  | conv(c,3)-relu

conv(c,3)
      | # right
  identity
  |
      # end
  }
        relu
}
""",
        """\
block b(c) {  # body
  add {  # sum
    # left
    | conv(c, 3) - relu

      conv(c, 3)
    # right
    | identity
    |
    # end
  }
  relu
}
""",
    ),
    (
        "comments that stand in one column stay in one",
        "20C4   # one\n150N - relu   # two\n10N   # three\nbn       # four\nrelu     # five\n\ntanh     # six\n",
        "20C4  # one\n150N - relu  # two\n10N  # three\nbn    # four\nrelu  # five\n\ntanh  # six\n",
    ),
    (
        "brackets over several lines stay, around whatever they are",
        "{\n2 * relu\n} - 2 * {\ntanh # one\n}\n",
        "{\n  2 * relu\n} - 2 * {\n  tanh  # one\n}\n",
    ),
    (
        "a comment behind an empty branch stays behind it",
        "add {\n| relu # left\n| # nothing\n}\n",
        "add {\n  | relu  # left\n  |  # nothing\n}\n",
    ),
    (
        "separators at the ends of lines go",
        "20C4 -\nMP2,\n10N\n  - tanh\n",
        "20C4\nMP2\n10N\ntanh\n",
    ),
    (
        "a table keeps its rows, its comments and its alignment",
        """\
each t,c in [ # rows
 [1,  16], # one
 [6, 160],

 # the rest
 [1,8], [2,9],
] { conv(c,t)
}
""",
        """\
each t, c in [  # rows
  [1,  16],  # one
  [6, 160],

  # the rest
  [1,   8], [2,   9],
] {
  conv(c, t)
}
""",
    ),
    (
        "a table that was not aligned is not aligned",
        "let rows = [\n[1,16],\n[6,160]]\n",
        "let rows = [\n  [1, 16],\n  [6, 160]]\n",
    ),
    (
        "rows of different lengths can't be aligned",
        "let rows = [\n[1,  16],\n[6]\n]\n",
        "let rows = [\n  [1, 16],\n  [6]\n]\n",
    ),
    (
        "rows broken into lines can't be aligned",
        "let rows = [\n[1,\n  16],\n[6, 1]\n]\n",
        "let rows = [\n  [1,\n    16],\n  [6, 1]\n]\n",
    ),
    (
        "calls whose arguments the author put into columns stay in columns",
        'unit( 64, 8) as "3a"\nif a { relu }\nunit(128,16) - MP2\nunit(c=1, d=2)\nunit(1)\n',
        'unit( 64,  8) as "3a"\nif a { relu }\nunit(128, 16) - MP2\nunit(c=1, d=2)\nunit(1)\n',
    ),
    (
        "a call may go over several lines",
        "conv(c,\n  3, # kernel\n pad=[1,\n0]\n)\nconv(16,\n5)\ndense(max(1,\n 2 + 3))\n",
        "conv(c,\n  3,  # kernel\n  pad=[1,\n    0]\n)\n16C5\ndense(max(1,\n    2 + 3))\n",
    ),
    (
        "a recipe has a setting on each line",
        """\
train {
 epochs=90

 # how
 optimizer=sgd(lr=0.1,
   momentum=0.9) # as printed
 augment {
 crop(32)
 hflip }
 loss { class:cross_entropy,
  box : smooth_l1 }
}
""",
        """\
train {
  epochs = 90

  # how
  optimizer = sgd(lr=0.1,
    momentum=0.9)  # as printed
  augment {
    crop(32)
    hflip
  }
  loss {
    class: cross_entropy
    box: smooth_l1
  }
}
""",
    ),
    (
        "if and else over several lines",
        "if a { # then\nrelu } else if b{\n tanh } else{ # }\n bn\n}",
        "if a {  # then\n  relu\n} else if b {\n  tanh\n} else {  # }\n  bn\n}\n",
    ),
    (
        "windows line ends and tabs go",
        "20C4\t-\tMP2 # a\r\n\r\n10N\r\n",
        "20C4 - MP2  # a\n\n10N\n",
    ),
    (
        "a comment inside a line goes behind it",
        "let x = max(1, # one\n 2)\nlet y = (1 +\n # two\n 3)\n",
        "let x = max(1,  # one\n  2)\nlet y = 1 + 3  # two\n",
    ),
]


@pytest.mark.parametrize(("written", "printed"), [page[1:] for page in PAGES], ids=[page[0] for page in PAGES])
def test_a_page_is_printed_in_canonical_form(written: str, printed: str) -> None:
    assert formatted(written) == printed
    assert formatted(printed) == printed


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n", "\ufeff"])
def test_a_spec_of_nothing_is_left_with_its_comments(text: str) -> None:
    assert formatted(text) == ("# only\n" if "#" in text else "")


def test_names_of_the_file_are_never_notation() -> None:
    text = "block mp2() { relu }\nshare fc6 { tanh }\nmp2 - fc6 - MP2\n"
    assert formatted(text) == text
    assert formatted("block MP2() { relu }\nmp2 - maxpool(2)") == "block MP2() { relu }\nmp2 - maxpool(2)\n"
    assert formatted("block conv() { relu }\nconv(20, 5)") == "block conv() { relu }\nconv(20, 5)\n"


def test_a_repeated_block_keeps_its_brackets_since_they_are_in_the_names_of_its_layers() -> None:
    text = "block q() { relu }\n2 * { q }\n2 * { q() }\n2 * { relu - q }\n"
    assert formatted(text) == text


def test_words_that_may_come_from_another_file_are_left() -> None:
    assert formatted('use "a.spec"\nmp2 - 20c4 - relu') == 'use "a.spec"\nmp2 - 20C4 - relu\n'


def test_a_stride_is_kept_where_a_default_may_have_changed_it() -> None:
    assert formatted("default maxpool(stride=1)\nMP2s2") == "default maxpool(stride=1)\nMP2s2\n"
    assert formatted("default maxpool(stride=1)\nmaxpool(2, 2)") == "default maxpool(stride=1)\nMP2s2\n"


def test_a_text_that_cannot_be_parsed_is_an_error_under_its_name() -> None:
    with pytest.raises(SpecError) as refused:
        formatted("20C4 - (", "net.spec")
    span = refused.value.diagnostics[0].span
    assert span is not None and span.source.name == "net.spec"


def test_a_tree_is_formatted_as_its_text_is() -> None:
    assert format_tree(parse(Source("20c4-MP2"))) == formatted("20c4-MP2") == "20C4 - MP2\n"
