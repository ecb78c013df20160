from fractions import Fraction

import pytest

from netspec.language import tree
from netspec.language.parse import parse
from netspec.source import Source
from tests.language.plain import nodes, read

ONE_LINERS = {
    "1x29x29-20C4-MP2-40C5-MP3-150N-10N": "1x29x29 - 20C4 - MP2 - 40C5 - MP3 - 150N - 10N",
    "29x29x1-20C4-MP2-40C5-MP3-150N-10N": "29x29x1 - 20C4 - MP2 - 40C5 - MP3 - 150N - 10N",
    "2x48x48-100C5-MP2-100C5-MP2-100C4-MP2-300N-100N-6N": (
        "2x48x48 - 100C5 - MP2 - 100C5 - MP2 - 100C4 - MP2 - 300N - 100N - 6N"
    ),
    "3x48x48-100C7-MP2-150C4-150MP2-250C4-250MP2-300N-43N": (
        "3x48x48 - 100C7 - MP2 - 150C4 - 150MP2 - 250C4 - 250MP2 - 300N - 43N"
    ),
    "RT2-8C5{z}-MP2-16C5{z}-MP3-150N-10N": "RT2 - 8C5{z} - MP2 - 16C5{z} - MP3 - 150N - 10N",
    "6*(32c5z-relu)-500n-361n": "6*{32c5z - relu} - 500n - 361n",
    "3*(32c5z-relu-mp2)-150n-10n": "3*{32c5z - relu - mp2} - 150n - 10n",
    "784-[32C3-MP2-64C3-MP2]-512-27": "784 - {32C3 - MP2 - 64C3 - MP2} - 512 - 27",
    "784-[32C3-32C3-32C5S2]-[64C3-64C3-64C5S2]-128-10": (
        "784 - {32C3 - 32C3 - 32C5S2} - {64C3 - 64C3 - 64C5S2} - 128 - 10"
    ),
    "784-[32C3-32C3-32C5S2]-DRPO-[64C3-64C3-64C5S2]-DRPO-128F-DRPO-10F-sigmoid": (
        "784 - {32C3 - 32C3 - 32C5S2} - DRPO - {64C3 - 64C3 - 64C5S2} - DRPO - 128F - DRPO - 10F - sigmoid"
    ),
    "32C5-P2-64C5-p2-D128-D10": "32C5 - P2 - 64C5 - p2 - D128 - D10",
    "32C5-P2-Dp40%-64C5-P2-Dp40%-D128-Dp40%-D10": "32C5 - P2 - Dp40% - 64C5 - P2 - Dp40% - D128 - Dp40% - D10",
    "[32C3-BN]*2-[32C5S2-BN]-0.4d-[64C3-BN]*2-[64C5S2-BN]-0.4d-F-256D-10D": (
        "2*{32C3 - BN} - {32C5S2 - BN} - 0.4d - 2*{64C3 - BN} - {64C5S2 - BN} - 0.4d - F - 256D - 10D"
    ),
    "Input-32C3-P2-32C3-P2-256-Output": "Input - 32C3 - P2 - 32C3 - P2 - 256 - Output",
    "Input-(192C5-192C1-192C1-P3)*2-192C5-192C1-10C1-GAP-Output": (
        "Input - 2*{192C5 - 192C1 - 192C1 - P3} - 192C5 - 192C1 - 10C1 - GAP - Output"
    ),
    "12C3-MP2-64C3-MP2-2304FC512-512FC128-128FC10": "12C3 - MP2 - 64C3 - MP2 - 2304FC512 - 512FC128 - 128FC10",
    "64C3-128C3-AP2S2-256C3-256C3-AP2S2-512C3-512C3-AP2S2-512C3-512C3-AP2S2-FC": (
        "64C3 - 128C3 - AP2S2 - 256C3 - 256C3 - AP2S2 - 512C3 - 512C3 - AP2S2 - 512C3 - 512C3 - AP2S2 - FC"
    ),
    "64C3-AP2-128C3-AP2-128C3-AP2-256C3-AP2-256C3-AP2-10FC": (
        "64C3 - AP2 - 128C3 - AP2 - 128C3 - AP2 - 256C3 - AP2 - 256C3 - AP2 - 10FC"
    ),
    "{c128k3s1-BN-LIF-MPk2s2}*5-DP-FC512-LIF-DP-FC110-LIF-APk10s10": (
        "5*{c128k3s1 - BN - LIF - MPk2s2} - DP - FC512 - LIF - DP - FC110 - LIF - APk10s10"
    ),
    "2×(128C3)-MP2-2×(256C3)-MP2-2×(512C3)-MP2-1024FC-10SSE": (
        "2*{128C3} - MP2 - 2*{256C3} - MP2 - 2*{512C3} - MP2 - 1024FC - 10SSE"
    ),
    "(2×128C3)-MP2-(2×256C3)-MP2-(2×512C3)-MP2-(2×1024FC)-10SVM": (
        "{2*128C3} - MP2 - {2*256C3} - MP2 - {2*512C3} - MP2 - {2*1024FC} - 10SVM"
    ),
    "128C3-128C3-MP2-256C3-256C3-MP2-512C3-512C3-MP2-1024FC-1024FC-10": (
        "128C3 - 128C3 - MP2 - 256C3 - 256C3 - MP2 - 512C3 - 512C3 - MP2 - 1024FC - 1024FC - 10"
    ),
    "c7s1-64, d128, d256, R256 * 9, u128, u64, c7s1-3": "c7s1-64 - d128 - d256 - 9*R256 - u128 - u64 - c7s1-3",
    "C64k4s2-C128k3s1-C256k3s1-C1k4s2": "C64k4s2 - C128k3s1 - C256k3s1 - C1k4s2",
    "32c3s1p1 - leakyrelu": "32c3s1p1 - leakyrelu",
    "conv3-64, conv3-64, maxpool, conv3-128, conv3-128, maxpool, FC-4096, FC-4096, FC-1000, softmax": (
        "conv3-64 - conv3-64 - maxpool - conv3-128 - conv3-128 - maxpool - FC-4096 - FC-4096 - FC-1000 - softmax"
    ),
    "8C3-P2 --> 16C3-P2 --> 128 --> 1": "8C3 - P2 - 16C3 - P2 - 128 - 1",
}


