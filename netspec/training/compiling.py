"""`--compile`: the network compiled by torch for its device."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import torch
from torch import nn

from netspec.training.errors import TrainingError


def compiled(module: nn.Module, device: torch.device) -> None:
    """Let a module be compiled when it is called first; its names and weights stay what they are.

    Raises TrainingError if what torch needs for it is not there.
    """
    what = missing(device)
    if what:
        raise TrainingError(f"`--compile` needs {what}: install it, or train without `--compile`")
    module.compile()


def missing(device: torch.device) -> str | None:
    """What torch needs to compile for a device and is not there."""
    if sys.platform == "win32":
        command, known = os.environ.get("CXX", "cl"), ("cl", "g++", "clang++")
    else:
        command, known = os.environ.get("CXX", "g++"), ("g++", "clang++")
    words = shlex.split(command)
    if not (words and shutil.which(words[0])):
        return f"a C++ compiler, and `{command}` is not there ({' or '.join(known)}; CXX names another)"
    if device.type == "cuda":
        return None if find_spec("triton") else "triton, and this torch came without it"
    return None


@contextmanager
def eager(module: nn.Module) -> Iterator[None]:
    """While this lasts, a compiled module is computed layer by layer, so that each can be looked at."""
    call = module._compiled_call_impl
    module._compiled_call_impl = None
    try:
        yield
    finally:
        module._compiled_call_impl = call


def is_of_compiling(error: BaseException) -> bool:
    """Whether torch failed to compile a network."""
    where = type(error).__module__
    return where.startswith(("torch._dynamo", "torch._inductor"))


def failed(error: BaseException) -> str:
    """What to say to a user of that."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"torch can't compile this network: {lines[0] if lines else type(error).__name__}; train without `--compile`"
