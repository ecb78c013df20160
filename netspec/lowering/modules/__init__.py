"""Modules for what torch has none for: the targets `ours.X` that layers name in their calls.

Each class needs nothing but `torch`, `nn` and `Tensor`, so that an exported file can hold a copy of it, and works in
torch's compiler and exporter, under autocast and on the meta device. The weights have the names, the shapes and the
order that the layer declares. Shapes in the docstrings begin with the batch, B; where the values of regions flow,
that is the number of regions.
"""

from netspec.lowering.modules.attention import SelfAttention
from netspec.lowering.modules.connected import ConnectedConv
from netspec.lowering.modules.crop import CenterCrop, CropConcat
from netspec.lowering.modules.dense import LowRank, Rbf
from netspec.lowering.modules.local import Local
from netspec.lowering.modules.padding import PadSame
from netspec.lowering.modules.pool import AvgPool, SpatialPyramid, Subsample
from netspec.lowering.modules.regularise import DropPath, Noise
from netspec.lowering.modules.roi_align import RoiAlign
from netspec.lowering.modules.roi_pool import RoiPool
from netspec.lowering.modules.scale import Multiply, Scale
from netspec.lowering.modules.tokens import ClassToken, Position
from netspec.lowering.modules.windows import WindowAttention

__all__ = [
    "AvgPool",
    "CenterCrop",
    "ClassToken",
    "ConnectedConv",
    "CropConcat",
    "DropPath",
    "Local",
    "LowRank",
    "Multiply",
    "Noise",
    "PadSame",
    "Position",
    "Rbf",
    "RoiAlign",
    "RoiPool",
    "Scale",
    "SelfAttention",
    "SpatialPyramid",
    "Subsample",
    "WindowAttention",
]
