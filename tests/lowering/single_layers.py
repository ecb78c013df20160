"""Single layers with random arguments that take a given shape, as a spec writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from netspec.layers.base import Misuse
from netspec.shape import Count, Dim, Shape
from tests.layers.reading import layer_of

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
"""What hypothesis gives a composite strategy."""

Drawn = TypeVar("Drawn")

MOST_ELEMENTS = 3_000
"""Values larger than this make the tests slow."""


def pick(draw: Draw, choices: Sequence[Drawn]) -> Drawn:
    """One of the choices, the first where a failure is made small."""
    chosen: Drawn = draw(st.sampled_from(choices))
    return chosen


def seldom(draw: Draw) -> bool:
    """Yes, once in four times."""
    return pick(draw, (False, False, False, True))


def known(dim: Dim) -> int:
    """A size that is no letter."""
    assert isinstance(dim, int)
    return dim


@cache
def through(text: str, *inputs: Shape) -> Shape | None:
    """The shape that a layer gives, or None where it can't be used or gives too much."""
    try:
        output = layer_of(text).out_shape(inputs)
    except Misuse:
        return None
    count = output.at({"R": 3}).elements
    return output if isinstance(count, int) and count <= MOST_ELEMENTS else None


def single_layer(draw: Draw, shape: Shape) -> tuple[str, Shape]:
    """A layer that takes this shape, and what comes out."""
    word = pick(draw, WORDS[kind(shape)])
    text = ARGUMENTS[word](draw, shape) if word in ARGUMENTS else word
    output = through(text, shape)
    return ("relu", shape) if output is None else (text, output)


def kind(shape: Shape) -> str:
    """`tokens`, `vector`, or `1d`, `2d`, `3d`."""
    if shape.tokens is not None:
        return "tokens"
    return f"{shape.rank}d" if shape.rank else "vector"


# Arguments


def _size(draw: Draw, shape: Shape, choices: Sequence[int]) -> str:
    """One number, or one an axis: `3`, `1x3`."""
    if shape.rank > 1 and draw(st.booleans()):
        return "x".join(str(pick(draw, choices)) for _ in shape.sizes)
    return str(pick(draw, choices))


def _padding(draw: Draw, shape: Shape) -> str:
    """Every way of writing padding: `1`, `same`, `2x0`, `[1, 0]`, `[[1, 0], [2, 2]]`."""
    way = pick(draw, ("even", "same", "after", "each axis"))
    amounts = (0, 1, 2)
    if way == "even":
        return _size(draw, shape, amounts)
    if way == "same":
        return way
    pairs = [f"[{pick(draw, amounts)}, {pick(draw, amounts)}]" for _ in shape.sizes]
    return pairs[0] if way == "after" else f"[{', '.join(pairs)}]"


def _window(draw: Draw, shape: Shape, *more: str) -> list[str]:
    """`stride=2`, `pad=1`, `dilation=2`, each written or not."""
    written = [f"stride={_size(draw, shape, (1, 2, 3))}"] if draw(st.booleans()) else []
    if draw(st.booleans()):
        written.append(f"pad={_padding(draw, shape)}")
    if "dilation" in more and pick(draw, (False, False, True)):
        written.append(f"dilation={_size(draw, shape, (1, 2))}")
    return written


def _groups(draw: Draw, shape: Shape) -> int:
    return pick(draw, _divisors(shape.channels))


def _divisors(number: Count) -> list[int]:
    assert isinstance(number, int)
    return [each for each in range(1, number + 1) if number % each == 0]


def _flag(draw: Draw, name: str, default: bool) -> list[str]:
    return [f"{name}={str(not default).lower()}"] if pick(draw, (False, False, True)) else []


def _call(word: str, *arguments: object) -> str:
    return f"{word}({', '.join(map(str, arguments))})" if arguments else word


