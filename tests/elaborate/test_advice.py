from __future__ import annotations

from tests.elaborate.reading import codes, errors


def test_a_kernel_that_does_not_fit_is_offered_padding_that_mends_it() -> None:
    assert (
        errors("input 1x28x28\n6C5 - MP2\n16C5 - MP2\nMP2 - conv(120, 5)")
        == """\
error[E203]: a 5x5 kernel does not fit a 2x2 input
  --> net.spec:4:17
   |
 4 | MP2 - conv(120, 5)
   |                 ^ input here is 16x2x2
   |
   = sizes so far: 1x28x28 → 6x24x24 → 6x12x12 → 16x8x8 → 16x4x4 → 16x2x2
   = help: pad by 2, and the network checks clean
 4 | MP2 - conv(120, 5, pad=2)
   |                  +++++++

1 error"""
    )


def test_maps_eaten_away_are_offered_the_padding_that_papers_leave_out() -> None:
    assert (
        errors("3x16x16-2*64C3-MP2-2*128C3-MP2-256C3")
        == """\
error[E203]: a 3x3 kernel does not fit a 1x1 input
  --> net.spec:1:32
   |
 1 | 3x16x16-2*64C3-MP2-2*128C3-MP2-256C3
   |                                ^^^^^ input here is 128x1x1
   |
   = sizes so far: 3x16x16 → 64x14x14 → 64x12x12 → 64x6x6 → 128x4x4 → 128x2x2 → 128x1x1
   = help: pad by 1, and the network checks clean
 1 | 3x16x16-2*64C3-MP2-2*128C3-MP2-256C3p1
   |                                     ++

1 error"""
    )


def test_a_pool_that_does_not_fit_is_mended_at_the_convolutions() -> None:
    assert (
        errors("3x16x16-2*64C3-MP2-2*128C3-MP2-MP2")
        == """\
error[E203]: a 2x2 pool does not fit a 1x1 input
  --> net.spec:1:32
   |
 1 | 3x16x16-2*64C3-MP2-2*128C3-MP2-MP2
   |                                ^^^ input here is 128x1x1
   |
   = sizes so far: 3x16x16 → 64x14x14 → 64x12x12 → 64x6x6 → 128x4x4 → 128x2x2 → 128x1x1
   = help: pad the convolutions before it, as papers do without saying, and the network checks clean
 1 | 3x16x16-2*64C3p-MP2-2*128C3p-MP2-MP2
   |               +            +

1 error"""
    )


def test_a_shortcut_without_the_stride_is_offered_it() -> None:
    text = (
        "input 128x32x32\nadd {\n  | conv(128, 3, stride=2, pad=1) - bn - relu - 128C3p1 - bn\n  | 128C1 - bn\n}\nrelu"
    )
    assert (
        errors(text)
        == """\
error[E301]: `add` needs inputs of one shape, but its branches differ in height and width
  --> net.spec:2:1
   |
 2 | add {
   | ^^^ cannot add 128x16x16 to 128x32x32
 3 |   | conv(128, 3, stride=2, pad=1) - bn - relu - 128C3p1 - bn
   |                         - halves 32x32 to 16x16
 4 |   | 128C1 - bn
   |     ----- stays 32x32: stride is 1 here
   |
   = help: give this branch the same stride, and the network checks clean
 4 |   | 128C1s2 - bn
   |          ++

1 error"""
    )


def test_advice_that_leaves_other_errors_says_nothing_of_a_clean_network() -> None:
    text = errors("input 1x4x4\n6C5 as a\n@input - nosuch")
    assert "help: pad by 1\n" in text
    assert "checks clean" not in text


def test_advice_that_mends_nothing_is_not_given() -> None:
    # Padding the kernel makes it fit, but then the two branches differ.
    text = errors("input 1x4x4\nadd { | conv(1, 9) | MP4 }\n")
    assert "help" not in text


def test_no_edits_are_tried_on_very_long_texts() -> None:
    assert "help" not in errors("input 1x4x4\n6C5\n" + "# long\n" * 10_000)
    assert codes("input 1x4x4\n" + "@input - 6C5\n" * 30) == ["E203"] * 30
