"""The number type that a training computes in."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from netspec.records import replace
from netspec.training import loop, task, under_way
from netspec.training.computing import Computing, device_words
from netspec.training.errors import TrainingError
from netspec.training.precision import autocast, precision, scaler, seconds_of
from netspec.training.state import load, optimizer_state, put_into_optimizer
from tests.training.small import CPU, folder, prepared, training
from tests.training.test_loop import same

GPU = torch.device("cuda")


def taken(wanted: str, device: torch.device, **seconds: float | None) -> str:
    times = {"float32": 1.0, **seconds}
    return precision(wanted, device, lambda name, device: times.get(name))[0]


def test_a_gpu_takes_the_half_that_it_is_quicker_in() -> None:
    assert taken("auto", GPU, bfloat16=0.5, float16=0.4) == "bfloat16"
    assert taken("auto", GPU, bfloat16=1.5, float16=0.5) == "float16"  # where bfloat16 is only imitated
    assert taken("auto", GPU, bfloat16=None, float16=0.5) == "float16"
    assert taken("auto", GPU, bfloat16=0.95, float16=1.2) == "float32"


def test_a_gpu_computes_in_what_the_recipe_names_if_it_can() -> None:
    assert taken("float16", GPU, float16=3) == "float16" and taken("float32", GPU) == "float32"
    with pytest.raises(TrainingError, match="`precision = bfloat16` can't be computed on cuda: take `float32`"):
        taken("bfloat16", GPU)


def test_a_cpu_takes_bfloat16_only_where_it_is_asked_for_and_not_slower() -> None:
    assert taken("auto", CPU, bfloat16=0.1) == "float32"
    assert taken("bfloat16", CPU, bfloat16=0.5) == "bfloat16"
    slow = precision("bfloat16", CPU, lambda name, device: {"float32": 1.0, "bfloat16": 9.84}[name])
    assert slow == ("float32", "bfloat16 takes 9.8 times as long here")
    assert precision("float16", CPU) == ("float32", "float16 is for GPUs")


def test_it_is_measured_without_touching_the_generator_of_random_numbers() -> None:
    torch.manual_seed(0)
    expected = torch.rand(2)
    torch.manual_seed(0)
    assert (seconds_of("float32", CPU) or 0) > 0
    assert torch.equal(torch.rand(2), expected)


def test_the_line_about_the_device_says_all_that_was_chosen() -> None:
    assert device_words("cpu", "float32", Computing()) == "cpu, float32"
    assert device_words("cpu", "float32", Computing(), "why") == "cpu, float32 (why)"
    assert device_words("cuda:1", "bfloat16", Computing(compile=True)) == "cuda:1, bfloat16, channels last, compiled"


def in_float16(**settings: str) -> tuple[loop.Training, loop.Data]:
    """A training in float16 as a GPU's is, on the CPU."""
    ready = prepared(**settings)
    made = replace(ready.task, settings=replace(ready.task.settings, precision="float16"))
    return task.begun(replace(ready, task=made), CPU)


def test_gradients_of_float16_are_scaled_and_scaled_back() -> None:
    made, data = in_float16()
    other, _ = training()
    for each in (made, other):
        loop.train_step(each, data.feed)
    assert made.scaler is not None and made.scaler.get_scale() == 65536 and other.scaler is None
    ours, theirs = (each.network.module.state_dict() for each in (made, other))
    assert not same(ours, theirs)
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=0.02, atol=2e-3)


def test_a_step_whose_gradient_is_out_of_range_is_left_out_and_the_scale_halved() -> None:
    made, data = in_float16(clip="1")
    assert made.scaler is not None
    made.scaler.load_state_dict({**made.scaler.state_dict(), "scale": 2.0**100})
    before = {name: each.detach().clone() for name, each in made.network.module.named_parameters()}
    loop.train_step(made, data.feed)
    assert made.step == 1 and same(dict(made.network.module.named_parameters()), before)
    assert made.scaler.get_scale() == 2.0**99


