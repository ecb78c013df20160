"""The complete state of a training in one file without pickle: `state.safetensors`.

Tensors are named `weights.…`, `average.…` and `optimizer.NUMBER.NAME`; all else, counters and the optimiser's groups,
is JSON in the header. The file is written to a temporary name and renamed, so that there is always a whole one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from netspec.files import replaced
from netspec.records import frozen
from netspec.training.errors import TrainingError, Unwritable

KEY = "netspec"
FORMAT = 1


@frozen
class State:
    """Tensors by name, on the CPU, and facts that JSON can hold."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def save(path: Path, state: State) -> None:
    """Write a state, whole or not at all. Raises TrainingError, and what was there stays, if it can't be written."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    tensors = {name: each.detach().cpu().clone().contiguous() for name, each in state.tensors.items()}
    header = {KEY: json.dumps({"format": FORMAT, **state.facts})}
    try:
        with replaced(path) as temporary:
            save_file(tensors, temporary, metadata=header)
    except (OSError, SafetensorError) as error:
        why = getattr(error, "strerror", None) or str(error)
        kept = "; the state saved before is kept" if path.exists() else ""
        raise Unwritable(f"`{path}` can't be written: {why.lower()}{kept}") from None


def load(path: Path) -> State:
    """Read a state. Raises TrainingError for what is none, or of another format."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            header = json.loads((file.metadata() or {}).get(KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except FileNotFoundError:
        raise TrainingError(f"`{path}` is not there: nothing was saved, or it is no folder of a run") from None
    except (OSError, SafetensorError, ValueError) as error:
        raise TrainingError(f"`{path}` can't be read, or is damaged: {error}") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise TrainingError(f"`{path}` is no state of a training that this version of netspec can read")
    return State(tensors, {name: each for name, each in header.items() if name != "format"})


def packed(name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under names that begin with `name.`."""
    return {f"{name}.{own}": each for own, each in tensors.items()}


def unpacked(name: str, state: State) -> dict[str, Tensor]:
    """The tensors whose names begin with `name.`, without that."""
    start = f"{name}."
    return {each.removeprefix(start): tensor for each, tensor in state.tensors.items() if each.startswith(start)}


def put_into(own: Mapping[str, Tensor], saved: Mapping[str, Tensor], what: str) -> None:
    """Copy saved tensors into these. Raises TrainingError, and copies none, if a name, size or number type differs."""
    wrong = sorted(set(own) ^ set(saved))
    if wrong:
        where = "is not in the saved state" if wrong[0] in own else "of the saved state is not in the network"
        raise TrainingError(f"`{wrong[0]}` ({what}) {where}: the run is of another network")
    for name, tensor in saved.items():
        if tensor.shape != own[name].shape or tensor.dtype != own[name].dtype:
            before = f"{tuple(tensor.shape)} of {tensor.dtype}"
            here = f"{tuple(own[name].shape)} of {own[name].dtype}"
            raise TrainingError(f"`{name}` ({what}) was saved as {before}, here it is {here}: of another network")
    with torch.no_grad():
        for name, tensor in saved.items():
            own[name].copy_(tensor)


# Optimisers


def optimizer_state(optimizer: Optimizer) -> State:
    """What an optimiser keeps: its tensors, and its groups and plain numbers."""
    written = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for number, kept in written["state"].items():
        for name, value in kept.items():
            (tensors if isinstance(value, Tensor) else numbers)[f"{number}.{name}"] = value
    return State(packed("optimizer", tensors), {"numbers": numbers, "groups": written["param_groups"]})


def put_into_optimizer(optimizer: Optimizer, state: State, facts: Mapping[str, Any]) -> None:
    """Give an optimiser what it kept. Raises TrainingError if it is of other parameters."""
    kept: dict[int, dict[str, Any]] = {}
    for key, value in {**unpacked("optimizer", state), **facts["numbers"]}.items():
        number, _, name = key.partition(".")
        kept.setdefault(int(number), {})[name] = value
    groups = [
        {name: tuple(each) if isinstance(each, list) and name != "params" else each for name, each in group.items()}
        for group in facts["groups"]
    ]
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    for number, values in kept.items():
        for name, value in values.items():
            wide = isinstance(value, Tensor) and value.dim() > 0
            if number >= len(parameters) or (wide and value.shape != parameters[number].shape):
                raise TrainingError(f"`{name}` of the saved optimiser fits no parameter: the run is of another network")
    try:
        optimizer.load_state_dict({"state": kept, "param_groups": groups})
    except ValueError as error:
        raise TrainingError(f"the saved optimiser is of another network: {error}") from None
    _lay_out(optimizer)


def _lay_out(optimizer: Optimizer) -> None:
    """Let what is kept of a parameter lie in memory as it does, channels last or not: fused steps need that."""
    for parameter, values in optimizer.state.items():
        for name, each in values.items():
            if isinstance(each, Tensor) and each.shape == parameter.shape and each.stride() != parameter.stride():
                values[name] = torch.empty_like(parameter, dtype=each.dtype).copy_(each)
