"""The training loop, from top to bottom: a step, an epoch, a training.

What a step does depends on the state, the settings and the number of the step alone, so a training that was saved after
any step and taken up again goes through the same numbers as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import ceil, inf, isfinite
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from netspec.data.dataset import Images
from netspec.records import fields, frozen, mutable
from netspec.training.averages import Average
from netspec.training.batches import Feed, in_order, part_of
from netspec.training.evaluation import Evaluation, evaluate
from netspec.training.finite import NotFinite, all_finite, first_not_finite
from netspec.training.losses import Losses
from netspec.training.network import Network
from netspec.training.optimizers import first_rate, set_rate
from netspec.training.parallel import kept_back, mean_statistics
from netspec.training.penalties import Penalty
from netspec.training.run import Run
from netspec.training.schedules import Plateau, rate
from netspec.training.seeds import derived, set_seed
from netspec.training.settings import Settings, exact
from netspec.training.state import State, optimizer_state, packed, put_into, put_into_optimizer, unpacked
from netspec.training.world import ALONE, World

CHECKED = 50
"""Steps between two looks at the loss where looking makes a GPU wait; a CPU looks at each."""

TESTED = 250
"""Images that are tested at a time."""


@frozen
class Data:
    """What a training sees: batches to train on, and validation images, None where none are kept."""

    feed: Feed
    validation: Images | None
    classes: int


@mutable
class Training:
    """A training under way: what changes with the steps, and by what.

    `steps` are those in all, `step` those done. `sums` are of the epoch so far: the primary output's loss times images,
    images that were right, images (float64), of this process. `best` are the figures of the best epoch, `lowest` the
    lowest validation loss, `waited` the epochs since. `world` are the processes that train together.
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

    @property
    def over(self) -> bool:
        """Whether nothing is left to do."""
        patience = self.settings.early_stop
        return self.step >= self.steps or (patience is not None and self.waited >= patience)


def steps_in_all(settings: Settings, per_epoch: int) -> int:
    """How many steps the recipe asks for, at least 1: the fewer of its `epochs` and its `steps`."""
    by_epochs = inf if settings.epochs is None else ceil(settings.epochs * per_epoch)
    return int(max(1, min(by_epochs, settings.steps or inf)))


# A step


def train_step(training: Training, feed: Feed) -> None:
    """One step of the optimiser on the next batch. Raises NotFinite, on a CPU, before weights are changed by it."""
    settings, network = training.settings, training.network
    share = training.world.share(len(feed.order.positions(training.step)))
    set_seed(derived(settings.seed, "dropout", training.step, *share.apart), feed.pixels.device)
    images, targets = feed.batch(training.step)
    if not network.module.training:
        network.train()
    training.optimizer.zero_grad(set_to_none=True)
    parts = list(_parts(images, targets, settings.accumulate))
    for number, (part, aims) in enumerate(parts, 1):
        with kept_back(network, last=number == len(parts)):
            with _precision(settings, images.device):
                scores = network.scores(part)
            loss, by_output = training.losses(scores, aims)
            torch.autograd.backward(loss * (share.weight * len(part) / len(images)))
        own = by_output[network.primary] + 0 * loss  # so that the sum shows where another output's is not finite
        if share.counted:
            _count(training, scores[network.primary].detach(), own.detach(), aims)
    _check(training, images, at_once=images.device.type == "cpu")
    if training.penalty is not None:
        training.penalty.add_gradients()
    if settings.clip is not None:
        clip_grad_norm_(network.module.parameters(), settings.clip)
    set_rate(training.optimizer, _rate(training, feed.order.per_epoch))
    training.optimizer.step()
    mean_statistics(network, training.world, share.weight)
    if training.average is not None:
        training.average.update()
    training.step += 1


