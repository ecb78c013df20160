"""Where sets of images are looked for on this machine, and where downloaded ones are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from netspec.data.known import Known
from netspec.records import frozen

VARIABLE = "NETSPEC_DATA"
OFFLINE = "NETSPEC_OFFLINE"
WELL_KNOWN = ("/usr/share/datasets", "/usr/local/share/datasets")
"""Folders that systems keep sets in; Debian's packages `dataset-…` use the first."""


@frozen
class Root:
    """A folder that holds sets, and how to call it: `$NETSPEC_DATA (/data)`."""

    title: str
    path: Path


def roots() -> tuple[Root, ...]:
    """Where to look, in this order: $NETSPEC_DATA (several with `:` between), the cache, well-known folders."""
    named = [part for part in os.environ.get(VARIABLE, "").split(os.pathsep) if part]
    return (
        *(Root(f"${VARIABLE} ({part})", Path(part).expanduser()) for part in named),
        Root(f"the cache ({shown(cache())})", cache()),
        *(Root(folder, Path(folder)) for folder in WELL_KNOWN),
    )


def cache() -> Path:
    """The user's folder for what can be fetched again: `~/.cache/netspec`, or as the system has it."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "netspec"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "netspec"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "netspec" / "cache"
    return Path.home() / ".cache" / "netspec"


def is_offline(offline: bool) -> bool:
    """Whether downloading is forbidden, by the caller or by NETSPEC_OFFLINE."""
    return offline or os.environ.get(OFFLINE, "").strip().lower() not in ("", "0", "no", "false")


def candidates(place: Path, known: Known) -> tuple[Path, ...]:
    """The folders within a root, or a folder that the user names, that may hold this set, the deepest first.

    Caltech-101's archive unpacked is a folder of folders of classes: looked at from above it has one class.
    """
    own = place / known.name
    return (*(own / each for each in known.folders), *(place / each for each in known.folders), own)


def shown(path: Path) -> str:
    """The path as people write it: `~/.cache/netspec`."""
    home = str(Path.home())
    text = str(path)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text
