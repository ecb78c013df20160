"""The pictures of the shipped networks, and the page that shows them.

`python -m netspec.draw.catalogue` rewrites `docs/networks/NAME.svg` for every network, removes the pictures of those
that are gone, and rewrites `specs/README.md`. A test keeps both true.
"""

from __future__ import annotations

import sys
from pathlib import Path

from netspec.draw.profile import profile
from netspec.draw.stages import stages
from netspec.draw.svg import picture
from netspec.library import Shipped, folder, networks


def drawn(shipped: Shipped) -> str:
    """The picture of a network. Raises SpecError."""
    from netspec.compiler import compile_with

    return picture(profile(stages(compile_with(shipped.path, {}))), shipped.name)


def write(specs: Path, pictures: Path) -> None:
    """Write the page into the folder of the specs, and the pictures into theirs."""
    from netspec.files import save
    from netspec.report.catalogue import markdown
    from netspec.report.entries import entry

    pictures.mkdir(parents=True, exist_ok=True)
    known = {f"{each.name}.svg": each for each in networks()}
    for path in pictures.glob("*.svg"):
        if path.name not in known:
            path.unlink()
    for name, each in known.items():
        save(pictures / name, drawn(each).encode())
    save(specs / "README.md", markdown([entry(each) for each in networks()]).encode())


def main() -> int:
    """Write them where this checkout has them; the exit status."""
    docs = folder().parent / "docs"
    if not docs.is_dir():
        sys.stderr.write("the page and the pictures belong to a checkout of netspec, and this is none\n")
        return 2
    write(folder(), docs / "networks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
