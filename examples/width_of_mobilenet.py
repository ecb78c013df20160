"""MobileNet's two dials: the width of its layers and the size of its images (tables 6 and 7 of the paper)."""

import netspec

for width in (1.0, 0.75, 0.5, 0.25):
    for size in (224, 160):
        totals = netspec.analyze(netspec.compile("mobilenet", inputs=f"3x{size}x{size}", width=width)).totals
        macs, parameters = totals.macs / 1e6, totals.parameters / 1e6
        print(f"{width:4} at {size}: {macs:5.0f} M multiply-adds, {parameters:4.2f} M parameters")

# Prints:
#  1.0 at 224:   569 M multiply-adds, 4.23 M parameters
#  1.0 at 160:   291 M multiply-adds, 4.23 M parameters
# 0.75 at 224:   325 M multiply-adds, 2.59 M parameters
# 0.75 at 160:   166 M multiply-adds, 2.59 M parameters
#  0.5 at 224:   149 M multiply-adds, 1.33 M parameters
#  0.5 at 160:    77 M multiply-adds, 1.33 M parameters
# 0.25 at 224:    41 M multiply-adds, 0.47 M parameters
# 0.25 at 160:    21 M multiply-adds, 0.47 M parameters
