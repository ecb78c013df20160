"""What the commands about trainings have in common: the packages that they need, and what goes wrong as one line."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

from netspec.cli.usage import complain


def guarded(work: Callable[[Namespace], int], options: Namespace) -> int:
    """The exit status that `work` gives; 2, with one line, for what is wrong with images, their changes, or a run.

    Raises:
        MissingPackage: if torch or safetensors is not installed.
    """
    from netspec.lowering.extras import need

    need("torch", extra="torch")
    need("safetensors", extra="torch")
    from netspec.data.augment import AugmentationError
    from netspec.data.dataset import DataError
    from netspec.training.errors import TrainingError

    try:
        return work(options)
    except (DataError, AugmentationError, TrainingError) as error:
        complain(str(error))
        return 2
