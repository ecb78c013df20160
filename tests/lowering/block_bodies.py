"""Pieces that the bodies of random blocks are put together of: chains in terms of the parameters `c` and `s`."""

from __future__ import annotations

ON_MAPS = (
    "conv(c, 3, stride=s, pad=1) - bn - relu",
    "conv(2 * c, 1) as wide - relu - conv(c, 1)",
    "add { | conv(c, 3, stride=s, pad=1) - bn | conv(c, 1, stride=s) } - relu",
    "add { | conv(c, 3, pad=1) - conv(c, 3, stride=s, pad=1) | if s != 1 or in.c != c { conv(c, 1, stride=s) } }",
    "concat { | conv(c, 1) - relu | conv(max(1, c // 2), 3, pad=same) | }",
    "mul { | identity | GAP - dense(max(1, in.c // 2)) - relu - dense(in.c) - sigmoid }",
    "dwconv(3, stride=s, pad=1) - { conv(c, 1) - relu }",
    "s * { conv(in.c, 1) - relu }",
    "(s - 1) * relu",
    "each k in [1, 3] { conv(c, k, pad=same) - relu }",
    "if s == 1 { bn } else { lrn(3) - MP1s2 }",
    "relu as before - conv(in.c, 1) - sub { | | @before }",
)
ON_FEATURES = (
    "dense(c) - relu",
    "dense(c * s) as wide - bn - dropout - dense(c)",
    "add { | dense(c) | dense(c) - tanh | dense(c, bias=false) }",
    "concat { | dense(c) - relu | }",
    "s * { dense(in.c) - relu }",
    "mul { | | dense(in.c) - sigmoid }",
    "if s == 1 { layernorm } else { scale(bias=true) }",
    "each k in [2, s] { dense(k) - relu }",
)
ON_TOKENS = (
    "add { | layernorm - attention(1) | identity }",
    "add { | layernorm - dense(2 * in.c) - gelu - dense(in.c) | }",
    "attention(1, bias=false) - droppath(0.1)",
)

PIECES: dict[str, tuple[str, ...]] = {
    "1d": ON_MAPS,
    "2d": ON_MAPS,
    "3d": ON_MAPS,
    "vector": ON_FEATURES,
    "tokens": (*ON_TOKENS, *ON_FEATURES),
}
"""By the kind of value that flows into the block."""
