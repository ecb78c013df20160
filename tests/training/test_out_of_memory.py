"""A batch for which memory is short is computed in more parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from netspec.cli import main
from netspec.training import loop, out_of_memory, under_way
from netspec.training.errors import TrainingError
from netspec.training.network import Network
from netspec.training.out_of_memory import Before, halved, in_parts, is_out_of_memory
from netspec.training.run import Run
from netspec.training.state import load
from tests.training.small import IMAGES, folder, spec, training
from tests.training.test_loop import same

EVERYTHING = "  augment { shift - mixup }\n  ema = 0.9"


def short(monkeypatch: pytest.MonkeyPatch, most: int, left: int = 0) -> None:
    """The device has memory for so many images at a time, after so many larger calls that it had memory for."""
    true, calls = Network.scores, iter(range(left))

    def scores(network: Network, images: torch.Tensor) -> Any:
        found = true(network, images)  # so that statistics have been changed when memory is short
        if len(images) > most and next(calls, None) is None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return found

    monkeypatch.setattr(Network, "scores", scores)


def test_it_goes_on_from_the_same_step_in_as_many_parts_as_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, data = training(EVERYTHING, accumulate=4)
    list(loop.train(asked, data, folder(tmp_path / "asked")))
    short(monkeypatch, 2)
    made, data = training(EVERYTHING)
    said: list[str] = []
    list(loop.train(made, data, folder(tmp_path / "made"), say=said.append))
    assert said == ["out of memory at step 1: batches are computed in 4 parts from now on"]
    ours, theirs = under_way.state_of(made), under_way.state_of(asked)
    assert made.parts == 4 and same(dict(ours.tensors), dict(theirs.tensors))


def test_what_was_computed_of_a_step_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    halves, data = training("", accumulate=2)
    loop.train_step(halves, data.feed)
    made, data = training("")
    short(monkeypatch, 4)
    loop.train_step(made, data.feed)
    assert same(dict(under_way.state_of(made).tensors), dict(under_way.state_of(halves).tensors))


def test_the_parts_are_part_of_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["train", spec(), "--data", IMAGES, "--device", "cpu", "-o"]
    short(monkeypatch, 4, left=6)
    assert main([*words, str(tmp_path / "whole")]) == 0
    monkeypatch.undo()
    short(monkeypatch, 4, left=6)
    stops = iter([False] * 8 + [True])
    made, data = training()
    list(loop.train(made, data, run := folder(tmp_path), stop=lambda: next(stops)))
    monkeypatch.undo()
    assert load(run.state).facts["parts"] == 2
    other, data = training()
    under_way.take_up(other, load(run.state))
    list(loop.train(other, data, run))
    assert same(dict(load(run.state).tensors), dict(load(Run(tmp_path / "whole").state).tensors))


def test_two_images_are_the_least(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch, 1)
    made, data = training()
    with pytest.raises(TrainingError, match=r"out of memory for 2 images at a time: train on smaller images"):
        list(loop.train(made, data, folder(tmp_path)))


def test_one_of_several_processes_cannot_begin_its_step_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(out_of_memory, "_together", lambda: True)
    short(monkeypatch, 4)
    made, data = training(accumulate=1)
    with pytest.raises(TrainingError, match=r"train together: begin again with --set train.accumulate=2$"):
        loop.train_step(made, data.feed)


def test_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    short(monkeypatch, 4)
    assert main(["train", spec(), "--data", IMAGES, "--device", "cpu", "-o", str(tmp_path / "r")]) == 0
    told = "netspec: out of memory at step 1: batches are computed in 2 parts from now on\n"
    assert capsys.readouterr().err == told


def test_short_memory_elsewhere_is_said_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, data = training()

    def step() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(made.optimizer, "step", step)
    with pytest.raises(TrainingError, match="out of memory: train in smaller batches"):
        list(loop.train(made, data, folder(tmp_path)))


def test_tests_take_fewer_images_where_memory_is_short() -> None:
    sizes: list[int] = []

    def test(size: int) -> int:
        sizes.append(size)
        if size > 60:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return size

    assert halved(test, 250) == 31 and sizes == [250, 125, 62, 31]
    with pytest.raises(TrainingError, match="one image at a time"):
        halved(lambda size: test(100), 4)


def test_memory_of_the_machine_counts_as_well() -> None:
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**58)
    assert is_out_of_memory(error.value) and not is_out_of_memory(RuntimeError("size mismatch"))


def test_other_mistakes_are_not_taken_for_short_memory() -> None:
    def compute(parts: int) -> None:
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        in_parts(compute, lambda: None, 1, 8)


def test_statistics_of_norms_are_brought_back() -> None:
    module = torch.nn.BatchNorm1d(3)
    module(torch.randn(4, 3))
    before, kept = {name: each.clone() for name, each in module.state_dict().items()}, Before(module)
    kept.keep()
    module(torch.randn(4, 3))
    assert not same(dict(module.state_dict()), before)
    kept.bring_back()
    assert same(dict(module.state_dict()), before)
