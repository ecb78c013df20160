"""How images come to fit a network: the size that it is trained at, and what is done to the images for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from netspec.data.dataset import DataError
from netspec.data.fit_report import Sides, misfit
from netspec.data.sizes import ImageShape, Size, by, covers, pair, short, size_of
from netspec.data.steps import SIZED, Step, after, step
from netspec.diagnostics import SpecError
from netspec.graph import Graph
from netspec.records import frozen, replace
from netspec.shape import Shape

WINDOWS = ("crop", "resizedcrop")
"""The augmentations after which images have another size."""

NEARLY = (5, 4)
"""Images are padded if the network's input is at most 5/4 of their size along both sides, else resized."""

AROUND = (8, 7)
"""Of images that differ in size, 256x256 is kept where windows of 224x224 are cut."""

Compile: TypeAlias = Callable[[ImageShape], Graph]


@frozen
class Wanted:
    """What the spec takes as it is `written`, and what it is `forced` to take, if anything."""

    written: Shape
    forced: Shape | None

    @property
    def shape(self) -> Shape:
        """What flows in unless the images decide."""
        return self.forced or self.written

    @property
    def channels(self) -> int | None:
        """The channels of an image that flows in, None for one of any number, or no image."""
        return self.shape.channels if self.shape.rank == 2 and isinstance(self.shape.channels, int) else None

    @property
    def size(self) -> Size | None:
        """Height and width of an image that flows in, None where they are open, or no image."""
        return size_of(self.shape)


@frozen
class Plan:
    """What is done: `steps` make all images `images`, `augment` makes training images `shape`, `test_steps` the others.

    `notes` say so, one a change.
    """

    steps: tuple[Step, ...]
    images: ImageShape
    shape: ImageShape
    augment: tuple[Mapping[str, Any], ...]
    test_steps: tuple[Step, ...]
    notes: tuple[str, ...]


@frozen
class _Now:
    """The images after some steps; `size` is None while they differ in it. `sized` is whether a step has set it."""

    channels: int
    size: Size | None
    steps: tuple[Step, ...] = ()
    sized: bool = False


def planned(sides: Sides, wanted: Wanted, compile: Compile) -> Plan:
    """How the images of a set come to fit.

    `compile` gives the network at another input. Raises DataError if they can't be fitted.
    """
    shape = sides.dataset.shape
    start = _Now(sides.dataset.channels, shape[1:] if shape is not None else None)
    recipe = sides.graph.train
    now = _as_asked(sides, start, recipe.get("input", ()), wanted)
    augment = tuple(recipe.get("augment", ()))
    window = next((pair(each["size"]) for each in reversed(augment) if each["name"] in WINDOWS), None)
    own = window is not None and window == size_of(wanted.written)
    _check_channels(sides, now, wanted)
    if window is not None and not own and wanted.forced is None:
        now, at = _around(sides, now, window, wanted, compile), window
    elif wanted.forced is not None:
        now, at = _towards_forced(sides, now, wanted, own)
    else:
        now, at = _towards_size(sides, now, wanted, own, compile)
    now = _in_colour(sides, now, at, wanted, compile)
    assert now.size is not None
    return _plan(sides, now, at, augment, wanted)


# What the recipe asks for


def _as_asked(sides: Sides, now: _Now, chain: Sequence[Mapping[str, Any]], wanted: Wanted) -> _Now:
    """The images after the steps of the recipe's `input`."""
    for choice in chain:
        name = choice["name"]
        if name not in SIZED:
            now = _stepped(sides, now, step(name))
            continue
        size = pair(choice["size"]) if choice.get("size") is not None else wanted.size
        if size is None:
            raise misfit(f"`input = {name}` needs a size, and the spec has none", sides, f"write one: `{name}(224)`")
        if now.size is None and name != "resize":
            way = f"resize them first: `input {{ resize({by(size)}) - {name}({by(size)}) }}`"
            raise misfit(f"`input = {name}` takes images of one size, and these differ", sides, way)
        now = replace(_stepped(sides, now, step(name, size)), sized=True)
    return now


