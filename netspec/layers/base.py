"""What every layer declares, and the data in which it declares it.

A layer is one frozen record: its fields are its arguments, and its methods answer every question that netspec asks
about it (`docs/adding-a-layer.md` walks through one). `Layer` is abstract and every layer is final: arithmetic is
shared by functions, and a layer whose answer is the common one says so by assigning it (`weights = no_weights`).

Methods take `inputs`, the shapes that flow in (one for most layers, one a branch for a merging layer), and where it
helps `output`, the shape that `out_shape` gave for them. Layers never see a span: misuse is raised as `Misuse`, naming
the argument at fault, and `elaborate` knows where that argument was written.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

from netspec.layers.windows import Reach, carry
from netspec.records import field, frozen
from netspec.shape import Count, Dim, Shape

Shapes: TypeAlias = tuple[Shape, ...]


@frozen
class Fix:
    """An edit of the layer's arguments that should mend a misuse: it is tried before it is offered.

    `changes` maps argument names to the text of their new value; `why` completes the sentence "help: …".
    """

    why: str
    changes: Mapping[str, str]


class Misuse(Exception):
    """A layer is used in a way that it can't be.

    `what` is the title of the error, in the user's words and with the numbers; `at` names the argument at fault (None:
    the layer itself); `here` is the label under the caret; `notes` state the law; `fixes` are edits worth trying.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        at: str | None = None,
        here: str = "",
        notes: tuple[str, ...] = (),
        fixes: tuple[Fix, ...] = (),
        branch: int | None = None,
    ) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.at = at
        self.here = here
        self.notes = notes
        self.fixes = fixes
        self.branch = branch  # a merging layer: which branch (from 0) is at fault, if one is


@frozen
class Weight:
    """A tensor that a layer owns: a trained parameter, or a buffer (batch normalisation's running statistics)."""

    shape: tuple[Dim, ...]
    trained: bool = True


