"""Names of a spec as names of Python: `3x3_reduce` becomes `_3x3_reduce`, `type` becomes `type_`.

A spec may call a value anything (`as "inception_3a/1x1"`), while an attribute of a torch module is an identifier that
`nn.Module` doesn't use itself. What is one already stays as it is, so that most names of a `state_dict` are the spec's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from keyword import iskeyword

OF_MODULES = frozenset(
    {
        *("T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile"),
        *("cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer"),
        *("get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules"),
        *("mtia", "named_buffers", "named_children", "named_modules", "named_parameters", "parameters"),
        *("register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook"),
        *("register_full_backward_hook", "register_full_backward_pre_hook", "register_load_state_dict_post_hook"),
        *("register_load_state_dict_pre_hook", "register_module", "register_parameter"),
        *("register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state"),
        *("set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu"),
        "zero_grad",
    }
)
"""What every `nn.Module` has: a submodule of such a name would hide it, and torch refuses most of them."""

WORDS = frozenset({"self", "torch", "nn", "F", "ours", "number", "range", "getattr", "float"})
"""What the body of a forward means by itself: no value is called so."""


@lru_cache(maxsize=4096)
def attribute(name: str) -> str:
    """The attribute under which a torch module keeps what a spec calls `name`; the same name always gives the same.

    Other characters than letters, digits and `_` become `_`; a leading digit gets a `_` before it; keywords, words of
    `nn.Module` and names that begin with `_` (private to it) get a `_` behind.
    """
    text = name if name.isascii() else unicodedata.normalize("NFKC", name)
    text = re.sub(r"\W", "_", text)
    if not f"_{text}".isidentifier():
        text = re.sub(r"\W", "_", text, flags=re.ASCII)
    if text[:1].isdigit():
        return f"_{text}"
    if text.startswith("_"):
        return f"_{text.strip('_')}_"
    return f"{text}_" if iskeyword(text) or text in OF_MODULES else text


def class_name(word: str) -> str:
    """A block's name as that of a class: `basic_unit` becomes `BasicUnit`."""
    words = re.split(r"[\W_]+", unicodedata.normalize("NFKC", word), flags=re.ASCII)
    text = "".join(each[:1].upper() + each[1:] for each in words)
    return text if text.isidentifier() and not iskeyword(text) else f"Net{text}"


def unlike(name: str, taken: Container[str]) -> str:
    """The name, with as many `_` behind it as make it unlike those that are taken."""
    while name in taken:
        name += "_"
    return name
