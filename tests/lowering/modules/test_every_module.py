"""What holds for each of our modules: gradients, torch's compiler and exporter, autocast, copies, the meta device."""

from __future__ import annotations

import inspect
from copy import deepcopy
from io import BytesIO

import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from netspec.lowering import modules  # noqa: E402
from tests.lowering.modules.cases import CASES, Case  # noqa: E402

every_case = pytest.mark.parametrize("case", CASES, ids=[f"{case.name} {case.arguments}" for case in CASES])


def run(module: nn.Module, values: list[Tensor]) -> Tensor:
    """What comes out, with the same chances each time."""
    torch.manual_seed(2)
    result: Tensor = module(*values)
    return result


def test_every_module_has_a_case() -> None:
    assert {case.name for case in CASES} == set(modules.__all__)
    assert modules.__all__ == sorted(modules.__all__)


@every_case
def test_the_gradient_is_that_of_differences(case: Case) -> None:
    module = case.module().double()
    values = case.values(torch.float64)
    assert torch.autograd.gradcheck(lambda *values: run(module, list(values)), values, fast_mode=True)


@every_case
def test_the_gradient_of_the_weights_is_that_of_differences(case: Case) -> None:
    module = case.module().double()
    names = [name for name, _ in module.named_parameters()]
    values = [value.detach() for value in case.values(torch.float64)]

    def by_weights(*weights: Tensor) -> Tensor:
        torch.manual_seed(2)
        result: Tensor = torch.func.functional_call(module, dict(zip(names, weights, strict=True)), tuple(values))
        return result

    if names:
        weights = [torch.randn_like(each).requires_grad_() for each in module.parameters()]
        assert torch.autograd.gradcheck(by_weights, weights, fast_mode=True)


@every_case
def test_it_compiles_without_a_break(case: Case) -> None:
    torch.compiler.reset()
    module, values = case.module(), case.values()
    compiled = torch.compile(module, fullgraph=True, backend="eager", dynamic=False)
    assert torch.equal(run(compiled, values), run(module, values))


@every_case
def test_it_exports_for_any_batch(case: Case) -> None:
    module, values = case.module().eval(), [value.detach() for value in case.values()]
    if len(values) == 1:
        exported = torch.export.export(module, tuple(values), dynamic_shapes=({0: torch.export.Dim("batch")},))
        values = [torch.cat([values[0]] * 2)]
    else:
        exported = torch.export.export(module, tuple(values))
    torch.testing.assert_close(exported.module()(*values), module(*values))


@every_case
def test_it_works_under_autocast(case: Case) -> None:
    module, values = case.module().eval(), case.values()
    expected = run(module, values)
    with torch.autocast("cpu", torch.bfloat16):
        result = run(module, values)
    torch.testing.assert_close(result.float(), expected, rtol=0.05, atol=0.05)
    result.float().sum().backward()


@every_case
def test_it_works_in_sixteen_bits(case: Case) -> None:
    module, values = case.module().eval(), case.values()
    expected = run(module, values)
    halved = [value.bfloat16() for value in values[:1]] + [
        value if case.name.startswith("Roi") else value.bfloat16() for value in values[1:]
    ]
    result = run(module.bfloat16(), halved)
    assert result.dtype == torch.bfloat16
    torch.testing.assert_close(result.float(), expected, rtol=0.05, atol=0.05)


@every_case
def test_a_copy_computes_the_same_and_shares_nothing(case: Case) -> None:
    module, values = case.module().eval(), case.values()
    copy = deepcopy(module)
    assert torch.equal(run(copy, values), run(module, values))
    ours = {each.data_ptr() for each in (*module.parameters(), *module.buffers())}
    assert not ours & {each.data_ptr() for each in (*copy.parameters(), *copy.buffers())}


@every_case
def test_its_weights_go_through_a_file(case: Case) -> None:
    module, values, file = case.module().eval(), case.values(), BytesIO()
    torch.save(module.state_dict(), file)
    file.seek(0)
    torch.manual_seed(3)
    other = getattr(modules, case.name)(**case.arguments).eval()
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(run(other, values), run(module, values))


@every_case
def test_the_shape_is_known_without_memory_and_weights_can_be_made_later(case: Case) -> None:
    with torch.device("meta"):
        module = getattr(modules, case.name)(**case.arguments)
        shape = module(*[value.to("meta") for value in case.values()]).shape
    made = case.module().eval()
    assert shape == run(made, case.values()).shape
    later = module.to_empty(device="cpu").eval()
    if hasattr(later, "reset_parameters"):
        later.reset_parameters()
    later.load_state_dict(made.state_dict())
    assert torch.equal(run(later, case.values()), run(made, case.values()))


@every_case
def test_it_does_not_matter_how_the_channels_lie_in_memory(case: Case) -> None:
    module, values = case.module().eval(), case.values()
    lain = [each.to(memory_format=torch.channels_last) if each.dim() == 4 else each for each in values]
    torch.testing.assert_close(run(module, lain), run(module, values))


@every_case
def test_its_source_needs_torch_alone(case: Case) -> None:
    namespace = {"torch": torch, "nn": nn, "Tensor": Tensor, "__name__": "exported"}
    exec(inspect.getsource(getattr(modules, case.name)), namespace)  # noqa: S102 - our own source
    alone = namespace[case.name](**case.arguments)  # type: ignore[operator]
    module = case.module().eval()
    alone.load_state_dict(module.state_dict())
    assert torch.equal(run(alone.eval(), case.values()), run(module, case.values()))


@every_case
def test_what_regularises_changes_nothing_at_inference(case: Case) -> None:
    module, (value, *_) = case.module(), case.values()
    if case.name in ("DropPath", "Noise"):
        assert torch.equal(run(module.eval(), [value]), value)
        assert not torch.equal(run(module.train(), [value]), value)
    else:
        assert torch.equal(run(module.eval(), case.values()), run(module.train(), case.values()))