@frozen
class Keeps:
    """What autograd keeps of one layer for the backward pass, besides its weights.

    `inputs` are the positions of the inputs that are kept, `output` whether the output is; `extra_bytes` are tensors of
    the layer's own per image whose size does not follow the network's number type (a pool's int64 indices, a dropout
    mask), `extra` elements of the network's number type (a group norm's means and deviations), and `once` such elements
    that are kept once for all images of a batch (batch normalisation's).
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    extra: Count = 0
    extra_bytes: Count = 0
    once: Count = 0


@frozen
class Step:
    """One hand calculation: `formula` in letters, `worked` with the numbers filled in, `result`.

    `Step("height", "(n − k + 2p)/s + 1", "(227 − 11 + 2·0)/4 + 1", "55")`; `what` is one of "size", a weight's name,
    "parameters", "macs", "ops" or a word of the layer's own.
    """

    what: str
    formula: str
    worked: str
    result: str


@frozen
class Call:
    """A torch call as data, from which the live module and the exported source are both made.

    `target` is `nn.Conv2d` (a module, `arguments` its constructor's), `torch.cat` or `F.pad` (a function of the value,
    or of the list of values, that flows in), `operator.add` or another of `OF_TWO` (a function of two values, applied
    from the left to all that flow in), or `ours.Subsample` (a module of `netspec.lowering.modules`).
    """

    target: str
    arguments: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.target}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


OF_TWO = ("operator.add", "operator.sub", "operator.mul", "torch.maximum", "F.pairwise_distance")
"""Targets that take two values."""


def call(target: str, **arguments: Any) -> Call:
    """`call("nn.Conv2d", in_channels=3, …)`."""
    return Call(target, arguments)


@frozen
class Example:
    """A use of the layer with what comes out: it drives tests, the layer reference and `netspec layers NAME`.

    `spec` is the layer as a spec writes it; `inputs` the shapes that flow in (`"3x227x227"`, several for a merging
    layer); `output` the shape; `parameters` those trained; `macs` per image.
    """

    spec: str
    inputs: str | tuple[str, ...]
    output: str
    parameters: int = 0
    macs: int = 0
    note: str = ""


class Layer(ABC):
    """One kind of layer. The class attributes and methods below are all that netspec knows about it."""

    __slots__ = ()

    name: ClassVar[str]
    """The word that a spec uses."""

    family: ClassVar[str]
    """The family under which `netspec layers` lists it."""

    merges: ClassVar[bool] = False
    """Whether it takes several values (`add { | … | … }`) instead of one."""

    examples: ClassVar[tuple[Example, ...]]

    @abstractmethod
    def out_shape(self, inputs: Shapes) -> Shape:
        """The shape that comes out. Raises `Misuse` when the layer can't be used on these inputs."""

    @abstractmethod
    def weights(self, inputs: Shapes) -> Mapping[str, Weight]:
        """The tensors that the layer owns, by torch's name for them, in torch's order."""

    @abstractmethod
    def macs(self, inputs: Shapes, output: Shape) -> Count:
        """Multiply-accumulates per image: convolutions and matrix products only; no biases."""

    @abstractmethod
    def ops(self, inputs: Shapes, output: Shape) -> Count:
        """Element operations per image: all arithmetic that is not in `macs` (biases, activations, pools, norms)."""

    @abstractmethod
    def window(self, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
        """Which inputs one output sees, per input: what the receptive field needs."""

    @abstractmethod
    def keeps(self, inputs: Shapes, output: Shape) -> Keeps:
        """What autograd keeps for the backward pass."""

    @abstractmethod
    def explain(self, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
        """The hand calculations of size, parameters and MACs."""

    @abstractmethod
    def torch(self, inputs: Shapes, output: Shape) -> tuple[Call, ...]:
        """The torch calls that compute the layer, one after the other; the module among them owns the weights."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        missing = [name for name in DECLARED if name not in cls.__dict__]
        if missing:
            raise TypeError(f"layer {cls.__name__} does not declare {', '.join(missing)}")


DECLARED = ("name", "family", "examples", "out_shape", "weights", "macs", "ops", "window", "keeps", "explain", "torch")
"""What each layer says for itself: a class that leaves one out does not load."""


# The common answers, to be assigned in a layer's body: `weights = no_weights`.


def same_shape(self: Layer, inputs: Shapes) -> Shape:
    """What flows in flows out."""
    return inputs[0]


def no_weights(self: Layer, inputs: Shapes) -> Mapping[str, Weight]:
    """Nothing to train."""
    return {}


def no_count(self: Layer, inputs: Shapes, output: Shape) -> Count:
    """No operations: data is moved or passed on."""
    return 0


def one_per_output(self: Layer, inputs: Shapes, output: Shape) -> Count:
    """One operation per element of the output."""
    return output.elements


def pointwise(self: Layer, inputs: Shapes, output: Shape) -> tuple[Reach, ...]:
    """An output sees the place where it stands, in every input."""
    return (carry,) * len(inputs)


def keeps_nothing(self: Layer, inputs: Shapes, output: Shape) -> Keeps:
    """The backward pass needs nothing of this layer (sums, views)."""
    return Keeps()


def keeps_input(self: Layer, inputs: Shapes, output: Shape) -> Keeps:
    """The backward pass needs the input."""
    return Keeps(inputs=(0,))


def keeps_output(self: Layer, inputs: Shapes, output: Shape) -> Keeps:
    """The backward pass needs the output only (ReLU, sigmoid, tanh, softmax)."""
    return Keeps(output=True)


def no_steps(self: Layer, inputs: Shapes, output: Shape) -> tuple[Step, ...]:
    """Nothing to calculate."""
    return ()


def trained_count(weights: Mapping[str, Weight]) -> Count:
    """The number of trained parameters in these weights."""
    from netspec.shape import product, total

    return total(product(weight.shape) for weight in weights.values() if weight.trained)


def decimal(value: Fraction | int) -> str:
    """A rational as a spec or torch would write it: `0.1`, `2`, `1/3` where no short decimal is exact."""
    if value == int(value):
        return str(int(value))
    text = repr(float(value))
    return text if Fraction(text) == value else f"{Fraction(value)}"
