"""The words that settings of a recipe take, with their arguments and defaults, and the kinds of values they take.

Defaults are exact, as a spec would write them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from netspec.layers.arguments import COUNT, FLAG, NUMBER, POSITIVE, SHARE, SIZE, WHOLE, Argument, Kind, Word, one_of
from netspec.recipe.kinds import EPOCHS, FALLING, FROM_ZERO, NAMES, NUMBERS, PART
from netspec.records import MISSING, frozen


@frozen
class Choice:
    """A word that a setting takes, with its arguments: `sgd(lr=0.1, momentum=0.9)`."""

    name: str
    help: str
    arguments: tuple[Argument, ...] = ()


def choice(name: str, help: str, *arguments: Argument) -> Choice:
    """A row of the tables below."""
    return Choice(name, help, arguments)


def takes(name: str, kind: Kind, help: str, default: Any = MISSING) -> Argument:
    """An argument of a choice; one without a default must be given."""
    return Argument(name, kind, help, default)


MOMENTUM = takes("momentum", SHARE, "part of the last step that is kept", 0)
NESTEROV = takes("nesterov", FLAG, "look ahead along the momentum (Nesterov)", False)
DECAY = takes("weight_decay", FROM_ZERO, "part of the weights taken away, times the rate, at each step", 0)
EPS = takes("eps", POSITIVE, "added to a denominator", Fraction("1e-8"))
BETAS = (
    takes("beta1", SHARE, "how much of the mean gradient is kept", Fraction("0.9")),
    takes("beta2", SHARE, "how much of the mean squared gradient is kept", Fraction("0.999")),
)
SHARE_OF_LOSS = takes("weight", FROM_ZERO, "factor of this loss in the sum over the outputs", 1)
WARMUP = takes("warmup", FROM_ZERO, "epochs in which the rate first rises from nought", 0)
CHANCE = takes("chance", PART, "how often", Fraction("0.5"))


def _rate(default: str) -> Argument:
    return takes("lr", POSITIVE, "learning rate", Fraction(default))


def _factor(default: str) -> Argument:
    return takes("factor", FALLING, "what the rate is multiplied by", Fraction(default))


LOSSES = (
    choice(
        "cross_entropy",
        "cross-entropy of the softmax with the class",
        takes("smoothing", SHARE, "part of the target spread over all classes", 0),
        SHARE_OF_LOSS,
    ),
    choice("squared_error", "mean squared error; a class becomes a vector with a one in its place", SHARE_OF_LOSS),
    choice("multi_label", "sum of a logistic loss for each class", SHARE_OF_LOSS),
    choice(
        "hinge",
        "support vector machine, one against the rest",
        takes("margin", POSITIVE, "distance that costs nothing", 1),
        takes("squared", FLAG, "square of the hinge", True),
        SHARE_OF_LOSS,
    ),
    choice(
        "smooth_l1",
        "quadratic near nought, linear beyond (Girshick 2015)",
        SHARE_OF_LOSS,
        takes("beta", POSITIVE, "where the one becomes the other", 1),
    ),
    choice(
        "contrastive",
        "pairs: near if they belong together, else apart (Hadsell 2006)",
        takes("margin", POSITIVE, "distance beyond which a pair costs nothing", 1),
        SHARE_OF_LOSS,
    ),
    choice(
        "reconstruction",
        "squared error against the input",
        takes("sparsity", FROM_ZERO, "factor of the KL divergence of the mean activation from `target`", 0),
        takes("target", SHARE, "mean activation that is aimed at", Fraction("0.05")),
        SHARE_OF_LOSS,
    ),
)

OPTIMIZERS = (
    choice("sgd", "gradient descent", takes("lr", POSITIVE, "learning rate"), MOMENTUM, NESTEROV, DECAY),
    choice(
        "momentum",
        "gradient descent with momentum",
        takes("lr", POSITIVE, "learning rate"),
        takes("momentum", SHARE, MOMENTUM.help, Fraction("0.9")),
        NESTEROV,
        DECAY,
    ),
    choice(
        "adagrad", "Duchi 2011", _rate("0.01"), takes("eps", POSITIVE, EPS.help, Fraction(1, 10_000_000_000)), DECAY
    ),
    choice(
        "adadelta",
        "Zeiler 2012",
        _rate("1"),
        takes("rho", SHARE, "how much of the mean squares is kept", Fraction("0.9")),
        takes("eps", POSITIVE, EPS.help, Fraction("1e-6")),
        DECAY,
    ),
    choice(
        "rmsprop",
        "Hinton 2012",
        _rate("0.01"),
        takes("alpha", SHARE, "how much of the mean squared gradient is kept", Fraction("0.99")),
        EPS,
        MOMENTUM,
        DECAY,
    ),
    choice("adam", "Kingma 2014", _rate("0.001"), *BETAS, EPS, DECAY),
    choice(
        "adamw",
        "Loshchilov 2017: the decay beside the gradient",
        _rate("0.001"),
        *BETAS,
        EPS,
        takes("weight_decay", FROM_ZERO, DECAY.help, Fraction("0.01")),
    ),
    choice(
        "muon",
        "Jordan 2024: orthogonal steps for the kernels and matrices, `adamw` for the rest",
        _rate("0.02"),
        takes("momentum", SHARE, MOMENTUM.help, Fraction("0.95")),
        takes("nesterov", FLAG, NESTEROV.help, True),
        takes("steps", COUNT, "Newton-Schulz iterations", 5),
        DECAY,
        takes("rest", POSITIVE, "learning rate of the rest", Fraction("0.001")),
    ),
)

SCHEDULES = (
    choice("constant", "the same rate throughout", WARMUP),
    choice(
        "step",
        "falls every so many epochs",
        takes("every", POSITIVE, "epochs between two falls"),
        _factor("0.1"),
        WARMUP,
    ),
    choice("multistep", "falls at these epochs", takes("at", EPOCHS, "epochs"), _factor("0.1"), WARMUP),
    choice("exponential", "falls a little after every epoch", _factor("0.95"), WARMUP),
    choice("polynomial", "falls to nought along (1 − t)^power", takes("power", POSITIVE, "exponent", 1), WARMUP),
    choice(
        "cosine",
        "falls along half a cosine",
        WARMUP,
        takes("final", PART, "part of the rate that is left at the end", 0),
    ),
    choice(
        "onecycle",
        "rises to the rate and falls below where it began (Smith 2018)",
        takes("rise", PART, "part of the time in which it rises", Fraction("0.3")),
        takes("start", PART, "part of the rate at which it begins", Fraction("0.04")),
        takes("final", PART, "part of the rate at which it ends", Fraction("0.000004")),
        takes("shape", one_of("cosine", "linear"), "how it rises and falls", Word("cosine")),
    ),
    choice(
        "plateau",
        "falls when the validation loss no longer does",
        _factor("0.1"),
        takes("patience", WHOLE, "epochs without a lower loss before it falls", 10),
        WARMUP,
    ),
)

AUGMENTATIONS = (
    choice(
        "crop",
        "a random window",
        takes("size", SIZE, "height and width of the window"),
        takes("pad", WHOLE, "pixels put around the image first", 0),
        takes("mode", one_of("zero", "reflect", "edge"), "what is put there", Word("zero")),
    ),
    choice(
        "resizedcrop",
        "a random window of random size and proportions, resized (Szegedy 2014)",
        takes("size", SIZE, "height and width that come out"),
        takes("least", PART, "smallest part of the area", Fraction("0.08")),
    ),
    choice("hflip", "left and right exchanged", CHANCE),
    choice("vflip", "top and bottom exchanged", CHANCE),
    choice("rotate", "turned", takes("degrees", POSITIVE, "at most, either way", 15)),
    choice(
        "shift", "moved", takes("part", PART, "at most, as a part of height and width, either way", Fraction("0.1"))
    ),
    choice("zoom", "larger or smaller", takes("part", SHARE, "at most: 0.1 is from 0.9 to 1.1 times", Fraction("0.1"))),
    choice("shear", "slanted", takes("degrees", POSITIVE, "at most, either way", 15)),
    choice(
        "elastic",
        "warped by a smooth random field (Simard 2003)",
        takes("strength", POSITIVE, "pixels", 34),
        takes("sigma", POSITIVE, "smoothness in pixels", 4),
    ),
    choice(
        "colour",
        "along the principal components of the colours (Krizhevsky 2012)",
        takes("std", POSITIVE, "of the amount", Fraction("0.1")),
    ),
    choice(
        "brightness", "times a random factor", takes("part", SHARE, "0.2 is from 0.8 to 1.2 times", Fraction("0.2"))
    ),
    choice(
        "contrast",
        "nearer to its mean or farther",
        takes("part", SHARE, "0.2 is from 0.8 to 1.2 times", Fraction("0.2")),
    ),
    choice(
        "saturation", "nearer to grey or farther", takes("part", SHARE, "0.2 is from 0.8 to 1.2 times", Fraction("0.2"))
    ),
    choice(
        "noise", "normal noise added", takes("std", POSITIVE, "of the noise; pixels go from 0 to 1", Fraction("0.05"))
    ),
    choice("cutout", "a square hidden (DeVries 2017)", takes("size", COUNT, "side in pixels", 16)),
    choice("mixup", "two images mixed (Zhang 2017)", takes("alpha", POSITIVE, "of the beta law", Fraction("0.2"))),
    choice("cutmix", "a part of another image (Yun 2019)", takes("alpha", POSITIVE, "of the beta law", 1)),
    choice(
        "auto",
        "random operations of random strength (RandAugment, Cubuk 2019)",
        takes("operations", COUNT, "how many in a row", 2),
        takes("strength", FROM_ZERO, "from 0 to 30", 9),
    ),
)

NORMALIZATIONS = (
    choice("dataset", "less the training set's mean, by its deviation, for each channel"),
    choice("mean", "less the training set's mean, for each channel"),
    choice("imagenet", "by ImageNet's means and deviations"),
    choice("unit", "from 0 to 1"),
    choice("none", "from 0 to 255, as it is"),
    choice(
        "given",
        "by these means and deviations of pixels from 0 to 1",
        takes("mean", NUMBERS, "one for each channel"),
        takes("std", NUMBERS, "one for each channel"),
    ),
)

INITS = (
    choice("default", "as torch does"),
    choice("kaiming", "normal, to keep the variance through ReLUs; biases 0 (He 2015)"),
    choice("xavier", "uniform, to keep the variance both ways; biases 0 (Glorot 2010)"),
    choice(
        "normal",
        "normal, the same for all layers",
        takes("std", POSITIVE, "deviation", Fraction("0.01")),
        takes("bias", NUMBER, "of the biases", 0),
        takes("at", NAMES, "layers with these biases, `..` is all from one to another; others have 0", None),
    ),
    choice("uniform", "uniform, the same for all layers; biases 0", takes("limit", POSITIVE, "largest weight")),
    choice("paper", "as the paper says: the `init` of the shipped network of this name"),
)

FIT = takes("size", SIZE, "height and width; the network's own if it isn't given", None)

FITS = (
    choice("resize", "scaled until it covers the size, then the middle cut out", FIT),
    choice("pad", "put in the middle of a larger image", FIT),
    choice("crop", "the middle cut out", FIT),
    choice("grey", "one channel made of three"),
    choice("colour", "three channels made of one"),
)
