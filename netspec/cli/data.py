"""`netspec data`: what a set of images is, and a sheet of samples."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.cli.usage import Parser, complain

if TYPE_CHECKING:
    from netspec.data.describe import Counted

_EXAMPLES = """\
  netspec data                         the sets that are known by name, and where they are
  netspec data mnist-mini              comes with netspec
  netspec data cifar10                 from $NETSPEC_DATA, the cache, or its publisher
  netspec data cifar10:/data/c10       from this folder
  netspec data ./photos                a folder of images: class/*.jpg, or with a list of labels
  netspec data mnist-mini -o sheet.png samples of each class as a picture
"""


def parser() -> Parser:
    """The options."""
    made = Parser("data", "What a set of images is: its size, classes, counts, place and digest.", _EXAMPLES)
    made.add_argument("name", metavar="NAME[:PATH]", nargs="?", help="a set, by its name or its path")
    made.add_argument("--offline", action="store_true", help="download nothing, as NETSPEC_OFFLINE=1 does")
    made.add_argument("-o", dest="to", metavar="FILE.png", help="write samples of each class as a picture")
    made.add_argument("--split", default="train", help="whose samples: train (default), validation or test")
    made.add_argument("--json", action="store_true", help="the same as data")
    return made


def run(options: Namespace) -> int:
    """Print what the set is; write its sheet where that is asked for."""
    from netspec.data.dataset import DataError
    from netspec.lowering.extras import need

    need("torch", extra="torch")
    try:
        if options.name is None:
            from netspec.data.describe import listing
            from netspec.data.finding import places

            sys.stdout.write(listing(places()))
            return 0
        _print(_looked_at(options), options.json)
    except DataError as error:
        complain(str(error))
        return 2
    return 0


def _looked_at(options: Namespace) -> Counted:
    """The set, counted; its sheet is written on the way. Raises DataError."""
    from netspec.data.dataset import DataError, load
    from netspec.data.describe import counted, counted_boxes
    from netspec.data.finding import has_boxes, load_boxes

    if has_boxes(options.name):
        if options.to is not None:
            raise DataError("a sheet is made of sets with classes; this one has boxes")
        return counted_boxes(load_boxes(options.name, offline=options.offline))
    dataset = load(options.name, offline=options.offline)
    if options.to is not None:
        from netspec.data.sheet import contact_sheet, save

        save(contact_sheet(dataset, options.split), Path(options.to))
    return counted(dataset)


def _print(counted: Counted, as_json: bool) -> None:
    import json

    from netspec.data.describe import document, text

    shown = json.dumps(document(counted), ensure_ascii=False, indent=2) + "\n" if as_json else text(counted)
    sys.stdout.write(shown)