@pytest.mark.parametrize("text", ONE_LINERS)
def test_a_one_liner_of_a_paper_is_a_chain_of_its_words(text):
    assert read(text) == ONE_LINERS[text]


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("", ""),
        ("\n\n  # nothing\n", ""),
        ("relu", "relu"),
        ("a - b\nc", "a - b / c"),
        ("a -\n b", "a / b"),
        ("a\n - b", "a / b"),
        ("a\n\n # why\n\n b\n", "a / b"),
        ("a,b->c-->d–e−f→g—h", "a - b - c - d - e - f - g - h"),
        ("input 1x28x28\nflatten", "input None 1x28x28 / flatten"),
        ("input left 1x64x64", "input left 1x64x64"),
        ('input "left eye" 784', "input left eye 784"),
        ("input rois Rx4", "input rois Rx4"),
        ("input CxHxW", "input None CxHxW"),
        ("input 3@227x227", "input None 3@227x227"),
        ("netspec 1\nrelu", "netspec 1 / relu"),
        ("relu()", "relu()"),
        ("conv (2, 3)", "conv(2, 3)"),
        ("conv(96, 11, stride=4,)", "conv(96, 11, stride=4)"),
        ("conv(2,\n 3 # kernel\n)", "conv(2, 3)"),
        ("add { | a | b }", "add<a | b>"),
        ("add {\n  | a\n    b\n  | identity\n}\nrelu", "add<a / b | identity> / relu"),
        ("add { | | a - b }", "add< | a - b>"),
        ("roipool(7, scale=1/16) { | @map | @rois }", "roipool(7, scale=(/ 1 16))<@map | @rois>"),
        ("add { | if s != 1 { a } | }", "add<if (!= s 1) {a} | >"),
        ("add { | let x = 1 | b }", "add<let x = 1 | b>"),
        ('a as x - @x - b as "3a" - @"3a"', "a as x - @x - b as 3a - @3a"),
        ("{ a - b } - {}", "{a - b} - {}"),
        ("3 * relu", "3*relu"),
        ("n * relu - relu * 2", "n*relu - 2*relu"),
        ("2 * 128", "2*128"),
        ("2 * 3 * relu", "2*3*relu"),
        ("(n - 1) * bottleneck(t, s=s)", "(- n 1)*bottleneck(t, s=s)"),
        ("(n - 1) x { a }", "(- n 1)*{a}"),
        ("(n) * 3", "3*{n}"),
        ("(a - b) * 2 # twice", "2*{a - b}"),
        ("(a - b) * 2 as c", "2*{a - b} as c"),
        ("2x(a) - 2 x {b} - 2×[c]", "2*{a} - 2*{b} - 2*{c}"),
        ("(a)_5 - {b}x2 - [c] x3 - (d) x 4", "5*{a} - 2*{b} - 3*{c} - 4*{d}"),
        ("basic(64) * 3", "3*basic(64)"),
        ("x - 2x", "x - 2x"),
        ("3 * relu as x", "3*relu as x"),
        ("if a { b }", "if a {b}"),
        ("if a { b } else { c }", "if a {b} else {c}"),
        ("if a {\n b\n}\nelse if c { d }\nelse { e }\nf", "if a {b} else {if c {d} else {e}} / f"),
        ("if (s != 1) { a } as b", "if (!= s 1) {a} as b"),
        ("if a and\tnot b { c }", "if (and a (not b)) {c}"),
        ("each x in [1, 2,] { a(x) }", "each x in [1, 2] {a(x)}"),
        ("each t, c in [\n [1, 2], # first\n [3, 4],\n] {\n a\n}", "each t, c in [[1, 2], [3, 4]] {a}"),
        ("if aux { output head1 { head() } }", "if aux {output head1 {head()}}"),
        ('output "3a" { a }', "output 3a {a}"),
        ("param classes = 1000 # how many", "param classes = 1000"),
        ("let x = 3 - 1, relu", "let x = (- 3 1) - relu"),
        ("default conv(bias=false)", "default conv(bias=false)"),
        ("block basic(c, s=1) {\n a\n b\n}", "block basic(c, s=1) {a / b}"),
        ("block head() { a } - block foot { b }", "block head() {a} - block foot() {b}"),
        ("block arm(c,) {}", "block arm(c) {}"),
        ('use "blocks/vgg.spec"', "use blocks/vgg.spec"),
        ("share trunk { a }", "share trunk {a}"),
        ("assert n > 0", "assert (> n 0), None"),
        ('assert n > 0, "n counts"\nrelu', "assert (> n 0), n counts / relu"),
        ("train {}", "train {}"),
        ("train { batch = all, epochs = 3\n lr = 5e-4 }", "train {batch = all; epochs = 3; lr = 1/2000}"),
        ("train {\n augment { crop(32, pad=4) - hflip }\n}", "train {augment {crop(32, pad=4) - hflip}}"),
        ("train { plain {} - b = 1 }", "train {plain {}; b = 1}"),
        (
            'train { loss { class: cross_entropy, "b": smooth_l1(weight=1.0) } }',
            "train {loss {class: cross_entropy, b: smooth_l1(weight=1)}}",
        ),
        ("train {\n input = 1\n output = 2\n if = 3 }", "train {input = 1; output = 2; if = 3}"),
        # keywords are words where they introduce nothing
        ("input - share * 2 - output", "input - 2*share - output"),
        ("as - else - use(1)", "as - else - use(1)"),
    ],
)  # fmt: skip
def test_a_text_gives_this_tree(text, chain):
    assert read(text) == chain


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "(+ 1 (* 2 3))"),
        ("(1 + 2) × 3", "(* (+ 1 2) 3)"),
        ("1 - 2 − 3 – 4", "(- (- (- 1 2) 3) 4)"),
        ("-a * -1", "(* (- a) (- 1))"),
        ("a // b % c / d", "(/ (% (// a b) c) d)"),
        ("a or b and not c == d", "(or a (and b (not (== c d))))"),
        ("not not a", "(not (not a))"),
        ("a <= b", "(<= a b)"),
        ("in.c + in.h", "(+ in.c in.h)"),
        ("[]", "[]"),
        ("[1, [2, 3], f(), f(x=1, 2)]", "[1, [2, 3], f(), f(x=1, 2)]"),
        ("1x7", "1x7"),
        ("0.10", "1/10"),
        (".5", "1/2"),
        ("64.0", "64"),
        ("2.5e1", "25"),
        ("true", "true"),
        (r'"say \"a\\b\""', r'"say "a\b""'),
    ],
)
def test_an_expression_gives_this_tree(text, value):
    assert read(f"let x = {text}") == f"let x = {value}"


