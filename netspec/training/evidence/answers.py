"""What a network says of each image: the class, how sure it is, and how likely it finds the true one."""

from __future__ import annotations

import torch
from torch import Tensor

from netspec.records import field, frozen, mutable


@frozen
class Answers:
    """Of N images, in their order, on the CPU: classes, int64 (N,), and probabilities by softmax, float64 (N,)."""

    true: Tensor
    said: Tensor
    sure: Tensor
    of_true: Tensor

    @property
    def wrong(self) -> Tensor:
        """Whether the class is another one: bool (N,)."""
        return self.said != self.true


@mutable
class Listener:
    """Hears the scores of each batch, as `evaluate` tells them, and keeps them on their device till they are read."""

    parts: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def __call__(self, scores: Tensor, labels: Tensor) -> None:
        """Scores (B, K) and classes (B,)."""
        probabilities = scores.double().softmax(1)
        sure, said = probabilities.max(1)
        of_true = probabilities.gather(1, labels[:, None])[:, 0]
        self.parts.append((torch.stack([labels, said]), torch.stack([sure, of_true])))

    def answers(self) -> Answers:
        """All that was heard."""
        classes = torch.cat([each for each, _ in self.parts], 1).cpu()
        probabilities = torch.cat([each for _, each in self.parts], 1).cpu()
        return Answers(classes[0], classes[1], probabilities[0], probabilities[1])


def most_wrong(answers: Answers, most: int) -> list[int]:
    """The positions of the wrong answers that find the truth least likely, the worst first."""
    wrong = answers.wrong.nonzero().flatten()
    order = torch.sort(answers.of_true[wrong], stable=True).indices
    found: list[int] = wrong[order][:most].tolist()
    return found
