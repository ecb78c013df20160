"""Files of weights: `.safetensors`, and what `torch.save` writes of a state_dict, read as tensors and nothing else.

A pickle can run any code. Torch's reader of tensors alone (`weights_only=True`) refuses all other objects, and is used
from torch 2.6 on, where it can't be got round; `.safetensors` files hold no code by construction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from netspec.files import refusal, replaced
from netspec.lowering.extras import need

if TYPE_CHECKING:
    from torch import Tensor

AnyTensor = TypeVar("AnyTensor")

SAFE = ".safetensors"
PICKLED = (".pt", ".pth")
"""Endings that are written; a file of any other ending is read as torch's."""

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "module", "params")
"""Keys under which training programs keep the state_dict, the likeliest first."""

PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "backbone.")
"""What wrapping a network puts before all its names: DataParallel, torch.compile, and a training class's own."""

LARGEST_HEADER = 100_000_000
"""Bytes of the header of a `.safetensors` file; the format allows no more."""


class WeightsError(Exception):
    """Weights can't be read, don't fit or can't be written; the text is one line for the user."""


def read(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU, out of what they were wrapped in.

    Raises:
        WeightsError: for what is no file of tensors, and for a pickle of anything else.
        MissingPackage: if torch or what the format needs is not installed.
    """
    path = Path(path)
    _check_file(path)
    tensors = _safe(path) if path.suffix == SAFE else _state_dict(_pickled(path), path)
    if not tensors:
        raise WeightsError(f"`{path}` holds no tensors")
    return tensors


def unwrapped(tensors: Mapping[str, AnyTensor], ours: Collection[str]) -> dict[str, AnyTensor]:
    """The tensors with their names as the network gave them: what stands before all of them is taken off.

    It stays where `ours`, the names of the network at hand, know it.
    """
    found = dict(tensors)
    while found and not any(name in ours for name in found):
        prefix = next((each for each in PREFIXES if all(name.startswith(each) for name in found)), None)
        if prefix is None:
            break
        found = {name.removeprefix(prefix): tensor for name, tensor in found.items()}
    return found


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise WeightsError(f"`{path}` is a folder, not a file of weights")
        with path.open("rb") as file:
            first = file.read(1)
    except OSError as error:
        raise WeightsError(f"`{path}` can't be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the name
        raise WeightsError(f"`{path}` can't be read: {error}") from None
    if not first:
        raise WeightsError(f"`{path}` is empty")


# .safetensors


def _safe(path: Path) -> dict[str, Tensor]:
    _check_header(path)
    need("safetensors", extra="torch")
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"`{path}` is damaged, or no .safetensors file: {error}") from None
    return {name: tensors[name] for name in sorted(tensors)}


def _check_header(path: Path) -> None:
    """That the file begins with the length of a header that fits it, and the header is an object of JSON."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            what = f"its header would have {length:,} bytes, and the file has {size:,}"
            raise WeightsError(f"`{path}` is damaged, or no .safetensors file: {what}")
        if length > LARGEST_HEADER:
            raise WeightsError(f"`{path}` has a header of {length:,} bytes; the format allows {LARGEST_HEADER:,}")
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            header = None
    if not isinstance(header, dict):
        raise WeightsError(f"`{path}` is damaged, or no .safetensors file: its header is not an object of JSON")


# torch.save


def _pickled(path: Path) -> Any:
    import pickle
    import warnings

    import torch

    _check_torch(torch.__version__)
    _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the version of the pickle: what counts is whether it can be read
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(_refused(path, str(error))) from None
    except Exception as error:  # noqa: BLE001 - nonsense makes the reader fail in any way
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise WeightsError(f"`{path}` is damaged, or torch did not write it: {why}") from None


def _check_torch(version: str) -> None:
    """Torch before 2.6 can be made to run code even when it reads tensors alone (CVE-2025-32434)."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers and (int(numbers[1]), int(numbers[2])) < (2, 6):
        why = "a file can make it run code (CVE-2025-32434)"
        raise WeightsError(f"torch {version} is too old to read .pt files: {why}; use torch 2.6 or .safetensors")


def _check_archive(path: Path) -> None:
    """That nothing in a zip archive is packed: torch stores tensors as they are, a bomb is small until it is read."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            packed = [each.filename for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED]
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise WeightsError(f"`{path}` is damaged, or torch did not write it: {error}") from None
    if packed:
        raise WeightsError(f"`{path}` was not written by torch: `{packed[0]}` in it is compressed")


def _refused(path: Path, error: str) -> str:
    """Which object the reader refused, in one line."""
    name = re.search(r"GLOBAL ([\w.]+)", error) or re.search(r"(?:class|function|type) ['<`]*([\w.]+)", error)
    if name is None:
        return f"`{path}` is damaged, or torch did not write it"
    help = "save the network's state_dict alone, or as .safetensors"
    return f"`{path}` is not read: it holds `{name[1]}`, and reading more than tensors could run code; {help}"


def _state_dict(content: Any, path: Path) -> dict[str, Tensor]:
    """The tensors by name within what a file held. Raises WeightsError."""
    from torch import Tensor

    for _ in range(3):  # wrappers in wrappers
        if not isinstance(content, Mapping):
            break
        wrapper = next((key for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)
        if wrapper is None:
            break
        content = content[wrapper]
    if not isinstance(content, Mapping):
        raise WeightsError(f"`{path}` holds a {type(content).__name__}, not tensors by name")
    for name, value in content.items():
        if not isinstance(name, str):
            raise WeightsError(f"`{path}` is no state_dict: {name!r} is not the name of a tensor")
        if not isinstance(value, Tensor):
            raise WeightsError(f"`{path}` is no state_dict: its `{name}` is not a tensor but of {type(value).__name__}")
    return dict(content)


# Writing


def check_ending(path: str | Path) -> None:
    """That weights can be written under this name. Raises WeightsError."""
    if Path(path).suffix not in (SAFE, *PICKLED):
        endings = f"{SAFE}, {' or '.join(PICKLED)}"
        raise WeightsError(f"`{path}` can't be written: its ending says no format; give it {endings}")


def write(path: str | Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a state_dict, whole or not at all, in the format that the ending says. Raises WeightsError."""
    check_ending(path)
    save = _save_safe if Path(path).suffix == SAFE else _save_pickled
    try:
        with replaced(Path(path)) as temporary:
            save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, temporary)
    except OSError as error:
        raise WeightsError(refusal(path, error)) from None


def _save_safe(tensors: dict[str, Tensor], path: Path) -> None:
    need("safetensors", extra="torch")
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    try:
        save_file(tensors, path)
    except SafetensorError as error:  # its name for what the system says, such as a full disk
        raise OSError(str(error)) from None


def _save_pickled(tensors: dict[str, Tensor], path: Path) -> None:
    import torch

    try:
        torch.save(tensors, path)
    except RuntimeError as error:  # as above
        raise OSError(str(error).partition("\n")[0]) from None
