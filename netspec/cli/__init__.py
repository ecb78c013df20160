"""The command `netspec`: one thin file a command.

Exit status: 0 all is well, 1 a check did not hold, 2 the spec or the usage is wrong. Results go to standard output,
what netspec has to say about a spec to standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "analyze": "sizes, parameters, MACs and receptive fields of every layer, as a table",
    "explain": "the calculation behind each figure, or what an error code means",
    "tree": "the structure: blocks, branches and the shapes that come out",
    "check": "find every mistake in specs, for editors and CI",
    "verify": "compare the figures with those of the torch module itself",
    "weights": "load the weights of another implementation, and see which tensor went where",
    "export": "the network as a PyTorch file, ONNX or JSON",
    "data": "what a set of images is, where it is kept, and samples of it",
    "train": "train a network on a set of images, by the recipe in its spec",
    "resume": "go on with a training that was stopped",
    "runs": "the trainings in a folder, side by side",
    "test": "how well a trained network does on test images",
    "predict": "what a trained network takes pictures for",
    "features": "what a layer of a trained network makes of a set of images",
    "probe": "how well a linear classifier does on these features",
    "fmt": "write specs in the one canonical form",
    "layers": "the layers that a spec can use, and a page on each",
    "list": "the networks that come with netspec",
    "show": "the text of a spec, in colours on a terminal",
    "completion": "a script that completes commands and names in your shell",
}
"""Each command and what it is for; its module is `netspec.cli.` and its name."""

_EXAMPLES = """\
examples:
  netspec analyze alexnet                       a network that comes with netspec
  netspec analyze 1x29x29-20C4-MP2-150N-10N     a network as papers write it
  netspec analyze net.spec --set classes=10     a file, with a parameter of its own
  netspec explain alexnet conv1                 how its figures come about
  netspec COMMAND --help                        each command by example
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit status; a user's mistake never ends in a traceback."""
    words = tuple(sys.argv[1:] if arguments is None else arguments)  # `list` is a command, so a module of this package
    _write_what_the_stream_can()
    try:
        return _run(words)
    except SystemExit as stop:  # argparse ends with it, after `--help` and after a wrong option
        return stop.code if isinstance(stop.code, int) else 2
    except BrokenPipeError:
        _silence()
        return 141  # 128 + SIGPIPE: the reader had enough
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT


def _run(words: tuple[str, ...]) -> int:
    from netspec.cli.usage import complain, failed, overview, unknown_command

    if not words:
        sys.stderr.write(overview(COMMANDS, _EXAMPLES))
        return 2
    if words[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview(COMMANDS, _EXAMPLES))
        return 0
    if words[0] in ("-V", "--version"):
        from netspec import __version__

        sys.stdout.write(f"netspec {__version__}\n")
        return 0
    if words[0] not in COMMANDS:
        return unknown_command(words[0], COMMANDS)
    from netspec.diagnostics import SpecError

    command = import_module(f"netspec.cli.{words[0]}")
    parser = command.parser()
    options = parser.read(words[1:])
    try:
        status: int = command.run(options)
        sys.stdout.flush()
    except SpecError as error:
        return failed(error.diagnostics, getattr(options, "color", "auto"))
    except ModuleNotFoundError as error:
        from netspec.lowering.extras import MissingPackage

        if not isinstance(error, MissingPackage):
            raise
        complain(str(error))
        return 2
    return status


def _write_what_the_stream_can() -> None:
    """What a stream can't write, ⌊ in ASCII or a stray byte of the command line, is `?` and doesn't end the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _silence() -> None:
    """Point standard output nowhere, so that Python's own flush at the end has no pipe to break."""
    import os
    from contextlib import suppress

    with suppress(OSError):  # a stream of a test has no number
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
