"""The device that a training runs on."""

from __future__ import annotations

import torch

from netspec.training.errors import TrainingError


def device_of(words: str | None) -> torch.device:
    """The device that is named; a GPU if there is one where none is. Raises TrainingError if it is not there."""
    if words is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(words)
    except RuntimeError:
        raise TrainingError(f"there is no device `{words}`: it is cpu, cuda or cuda:N") from None
    if device.type not in ("cpu", "cuda"):
        raise TrainingError(f"training on `{words}` is not there yet: it is cpu, cuda or cuda:N")
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise TrainingError(f"there is no device `{words}`: torch sees {count or 'no'} GPU{'s' * (count != 1)} here")
    return device
