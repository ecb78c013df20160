"""Each format of the same small network, compared whole."""

import csv
import shutil
import subprocess
from io import StringIO

import pytest

import netspec
from netspec.analysis import analyze
from netspec.analysis.facts import Analysis
from netspec.records import replace
from netspec.report import delimited, html, latex, layout, markdown, plain, terminal
from netspec.report.sheet import CONVENTION, Line, sheet
from netspec.shape import Shape, letter
from tests.report.made import analysis, facts, node, seen, small

PLAIN = """\
made
read from  made.spec
input      3x8x8
output     10

name    layer  output  parameters    MACs  field
------------------------------------------------
input   3x8x8  3x8x8            –       –
conv1   8C3p1  8x8x8          224  13,824      3
bn1     bn     8x8x8           16       –      3
relu1   relu   8x8x8            –       –      3
gap1    GAP    8                –       –    all
dense1  10N    10              90      80    all
------------------------------------------------
total                         330  13,904

parameters  330; 1.38 kB of float32; 16 more in buffers
MACs        13,904 for an image
memory      1.00 kB of activations in inference, 2.00 MB kept for training, for an image

One MAC is one multiply and one add, in convolutions, dense layers and attention products only.
Biases, activations, norms and pools count element operations (--ops); FLOPs = 2 x MACs + those.
"""


def test_the_plain_table_is_aligned_and_complete():
    assert plain.render(sheet(small())) == PLAIN


def test_a_sheet_without_origin_and_with_remarks_and_letters_says_so_in_plain_text():
    made = replace(
        sheet(small()),
        origin="",
        remarks=("unknown: it depends on H",),
        letters=(("H", "works where H ≥ 4"), ("", "wastes no pixel where H is even")),
    )
    text = plain.render(made)
    assert "read from" not in text
    assert "\n\nH  works where H ≥ 4\n   wastes no pixel where H is even\n\nunknown: it depends on H\n\n" in text


def test_the_terminal_shows_the_same_words_with_a_drawn_rule():
    text = terminal.render(sheet(small()), None).plain
    assert text == PLAIN.replace("-" * 48, "─" * 48)


def test_the_terminal_keeps_layers_with_weights_bright_and_the_rest_quiet():
    text = terminal.render(sheet(small()), 100)
    quiet = [text.plain[span.start : span.end].split()[0] for span in text.spans if span.style == "dim"]
    assert [word for word in quiet if not word.startswith("─")] == ["input", "relu1", "gap1", "One"]


def test_the_terminal_shows_letters_and_remarks():
    made = replace(sheet(small()), letters=(("H", "works where H ≥ 4"),), remarks=("unknown: why",))
    text = terminal.render(made, 80).plain
    assert "\n\nH  works where H ≥ 4\n\nunknown: why\n\nOne MAC" in text


def test_text_in_square_brackets_is_no_markup_on_a_terminal():
    from rich.console import Console

    made = replace(sheet(small()), title="[n, 64][/bold]")
    out = StringIO()
    Console(file=out, force_terminal=True, width=100, markup=False, highlight=False).print(terminal.render(made, 100))
    assert "[n, 64][/bold]" in out.getvalue()


