"""Weights from another implementation: a state_dict whose names are not ours, into a network of ours.

`match` says which tensor is whose, without torch; `load_weights` copies them, all or (with `partial`) what matches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.lowering.matching import COUNTER, Matching, Pair, Sizes, match
from netspec.lowering.weight_files import WeightsError, read, unwrapped, write

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["Matching", "Mismatch", "Pair", "WeightsError", "load_weights", "match", "read", "shapes", "write"]


class Mismatch(WeightsError):
    """A file does not fit a network, and nothing was loaded; `matching` says what does and what doesn't."""

    def __init__(self, text: str, matching: Matching) -> None:
        super().__init__(text)
        self.matching = matching


def load_weights(module: nn.Module, path: str | Path, partial: bool = False, *, in_order: bool = False) -> Matching:
    """Copy the tensors of a file into a module; say which went where.

    `partial` loads what matches where not all does; `in_order` takes layers of the same shapes in the order of the
    file even where names speak against it. A tensor of another number type is converted.

    Raises:
        Mismatch: if tensors are missing or left over (`partial`: if none match).
        WeightsError: if the file can't be read or holds what is no weight.
    """
    return adopt(module, read(path), str(path), partial=partial, in_order=in_order)


def adopt(
    module: nn.Module, theirs: Mapping[str, Tensor], name: str, *, partial: bool = False, in_order: bool = False
) -> Matching:
    """As `load_weights`, of tensors at hand; `name` is what errors call them."""
    ours: dict[str, Tensor] = module.state_dict()
    tensors = unwrapped(theirs, ours)
    matching = match(shapes(tensors), shapes(ours), in_order=in_order)
    _refuse(matching, name, partial=partial)
    copy(matching, tensors, ours, name)
    return matching


def copy(matching: Matching, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor], name: str) -> None:
    """Copy the tensors of a file that a matching pairs into ours, all or none. Raises WeightsError."""
    _check_numbers(matching, tensors, ours, name)
    for to, source in _copies(matching, tensors, ours):
        ours[to].copy_(tensors[source].reshape(ours[to].shape))  # a 1x1 kernel may be a matrix


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, Sizes]:
    """The shapes of tensors, in their order."""
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


def _refuse(matching: Matching, name: str, *, partial: bool) -> None:
    if matching.complete or (partial and matching.pairs):
        return
    if not matching.pairs:
        raise Mismatch(f"nothing in `{name}` fits this network", matching)
    found = [
        f"{_tensors(len(matching.missing))} of the network would get nothing" if matching.missing else "",
        f"{_tensors(len(matching.left_over))} of the file would go nowhere" if matching.left_over else "",
    ]
    raise Mismatch(f"`{name}` does not fit this network: {', and '.join(filter(None, found))}", matching)


def _tensors(count: int) -> str:
    return f"{count:,} tensor{'s' * (count != 1)}"


def _check_numbers(matching: Matching, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor], name: str) -> None:
    """That every tensor is a plain one of numbers of its kind, before the first is copied. Raises WeightsError."""
    import torch

    for pair in matching.pairs:
        tensor, own = tensors[pair.theirs], ours[pair.ours]
        if own.is_meta:
            raise WeightsError("the network is on the meta device: build it on a real one to load weights")
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
            raise WeightsError(f"`{pair.theirs}` of `{name}` is not stored as plain numbers")
        if tensor.is_floating_point() != own.is_floating_point() or tensor.is_complex() != own.is_complex():
            numbers = str(tensor.dtype).removeprefix("torch.")
            expected = str(own.dtype).removeprefix("torch.")
            raise WeightsError(f"`{pair.theirs}` of `{name}` holds {numbers}, and weights are {expected}")


def _copies(matching: Matching, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    """What to copy where: the pairs, and the counts of batches of the layers that they belong to."""
    layers: dict[str, str] = {}
    for pair in matching.pairs:
        yield pair.ours, pair.theirs
        layers[pair.ours.rpartition(".")[0]] = pair.theirs.rpartition(".")[0]
    for mine, other in layers.items():
        to, source = f"{mine}.{COUNTER}", f"{other}.{COUNTER}"
        if to in ours and source in tensors and ours[to].shape == tensors[source].shape:
            yield to, source
