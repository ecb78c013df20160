"""The recipe's `loss`: what is made small, by output.

Every loss is a mean over the images, of what its function says of one. Targets are class numbers, or probabilities
where images were mixed, or the numbers themselves. All is computed in single precision at least.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from netspec.records import frozen
from netspec.training.errors import TrainingError

Outputs: TypeAlias = "Tensor | Mapping[str, Tensor]"
"""The one output, or the outputs by name."""

MAIN = "main"
"""The output that a network ends in; the factor `auxiliary` is for the others."""


@frozen
class Losses:
    """The losses of a network's outputs: `losses(outputs, targets)`.

    `chosen` has the recipe's choice for each output that has a loss, `factors` what each counts in the sum.
    """

    chosen: Mapping[str, Mapping[str, Any]]
    factors: Mapping[str, float]

    def __call__(
        self,
        outputs: Outputs,
        targets: Outputs,
        *,
        images: Tensor | None = None,
        code: Tensor | None = None,
        probabilities: Collection[str] = (),
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum of the losses times their factors, and each loss without its factor by output.

        Args:
            outputs: what the network gives, by name or its one output; those that have no loss don't count, nor do
                losses whose output isn't there, as auxiliary heads are in training only.
            targets: for all outputs, or by name.
            images: what the network was given, `(B, …)`: the target of a reconstruction.
            code: the activations, within 0 to 1, that a reconstruction keeps sparse, `(B, …)`.
            probabilities: outputs that are probabilities and not logits, as in evaluation behind a softmax.

        Raises:
            TrainingError: if an output and its targets don't fit, or no output has a loss.
        """
        found = {MAIN: outputs} if isinstance(outputs, Tensor) else outputs
        if isinstance(outputs, Tensor) and len(self.chosen) == 1:
            found = {next(iter(self.chosen)): outputs}
        parts: dict[str, Tensor] = {}
        for name in self.chosen:
            if name in found:
                output = _precise(found[name])
                output = _logits(output) if name in probabilities else output
                target = targets if isinstance(targets, Tensor) else targets[name]
                parts[name] = self._of(name, output, target, images, code)
        if not parts:
            raise TrainingError(f"no output has a loss: the outputs are {', '.join(f'`{name}`' for name in found)}")
        total = torch.stack([parts[name] * self.factors[name] for name in parts]).sum()
        return total, parts

    def _of(self, name: str, output: Tensor, target: Tensor, images: Tensor | None, code: Tensor | None) -> Tensor:
        """The loss of one output."""
        choice = self.chosen[name]
        match choice:
            case {"name": "cross_entropy", "smoothing": smoothing}:
                target = target.to(output.dtype) if target.is_floating_point() else target
                return functional.cross_entropy(output, target, label_smoothing=float(smoothing))
            case {"name": "contrastive", "margin": margin}:
                return contrastive(output, target, float(margin))
            case {"name": "reconstruction", "sparsity": factor, "target": aim}:
                if images is None or (code is None and factor):
                    raise ValueError("a reconstruction needs the images, and its code where this is sparse")
                loss = functional.mse_loss(output, _numbers(name, output, images))
                return loss if code is None or not factor else loss + float(factor) * sparsity(code, float(aim))
        numbers = _numbers(name, output, target)
        match choice:
            case {"name": "squared_error"}:
                return functional.mse_loss(output, numbers)
            case {"name": "multi_label"}:
                return multi_label(output, numbers)
            case {"name": "hinge", "margin": margin, "squared": squared}:
                return hinge(output, numbers, float(margin), squared=squared)
            case {"name": "smooth_l1", "beta": beta}:
                return smooth_l1(output, numbers, float(beta))
        raise ValueError(f"no loss is called {choice['name']}")


def losses(train: Mapping[str, Any], outputs: Collection[str]) -> Losses:
    """The losses that a recipe asks for: cross-entropy for each output if it says nothing.

    Args:
        train: the recipe, of which `loss` and `auxiliary` are read.
        outputs: the names of the network's outputs.
    """
    default = {"name": "cross_entropy", "smoothing": 0, "weight": 1}
    chosen = train.get("loss") or dict.fromkeys(outputs, default)
    auxiliary = float(train.get("auxiliary", 1))
    factors = {name: float(choice["weight"]) * (1.0 if name == MAIN else auxiliary) for name, choice in chosen.items()}
    return Losses(dict(chosen), factors)