def wide() -> Analysis:
    shape = Shape(8, (letter("H") // 2 + 1, letter("W") // 2 + 1))
    layers = [
        facts(node(0, "input", "3xHxW", Shape(3, (letter("H"), letter("W"))))),
        facts(node(1, "stage1.conv_with_a_long_name", "conv(8, 3, stride=2, pad=same, bias=false)", shape), macs=10**9),
    ]
    return analysis(layers)


def test_a_narrow_terminal_shortens_titles_and_breaks_other_cells():
    made = sheet(wide(), columns=["name", "layer", "output", "macs"])
    sizes = layout.widths(made, 70)
    assert layout.lines(made.lines[1].cells, made, sizes) == [
        "stage1.conv_wit…  conv(8, 3, stri…  8x(⌊H / 2⌋ + 1)x     1,000,000,000",
        "                                    (⌊W / 2⌋ + 1)",
    ]
    assert sum(sizes) + 2 * 3 == 70


def test_a_long_figure_under_the_table_goes_on_under_itself():
    made = sheet(analyze(netspec.compile("3xHxW-8C3s2-8C3s2-8C3s2")))
    lines = terminal.render(made, 60).plain.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("MACs"))
    assert lines[at + 1].startswith(" " * 12) and lines[at + 1][12] != " "
    assert max(map(len, lines[at : at + 2])) <= 60


def test_piped_output_is_never_cut():
    text = plain.render(sheet(wide()))
    assert "conv(8, 3, stride=2, pad=same, bias=false)" in text
    assert "8x(⌊H / 2⌋ + 1)x(⌊W / 2⌋ + 1)" in text
    assert "…" not in text


def test_a_window_too_narrow_for_any_table_still_shows_one():
    made = sheet(wide())
    assert max(layout.widths(made, 10)) <= max(layout.LEAST, *layout.SHORTENED.values())


def test_a_wide_window_gives_every_column_what_it_needs_and_no_more():
    made = sheet(wide())
    assert layout.widths(made, 500) == layout.widths(made)


def test_widths_count_places_on_a_terminal():
    assert (layout.width("abc"), layout.width("⌊H⌋"), layout.width("網路"), layout.width("é")) == (3, 3, 4, 1)


def test_text_is_shortened_only_where_it_is_too_long():
    assert (layout.shorten("abcdef", 6), layout.shorten("abc defg", 5)) == ("abcdef", "abc…")


def test_text_is_broken_where_a_reader_would():
    assert layout.broken("8x(⌊H / 2⌋ + 1)", 8) == ["8x(⌊H /", "2⌋ + 1)"]
    assert layout.broken("abcdefgh", 3) == ["abc", "def", "gh"]
    assert layout.broken("64x⌊(H + 1) / 2⌋x⌊(W + 1) / 2⌋", 20) == ["64x⌊(H + 1) / 2⌋x", "⌊(W + 1) / 2⌋"]
    assert layout.broken("16·H + 53,248·⌊H / 2⌋", 12) == ["16·H +", "53,248·", "⌊H / 2⌋"]  # never within a number


def test_the_markdown_is_a_table_with_a_heading():
    text, convention = markdown.render(sheet(small())).split("\n*", 1)
    assert convention == " ".join(CONVENTION) + "*\n"
    assert (
        text
        == """\
### made

read from `made.spec` · input `3x8x8` · output `10`

| name | layer | output | parameters | MACs | field |
| --- | --- | --- | ---: | ---: | ---: |
| input | `3x8x8` | 3x8x8 | – | – |  |
| conv1 | `8C3p1` | 8x8x8 | 224 | 13,824 | 3 |
| bn1 | `bn` | 8x8x8 | 16 | – | 3 |
| relu1 | `relu` | 8x8x8 | – | – | 3 |
| gap1 | `GAP` | 8 | – | – | all |
| dense1 | `10N` | 10 | 90 | 80 | all |
| **total** |  |  | **330** | **13,904** |  |

- **parameters**: 330; 1.38 kB of float32; 16 more in buffers
- **MACs**: 13,904 for an image
- **memory**: 1.00 kB of activations in inference, 2.00 MB kept for training, for an image
"""
    )


def test_markdown_escapes_what_it_would_read_as_its_own():
    made = replace(
        sheet(small(), columns=["name", "layer"]),
        title="a_b*c",
        origin="",
        lines=(Line(("a|b", "add { | }"), True), Line(("x", ""), False)),
        letters=(("H", "works where H ≥ 4"), ("", "`cat1` needs H = 2")),
        remarks=("unknown: [a]",),
    )
    text = markdown.render(made)
    assert "### a\\_b\\*c\n\ninput `3x8x8` · output `10`\n" in text
    assert "| a\\|b | `add { \\| }` |\n| x |  |\n" in text
    assert "- H works where H ≥ 4\n- \\`cat1\\` needs H = 2\n\n- unknown: \\[a\\]\n" in text


def test_the_latex_is_a_plain_tabular():
    assert (
        latex.render(sheet(small(), columns=["name", "layer", "macs"]))
        == r"""% made, read from made.spec
% input: 3x8x8
% output: 10
% parameters: 330; 1.38 kB of float32; 16 more in buffers
% MACs: 13,904 for an image
% memory: 1.00 kB of activations in inference, 2.00 MB kept for training, for an image
% One MAC is one multiply and one add, in convolutions, dense layers and attention products only.
% Biases, activations, norms and pools count element operations (--ops); FLOPs = 2 x MACs + those.
\begin{tabular}{llr}
\hline
name & layer & MACs \\
\hline
input & 3x8x8 & -- \\
conv1 & 8C3p1 & 13,824 \\
bn1 & bn & -- \\
relu1 & relu & -- \\
gap1 & GAP & -- \\
dense1 & 10N & 80 \\
\hline
total &  & 13,904 \\
\hline
\end{tabular}
"""
    )


def test_latex_escapes_what_it_would_read_as_its_own():
    assert latex.escaped(r"a_b & 50 % {x} \y # $ ^ ~ < > | ⌊H / 2⌋·2² −1") == (
        r"a\_b \& 50 \% \{x\} \textbackslash{}y \# \$ \textasciicircum{} \textasciitilde{} $<$ $>$ $|$ "
        r"$\lfloor$H / 2$\rfloor$$\cdot$2$^2$ $-$1"
    )


def test_a_new_line_in_a_name_does_not_leave_the_latex_comment():
    made = replace(sheet(small()), title="a\n\\input{x}", origin="")
    assert latex.render(made).startswith("% a \\input{x}\n% input")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_the_latex_compiles_alone(tmp_path):
    body = latex.render(sheet(wide()))
    (tmp_path / "a.tex").write_text(f"\\documentclass{{article}}\\begin{{document}}\n{body}\\end{{document}}\n")
    subprocess.run(["pdflatex", "-halt-on-error", "a.tex"], cwd=tmp_path, check=True, capture_output=True)


def test_the_html_is_a_table_in_a_div_of_its_own():
    text = html.table(small())
    assert text.startswith('<div class="netspec">\n<style>\n')
    assert "<caption>made · read from made.spec · input 3x8x8 · output 10</caption>" in text
    assert (
        '<tr><td>conv1</td><td>8C3p1</td><td>8x8x8</td><td class="right">224</td>'
        '<td class="right">13,824</td><td class="right">3</td></tr>'
    ) in text
    assert '<tr class="quiet"><td>relu1</td>' in text
    assert '<tfoot><tr><td>total</td><td></td><td></td><td class="right">330</td>' in text
    assert text.endswith("</small>\n</div>\n")


def test_a_notebook_shows_the_table():
    assert small()._repr_html_() == html.table(small())


def test_html_escapes_names_and_a_page_is_a_whole_document():
    made = replace(
        sheet(small(), columns=["name"]),
        title="<script>&",
        origin="",
        lines=(Line(('a"<b>',), True),),
        letters=(("H", "a < b"),),
        remarks=("x > y",),
    )
    text = html.page(made)
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">\n')
    assert "<title>&lt;script&gt;&amp;</title>" in text
    assert "<caption>&lt;script&gt;&amp; · input 3x8x8 · output 10</caption>" in text
    assert "<td>a&quot;&lt;b&gt;</td>" in text
    assert "<div><b>H</b> a &lt; b</div>\n<div>x &gt; y</div>" in text
    assert "script>" not in text.replace("&lt;script&gt;", "")


def test_the_csv_has_every_layer_and_raw_figures():
    assert (
        delimited.render(small(batch=2))
        == """\
name,layer,output,weights,parameters,macs,ops,activations,rf,jump,start
conv1,8C3p1,8x8x8,8x3x3x3 + 8,224,27648,1024,1024,3,1,-1
bn1,bn,8x8x8,8 + 8,16,0,2048,1024,3,1,-1
relu1,relu,8x8x8,,0,0,1024,1024,3,1,-1
gap1,GAP,8,,0,0,1024,16,all,,
dense1,10N,10,10x8 + 10,90,160,20,20,all,,
"""
    )


def test_the_csv_quotes_and_takes_columns():
    shape = Shape(8, (8, 8))
    net = analysis(
        [facts(node(0, "input", "x", shape)), facts(node(1, "a,b", "lrn(5)", shape), fields={"input": seen(1)})]
    )
    assert list(csv.reader(StringIO(delimited.render(net, ["name", "share"])))) == [["name", "share"], ["a,b", ""]]
    with pytest.raises(KeyError):
        delimited.render(net, ["nosuch"])
