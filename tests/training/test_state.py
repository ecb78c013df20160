"""The state's file: whole or not at all, checked, and without pickle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from netspec.training import loop
from netspec.training import state as states
from netspec.training.errors import TrainingError
from netspec.training.loop import train_step
from netspec.training.state import KEY, State, load, put_into, save
from netspec.training.under_way import state_of, take_up
from tests.training.small import training

SMALL = State({"weights.a": torch.arange(3.0), "sums": torch.zeros(2, dtype=torch.float64)}, {"step": 3, "best": None})


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    save(tmp_path / "s.safetensors", SMALL)
    found = load(tmp_path / "s.safetensors")
    assert found.facts == SMALL.facts and found.tensors.keys() == SMALL.tensors.keys()
    assert all(torch.equal(each, SMALL.tensors[name]) for name, each in found.tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == ["s.safetensors"]


def test_weights_that_two_names_share_are_saved_under_both(tmp_path: Path) -> None:
    one = torch.ones(2)
    save(tmp_path / "s.safetensors", State({"a": one, "b": one}, {}))
    assert load(tmp_path / "s.safetensors").tensors.keys() == {"a", "b"}


def test_a_full_disk_leaves_the_state_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.safetensors"
    save(path, SMALL)

    def full(tensors: object, at: Path, metadata: object) -> None:
        at.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(TrainingError, match="no space left on device; the state saved before is kept"):
        save(path, State({}, {"step": 4}))
    assert load(path).facts["step"] == 3 and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"nonsense", b'\x08\0\0\0\0\0\0\0{"a":1}}'])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.safetensors").write_bytes(content)
    with pytest.raises(TrainingError, match="can't be read, or is damaged"):
        load(tmp_path / "s.safetensors")


@pytest.mark.parametrize("header", [None, {KEY: "3"}, {KEY: '{"format": 99}'}])
def test_a_file_of_another_kind_is_refused(header: dict[str, str] | None, tmp_path: Path) -> None:
    save_file({"a": torch.ones(1)}, tmp_path / "s.safetensors", metadata=header)
    with pytest.raises(TrainingError, match="is no state of a training"):
        load(tmp_path / "s.safetensors")


def test_a_file_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is not there"):
        load(tmp_path / "s.safetensors")


@pytest.mark.parametrize(
    ("saved", "what"),
    [
        ({}, "`a` .* is not in the saved state"),
        ({"a": torch.ones(2), "b": torch.ones(1)}, "`b` .* of the saved state is not in the network"),
        ({"a": torch.ones(3)}, r"saved as \(3,\) of torch.float32, here it is \(2,\)"),
        ({"a": torch.ones(2).double()}, "float64"),
    ],
)
def test_tensors_of_another_network_are_refused_and_none_is_copied(saved: dict[str, torch.Tensor], what: str) -> None:
    own = {"a": torch.zeros(2)}
    with pytest.raises(TrainingError, match=what):
        put_into(own, saved, "a weight")
    assert own["a"].sum() == 0


@pytest.mark.parametrize(
    "optimizer",
    ["sgd(lr=0.1)", "momentum(lr=0.1)", "adagrad", "adadelta", "rmsprop(momentum=0.5)", "adam", "adamw", "muon"],
)
def test_every_optimiser_goes_on_as_if_nothing_had_been(optimizer: str, tmp_path: Path) -> None:
    one, data = training(optimizer=optimizer)
    for _ in range(3):
        train_step(one, data.feed)
    save(tmp_path / "s.safetensors", state_of(one))
    other, _ = training(optimizer=optimizer)
    take_up(other, load(tmp_path / "s.safetensors"))
    for each in (one, other):
        train_step(each, data.feed)
    mine, theirs = state_of(one), state_of(other)
    assert json.dumps(mine.facts) == json.dumps(theirs.facts) and mine.tensors.keys() == theirs.tensors.keys()
    assert all(torch.equal(each, theirs.tensors[name]) for name, each in mine.tensors.items())


def test_an_optimiser_of_another_network_is_refused() -> None:
    one, data = training()
    train_step(one, data.feed)
    kept = state_of(one)
    kept = State({**kept.tensors, "optimizer.0.momentum_buffer": torch.ones(9)}, kept.facts)
    with pytest.raises(TrainingError, match="`momentum_buffer` of the saved optimiser fits no parameter"):
        states.put_into_optimizer(one.optimizer, kept, kept.facts["optimizer"])


def test_a_state_is_complete(tmp_path: Path) -> None:
    made, data = training("  ema = 0.9")
    train_step(made, data.feed)
    names = {name.partition(".")[0] for name in loop.state_of(made).tensors}
    assert names == {"weights", "average", "optimizer", "sums"}
