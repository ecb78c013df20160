"""What all commands share of their usage: the parser, its errors with the nearest right word, options of specs."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from netspec.diagnostics import Diagnostic, nearest


class _HundredColumns(RawDescriptionHelpFormatter):
    """Help of a fixed width: asking the terminal for its own costs every command an import of five milliseconds."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26, width=100)


class Parser(ArgumentParser):
    """The options of one command: no abbreviations, examples in the help, and the nearest option in errors."""

    def __init__(self, command: str, about: str, examples: str = "") -> None:
        super().__init__(
            prog=f"netspec {command}",
            description=about,
            epilog=f"examples:\n{examples}" if examples else None,
            formatter_class=_HundredColumns,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """End with exit status 2 and what is wrong; `--help` says the rest, by example."""
        self.exit(2, f"{self.prog}: {message}\n`{self.prog} --help` shows what it takes, by example\n")

    def read(self, words: Sequence[str]) -> Namespace:
        """The options in these words, kept as `typed`; on a wrong one, a usage error and exit status 2."""
        options, rest = self.parse_known_args(words)
        options.typed = (*self.prog.split()[1:], *words)
        if rest:
            wrong = next((word for word in rest if word.startswith("-")), rest[0])
            guess = nearest(wrong.partition("=")[0], self._option_string_actions)
            what = f"there is no option `{wrong}`" if wrong.startswith("-") else f"what is `{wrong}` for?"
            self.error(f"{what}; did you mean `{guess}`?" if guess else what)
        return options


def with_color(parser: ArgumentParser) -> None:
    """`--color`, which every command that prints about specs has."""
    choices = ("auto", "always", "never")
    parser.add_argument("--color", choices=choices, default="auto", help="colours: on a terminal, always or never")
    parser.add_argument("--colour", dest="color", choices=choices, help=SUPPRESS, default=SUPPRESS)


def with_view(parser: ArgumentParser) -> None:
    """What is seen of a training."""
    parser.add_argument("--log-every", metavar="N", type=whole_from_1, help="print a line with the loss every N steps")
    parser.add_argument("--tensorboard", action="store_true", help="write each epoch's figures for TensorBoard as well")


def with_spec(parser: ArgumentParser) -> None:
    """The spec that a command reads, and what can be set in it."""
    parser.add_argument("spec", metavar="SPEC", help="a file, `-`, a shipped network's name, or the spec itself")
    with_setting(parser)


def with_setting(parser: ArgumentParser) -> None:
    """`--set` and `--input`."""
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], type=setting, help="a parameter of the spec"
    )
    parser.add_argument(
        "--input",
        metavar="SHAPE",
        action="append",
        default=[],
        help="the size that flows in, such as 3x256x256, or left=1x64x64 where there are several",
    )


def with_streaming(parser: ArgumentParser) -> None:
    """`--stream`, `--no-stream` and `--workers`, of the commands that go through many images."""
    about = "make images when they are needed, instead of holding all in memory; else as memory allows"
    parser.add_argument("--stream", action="store_true", default=None, help=about)
    parser.add_argument("--no-stream", dest="stream", action="store_false", default=None, help="hold all in memory")
    parser.add_argument(
        "--workers", metavar="N", type=whole_from_0, help="processes that make images; 0 is none beside this one"
    )


def setting(text: str) -> tuple[str, str]:
    """`name=value`. Raises ArgumentTypeError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ArgumentTypeError(f"`{text}` is not name=value")
    return name.strip(), value.strip()


def whole_from_1(text: str) -> int:
    """A whole number from 1. Raises ArgumentTypeError."""
    if not text.isdecimal() or int(text[:19]) < 1:
        raise ArgumentTypeError(f"`{text}` is not a whole number from 1")
    return int(text)


def whole_from_0(text: str) -> int:
    """A whole number from 0. Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is not a whole number from 0")
    return int(text[:19])


def shapes(texts: Sequence[str]) -> Mapping[str, str] | str | None:
    """What `--input` gave: one shape, or shapes by name of input."""
    named = dict(setting(text) for text in texts if "=" in text)
    plain = [text for text in texts if "=" not in text]
    if named and plain:
        raise ArgumentTypeError("name every input, as in `--input left=1x64x64 --input right=1x64x64`, or none")
    return named or (plain[-1] if plain else None)


def overview(commands: Mapping[str, str], examples: str) -> str:
    """The help of the whole program."""
    width = max(map(len, commands)) + 2
    listed = "".join(f"  {name:<{width}}{about}\n" for name, about in commands.items())
    return (
        "usage: netspec COMMAND …\n\n"
        "A compiler for convolutional networks written as their papers write them.\n\n"
        f"commands:\n{listed}\n{examples}"
    )


def unknown_command(word: str, commands: Mapping[str, str]) -> int:
    """Say that there is no such command, and what was meant: a command, or a spec to analyze."""
    guess = nearest(word, commands)
    if guess is None and _is_spec(word):
        guess = f"analyze {word}"
    hint = f"did you mean `netspec {guess}`?" if guess else "`netspec --help` lists the commands"
    complain(f"there is no command `{word}`; {hint}")
    return 2


def _is_spec(word: str) -> bool:
    from pathlib import Path

    from netspec.library import networks

    known = {each.name for each in networks()}
    return word.endswith(".spec") or word.removesuffix(".spec") in known or Path(word).is_file() or "-" in word[1:]


def complain(text: str) -> None:
    """A line on standard error about the usage."""
    sys.stderr.write(f"netspec: {text}\n")


def failed(diagnostics: Iterable[Diagnostic], color: str) -> int:
    """Print diagnostics on standard error; the exit status of a spec that is wrong."""
    from netspec.cli.stream import say

    say(tuple(diagnostics), color)
    return 2
