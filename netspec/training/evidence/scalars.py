"""The figures of each epoch for TensorBoard, if that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netspec.lowering.extras import need
from netspec.training.run import Run

FOLDER = "tensorboard"
NAMES = {
    "train_loss": "loss/train",
    "validation_loss": "loss/validation",
    "train_top1": "top1/train",
    "validation_top1": "top1/validation",
    "validation_top5": "top5/validation",
    "rate": "rate",
    "images_per_second": "images per second",
}


class Scalars:
    """Writes a run's figures into its folder `tensorboard`.

    Raises:
        MissingPackage: if TensorBoard is not installed.
    """

    def __init__(self, run: Run, step: int) -> None:
        need("tensorboard", extra="tensorboard")
        from torch.utils.tensorboard import SummaryWriter

        folder = str(run.folder / FOLDER)
        self.writer = SummaryWriter(folder, purge_step=step + 1 if step else None)

    def write(self, row: Mapping[str, Any]) -> None:
        """The figures of an epoch, at its step."""
        for key, name in NAMES.items():
            if row.get(key) is not None:
                self.writer.add_scalar(name, row[key], row["step"])
        self.writer.flush()

    def close(self) -> None:
        """Close the file."""
        self.writer.close()
