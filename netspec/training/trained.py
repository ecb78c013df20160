"""A trained network, from the folder of its run."""

from __future__ import annotations

import torch

from netspec.graph import Graph
from netspec.lowering.weight_files import WeightsError, read
from netspec.records import frozen
from netspec.training.devices import device_of
from netspec.training.errors import TrainingError
from netspec.training.network import Network, network
from netspec.training.run import Run
from netspec.training.state import put_into
from netspec.training.task import Task, read_back

BEST, LAST = WEIGHTS = ("best", "last")
"""Which weights of a run: those of its best epoch, or those that it had last."""


@frozen
class Trained:
    """A network with the weights of a run, in evaluation mode on a device, and the task that it was trained for."""

    task: Task
    network: Network
    device: torch.device

    @property
    def graph(self) -> Graph:
        """The network as it was fitted."""
        return self.task.graph


def trained(run: Run, which: str = BEST, device: str | None = None) -> Trained:
    """The network of a run with its `best` or its `last` weights.

    Raises:
        TrainingError: if the folder is none of a run, is damaged, or has no such weights yet.
    """
    task, _ = read_back(run)
    on = device_of(device)
    net = with_weights(task, run, which)
    net.module.to(on)
    net.module.eval()
    return Trained(task, net, on)


def with_weights(task: Task, run: Run, which: str = BEST) -> Network:
    """The network of a task with weights of its run, on the CPU. Raises TrainingError."""
    net = network(task.graph, task.settings)
    put_into(net.module.state_dict(), weights_of(run, which), "a weight")
    return net


def weights_of(run: Run, which: str = BEST) -> dict[str, torch.Tensor]:
    """The `best` or the `last` weights of a run by their names. Raises TrainingError."""
    if which not in WEIGHTS:
        raise TrainingError(f"a run has `best` and `last` weights, and no `{which}`")
    path = run.weights(which)
    other = LAST if which == BEST else BEST
    if not path.exists() and run.weights(other).exists():
        raise TrainingError(f"the run has no {which} weights yet, and has its {other} ones: `{other}` takes these")
    try:
        return read(path)
    except WeightsError as error:
        raise TrainingError(f"the run has no {which} weights yet: {error}") from None
