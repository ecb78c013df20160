"""Other files that a spec brings in: found beside it or in the library, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from netspec import library
from netspec.diagnostics import Diagnostic, Help, Label, SpecError
from netspec.language import tree
from netspec.language.parse import parse
from netspec.source import Source, Span


def used_file(item: tree.Use, root: Source, using: Sequence[Span]) -> tree.Tree:
    """The tree of the file that `use` names, relative to the file that it stands in, then to the library.

    `root` is the spec that is compiled: a file outside its folder's tree (and outside the library) is not read. `using`
    are the `use` statements that led here.

    Raises:
        SpecError: E001 no such file, E002 to E005 unreadable, E009 outside, E010 a file that uses itself.
    """
    label = Label(item.path_span)
    path = _locate(item, root)
    seen = [root.path, *(span.source.path for span in using), item.span.source.path]
    if any(each is not None and each.resolve() == path for each in seen):
        raise SpecError((Diagnostic("E010", f"`{item.path}` uses itself", (label,)),))
    return _tree(library.read(path, _shown(path, root), at=item.path_span))


@lru_cache(maxsize=64)
def _tree(source: Source) -> tree.Tree:
    """The tree of a file with this name and content, read once for all that use it. Raises SpecError."""
    return parse(source)


def _locate(item: tree.Use, root: Source) -> Path:
    here = item.span.source.path
    allowed = [library.folder().resolve()]
    if root.path is not None:
        allowed.append(root.path.resolve().parent)
    bases = [here.resolve().parent] if here is not None else []
    label = Label(item.path_span)
    outside = False
    for base in (*bases, library.folder().resolve()):
        path = (base / item.path).resolve()
        if not any(path.is_relative_to(folder) for folder in allowed):
            outside = True
        elif path.exists():
            return path
    if outside:
        helps = (Help("copy the file beside the spec, or into a folder below it"),)
        title = f"`{item.path}` is outside the spec's own folder"
        raise SpecError((Diagnostic("E009", title, (label,), (), helps),))
    raise SpecError((Diagnostic("E001", f"there is no file `{item.path}` to use", (label,)),))


def _shown(path: Path, root: Source) -> str:
    """The file's name in errors: relative to the spec's folder where it is inside it."""
    if root.path is not None and path.is_relative_to(root.path.resolve().parent):
        return str(Path(root.name).parent / path.relative_to(root.path.resolve().parent))
    return path.name