def test_a_decimal_is_an_exact_fraction_and_a_whole_one_a_number():
    def value(text):
        (define,) = parse(Source(f"let x = {text}")).chain.items
        return define.value.value

    assert value("0.1") == Fraction(1, 10)
    assert type(value("1.0")) is int
    assert type(value("1e18")) is int


def test_crlf_a_byte_order_mark_and_other_white_space_change_nothing():
    assert read("\ufeffa -\tb\r\n\r\n c\u00a0- d\r\n") == "a - b / c - d"


def test_the_tree_has_the_spans_of_all_comments():
    source = Source("# one\n20C4 # two\nconv(2, # three\n 3)")
    assert [span.text for span in parse(source).comments] == ["# one", "# two", "# three"]


def test_a_hash_in_quotes_begins_no_comment():
    assert read('use "a#b" # c') == "use a#b"


SAMPLE = """\
netspec 1
param n = round_to(64 * 1.5, 8)   # width
default conv(bias=false)
block basic(c, s=1) {
  add { | conv(c, 3, stride=s, pad=same) - bn | if s != 1 or in.c != c { conv(c, 1) } else { identity } | }
}
input "left eye" 3x224x224
(n - 1) * basic(64) as b - [20C4]*2 - { relu }
each a, b in [[1, 2], [3, (4)]] { basic(a) }
share trunk { relu }
output head { @b - GAP }
assert n > -1, "no"
train { loss { class: mse, box: l1(w=1) }, augment { hflip }, lr = 0.1 }
"""


