"""Where text goes: standard output and error, coloured or not, and files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

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
    from netspec.report import terminal

    out = console(color)
    out.print(terminal.render(sheet, out.width if sys.stdout.isatty() else None), end="")


def console(color: str) -> Console:
    """Standard output as rich writes to it: text is text, never markup."""
    from rich.console import Console

    colour = coloured(sys.stdout, color)
    return Console(
        file=sys.stdout,
        color_system="auto" if colour and sys.stdout.isatty() else "standard" if colour else None,
        force_terminal=colour or None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not sys.stdout.isatty(),
    )


def write_exactly(text: str) -> None:
    """Print what may become a file: in UTF-8 and without a change, whatever the locale; a terminal gets what it can."""
    binary = None if sys.stdout.isatty() else getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(text)
        return
    sys.stdout.flush()
    binary.write(text.encode("utf-8", "surrogateescape"))


def save(path: str, text: str) -> None:
    """Write a file, whole or not at all. Raises OSError if it can't be written."""
    from netspec import files

    files.save(Path(path), text.encode("utf-8", errors="replace"))
