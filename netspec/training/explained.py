"""What ends a training that torch raises, in words for a user."""

from __future__ import annotations

from netspec.data.stream import ended, is_of_worker
from netspec.training.compiling import failed, is_of_compiling
from netspec.training.errors import TrainingError
from netspec.training.out_of_memory import is_out_of_memory


def explained(error: RuntimeError) -> Exception:
    """What to say to a user of what torch says; what it says of netspec's own mistakes stays as it is."""
    if is_out_of_memory(error):
        return TrainingError("out of memory: train in smaller batches, such as --set train.batch=16")
    if is_of_worker(error):
        return TrainingError(ended(error))
    return TrainingError(failed(error)) if is_of_compiling(error) else error
