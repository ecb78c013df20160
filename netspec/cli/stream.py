"""Where text goes: standard output and error, coloured or not, and files that are written whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from netspec.diagnostics import Diagnostic
    from netspec.report.sheet import Sheet


def coloured(stream: TextIO, color: str) -> bool:
    """Whether to colour what goes to a stream: `always`, `never`, or as terminal and NO_COLOR say."""
    if color != "auto":
        return color == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def window(stream: TextIO) -> int | None:
    """How many columns the stream's window has; None where it is no terminal."""
    if not stream.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def say(diagnostics: Sequence[Diagnostic], color: str) -> None:
    """Print diagnostics on standard error."""
    from netspec.diagnostics import render_all

    if diagnostics:
        sys.stdout.flush()
        sys.stderr.write(render_all(diagnostics, colour=coloured(sys.stderr, color)).rstrip("\n") + "\n")


def show(sheet: Sheet, color: str) -> None:
    """Print a report: fitted to the window and styled on a terminal, complete and plain anywhere else."""
    colour = coloured(sys.stdout, color)
    if not colour and not sys.stdout.isatty():
        from netspec.report import plain

        sys.stdout.write(plain.render(sheet))
        return
    from rich.console import Console

    from netspec.report import terminal

    console = Console(
        file=sys.stdout,
        color_system="auto" if colour and sys.stdout.isatty() else "standard" if colour else None,
        force_terminal=colour,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not sys.stdout.isatty(),
    )
    console.print(terminal.render(sheet, console.width if sys.stdout.isatty() else None), end="")


def save(path: str, text: str) -> None:
    """Write a file: under another name first, so that no reader and no crash ever leaves half of it.

    Raises:
        OSError: if it can't be written.
    """
    target = Path(path)
    if target.exists() and not target.is_file():  # /dev/stdout, a pipe: written to, not replaced
        with target.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        return
    target = target.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def refusal(path: str, error: OSError) -> str:
    """Why a file can't be written, in one line."""
    return f"`{path}` can't be written: {(error.strerror or str(error)).lower()}"