def test_the_span_of_every_node_covers_what_the_node_says():
    seen = set()
    for node in nodes(parse(Source(SAMPLE))):
        if isinstance(node, tree.Tree):
            continue
        text = node.span.text
        seen.add(type(node).__name__)
        assert text == text.strip()
        match node:
            case tree.Word(text=word) | tree.Name(name=word):
                assert text == word
            case (
                tree.Call()
                | tree.Block()
                | tree.Output()
                | tree.Input()
                | tree.Define()
                | tree.Setting()
                | tree.Share()
            ):
                name_span = getattr(node, "name_span", None)
                assert name_span is None or name_span.text == node.name
                assert text[-1] in ')}"4' or isinstance(node, (tree.Define, tree.Setting))
            case tree.Reference(name=name):
                assert text == f"@{name}"
            case tree.Incoming(axis=axis):
                assert text == f"in.{axis}"
            case tree.Branching() | tree.Group() | tree.Train() | tree.If() | tree.Each() | tree.Share():
                assert text[-1] in "}])"
            case tree.Argument(name=name, value=value):
                assert text.endswith(value.span.text)
                assert text.startswith(name or value.span.text)
            case tree.Operation(operands=operands):
                assert operands[0].span.start >= node.span.start
                assert operands[-1].span.end <= node.span.end
    assert {"Word", "Call", "Operation", "Repeat", "Named", "Train", "Setting", "Each", "Chain"} <= seen


def test_the_span_of_an_operation_covers_the_brackets_of_its_operands():
    (define,) = parse(Source("let x = (1 + 2) * (3)")).chain.items
    assert define.value.span.text == "(1 + 2) * (3)"
    assert [operand.span.text for operand in define.value.operands] == ["1 + 2", "3"]


def test_an_empty_branch_stands_after_its_bar():
    (branching,) = parse(Source("add { | | a }")).chain.items
    empty, full = branching.branches
    assert (empty.span.start, empty.span.end) == (7, 7)
    assert full.span.text == "a"
