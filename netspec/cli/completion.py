"""`netspec completion`: a script that completes commands, options and the names of networks and layers."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module

from netspec.cli.usage import Parser

_EXAMPLES = """\
  eval "$(netspec completion bash)"                                    in ~/.bashrc
  eval "$(netspec completion zsh)"                                     in ~/.zshrc, after compinit
  netspec completion fish > ~/.config/fish/completions/netspec.fish
"""

_BASH = """\
_netspec() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="{commands}"
    else
        case "${{COMP_WORDS[1]}}" in
{cases}
        esac
    fi
    COMPREPLY=( $(compgen -W "$words" -- "$word") )
}}
complete -o default -o bashdefault -F _netspec netspec
"""


def parser() -> Parser:
    """The options."""
    made = Parser("completion", "A script for your shell. Evaluate it once, or where the shell starts.", _EXAMPLES)
    made.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell to write for")
    return made


def run(options: Namespace) -> int:
    """Print the script."""
    sys.stdout.write({"bash": bash, "zsh": zsh, "fish": fish}[options.shell]())
    return 0


def words() -> dict[str, tuple[str, ...]]:
    """For each command, its options and the names that it takes."""
    from netspec.cli import COMMANDS
    from netspec.data.known import KNOWN
    from netspec.layers import TABLE
    from netspec.library import blocks, networks

    names = tuple(each.name for each in networks())
    takes = {
        "layers": tuple(TABLE),
        "list": tuple(dict.fromkeys(each.family for each in networks())),
        "show": (*names, *blocks()),
        "data": tuple(KNOWN),
        "resume": (),
        "test": (),
        "predict": (),
        "features": (),
        "probe": (),
        "fmt": (),
        "completion": ("bash", "zsh", "fish"),
    }
    return {
        command: (*_options(import_module(f"netspec.cli.{command}").parser()), *takes.get(command, names))
        for command in COMMANDS
    }


def _options(made: Parser) -> tuple[str, ...]:
    hidden = "--colour"
    return tuple(option for option in made._option_string_actions if option.startswith("--") and option != hidden)


def bash() -> str:
    """For bash."""
    found = words()
    cases = "\n".join(f'            {command}) words="{" ".join(listed)}" ;;' for command, listed in found.items())
    return _BASH.format(commands=" ".join(found), cases=cases)


def zsh() -> str:
    """For zsh, which runs bash's."""
    return "autoload -U +X bashcompinit && bashcompinit\n" + bash().replace("-o default -o bashdefault", "-o default")


def fish() -> str:
    """For fish."""
    from netspec.cli import COMMANDS

    lines = [f"complete -c netspec -n __fish_use_subcommand -f -a {name} -d '{COMMANDS[name]}'" for name in COMMANDS]
    for command, listed in words().items():
        seen = f"complete -c netspec -n '__fish_seen_subcommand_from {command}'"
        lines += [f"{seen} -l {word[2:]}" if word.startswith("--") else f"{seen} -a {word}" for word in listed]
    return "\n".join(lines) + "\n"