def _stepped(sides: Sides, now: _Now, each: Step) -> _Now:
    """The images after one more step, which is left out if it changes nothing."""
    before = (now.channels, *(now.size or each.get("size", (1, 1))))
    try:
        channels, height, width = after(each, before)
    except DataError as error:
        raise misfit(str(error), sides) from None
    if (channels, height, width) == before and now.size is not None:
        return now
    size = (height, width) if now.size is not None or each["name"] in SIZED else None
    if size is None and channels == now.channels:
        return now
    return replace(now, channels=channels, size=size, steps=(*now.steps, each))


def _check_channels(sides: Sides, now: _Now, wanted: Wanted) -> None:
    """That no colour is lost, and that there are as many channels as a network in colour takes."""
    takes = wanted.channels
    if takes is None or takes == now.channels or (now.channels, takes) == (1, 3):
        return
    ways = []
    if (now.channels, takes) == (3, 1):
        ways.append("make the images grey: `input = grey` in the train section, or --set train.input=grey")
    if wanted.forced is None and now.size is not None:
        ways.append(f"or let the network take them as they are: --input {now.channels}x{by(now.size)}")
    colour = "colour" if now.channels == 3 else f"{now.channels} channel{'s' * (now.channels > 1)}"
    raise misfit(f"the images have {colour}, and the spec takes {takes} channel{'s' * (takes > 1)}", sides, *ways)


# The size


def _around(sides: Sides, now: _Now, window: Size, wanted: Wanted, compile: Compile) -> _Now:
    """Images that windows of a size which is not the spec's are cut from."""
    failed = _failure(compile, (wanted.channels or now.channels, *window))
    if failed is not None:
        what = f"the recipe cuts windows of {by(window)}, and it does not compile at that: {failed}"
        raise misfit(what, sides, "change `augment` in the train section")
    return now if now.size is not None else _stepped(sides, now, step("resize", _larger(window)))


def _towards_forced(sides: Sides, now: _Now, wanted: Wanted, windows: bool) -> tuple[_Now, Size]:
    """The images at a size that was given, or that can't be changed; larger ones stay if windows are cut from them."""
    size = wanted.size
    if size is None or wanted.channels is None:
        raise misfit("it takes no images", sides)
    return _towards(sides, now, size, windows), size


def _towards_size(sides: Sides, now: _Now, wanted: Wanted, windows: bool, compile: Compile) -> tuple[_Now, Size]:
    """The images and the network at a common size: the images' own if it compiles there, else the spec's."""
    written = wanted.size
    if now.size is not None:
        if written is not None and windows and covers(now.size, written):
            return now, written
        failed = _failure(compile, (now.channels, *now.size))
        if failed is None:
            return now, now.size
        if now.channels == 1 and wanted.channels == 3 and _failure(compile, (3, *now.size)) is None:
            return now, now.size
        if now.sized or written is None:
            at = f"{now.channels}x{by(now.size)}"
            way = "give another size in `input`" if now.sized else "resize the images: `input = resize(32)`, say"
            raise misfit(f"it does not compile at {at}: {failed}", sides, way)
    if written is None:
        raise misfit("the images differ in size, and the spec has none", sides, "give it one: --input 3x224x224, say")
    return _towards(sides, now, written, windows), written


def _towards(sides: Sides, now: _Now, size: Size, windows: bool) -> _Now:
    """The images at a size; larger where windows are cut from them, and they are larger or differ."""
    if now.size is None:
        return _stepped(sides, now, step("resize", _larger(size) if windows else size))
    if windows and covers(now.size, size):
        return now
    near = all(own * NEARLY[0] >= to * NEARLY[1] for own, to in zip(now.size, size, strict=True))
    return _stepped(sides, now, step("pad" if near and covers(size, now.size) else "resize", size))


