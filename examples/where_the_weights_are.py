"""Which layers hold AlexNet's weights, and which do its work?"""

import netspec

analysis = netspec.analyze("alexnet")
for layer in analysis.layers:
    if layer.parameters:
        weights = layer.parameters / analysis.totals.parameters
        work = layer.macs / analysis.totals.macs
        print(f"{layer.node.name:6} {weights:6.1%} of the weights, {work:6.1%} of the multiply-adds")

# Prints:
# conv1    0.1% of the weights,  14.6% of the multiply-adds
# conv2    0.5% of the weights,  30.9% of the multiply-adds
# conv3    1.5% of the weights,  20.6% of the multiply-adds
# conv4    1.1% of the weights,  15.5% of the multiply-adds
# conv5    0.7% of the weights,  10.3% of the multiply-adds
# fc6     61.9% of the weights,   5.2% of the multiply-adds
# fc7     27.5% of the weights,   2.3% of the multiply-adds
# fc8      6.7% of the weights,   0.6% of the multiply-adds