def test_the_scale_is_part_of_the_state(tmp_path: Path) -> None:
    whole, data = in_float16()
    list(loop.train(whole, data, folder(tmp_path)))
    first, data = in_float16()
    stops = iter([False] * 7 + [True])
    list(loop.train(first, data, run := folder(tmp_path / "r"), stop=lambda: next(stops)))
    second, data = in_float16()
    under_way.take_up(second, load(run.state))
    assert second.scaler is not None and first.scaler is not None and whole.scaler is not None
    assert second.scaler.state_dict() == first.scaler.state_dict()
    assert second.scaler.state_dict()["_growth_tracker"] == 7
    list(loop.train(second, data, run))
    assert same(dict(under_way.state_of(second).tensors), dict(under_way.state_of(whole).tensors))
    assert second.scaler.state_dict() == whole.scaler.state_dict()


def test_bfloat16_is_the_type_of_the_layers() -> None:
    with autocast("bfloat16", CPU):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.bfloat16
    with autocast("float32", CPU):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32
    assert scaler("bfloat16", CPU) is None


def test_what_an_optimiser_keeps_lies_in_memory_as_its_parameter_does() -> None:
    first, second = (torch.nn.Parameter(torch.randn(2, 3, 4, 4)) for _ in range(2))
    second.data = second.data.contiguous(memory_format=torch.channels_last)
    one, other = (torch.optim.SGD([each], lr=0.1, momentum=0.9, fused=True) for each in (first, second))
    first.grad = torch.randn(2, 3, 4, 4)
    one.step()
    kept = optimizer_state(one)
    put_into_optimizer(other, kept, kept.facts)
    momentum = other.state[second]["momentum_buffer"]
    assert momentum.stride() == second.stride() and torch.equal(momentum, one.state[first]["momentum_buffer"])


def test_a_step_reads_nothing_back_from_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Reading(TorchDispatchMode):
        """Counts what makes a program wait for a GPU."""

        seen: list[str] = []

        def __torch_dispatch__(self, function, types, given=(), named=None):  # type: ignore[no-untyped-def]
            if function.__name__.partition(".")[0] in ("_local_scalar_dense", "nonzero", "masked_select", "item"):
                self.seen.append(function.__name__)
            return function(*given, **(named or {}))

    check = loop._check
    monkeypatch.setattr(loop, "_check", lambda made, images, *, at_once: check(made, images, at_once=False))
    chain = "crop(6, pad=1) - hflip - rotate - colour - brightness - contrast - noise - cutout(2) - mixup - cutmix"
    more = f"  augment {{ {chain} }}\n  ema = 0.9\n  clip = 1\n  l2 = 0.01\n  optimizer = adam\n"
    ready = prepared(text=TEXT.format(more=more), images="synthetic:3x6x6:4:40")
    made = replace(ready.task, settings=replace(ready.task.settings, precision="float16"))
    under_way, data = task.begun(replace(ready, task=made), CPU)
    loop.train_step(under_way, data.feed)
    with Reading() as reading:
        loop.train_step(under_way, data.feed)
        assert reading.seen == []
        float(under_way.sums[0])
    assert reading.seen == ["_local_scalar_dense.default"]


TEXT = "input 3x6x6\n4C3 - bn - relu - MP2\n4N - softmax\ntrain {{\n  batch = 8\n  epochs = 3\n{more}\n}}\n"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_on_a_gpu_it_waits_for_nothing_and_goes_on_to_the_bit(name: str, tmp_path: Path) -> None:
    text = TEXT.format(more="  augment { shift - hflip - mixup }\n  optimizer = adam\n")
    ready = task.task(text, _images(), "synthetic:3x6x6:4:40", {"train.precision": name}, device=GPU)
    whole, data = task.begun(ready, GPU)
    loop.train_step(whole, data.feed)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(3):
            loop.train_step(whole, data.feed)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    loop.save(whole, run := folder(tmp_path))
    again, other = task.begun(ready, GPU)
    under_way.take_up(again, load(run.state))
    for made, of in ((whole, data), (again, other)):
        loop.train_step(made, of.feed)
    assert same(dict(under_way.state_of(whole).tensors), dict(under_way.state_of(again).tensors))


def _images():  # type: ignore[no-untyped-def]
    from netspec.data.dataset import load as load_data

    return load_data("synthetic:3x6x6:4:40")
