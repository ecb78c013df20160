"""Parts of a network that are trained otherwise than the rest: the recipe's `freeze` and `rates`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from torch import nn

from netspec.diagnostics import Diagnostic, SpecError
from netspec.graph import Graph
from netspec.lowering.chosen import chosen
from netspec.recipe.kinds import parts_of_rate


def freeze(module: nn.Module, graph: Graph, modules: Mapping[int, str], names: Sequence[str]) -> tuple[str, ...]:
    """Let the parameters of these layers be, so that no gradient of theirs is computed; the names of their modules.

    `modules` are the names of the nodes' modules by number.

    Raises:
        SpecError: E402 for a name that is not there, or has no parameters.
    """
    found: dict[str, None] = {}
    for name in names:
        places = _places(graph, modules, name, "freeze")
        if not any(True for _ in _parameters(module, places)):
            raise _refused(f"`freeze` names `{name}`, which has no weights that are trained")
        found.update(dict.fromkeys(places))
    for _, parameter in _parameters(module, tuple(found)):
        parameter.requires_grad_(False)
    return tuple(found)


def factors(module: nn.Module, graph: Graph, modules: Mapping[int, str], rates: Sequence[str]) -> dict[str, float]:
    """The factors of the learning rate of parameters by name, where `rates` give one; the last one counts.

    Raises:
        SpecError: E402 for a name that is not there, or has no parameters that are trained.
    """
    found: dict[str, float] = {}
    for rate in rates:
        name, factor = parts_of_rate(rate)
        parameters = dict(_parameters(module, _places(graph, modules, name, "rates")))
        trained = [each for each, parameter in parameters.items() if parameter.requires_grad]
        if not trained:
            why = "which is frozen" if parameters else "which has no weights that are trained"
            raise _refused(f"`rates` names `{name}`, {why}")
        found.update(dict.fromkeys(trained, float(factor)))
    return found


def _places(graph: Graph, modules: Mapping[int, str], name: str, setting: str) -> tuple[str, ...]:
    """The modules of the layers that a name means, in the network's order, each once."""
    numbers = sorted(chosen(graph, (name,), setting))
    return tuple(dict.fromkeys(modules[number] for number in numbers if number in modules))


def _parameters(module: nn.Module, places: Sequence[str]) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of these modules, under the names that the whole network gives them."""
    names = {parameter: name for name, parameter in module.named_parameters()}
    for place in places:
        yield from ((names[each], each) for each in module.get_submodule(place).parameters())


def _refused(title: str) -> SpecError:
    return SpecError((Diagnostic("E402", title),))
