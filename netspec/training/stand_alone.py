"""A trained network as a Python file that needs torch only: its classes, and from a picture to the names of classes.

What is done to pictures is the text of netspec's own functions, so that the file gives the same numbers.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from types import ModuleType

from netspec.data import pictures, sizes, steps
from netspec.layers.base import Layer
from netspec.lowering.layout import layout
from netspec.lowering.roles import EVALUATION, roles
from netspec.lowering.source import Ending, source
from netspec.training.intake import Intake, intake
from netspec.training.predicting import TOP
from netspec.training.trained import Trained

NAMES = frozenset({"sys", "Path", "Image", "Size", "GREY", "CLASSES", "MEAN", "STD", "WEIGHTS", "TYPE_CHECKING"})
"""What the file calls so is no class of the network."""

IMPORTS = ("import sys", "from pathlib import Path", "from typing import TYPE_CHECKING")

PREDICTED = """\
def load(path: str | Path = WEIGHTS) -> {name}:
    \"\"\"The network with its trained weights, in evaluation mode.\"\"\"
    net = {name}()
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return net.eval()


def picture(path: str | Path) -> Tensor:
    \"\"\"The pixels of an image file, turned as its camera says: uint8 (1, {read}, H, W). Needs Pillow.\"\"\"
    from PIL import Image, ImageOps

    with Image.open(path) as file:
        image = _without_transparency(_deep(ImageOps.exif_transpose(file))).convert("{mode}")
    pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return pixels.reshape(1, image.height, image.width, {read}).permute(0, 3, 1, 2)


def fitted(images: Tensor) -> Tensor:
    \"\"\"Pixels as the network was trained on them: uint8 (N, {read}, H, W) -> uint8 (N, {shape}).\"\"\"
{fitting}
    return images


def normalised(images: Tensor) -> Tensor:
    \"\"\"Fitted pixels, uint8 (N, {shape}), as numbers that the network takes.\"\"\"
    mean, std = (torch.tensor(each, device=images.device).view(-1, 1, 1) for each in (MEAN, STD))
    return (images.float() / 255 - mean) / std


def probabilities(net: nn.Module, images: Tensor) -> Tensor:
    \"\"\"Normalised images (N, {shape}) -> the probability of each class (N, {count}).\"\"\"
{probabilities}
"""

MAIN = """\
def main() -> None:
    \"\"\"Print what the pictures on the command line are taken for; without any, the shape that comes out.\"\"\"
    net = load()
    with torch.inference_mode():
        for name in sys.argv[1:]:
            best = probabilities(net, normalised(fitted(picture(name))))[0].topk({top})
            print(name)
            for part, label in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                print(f"  {{100 * part:6.2f}} %  {{CLASSES[label]}}")
        if not sys.argv[1:]:
            print(tuple(probabilities(net, torch.zeros(1, {shape})).shape))"""


def stand_alone(made: Trained, name: str) -> str:
    """The text of a file of this name; it looks for its weights beside it, under the same name with `.pt`."""
    way, count = intake(made.task), _count(made)
    shape = ", ".join(map(str, way.shape))
    used = _fitting(way)

    def functions(network: str) -> list[list[str]]:
        values = {
            "name": network,
            "read": way.channels,
            "mode": "L" if way.channels == 1 else "RGB",
            "shape": shape,
            "fitting": "\n".join(f"    {line}" for line in used),
            "count": count,
            "probabilities": "\n".join(f"    {line}" for line in _probabilities(made)),
        }
        own = PREDICTED.format(**values).rstrip("\n").split("\n\n\n")
        copied = _copies(used)
        return [*map(str.splitlines, own), *copied, MAIN.format(shape=shape, top=min(TOP, count)).splitlines()]

    return source(made.graph, Ending(_remark(made, name), IMPORTS, _constants(made, count), functions, NAMES))


def _count(made: Trained) -> int:
    """How many outputs the network has for its classes."""
    count = made.graph.nodes[made.graph.outputs[made.network.primary]].shape.channels
    assert isinstance(count, int)
    return count


def _remark(made: Trained, name: str) -> list[str]:
    weights = PurePath(name).with_suffix(".pt").name
    return [
        f"Trained on {made.task.data}. The weights are in `{weights}`, which belongs beside this file:",
        f"`python {name} picture.png` says what the picture is taken for. That needs Pillow, all else torch alone.",
    ]


def _constants(made: Trained, count: int) -> list[list[str]]:
    classes = made.task.classes
    named = (*classes, *(f"#{label}" for label in range(len(classes), count)))
    normal = made.task.normalization
    return [
        ["if TYPE_CHECKING:", "    from PIL.Image import Image"],
        ['WEIGHTS = Path(__file__).with_suffix(".pt")'],
        layout(named, 0, "CLASSES = "),
        [
            *layout(tuple(normal.mean), 0, "MEAN = "),
            *layout(tuple(normal.std), 0, "STD = "),
            '"""Mean and deviation of each channel, of pixels from 0 to 1."""',
        ],
        [f"GREY = {pictures.GREY!r}".replace("'", '"'), '"""What Pillow calls grey images."""'],
        ["Size = tuple[int, int]", '"""Height and width in pixels."""'],
    ]


# Fitting


def _fitting(way: Intake) -> list[str]:
    """The lines that fit images of any size, read with the channels of the set."""
    lines = []
    done = way.steps_for(way.channels, None)
    for each in done:
        size = each.get("size", (0, 0))
        lines.append(f"images = _{each['name']}(images, {tuple(size)})")
    return lines or [f"# they are {'x'.join(map(str, way.shape))} already"]


def _copies(used: Sequence[str]) -> Iterator[list[str]]:
    """The functions of netspec that these lines call, and those that they call themselves."""
    text = "\n".join(used)
    names = [name for name in ("_grey", "_colour", "_pad", "_resize", "_crop") if f"{name}(" in text]
    if "_resize" in names:
        yield _function(sizes, "covering")
        names = ["_crop", *(name for name in names if name != "_crop")]
    for name in names:
        yield _function(steps, name)
    for name in ("_deep", "_without_transparency"):
        yield _function(pictures, name)


def _function(module: ModuleType, name: str) -> list[str]:
    """The lines of a function."""
    text = inspect.getsource(module)
    node = next(each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef) and each.name == name)
    return text.splitlines()[node.lineno - 1 : node.end_lineno]


# What comes out


def _probabilities(made: Trained) -> list[str]:
    """The lines that make probabilities of what the network gives."""
    graph = made.graph
    number = graph.outputs[made.network.primary]
    node, when = graph.nodes[number], roles(graph)
    several = len([name for name in graph.outputs if name not in when.auxiliary]) > 1
    one = f'net({{}})["{made.network.primary}"]' if several else "net({})"
    one += "" if len(node.shape.dims) == 1 else ".flatten(1)"
    one = _softmax(node.layer, one, applied=when.when[number] == EVALUATION)
    if not made.task.settings.test_flips:
        return [f"found: Tensor = {one.format('images')}", "return found"]
    both = f"{one.format('images')} + {one.format('images.flip(3)')}"
    return [f"found: Tensor = {both}  # of the image and its mirror image", "return found / 2"]


def _softmax(layer: Layer, value: str, *, applied: bool) -> str:
    """The probabilities as code; `applied` is whether the network itself ends in a softmax."""
    if layer.name == "rbf":
        return f"(-{value}).softmax(1)"
    if not applied:
        return f"{value}.softmax(1)"
    return f"{value}.exp()" if layer.name == "logsoftmax" else value