def _conv(draw: Draw, shape: Shape) -> str:
    maps, kernel = draw(st.integers(1, 8)), _size(draw, shape, (1, 3, 2, 4))
    if draw(st.booleans()):
        return f"{maps}C{kernel}{pick(draw, ('', 'p', 'p1', 's2p1'))}"
    if seldom(draw):
        channels = range(known(shape.channels))
        row = st.lists(st.sampled_from(channels), min_size=1, max_size=3, unique=True)
        rows = draw(st.lists(row, min_size=maps, max_size=maps))
        return _call("conv", maps, kernel, *_window(draw, shape, "dilation"), f"connect={rows}")
    groups = _groups(draw, shape) if draw(st.booleans()) else 1
    grouped = [f"groups={groups}"] if groups > 1 else []
    more = _window(draw, shape, "dilation")
    return _call("conv", groups * -(-maps // groups), kernel, *more, *grouped, *_flag(draw, "bias", True))


def _tconv(draw: Draw, shape: Shape) -> str:
    groups = _groups(draw, shape) if draw(st.booleans()) else 1
    more = _window(draw, shape, "dilation")
    if draw(st.booleans()):
        more.append(f"output_pad={_size(draw, shape, (0, 1))}")
    if groups > 1:
        more.append(f"groups={groups}")
    return _call("tconv", groups * draw(st.integers(1, 3)), _size(draw, shape, (2, 3, 4)), *more)


def _dwconv(draw: Draw, shape: Shape) -> str:
    more = _window(draw, shape, "dilation")
    multiplier = ["multiplier=2"] if draw(st.booleans()) else []
    return _call("dwconv", _size(draw, shape, (3, 2)), *more, *multiplier, *_flag(draw, "bias", True))


def _local(draw: Draw, shape: Shape) -> str:
    share = [f"share={_size(draw, shape, (1, 2))}"] if draw(st.booleans()) else []
    more = _window(draw, shape)
    return _call(
        "local", draw(st.integers(1, 4)), _size(draw, shape, (2, 3)), *more, *share, *_flag(draw, "bias", True)
    )


def _maxpool(draw: Draw, shape: Shape) -> str:
    more = _window(draw, shape, "dilation")
    return _call("maxpool", _size(draw, shape, (2, 3)), *more, *_flag(draw, "ceil", False))


def _avgpool(draw: Draw, shape: Shape) -> str:
    more = _window(draw, shape)
    ends = *_flag(draw, "ceil", False), *_flag(draw, "count_pad", True)
    return _call("avgpool", _size(draw, shape, (2, 3)), *more, *ends)


def _adaptivepool(draw: Draw, shape: Shape) -> str:
    return _call("adaptivepool", _size(draw, shape, (1, 2, 3)), *pick(draw, ((), ("mode=max",))))


def _reshape(draw: Draw, shape: Shape) -> str:
    count = shape.elements if shape.rows is None else shape.channels
    first = pick(draw, _divisors(count))
    assert isinstance(count, int)
    second = pick(draw, _divisors(count // first))
    return pick(draw, (f"reshape({count})", f"reshape({first}x{second}x{count // first // second})"))


def _slice(draw: Draw, shape: Shape) -> str:
    start = draw(st.integers(0, known(shape.channels) - 1))
    return _call("slice", start, draw(st.integers(start + 1, known(shape.channels))))


def _crop(draw: Draw, shape: Shape) -> str:
    return "crop(" + "x".join(str(draw(st.integers(1, known(size)))) for size in shape.sizes) + ")"


def _zeropad(draw: Draw, shape: Shape) -> str:
    amounts = [_size(draw, shape, (1, 0, 2)) for _ in range(pick(draw, (1, 2)))]
    channels = pick(draw, ((), ("channels=1",), ("channels=[0, 2]",)))
    return _call("zeropad", *amounts, *channels)


def _upsample(draw: Draw, shape: Shape) -> str:
    factor = _size(draw, shape, (2, 1, 3))
    straight = ("linear", "bilinear", "trilinear")[shape.rank - 1]
    return _call("upsample", factor, *pick(draw, ((), (f"mode={straight}",), (f"mode={straight}", "corners=true"))))


def _permute(draw: Draw, shape: Shape) -> str:
    axes = 2 if shape.tokens is not None else 1 + shape.rank
    return _call("permute", draw(st.permutations(range(axes))))


def _attention(draw: Draw, shape: Shape) -> str:
    heads, bias = _groups(draw, shape), _flag(draw, "bias", True)
    if shape.tokens is not None:
        return _call("attention", heads, *bias)
    shift = ["shift=1"] if draw(st.booleans()) else []
    return _call("attention", heads, f"window={pick(draw, (2, 3, 4))}", *shift, *bias, *_flag(draw, "relative", True))


def _one_of(*texts: str) -> Callable[[Draw, Shape], str]:
    return lambda draw, shape: pick(draw, texts)


def _grouped(word: str) -> Callable[[Draw, Shape], str]:
    return lambda draw, shape: _call(word, _groups(draw, shape))


ARGUMENTS: dict[str, Callable[[Draw, Shape], str]] = {
    "conv": _conv,
    "tconv": _tconv,
    "dwconv": _dwconv,
    "local": _local,
    "maxpool": _maxpool,
    "avgpool": _avgpool,
    "adaptivepool": _adaptivepool,
    "subsample": _one_of("subsample(2)", "subsample(3, stride=2)", "subsample(2, stride=1)"),
    "spp": _one_of("spp([2, 1])", "spp([3, 1], mode=avg)", "spp([1])"),
    "dense": lambda draw, shape: pick(draw, ("{}N", "dense({}, bias=false)")).format(draw(st.integers(1, 12))),
    "reshape": _reshape,
    "rbf": _one_of("rbf(5)", "rbf(1)"),
    "lowrank": _one_of("lowrank(6, rank=2)", "lowrank(3, 1)"),
    "relu": _one_of("relu", "relu(limit=6)"),
    "leaky": _one_of("leaky", "leaky(0.2)"),
    "prelu": _one_of("prelu", "prelu(shared=true)"),
    "elu": _one_of("elu", "elu(0.5)"),
    "gelu": _one_of("gelu", "gelu(approximate=true)"),
    "maxout": _grouped("maxout"),
    "bn": _one_of("bn", "bn(eps=0.001)", "bn(affine=false)"),
    "lrn": _one_of("lrn", "lrn(size=3, k=2)"),
    "layernorm": _one_of("layernorm", "layernorm(1e-6)"),
    "groupnorm": _grouped("groupnorm"),
    "instancenorm": _one_of("instancenorm", "instancenorm(affine=true)"),
    "l2norm": _one_of("l2norm", "l2norm(scale=20)"),
    "scale": _one_of("scale", "scale(1e-5)", "scale(bias=true)", "scale(1/9, trained=false)"),
    "dropout": _one_of("dropout", "dropout(0.1)"),
    "droppath": _one_of("droppath(0.1)"),
    "noise": _one_of("noise", "noise(0.3)"),
    "slice": _slice,
    "crop": _crop,
    "zeropad": _zeropad,
    "upsample": _upsample,
    "pixelshuffle": _one_of("pixelshuffle(2)", "pixelshuffle(1)"),
    "shuffle": _grouped("shuffle"),
    "permute": _permute,
    "patches": _one_of("patches(2, 6)", "patches(3, 4, bias=false)", "patches(1, 4)"),
    "taketoken": _one_of("taketoken", "taketoken(1)"),
    "attention": _attention,
}
"""How the layers with arguments are written; the others are their word."""

ANYWHERE = (
    "relu", "dense", "bn", "leaky", "prelu", "elu", "selu", "gelu", "silu", "hardswish", "hardsigmoid", "sigmoid",
    "tanh", "scaledtanh", "softmax", "logsoftmax", "maxout", "layernorm", "l2norm", "scale", "dropout", "droppath",
    "noise", "identity", "flatten", "rbf", "lowrank", "slice",
)  # fmt: skip
ON_MAPS = (
    "conv", "conv", "conv", "maxpool", "maxpool", "avgpool", "dwconv", "tconv", "gap", "gmp", "local", "adaptivepool",
    "subsample", "spp", "reshape", "lrn", "instancenorm", "crop", "zeropad", "upsample", "shuffle", "permute",
    "patches", "patches", "patches", "patches", "patches",
    "groupnorm",
)  # fmt: skip
ON_TOKENS = ("attention", "classtoken", "position", "taketoken", "permute", "gap", "gmp")

WORDS: dict[str, tuple[str, ...]] = {
    "vector": (*ANYWHERE, "reshape", "groupnorm"),
    "tokens": (*ON_TOKENS, *ON_TOKENS, *ON_TOKENS, *ANYWHERE),
    "1d": ON_MAPS + ANYWHERE,
    "2d": ("conv", *ON_MAPS, *ANYWHERE, "pixelshuffle", "attention"),
    "3d": ON_MAPS + ANYWHERE,
}
"""The layers that take each kind of value; the first is the plainest."""
