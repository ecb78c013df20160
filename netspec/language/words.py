"""Words without numbers: how else layers are called, which words need a number, and which are no layers at all."""

from __future__ import annotations

ALIASES = {
    "leakyrelu": "leaky", "lrelu": "leaky", "swish": "silu", "hswish": "hardswish", "logistic": "sigmoid",
    "batchnorm": "bn", "batchnormalization": "bn", "batchnormalisation": "bn", "layernormalization": "layernorm",
    "localresponsenorm": "lrn", "localresponsenormalization": "lrn", "groupnormalization": "groupnorm",
    "instancenormalization": "instancenorm", "maxpooling": "maxpool", "avgpooling": "avgpool",
    "averagepool": "avgpool", "averagepooling": "avgpool", "meanpool": "avgpool", "meanpooling": "avgpool",
    "globalavgpool": "gap", "globalaveragepool": "gap", "globalavgpooling": "gap", "globalaveragepooling": "gap",
    "globalmaxpool": "gmp", "globalmaxpooling": "gmp", "linear": "dense", "fullyconnected": "dense",
    "convolution": "conv", "deconv": "tconv", "deconvolution": "tconv", "convtranspose": "tconv",
    "depthwiseconv": "dwconv", "dp": "dropout", "drop": "dropout", "drpo": "dropout", "concatenate": "concat",
    "multiply": "mul", "subtract": "sub", "sum": "add", "zeropadding": "zeropad", "upsampling": "upsample",
    "subsampling": "subsample",
}  # fmt: skip
"""Other words for layers, in small letters and without `_` and `-`, and the word of the language for each."""

FC = "a dense layer needs its number of neurons", "write `512N`, or `FC512`"
POOL = "the size of the window is missing"

ALONE = {
    "FC": ("E126", "`FC` says nothing about how many neurons it has", *FC),
    "fc": ("E126", "`fc` says nothing about how many neurons it has", *FC),
    "N": ("E126", "`N` says nothing about how many neurons it has", *FC),
    "MP": ("E126", "`MP` says nothing about its window", POOL, "write `MP2` for a 2x2 window"),
    "AP": ("E126", "`AP` says nothing about its window", POOL, "write `AP2` for a 2x2 window"),
    "P": ("E126", "`P` says nothing about its window", POOL, "write `MP2` for max pooling over 2x2"),
    "M": ("E126", "`M` says nothing about its window", POOL, "torchvision's lists write `M` for `MP2`"),
    "C": ("E126", "`C` says nothing about its maps and its kernel", "two numbers are missing", "write `20C5`"),
    "D": ("E107", "`D` can be read in two ways", "dense, or dropout?", "write `512N` or `dropout(0.5)`"),
}
"""Words that say too little: code, title, what is here, what to do."""

SPIKING = "a spiking neuron", "the nearest layer is `relu`"
RECURRENT = "a recurrent layer", "netspec has layers for one pass only; `attention` works on sequences"
LOSS = "a loss, which belongs to training", "write `loss = …` in the `train` section"

NO_LAYERS = {
    "lif": SPIKING, "if": SPIKING, "plif": SPIKING, "alif": SPIKING, "glif": SPIKING, "srm": SPIKING,
    "lstm": RECURRENT, "gru": RECURRENT, "rnn": RECURRENT,
    "voting": ("a vote over groups of outputs", "the nearest layer is `avgpool`, over the vector as a signal"),
    "svm": LOSS, "sse": LOSS, "mse": LOSS, "loss": LOSS, "crossentropy": LOSS,
}  # fmt: skip
"""Words in papers' chains that are no layers: what they are, and what to do."""
