"""A training under way: what changes with the steps, and how that is kept and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from torch import Tensor
from torch.amp import GradScaler
from torch.optim import Optimizer

from netspec.data.dataset import Images
from netspec.data.stream import Streamed
from netspec.records import fields, frozen, mutable
from netspec.training.averages import Average
from netspec.training.batches import Feed
from netspec.training.losses import Losses
from netspec.training.network import Network
from netspec.training.out_of_memory import Before
from netspec.training.penalties import Penalty
from netspec.training.schedules import Plateau
from netspec.training.settings import Settings
from netspec.training.state import State, optimizer_state, packed, put_into, put_into_optimizer, unpacked
from netspec.training.world import ALONE, World


@frozen
class Data:
    """What a training sees: batches to train on, and validation images, None where none are kept."""

    feed: Feed
    validation: Images | Streamed | None
    classes: int


@mutable
class Training:
    """A training under way: what changes with the steps, and by what.

    `steps` are those in all, `step` those done. `sums` are of the epoch so far: the primary output's loss times images,
    images that were right, images (float64), of this process. `best` are the figures of the best epoch, `lowest` the
    lowest validation loss, `waited` the epochs since. `world` are the processes that train together. `parts` are how
    many a batch is computed in, one after another: as many as the recipe's `accumulate`, or more where memory was
    short; `before` is what is taken back then. `scaler` is there where gradients are of float16. `tested` is the step
    at which an epoch was tested last.
    """

    network: Network
    optimizer: Optimizer
    losses: Losses
    settings: Settings
    steps: int
    average: Average | None
    penalty: Penalty | None
    plateau: Plateau | None
    sums: Tensor
    step: int = 0
    best: Mapping[str, Any] | None = None
    lowest: float = inf
    waited: int = 0
    world: World = ALONE
    parts: int = 1
    before: Before | None = None
    scaler: GradScaler | None = None
    tested: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        patience = self.settings.early_stop
        return self.step == self.tested >= self.steps or (patience is not None and self.waited >= patience)

    @property
    def early(self) -> str:
        """Why it is over before its last step, in a line for people; nothing where it isn't."""
        if not self.over or self.step >= self.steps:
            return ""
        return f"stopped early, {self.waited} epochs without a lower validation loss"


# Its state


def state_of(training: Training) -> State:
    """All that is needed to go on as if nothing had been."""
    optimizer = optimizer_state(training.optimizer)
    average = training.average.state_dict() if training.average is not None else {}
    tensors = {
        **packed("weights", training.network.module.state_dict()),
        **packed("average", average),
        **optimizer.tensors,
        "sums": training.sums,
    }
    return State(
        tensors,
        {
            "step": training.step,
            "best": training.best,
            "lowest": None if training.lowest == inf else training.lowest,
            "waited": training.waited,
            "tested": training.tested,
            "parts": training.parts,
            "scaler": None if training.scaler is None else training.scaler.state_dict(),
            "plateau": _numbers(training.plateau),
            "optimizer": optimizer.facts,
        },
    )


def _numbers(plateau: Plateau | None) -> dict[str, Any] | None:
    return None if plateau is None else {each.name: getattr(plateau, each.name) for each in fields(plateau)}


def take_up(training: Training, kept: State) -> None:
    """Bring a training to a saved state. Raises TrainingError if that is of another network or recipe."""
    training.step = kept.facts["step"]
    put_into(training.network.module.state_dict(), unpacked("weights", kept), "a weight")
    put_into_optimizer(training.optimizer, kept, kept.facts["optimizer"])
    put_into({"sums": training.sums}, {"sums": kept.tensors["sums"]}, "the sums of the epoch")
    training.world.leave_to_the_first(training.sums)
    if training.average is not None:
        training.average.load_state_dict(unpacked("average", kept), training.step)
    if training.plateau is not None:
        training.plateau = Plateau(**kept.facts["plateau"])
    training.best = kept.facts["best"]
    training.lowest = inf if kept.facts["lowest"] is None else kept.facts["lowest"]
    training.waited = kept.facts["waited"]
    training.tested = kept.facts.get("tested", training.step)
    training.parts = kept.facts.get("parts", training.settings.accumulate)
    if training.scaler is not None and kept.facts.get("scaler"):
        training.scaler.load_state_dict(kept.facts["scaler"])