def _parts(images: Tensor, targets: Tensor, count: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batch in as many parts as are computed in turn."""
    return zip(images.chunk(count), targets.chunk(count), strict=True)


def _precision(settings: Settings, device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bfloat16")


def _rate(training: Training, per_epoch: int) -> float:
    """The part of its own rate that the optimiser takes at this step."""
    schedule = exact(training.settings.schedule)
    part = rate(schedule, training.step, epoch=per_epoch, steps=training.steps)
    return part * (training.plateau.part if training.plateau is not None else 1.0)


def _count(training: Training, scores: Tensor, loss: Tensor, targets: Tensor) -> None:
    """Add to the epoch's sums; of mixed images the class that most is of counts."""
    classes = targets.argmax(1) if targets.dim() > 1 else targets
    right = (scores.argmax(1) == classes).sum()
    number = len(scores)
    training.sums += torch.stack([loss.double() * number, right.double(), torch.full_like(right, number).double()])


def _check(training: Training, images: Tensor, *, at_once: bool) -> None:
    """Raises NotFinite, in all processes, if the sum of losses of one is no finite number any more."""
    if not (at_once or training.step % CHECKED == 0):
        return
    wrong = not isfinite(float(training.sums[0]))
    if training.world.any(wrong):
        layers = training.world.gathered(first_not_finite(training.network, images) if wrong else None)
        raise NotFinite(training.step + 1, next((layer for layer in layers if layer is not None), None))


# An epoch


def validate(training: Training, data: Data) -> Evaluation | None:
    """Test the network, with the mean weights where they are kept, on the validation images."""
    if data.validation is None:
        return None
    if training.average is None:
        return _validate(training, data, data.validation)
    with training.average.applied():
        return _validate(training, data, data.validation)


def _validate(training: Training, data: Data, images: Images) -> Evaluation:
    share, flips = training.world.share(len(images)), training.settings.test_flips
    batches = in_order(part_of(images, share), data.feed.normalization, TESTED, data.feed.pixels.device)
    summed = training.world.summing(share)
    return evaluate(training.network, batches, training.losses, data.classes, flips=flips, summed=summed)


def finish_epoch(training: Training, data: Data, run: Run, seconds: float, images: int) -> dict[str, Any]:
    """Validate, keep the weights if they are the best, write the metrics; the line of this epoch.

    `images` were trained on in `seconds`: fewer than the epoch has where it was taken up within.
    """
    found = validate(training, data)
    loss, right, count = training.world.collected(training.sums).tolist()
    row = {
        "epoch": ceil(training.step / data.feed.order.per_epoch),
        "step": training.step,
        "rate": first_rate(training.optimizer),
        "train_loss": loss / count,
        "train_top1": right / count,
        "validation_loss": found.loss if found else None,
        "validation_top1": found.top1 if found else None,
        "validation_top5": found.top5 if found else None,
        "seconds": round(seconds, 3),
        "images_per_second": round(images / max(seconds, 1e-9), 1),
        "best": _is_best(training.best, found),
    }
    training.sums.zero_()
    if found is not None:
        training.waited = 0 if found.loss < training.lowest else training.waited + 1
        training.lowest = min(training.lowest, found.loss)
        if training.plateau is not None:
            training.plateau = training.plateau.after(found.loss)
    if row["best"]:
        training.best = row
        run.save_best(tested_weights(training), row)
    run.write_metrics([*run.metrics(), row])
    return row


def _is_best(best: Mapping[str, Any] | None, found: Evaluation | None) -> bool:
    """Whether more validation images are right than in any epoch before, or as many at a lower loss."""
    if best is None or found is None:
        return True
    return (found.top1, -found.loss) > (best["validation_top1"], -best["validation_loss"])


def tested_weights(training: Training) -> dict[str, Tensor]:
    """The weights that are tested: the means where they are kept."""
    weights: dict[str, Tensor] = training.network.module.state_dict()
    return {**weights, **(training.average.state_dict() if training.average is not None else {})}


# A training


def train(
    training: Training, data: Data, run: Run, *, every: int | None = None, stop: Callable[[], bool] = lambda: False
) -> Iterator[dict[str, Any]]:
    """Train until it is over, or `stop` says so; gives the line of each epoch once that is on the disk.

    The state is saved at the beginning, after every epoch, after every so many steps, and where it is stopped.

    Raises:
        NotFinite: if a loss or a weight is no finite number; the state that was saved last is a good one.
        TrainingError: if the run can't be written.
    """
    per_epoch, device = data.feed.order.per_epoch, data.feed.pixels.device
    if training.step == 0:
        save(training, run)
    begun, images = perf_counter(), 0
    while not training.over:
        if stop():
            save(training, run)
            return
        images += len(data.feed.order.positions(training.step))
        train_step(training, data.feed)
        if training.step % per_epoch == 0 or training.step == training.steps:
            _wait(device)
            row = finish_epoch(training, data, run, perf_counter() - begun, images)
            save(training, run)
            yield row
            begun, images = perf_counter(), 0
        elif every is not None and training.step % every == 0:
            save(training, run)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


# Its state


def save(training: Training, run: Run) -> None:
    """Keep the complete state. Raises NotFinite instead if it is none to go on from."""
    training.world.collected(training.sums)
    if training.world.any(not (isfinite(float(training.sums[0])) and all_finite(training.network.module))):
        raise NotFinite(training.step, None)
    run.save(state_of(training))


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
