"""Two 3x3 kernels see as much as one of 5x5, with fewer weights; from what size of map on are they cheaper as well?"""

import netspec

large = netspec.analyze("1xHxW - conv(1, 5, bias=false)")
small = netspec.analyze("1xHxW - conv(1, 3, bias=false) - conv(1, 3, bias=false)")

for name, network in (("one 5x5", large), ("two 3x3", small)):
    field = network.layers[-1].fields["input"]
    print(
        f"{name}: sees {field.size[0]}x{field.size[1]}, {network.totals.parameters} weights, {network.totals.macs} MACs"
    )

cheaper = next(
    x for x in range(5, 100) if small.totals.macs.at({"H": x, "W": x}) < large.totals.macs.at({"H": x, "W": x})
)
print(f"on maps of {cheaper}x{cheaper} and more, two cost less")

# Prints:
# one 5x5: sees 5x5, 25 weights, 25·H·W − 100·H − 100·W + 400 MACs
# two 3x3: sees 5x5, 18 weights, 18·H·W − 54·H − 54·W + 180 MACs
# on maps of 11x11 and more, two cost less