def _in_colour(sides: Sides, now: _Now, at: Size, wanted: Wanted, compile: Compile) -> _Now:
    """Grey images made colour where the network takes colour, and is not trained at the images' own shape."""
    if now.channels != 1 or wanted.channels != 3:
        return now
    moved = wanted.forced is not None or (at == wanted.size and bool(now.steps))
    if moved or _failure(compile, (1, *at)) is not None:
        return _stepped(sides, now, step("colour"))
    return now


def _failure(compile: Compile, shape: ImageShape) -> str | None:
    """Why the network does not compile at a shape; None if it does."""
    try:
        compile(shape)
    except SpecError as error:
        return error.diagnostics[0].title
    return None


# The plan


def _plan(sides: Sides, now: _Now, at: Size, augment: Sequence[Mapping[str, Any]], wanted: Wanted) -> Plan:
    assert now.size is not None
    written = size_of(wanted.written)
    cut, notes = [], list(_size_notes(sides, now, at, wanted))
    for each in augment:
        if each["name"] in WINDOWS and pair(each["size"]) == written != at:
            notes.append(f"{each['name']}({short(each['size'])}) is {each['name']}({short(at)})")
            each = {**each, "size": at[0] if at[0] == at[1] else at}
        cut.append(each)
    _check_windows(sides, now.size, cut, at)
    test = () if now.size == at else (_middle(now.size, at, augment),)
    if test:
        notes.append(
            f"tested on the middle {by(at)}" if test[0]["name"] == "crop" else f"{_DONE[test[0]['name']]} in tests"
        )
    shape = (now.channels, *at)
    return Plan(now.steps, (now.channels, *now.size), shape, tuple(cut), test, tuple(notes))


def _middle(size: Size, at: Size, augment: Sequence[Mapping[str, Any]]) -> Step:
    """What makes test images as large as the windows: their middle, or what `crop` with `pad` would cut from there."""
    if covers(size, at):
        return step("crop", at)
    last = [each["name"] for each in augment if each["name"] in WINDOWS][-1]
    return step("pad" if last == "crop" and covers(at, size) else "resize", at)


def _check_windows(sides: Sides, size: Size, augment: Sequence[Mapping[str, Any]], at: Size) -> None:
    """That each window fits into the images that it is cut from, and the last is what the network gets."""
    windows = [pair(each["size"]) for each in augment if each["name"] in WINDOWS]
    if windows and windows[-1] != at:
        what = f"the recipe cuts windows of {by(windows[-1])}, and the network gets {by(at)}"
        raise misfit(what, sides, "change `augment` in the train section")
    for each in augment:
        if each["name"] == "crop":
            window, pad = pair(each["size"]), each.get("pad", 0)
            if not covers((size[0] + 2 * pad, size[1] + 2 * pad), window):
                what = f"`crop({short(each['size'])})` is larger than the images, {by(size)}"
                raise misfit(what, sides, "leave it out of `augment`, or make the images larger: `input = resize`")
        if each["name"] in WINDOWS:
            size = pair(each["size"])


def _size_notes(sides: Sides, now: _Now, at: Size, wanted: Wanted) -> Sequence[str]:
    """What was done to the images, and the size of the network if it is not the spec's."""
    notes = []
    done = ", ".join(_DONE[each["name"]] + (f" to {by(each['size'])}" if "size" in each else "") for each in now.steps)
    if done:
        images = sides.dataset.size if sides.dataset.shape is not None else "of different sizes"
        notes.append(f"images {images} {done}")
    flows = f"{now.channels}x{by(at)}"
    if flows != str(wanted.written):
        notes.append(f"trained at {flows} instead of {wanted.written}")
    return notes


_DONE = {
    "resize": "resized",
    "pad": "padded",
    "crop": "cropped",
    "grey": "made grey",
    "colour": "made colour",
}


def _larger(size: Size) -> Size:
    return -(-size[0] * AROUND[0] // AROUND[1]), -(-size[1] * AROUND[0] // AROUND[1])
