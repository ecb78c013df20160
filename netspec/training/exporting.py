"""A trained network in another form, with its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from netspec.files import save
from netspec.lowering import npz, weight_files, weight_text
from netspec.lowering.roles import EVALUATION, roles
from netspec.report import graph_json
from netspec.training.errors import TrainingError
from netspec.training.intake import intake
from netspec.training.stand_alone import stand_alone
from netspec.training.trained import Trained


def export(made: Trained, form: str, path: Path, *, pixels: bool = False) -> tuple[Path, ...]:
    """Write a trained network to a file; the files that were written.

    Args:
        made: it.
        form: `pytorch`, a Python file with the weights beside it, `.pt`; `onnx`; `json`, the graph without its weights;
            `npz` or `txt`, the weights by name.
        path: the file.
        pixels: let ONNX take pixels, uint8, and normalise them itself.

    Raises:
        OSError: if the file can't be written.
        TrainingError: for what is wrong with the run.
        WeightsError, ArchiveError: if the weights can't be written.
        TooLarge: if ONNX does not hold them.
        MissingPackage: if onnx is needed and not installed.
    """
    state = made.network.module.state_dict()
    match form:
        case "pytorch":
            beside = path.with_suffix(".pt")
            if beside == path:
                raise TrainingError(f"`{path}` is the name of its weights: give the file another, such as net.py")
            weight_files.write(beside, state)
            save(path, stand_alone(made, path.name).encode())
            return path, beside
        case "onnx":
            _onnx(made, path, pixels=pixels)
        case "npz":
            npz.write(path, state)
        case _:
            save(path, "".join(text(made, form)).encode())
    return (path,)


def text(made: Trained, form: str) -> Iterator[str]:
    """The parts of the text of a form that is one: `json` or `txt`."""
    if form == "json":
        yield graph_json.write(made.graph)
        return
    for line in weight_text.lines(made.network.module.state_dict()):
        yield f"{line}\n"


def facts(made: Trained) -> dict[str, str]:
    """What a file of ONNX says beside the network: how pictures become what it takes, and the names of the classes."""
    way, normal = intake(made.task), made.task.normalization
    number = made.graph.outputs[made.network.primary]
    applied = roles(made.graph).when[number] == EVALUATION
    kind = "distances" if made.network.primary in made.network.distances else "scores"
    return {
        "output": made.graph.nodes[number].layer.name if applied else kind,
        "classes": json.dumps(made.task.classes, ensure_ascii=False),
        "mean": json.dumps(normal.mean),
        "std": json.dumps(normal.std),
        "fitted_by": json.dumps([dict(each) for each in way.steps_for(way.channels, None)]),
        "data": made.task.data,
    }


def _onnx(made: Trained, path: Path, *, pixels: bool) -> None:
    from netspec.lowering import onnx

    normal = made.task.normalization
    weights = made.network.module.state_dict()
    first = (normal.mean, normal.std) if pixels else None
    onnx.export(made.graph, path, weights=weights, pixels=first, facts=facts(made))
