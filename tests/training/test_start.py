"""A training that starts from the weights of a run, or of a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from netspec.cli import main
from netspec.training.errors import TrainingError
from netspec.training.run import Run
from netspec.training.start import Start, start_from
from netspec.training.state import load
from netspec.training.under_way import Training
from tests.training.small import folder, prepared, training, weights

Capture = pytest.CaptureFixture[str]
FOUR, FIVE = "synthetic:1x6x6:4:40", "synthetic:1x6x6:5:40"
NET = """param classes = 4
input 1x6x6
4C3 - bn - relu - MP2
dense(classes) - softmax
train {
  optimizer = momentum(lr=0.05)
  epochs = 1
  batch = 8
}
"""


def begin(path: Path, images: str = FOUR, text: str = NET, *, replace: bool = False) -> tuple[Training, Start]:
    ready = prepared(text=text, images=images)
    made, _ = training(text=text, images=images)
    return made, start_from(made, ready.task.graph, str(path), replace_head=replace)


def drawn(images: str = FOUR) -> dict[str, torch.Tensor]:
    made, _ = training(text=NET, images=images, seed=7)
    for name, each in made.network.module.state_dict().items():
        each.fill_(3) if "running" in name or "tracked" in name else each.add_(0.5)
    return weights(made)


def test_all_weights_and_the_statistics_of_norms_are_taken(tmp_path: Path) -> None:
    given = drawn()
    save_file(given, tmp_path / "w.safetensors")
    made, start = begin(tmp_path / "w.safetensors")
    found = weights(made)
    assert all(torch.equal(found[name], each) for name, each in given.items()) and found.keys() == given.keys()
    assert start.line == f"{tmp_path / 'w.safetensors'}: tensors matched: 8 by name" and start.drawn == ()


def test_names_of_another_program_are_matched_by_shape(tmp_path: Path) -> None:
    given = {f"module.{name.replace('conv1', 'stem').replace('dense1', 'fc')}": each for name, each in drawn().items()}
    torch.save({"state_dict": given, "epoch": 3}, tmp_path / "w.pt")
    made, start = begin(tmp_path / "w.pt")
    assert torch.equal(weights(made)["conv1.weight"], given["module.stem.weight"])
    assert "4 by name, 4 by shape" in start.line


def test_the_best_weights_of_a_run_are_taken_and_else_the_last(tmp_path: Path) -> None:
    run, given = folder(tmp_path), drawn()
    (run.folder / "last").mkdir()
    save_file(given, run.weights("last"))
    assert begin(run.folder)[1].file == run.weights("last")
    run.save_best(given, {})
    assert begin(run.folder)[1].file == run.weights("best")


def test_a_head_of_other_classes_is_drawn_anew_and_said_to_be(tmp_path: Path) -> None:
    given = drawn()
    save_file(given, tmp_path / "w.safetensors")
    fresh, _ = training(text=NET, images=FIVE)
    made, start = begin(tmp_path / "w.safetensors", FIVE, replace=True)
    found = weights(made)
    assert start.drawn == ("dense1",) and start.line.endswith("6 by name; `dense1` is drawn anew")
    assert torch.equal(found["dense1.weight"], weights(fresh)["dense1.weight"])
    assert torch.equal(found["bn1.running_mean"], given["bn1.running_mean"])
    assert start.record["drawn"] == ["dense1"] and "dense1.weight" not in start.record["tensors"]


def test_a_head_of_the_same_classes_is_drawn_anew_if_asked_for(tmp_path: Path) -> None:
    save_file(drawn(), tmp_path / "w.safetensors")
    fresh, _ = training(text=NET)
    made, start = begin(tmp_path / "w.safetensors", replace=True)
    assert start.drawn == ("dense1",)
    assert torch.equal(weights(made)["dense1.weight"], weights(fresh)["dense1.weight"])


def test_auxiliary_heads_are_drawn_anew_as_well(tmp_path: Path) -> None:
    text = NET.replace(
        "dense(classes) - softmax", "output side { dense(classes) }\n6N - relu - dense(classes) - softmax"
    )
    made, _ = training(text=text)
    save_file(weights(made), tmp_path / "w.safetensors")
    _, start = begin(tmp_path / "w.safetensors", FIVE, text, replace=True)
    assert len(start.drawn) == 2 and not any(pair.ours.startswith(start.drawn) for pair in start.matching.pairs)


def refused(path: Path, images: str = FOUR, text: str = NET, *, replace: bool = False) -> str:
    """The error; nothing of the network has changed then."""
    ready = prepared(text=text, images=images)
    made, _ = training(text=text, images=images)
    before = weights(made)
    with pytest.raises(TrainingError) as caught:
        start_from(made, ready.task.graph, str(path), replace_head=replace)
    assert all(torch.equal(before[name], each) for name, each in weights(made).items())
    return str(caught.value)


def test_other_classes_without_a_new_head_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(drawn(), path)
    assert refused(path, FIVE) == (
        f"`{path}` does not fit this network: `dense1.weight` is 4x16 there and 5x16 here, `dense1.bias` is 4 there "
        "and 5 here; `--replace-head` draws `dense1` anew, and takes all else"
    )


def test_what_differs_beside_the_head_is_refused_even_with_a_new_head(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({**drawn(), "conv1.weight": torch.zeros(4, 1, 5, 5)}, path)
    found = refused(path, FIVE, replace=True)
    assert "`conv1.weight` is 4x1x5x5 there and 4x1x3x3 here" in found and "--replace-head" not in found


def test_a_layer_too_many_and_one_that_lacks_are_named(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    given = {name: each for name, each in drawn().items() if not name.startswith("bn1.running")}
    save_file({**given, "extra.weight": torch.zeros(7, 9)}, path)
    found = refused(path, replace=True)
    assert "would get nothing" in found and "`extra.weight` (7x9) of the file would go nowhere" in found


@pytest.mark.parametrize(("name", "what"), [("no.safetensors", "no such file"), (".", "is no folder of a run")])
def test_what_is_not_there_is_said_to_be(name: str, what: str, tmp_path: Path) -> None:
    assert what in refused(tmp_path / name)


def test_a_file_that_is_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pt").write_bytes(b"nonsense")
    assert "is damaged" in refused(tmp_path / "w.pt")


def test_the_command_prints_and_records_it_and_resume_obeys(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "net.spec").write_text(NET)
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["train", str(tmp_path / "net.spec"), "--data", FOUR, "-o", str(one)]) == 0
    words = ["train", str(tmp_path / "net.spec"), "--data", FIVE, "-o", str(two), "--from", str(one), "--replace-head"]
    assert main([*words, "--freeze", "conv1..bn1", "--rate", "dense1=0.5", "--steps", "3"]) == 0
    out = capsys.readouterr().out
    path = one / "best" / "weights.safetensors"
    assert f"from    {path}: tensors matched: 6 by name; `dense1` is drawn anew\n" in out
    assert "frozen  48 of 133 parameters: conv1, bn1\n" in out and "rates   dense1=0.5\n" in out
    record = Run(two).read("recipe.json")
    assert record["from"]["file"] == str(path) and len(record["from"]["sha256"]) == 64
    assert record["settings"]["freeze"] == ["conv1..bn1"] and record["settings"]["rates"] == ["dense1=0.5"]
    before, after = load(Run(one).state).tensors, load(Run(two).state).tensors
    assert torch.equal(after["weights.bn1.running_mean"], before["weights.bn1.running_mean"])
    path.unlink()  # what a run started from is not needed to go on
    assert main(["resume", str(two)]) == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--replace-head"], "`--replace-head` says what is not taken from trained weights"),
        (["--freeze", 'a"b'], "can't be names of layers"),
        (["--freeze", "cnv1"], "`freeze` names a layer `cnv1`, which is not there"),
        (["--from", "nowhere.pt"], "`nowhere.pt` can't be read: no such file or directory"),
    ],
)
def test_wrong_options_are_refused_before_a_folder_is_made(
    words: list[str], what: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "1x6x6-4C3-4N", "--data", FOUR, *words]) == 2
    assert what in capsys.readouterr().err and not list(tmp_path.iterdir())
