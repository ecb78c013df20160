"""The folder of a run: its spec, its recipe, its metrics, the last state and the best weights.

runs/lenet5-2026-11-25-1/
spec.spec            the spec in canonical form, for people
graph.json           the network as it is trained, from which it is built again
recipe.json          all settings, the seed, versions, the device, the data's digest, the command
metrics.jsonl .csv   a line an epoch
curves.svg .png      loss and accuracy by epoch
status.json          how far it is, or how it ended
validation.json      what the best weights say of the validation images, written at the end
test.json            what they say of the test images, written by `netspec test`
report.html          all of it to read
last/                state.safetensors, all that is needed to go on; weights.safetensors
best/                weights.safetensors and metrics.json of the best epoch on the validation images
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from netspec.files import refusal
from netspec.files import save as save_file
from netspec.lowering.weight_files import WeightsError, write
from netspec.records import frozen
from netspec.training.errors import TrainingError, Unwritable
from netspec.training.metrics import rows_of
from netspec.training.state import State, unpacked
from netspec.training.state import save as save_state

if TYPE_CHECKING:
    from netspec.training.evaluation import Evaluation
    from netspec.training.from_python import Each, Images
    from netspec.training.predicting import Prediction

RUNS = Path("runs")


@frozen
class Run:
    """A run by its folder: what training wrote there, and what can be done with it (`netspec.Run` from Python).

    Of the processes that train together one writes it; in the others nothing is written, whatever is asked for.
    """

    folder: Path
    writes: bool = True

    def __init__(self, folder: str | Path, writes: bool = True) -> None:
        object.__setattr__(self, "folder", Path(folder))
        object.__setattr__(self, "writes", writes)

    @property
    def state(self) -> Path:
        """The file of the last saved state."""
        return self.folder / "last" / "state.safetensors"

    def weights(self, which: str) -> Path:
        """The file of the `best` or `last` weights."""
        return self.folder / which / "weights.safetensors"

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, whole or not at all. Raises TrainingError."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """The same of what is no text. Raises TrainingError."""
        if not self.writes:
            return
        path = self.folder / name
        try:
            if path.parent != self.folder:
                path.parent.mkdir(exist_ok=True)
            save_file(path, content)
        except OSError as error:
            raise Unwritable(refusal(path, error)) from None

    def read(self, name: str) -> Any:
        """What a file of JSON holds. Raises TrainingError."""
        path = self.folder / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise TrainingError(f"`{self.folder}` is no folder of a run: `{name}` can't be read: {why}") from None
        except ValueError as error:
            raise TrainingError(f"`{path}` is damaged: {error}") from None

    def save(self, kept: State) -> None:
        """Keep a state, and its weights for others to read. Raises TrainingError."""
        if not self.writes:
            return
        self._make("last")
        save_state(self.state, kept)
        self._save_weights("last", unpacked("weights", kept))

    def save_best(self, weights: Mapping[str, Tensor], metrics: Mapping[str, Any]) -> None:
        """Keep the weights of the best epoch. Raises TrainingError."""
        if not self.writes:
            return
        self._make("best")
        self._save_weights("best", weights)
        self.write("best/metrics.json", json.dumps(metrics, indent=2) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of all epochs; one that a crash cut off is left out."""
        path = self.folder / "metrics.jsonl"
        return rows_of(path.read_text(encoding="utf-8")) if path.exists() else []

    def write_metrics(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the lines of all epochs, for programs and for spreadsheets. Raises TrainingError."""
        self.write("metrics.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        names = list(rows[0]) if rows else []
        lines = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
        self.write("metrics.csv", "".join(",".join(line) + "\n" for line in lines if line))

    # What is done with a run from Python

    @property
    def best(self) -> dict[str, Any] | None:
        """The line of the best epoch, None before there is one."""
        if not (self.folder / "best" / "metrics.json").exists():
            return None
        found: dict[str, Any] = self.read("best/metrics.json")
        return found

    def test(self, data: str | None = None, *, device: str | None = None, offline: bool = False) -> Evaluation:
        """How the best weights do on test images, as `netspec test` says. Raises DataError and TrainingError."""
        from netspec.training.testing import outcome

        return outcome(self.folder, device, data=data, offline=offline).found

    def predict(
        self, images: Images, *, top: int = 5, weights: str = "best", device: str | None = None
    ) -> list[Prediction]:
        """What images are taken for, as `netspec predict` says.

        Args:
            images: a file, a folder or a pattern; the content of a file; a sequence of these; or pixels, uint8
                (C, H, W) or (N, C, H, W).
            top: how many classes of each image are named.
            weights: the `best` or the `last` ones.
            device: else a GPU if there is one.

        Raises:
            DataError: for an image that can't be read.
            TrainingError: if the folder is none of a run, or pixels are none.
        """
        from netspec.training.from_python import predict

        return predict(self, images, top, weights, device)

    def resume(
        self,
        *,
        device: str | None = None,
        offline: bool = False,
        save_every: int | None = None,
        each: Each | None = None,
    ) -> Run:
        """Go on to the end from the last saved state; arguments, errors and what it gives are those of `train`."""
        from netspec.training.from_python import resume

        resume(self, device, offline=offline, save_every=save_every, each=each)
        return self

    def module(self, weights: str = "best") -> nn.Module:
        """What `netspec.build` makes of the network as it was trained, with its weights, in evaluation mode on the CPU.

        It takes normalised images; `recipe.json` has `normalization`. Raises TrainingError.
        """
        from netspec.training.from_python import module

        return module(self, weights)

    def _make(self, name: str) -> None:
        try:
            (self.folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise Unwritable(refusal(self.folder / name, error)) from None

    def _save_weights(self, which: str, weights: Mapping[str, Tensor]) -> None:
        try:
            write(self.weights(which), {name: each.detach().clone() for name, each in weights.items()})
        except WeightsError as error:
            raise Unwritable(str(error)) from None


def create(name: str, folder: Path | None = None) -> Run:
    """A new folder, which no other run has: `runs/NAME-DATE-N`, or the one given.

    Raises:
        TrainingError: if it can't be made, or the one given holds something.
    """
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise TrainingError(f"`{folder}` holds something already: two runs never share a folder")
            return Run(folder)
        RUNS.mkdir(exist_ok=True)
        for number in range(1, 1_000_000):
            made = RUNS / f"{name}-{date.today().isoformat()}-{number}"
            try:
                made.mkdir()
            except FileExistsError:
                continue
            return Run(made)
    except OSError as error:
        where = folder or RUNS
        raise TrainingError(refusal(where, error)) from None
    raise TrainingError(f"`{RUNS}` is full of runs of today")


def _cell(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
