"""The column of Ciresan's committee for MNIST, as the paper prints it: what does each layer cost?"""

import netspec

analysis = netspec.analyze("1x29x29-20C4-MP2-40C5-MP3-150N-10N")
for layer in analysis.layers:
    print(f"{layer.node.title:8} {layer.node.shape!s:10} {layer.parameters:>7,} {layer.macs:>9,}")
print(f"{'total':19} {analysis.totals.parameters:>7,} {analysis.totals.macs:>9,}")

# Prints:
# 1x29x29  1x29x29          0         0
# 20C4     20x26x26       340   216,320
# MP2      20x13x13         0         0
# 40C5     40x9x9      20,040 1,620,000
# MP3      40x3x3           0         0
# 150N     150         54,150    54,000
# 10N      10           1,510     1,500
# total                76,040 1,891,820
