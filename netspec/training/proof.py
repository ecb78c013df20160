"""Whether two runs ended alike: every tensor, number and line of them, to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from netspec.records import frozen
from netspec.training.run import Run
from netspec.training.state import State, load

TIMED = ("seconds", "images_per_second")
"""What an epoch's line says of the clock, which is another one each time."""


@frozen
class Verdict:
    """What was compared, in counts, and what differs, a line each."""

    tensors: int
    numbers: int
    facts: int
    epochs: int
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def compared(one: Run, other: Run) -> Verdict:
    """Compare the last states, the best weights and the lines of the epochs of two runs. Raises TrainingError."""
    first, second = load(one.state), load(other.state)
    facts, others = _facts(first), _facts(second)
    lines, their_lines = _lines(one), _lines(other)
    differences = [
        *_of_tensors(first.tensors, second.tensors),
        *(f"`{name}` is {facts.get(name)} and {others.get(name)}" for name in sorted(_unlike(facts, others))),
        *(f"line {number} of the metrics" for number in range(max(len(lines), len(their_lines)))
          if lines[number : number + 1] != their_lines[number : number + 1]),
        *(["the best weights"] if _best(one) != _best(other) else []),
    ]  # fmt: skip
    numbers = sum(each.numel() for each in first.tensors.values())
    return Verdict(len(first.tensors), numbers, len(facts), len(lines), tuple(differences))


def _of_tensors(ours: Mapping[str, Tensor], theirs: Mapping[str, Tensor]) -> Iterator[str]:
    for name in sorted(ours.keys() ^ theirs.keys()):
        yield f"`{name}` is in one of the states only"
    for name in sorted(ours.keys() & theirs.keys()):
        one, other = ours[name], theirs[name]
        if one.shape != other.shape or one.dtype != other.dtype:
            yield f"`{name}` is {tuple(one.shape)} of {one.dtype} and {tuple(other.shape)} of {other.dtype}"
        elif not torch.equal(_bytes(one), _bytes(other)):
            apart = (one != other).sum().item()
            most = (one.double() - other.double()).abs().max().item()
            yield f"`{name}`: {apart:,} of {one.numel():,} numbers, by {most:.2g} at most"


def _bytes(tensor: Tensor) -> Tensor:
    """What is stored, so that nought differs from minus nought, and what is no number equals itself."""
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def _facts(state: State) -> dict[str, Any]:
    """All facts, by names like `optimizer.groups.0.lr`, but those of the clock."""
    return dict(_flat("", state.facts))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(each, Mapping) for each in value)):
        inner = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, each in inner:
            if key not in TIMED:
                yield from _flat(f"{name}.{key}" if name else str(key), each)
    else:
        yield name, value


def _unlike(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> set[str]:
    return {name for name in {*ours, *theirs} if name not in ours or name not in theirs or ours[name] != theirs[name]}


def _lines(run: Run) -> list[dict[str, Any]]:
    return [{name: each for name, each in row.items() if name not in TIMED} for row in run.metrics()]


def _best(run: Run) -> bytes | None:
    path = run.weights("best")
    return path.read_bytes() if path.exists() else None
