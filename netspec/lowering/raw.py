"""The memory of tensors as bytes, without numpy."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def raw(values: Tensor) -> bytes:
    """The memory of a tensor, on a machine that has the lowest byte first, as all do on which torch runs."""
    values = values.contiguous().cpu()
    return ctypes.string_at(values.data_ptr(), values.numel() * values.element_size())
