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

from netspec.data.dataset import DataError, Images
from netspec.data.stream import Streamed
from netspec.training.batches import Feed, in_order, part_of
from netspec.training.evaluation import Evaluation, evaluate
from netspec.training.explained import explained
from netspec.training.finite import NotFinite, all_finite, first_not_finite
from netspec.training.optimizers import first_rate, set_rate
from netspec.training.out_of_memory import Before, halved, in_parts
from netspec.training.parallel import kept_back, mean_statistics
from netspec.training.precision import autocast
from netspec.training.run import Run
from netspec.training.schedules import rate
from netspec.training.seeds import derived, set_seed
from netspec.training.settings import Settings, exact
from netspec.training.under_way import Data, Training, state_of
from netspec.training.world import Share

CHECKED = 50
"""Steps between two looks at the loss where looking makes a GPU wait; a CPU looks at each."""

TESTED = 250
"""Images that are tested at a time."""


def steps_in_all(settings: Settings, per_epoch: int) -> int:
    """How many steps the recipe asks for, at least 1: the fewer of its `epochs` and its `steps`."""
    by_epochs = inf if settings.epochs is None else ceil(settings.epochs * per_epoch)
    return int(max(1, min(by_epochs, settings.steps or inf)))


# A step


def train_step(training: Training, feed: Feed) -> None:
    """One step of the optimiser on the next batch. Raises NotFinite, on a CPU, before weights are changed by it."""
    settings, network, scaler = training.settings, training.network, training.scaler
    share = training.world.share(feed.order.size(training.step))
    images, targets = feed.batch(training.step)
    if not network.module.training:
        network.train()
    compute_gradients(training, images, targets, share)
    _check(training, images, at_once=images.device.type == "cpu")
    if scaler is not None:
        scaler.unscale_(training.optimizer)
    if training.penalty is not None:
        training.penalty.add_gradients()
    if settings.clip is not None:
        clip_grad_norm_(network.module.parameters(), settings.clip)
    set_rate(training.optimizer, _rate(training, feed.order.per_epoch))
    if scaler is None:
        training.optimizer.step()
    else:
        scaler.step(training.optimizer)  # which does nothing where a gradient is no finite number
        scaler.update()
    mean_statistics(network, training.world, share.weight)
    if training.average is not None:
        training.average.update()
    training.step += 1


def compute_gradients(training: Training, images: Tensor, targets: Tensor, share: Share) -> None:
    """The gradients of a batch, in as many parts as there is memory for; what was seen of it is counted."""
    before = training.before = training.before or Before(training.network.module)
    sums = training.sums.clone()
    before.keep()

    def undo() -> None:
        before.bring_back()
        training.sums.copy_(sums)

    def compute(parts: int) -> None:
        _accumulate(training, images, targets, share, parts)

    training.parts = max(training.parts, in_parts(compute, undo, training.parts, len(images)))


def _accumulate(training: Training, images: Tensor, targets: Tensor, share: Share, count: int) -> None:
    """The gradients of a batch that is computed in so many parts."""
    settings, network = training.settings, training.network
    set_seed(derived(settings.seed, "dropout", training.step, *share.apart), images.device)
    training.optimizer.zero_grad(set_to_none=True)
    parts = zip(images.tensor_split(count), targets.tensor_split(count), strict=True)
    for number, (part, aims) in enumerate(parts, 1):
        with kept_back(network, last=number == count):
            with autocast(settings.precision, images.device):
                scores = network.scores(part)
            loss, by_output = training.losses(scores, aims)
            own = loss * (share.weight * len(part) / len(images))
            torch.autograd.backward(own if training.scaler is None else training.scaler.scale(own))
        seen = by_output[network.primary] + 0 * loss  # so that the sum shows where another output's is not finite
        if share.counted:
            _count(training, scores[network.primary].detach(), seen.detach(), aims)


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


def _validate(training: Training, data: Data, images: Images | Streamed) -> Evaluation:
    share, flips = training.world.share(len(images)), training.settings.test_flips
    own, summed = part_of(images, share), training.world.summing(share)

    def test(size: int) -> Evaluation:
        batches = in_order(own, data.feed.normalization, size, data.feed.device)
        return evaluate(training.network, batches, training.losses, data.classes, flips=flips, summed=summed)

    return halved(test, TESTED)


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
    training.tested = training.step
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
    training: Training,
    data: Data,
    run: Run,
    *,
    every: int | None = None,
    stop: Callable[[], bool] = lambda: False,
    say: Callable[[str], None] = lambda text: None,
    stepped: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """Train until it is over, or `stop` says so; gives the line of each epoch once that is on the disk.

    The state is saved at the beginning, after every epoch, after every so many steps, and where it is stopped. `say` is
    told what a user should know, such as that memory was short; `stepped` is called after each step.

    Raises:
        DataError: for an image that can't be read; the state after the last step is kept.
        NotFinite: if a loss or a weight is no finite number; the state that was saved last is a good one.
        TrainingError: if the run can't be written, memory is short, or the network can't be compiled.
    """
    if training.step == 0:
        save(training, run)
    try:
        yield from _epochs(training, data, run, every, stop, say, stepped)
    except DataError as error:
        if training.world.size > 1:
            raise  # one process alone can't save
        save(training, run)
        kept = f"the state after step {training.step:,} is kept in `{run.folder}`"
        raise DataError(f"{error}; {kept}: `netspec resume` goes on where this can be read again") from None
    except RuntimeError as error:
        raise explained(error) from None
    finally:
        data.feed.close()


def _epochs(
    training: Training,
    data: Data,
    run: Run,
    every: int | None,
    stop: Callable[[], bool],
    say: Callable[[str], None],
    stepped: Callable[[], None],
) -> Iterator[dict[str, Any]]:
    per_epoch = data.feed.order.per_epoch
    begun, images = perf_counter(), 0
    while not training.over:
        if stop():
            save(training, run)
            return
        if not _is_at_end(training, per_epoch):
            images += data.feed.order.size(training.step)
            parts = training.parts
            train_step(training, data.feed)
            stepped()
            if training.parts > parts:
                now = f"batches are computed in {training.parts} parts from now on"
                say(f"out of memory at step {training.step:,}: {now}")
        if _is_at_end(training, per_epoch):
            _wait(data.feed.device)
            row = finish_epoch(training, data, run, perf_counter() - begun, images)
            save(training, run)
            yield row
            begun, images = perf_counter(), 0
        elif every is not None and training.step % every == 0:
            save(training, run)


def _is_at_end(training: Training, per_epoch: int) -> bool:
    """Whether all steps of an epoch are done, and it has not been tested yet."""
    ends = training.step % per_epoch == 0 or training.step == training.steps
    return ends and training.step > training.tested


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
