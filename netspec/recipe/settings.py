"""What the `train` section of a spec can hold: `SETTINGS` is the one table.

`read_recipe` checks a spec against it, and `docs/recipe.md` is written from it.
"""

from __future__ import annotations

from netspec.layers.arguments import COUNT, FLAG, POSITIVE, SHARE, WHOLE, Kind, one_of
from netspec.recipe.choices import (
    AUGMENTATIONS,
    FITS,
    INITS,
    LOSSES,
    NORMALIZATIONS,
    OPTIMIZERS,
    SCHEDULES,
    Choice,
)
from netspec.recipe.kinds import BATCH, FROM_ZERO, NAMES, RATES
from netspec.records import frozen


@frozen
class Setting:
    """One setting: it takes a value of a `kind`, or one of its `choices`; a chain takes several of these in a row.

    `by_output` says that it can differ by output: `loss { class: cross_entropy, box: smooth_l1 }`.
    """

    name: str
    help: str
    example: str
    kind: Kind | None = None
    choices: tuple[Choice, ...] = ()
    chain: bool = False
    by_output: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("loss", "What is made small.", "cross_entropy(smoothing=0.1)", choices=LOSSES, by_output=True),
    Setting("auxiliary", "Factor of the losses of all outputs but `main`.", "0.3", FROM_ZERO),
    Setting("optimizer", "How a gradient becomes a step.", "sgd(lr=0.1, momentum=0.9)", choices=OPTIMIZERS),
    Setting("schedule", "How the rate goes over the epochs.", "step(every=30, factor=0.1)", choices=SCHEDULES),
    Setting("epochs", "How often all images are seen.", "90", POSITIVE),
    Setting("steps", "How many steps at most.", "40000", COUNT),
    Setting("batch", "Images a step; `all` is full-batch descent.", "128", BATCH),
    Setting("accumulate", "Parts of a batch that are computed in turn.", "4", COUNT),
    Setting(
        "augment",
        "Random changes of the images, in this order.",
        "{ crop(32, pad=4) - hflip }",
        choices=AUGMENTATIONS,
        chain=True,
    ),
    Setting("input", "How images are made to fit the network.", "pad(32)", choices=FITS, chain=True),
    Setting("normalize", "How pixels become numbers.", "dataset", choices=NORMALIZATIONS),
    Setting("init", "What the weights are at first.", "normal(std=0.01, bias=1)", choices=INITS),
    Setting("l1", "Factor of the sum of absolute weights in the loss.", "1e-5", FROM_ZERO),
    Setting("l2", "Factor of half the sum of squared weights in the loss.", "5e-4", FROM_ZERO),
    Setting("decay", "Which parameters decay: `weights` spares biases and norms.", "weights", one_of("all", "weights")),
    Setting("clip", "Largest norm of the gradient.", "1.0", POSITIVE),
    Setting("ema", "How much of the mean weights is kept at a step; they are tested.", "0.999", SHARE),
    Setting("early_stop", "Epochs without a lower validation loss after which it stops.", "10", COUNT),
    Setting("validation", "Part of the training images that is kept for validation.", "0.1", SHARE),
    Setting("test_flips", "Test on the mean of an image and its mirror image.", "true", FLAG),
    Setting(
        "freeze",
        "Layers that are not trained; `..` is all from one to another, `*` any characters.",
        '["conv1..conv4"]',
        NAMES,
    ),
    Setting(
        "rates",
        "Factors of the learning rate of parts of the network; of several that name a layer the last counts.",
        '["conv1..conv4=0.1"]',
        RATES,
    ),
    Setting(
        "precision", "Number type of the computation.", "bfloat16", one_of("auto", "float32", "bfloat16", "float16")
    ),
    Setting("seed", "Of all random numbers.", "0", WHOLE),
)
"""Every setting, in the order in which the reference lists them."""