def multi_label(output: Tensor, target: Tensor) -> Tensor:
    """The sum over the classes of a logistic loss: `(B, …), (B, …) -> ()`, targets from 0 to 1."""
    return _of_an_image(functional.binary_cross_entropy_with_logits(output, target, reduction="none"))


def hinge(output: Tensor, target: Tensor, margin: float, *, squared: bool) -> Tensor:
    """The sum over the classes of how far each is from `margin` on its right side: `(B, K, …), (B, K, …) -> ()`.

    Squared as in L2-SVM (Tang 2013). Where a target is a probability, the mean of both sides by it.
    """
    right, wrong = (functional.relu(margin - side * output) for side in (1, -1))
    power = 2 if squared else 1
    return _of_an_image(target * right**power + (1 - target) * wrong**power)


def smooth_l1(output: Tensor, target: Tensor, beta: float) -> Tensor:
    """The sum over the numbers of d²/2β within `beta` and |d| − β/2 beyond (Girshick 2015, equation 3)."""
    return _of_an_image(functional.smooth_l1_loss(output, target, beta=beta, reduction="none"))


def contrastive(distance: Tensor, together: Tensor, margin: float) -> Tensor:
    """Half the square of the distance of a pair that belongs together, else of what it lacks to the margin.

    `(B,) or (B, 1), (B,) -> ()`; `together` is 1 or 0 (Hadsell et al. 2006, equation 4).

    Raises:
        TrainingError: if there is more than one number for a pair.
    """
    if distance.numel() != together.numel():
        numbers = distance.numel() // max(1, together.numel())
        title = f"`contrastive` takes one distance for each pair, and the network gives {numbers} numbers"
        raise TrainingError(f"{title}: end it in `distance`")
    distance, together = distance.flatten(), together.flatten().to(distance.dtype)
    apart = functional.relu(margin - distance)
    return (together * distance**2 + (1 - together) * apart**2).mean() / 2


def sparsity(code: Tensor, target: float) -> Tensor:
    """The sum over the units of the KL divergence of their mean activation from the target: `(B, …) -> ()`.

    Activations are within 0 to 1, as a sigmoid's (Ng 2011, "Sparse autoencoder").
    """
    means = _precise(code).flatten(1).mean(0)
    tiny = torch.finfo(means.dtype).eps
    means = means.clamp(tiny, 1 - tiny)
    aim = torch.full_like(means, target)
    divergence = torch.xlogy(aim, aim / means) + torch.xlogy(1 - aim, (1 - aim) / (1 - means))
    return divergence.sum()


def _of_an_image(numbers: Tensor) -> Tensor:
    """The sum over the numbers of an image, the mean over the images."""
    return numbers.sum() / len(numbers)


def _numbers(name: str, output: Tensor, target: Tensor) -> Tensor:
    """The target as numbers of the output's shape; a class becomes a vector with a one in its place.

    Raises:
        TrainingError: if there are more or fewer numbers than the output has.
    """
    if not target.is_floating_point() and target.dim() == output.dim() - 1 and output.shape[1] > 1:
        target = functional.one_hot(target, output.shape[1]).movedim(-1, 1)
    if target.numel() != output.numel():
        ours, theirs = (each.numel() // max(1, len(each)) for each in (output, target))
        raise TrainingError(f"the output `{name}` has {ours:,} numbers for an image, and its targets have {theirs:,}")
    return target.reshape(output.shape).to(output.dtype)


def _logits(probabilities: Tensor) -> Tensor:
    """Logits whose softmax these are."""
    return probabilities.clamp(min=torch.finfo(probabilities.dtype).tiny).log()


def _precise(values: Tensor) -> Tensor:
    """Decimals in single precision at least; whole numbers as they are."""
    return values.to(torch.promote_types(values.dtype, torch.float32)) if values.is_floating_point() else values
