"""The hard lines of the design: who may import whom, what a command may load, how long a file may be."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.records import frozen

ROOT = Path(__file__).parent.parent

ORDER = (
    "records",
    "files",
    "source",
    "shape",
    "excerpt",
    "diagnostics",
    "codes",
    "library",
    "layers",
    "language",
    "recipe",
    "graph",
    "elaborate",
    "analysis",
    "report",
    "compiler",
    "convert",
    "draw",
    "lowering",
    "data",
    "training",
    "editor",
    "cli",
    "__main__",
)
"""The parts of netspec: each may import those above it. The package itself only names its public door.

`layers` stand above `language`, for words are read into layers; `library` finds files and knows nothing of specs;
`compiler` is the way through, from a text to its figures.
"""

UPWARD = [("analysis.facts", "report.html")]
"""The imports that go up, inside functions only: a notebook shows an Analysis by asking the object itself."""

LAYERS_SEE = {"records", "shape", "layers", "diagnostics"}
"""What layers may import; of diagnostics nothing but `nearest`. They never see a span or a source."""

TOP = 400
"""The most lines of a module."""

HOMES = tuple(f"/{name}/" for name in ("home", "root", "work", "tmp/w", "Users"))
"""What the paths of somebody's machine begin with; written so that this file has none."""


# Reading imports


@frozen
class Import:
    """`by` imports `name` from the module `of`; `late` inside a function. `name` is "" for the module itself."""

    by: str
    of: str
    name: str
    late: bool

    @property
    def full(self) -> str:
        """The module, or name of a module, that is imported."""
        return f"{self.of}.{self.name}" if self.name else self.of


def imports_of(text: str, by: str) -> Iterator[Import]:
    """All imports of a module but those for type checkers only."""
    yield from _imports(ast.parse(text), by, late=False)


def _imports(node: ast.AST, by: str, late: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(by, each.name, "", late) for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{by}: imports are absolute"
        yield from (Import(by, node.module or "", each.name, late) for each in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.orelse:
            yield from _imports(child, by, late)
    else:
        inside = late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, by, inside)


def module_of(path: Path) -> str:
    """`cli.analyze` for netspec/cli/analyze.py, `cli` for its package, "" for netspec itself."""
    parts = path.relative_to(ROOT / "netspec").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted((ROOT / "netspec").rglob("*.py"))}
IMPORTS = [each for name, path in MODULES.items() for each in imports_of(path.read_text(encoding="utf-8"), name)]


def target(each: Import) -> str | None:
    """The module of netspec that an import leads to, as `module_of` names it; None for what is no part of netspec."""
    if each.of != "netspec" and not each.of.startswith("netspec."):
        return None
    whole = each.full.removeprefix("netspec").removeprefix(".")
    return whole if whole in MODULES else each.of.removeprefix("netspec").removeprefix(".")


def part(module: str) -> str:
    return module.partition(".")[0]


def upward(imports: list[Import]) -> list[tuple[str, str]]:
    """The imports that go up the list, or sideways into what is not on it."""
    place = {name: number for number, name in enumerate(ORDER)}
    found = []
    for each in imports:
        to = target(each)
        if to and part(to) != part(each.by) and not (place[part(to)] < place[part(each.by)]):
            found.append((each.by, to))
    return found


def importers(package: str) -> set[str]:
    """The modules of netspec that import a package from outside."""
    return {each.by for each in IMPORTS if part(each.of) == package}


# The lines


def test_every_part_stands_on_the_list() -> None:
    assert {part(module) for module in MODULES} - {""} <= set(ORDER)


def test_imports_go_down_the_list_only() -> None:
    assert upward([each for each in IMPORTS if each.by]) == UPWARD
    assert all(each.late for each in IMPORTS if (each.by, target(each)) in UPWARD)


def test_an_import_that_goes_up_is_seen() -> None:
    for text in (
        "from netspec import elaborate",
        "import netspec.elaborate.words",
        "def f():\n    from netspec.elaborate import elaborate",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from netspec.elaborate import elaborate",
        "try:\n    from netspec.elaborate import elaborate\nexcept ImportError:\n    pass",
    ):
        assert [by for by, _ in upward(list(imports_of(text, "layers.conv")))] == ["layers.conv"]
    for text in ("from netspec.shape import Shape", "import json", "if TYPE_CHECKING:\n    import netspec.cli"):
        assert upward(list(imports_of(text, "layers.conv"))) == []


def test_the_package_itself_imports_nothing_but_the_standard_library() -> None:
    own = [each for each in IMPORTS if each.by == ""]
    assert own and all(part(each.of) in sys.stdlib_module_names for each in own)


def test_layers_never_see_a_span_or_a_source() -> None:
    seen = [each for each in IMPORTS if part(each.by) == "layers" and target(each)]
    assert {part(target(each) or "") for each in seen} <= LAYERS_SEE
    assert {each.name for each in seen if part(target(each) or "") == "diagnostics"} <= {"nearest"}
    for module, path in MODULES.items():
        if part(module) == "layers":
            names = {
                node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
            }
            assert not names & {"Span", "Source", "Label", "Edit", "Diagnostic"}, module


def test_heavy_packages_are_imported_where_they_belong_only() -> None:
    assert {part(module) for module in importers("torch")} <= {"lowering", "data", "training"}
    assert importers("rich") <= {"report.terminal", "cli.stream", "cli.progress"}
    assert importers("graphviz") <= {"draw.image"}
    assert importers("lark") <= {"language.tables"}
    assert {module.rpartition(".")[0] for module in importers("numpy") | importers("onnx")} == {"lowering.onnx"}
    assert {part(module) for module in importers("PIL")} <= {"data", "training"}
    assert importers("dataclasses") == set()


def test_what_is_not_of_the_standard_library_is_imported_late() -> None:
    heads = {part(each.of) for each in IMPORTS if not each.late} - sys.stdlib_module_names - {"netspec"}
    early = {each.by for each in IMPORTS if part(each.of) in heads and not each.late}
    assert {module for module in early if part(module) not in ("lowering", "data", "training")} <= {"report.terminal"}


# What is loaded


HEAVY = ("torch", "rich", "numpy", "PIL", "lark", "dataclasses", "inspect", "graphviz", "onnx")
REPORT = f"import json, sys; print(json.dumps(sorted(set(sys.modules) & set({HEAVY!r}))), file=sys.stderr)"


def loaded(program: str) -> list[str]:
    """Which of `HEAVY` a program loads when its output is piped."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", f"{program}\n{REPORT}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    found: list[str] = json.loads(done.stderr.splitlines()[-1])
    return found


ANALYZE = "from netspec.cli import main; assert main({!r}) == 0"


@pytest.mark.parametrize(
    "program",
    [
        "import netspec",
        "import netspec; netspec.analyze",
        "import netspec; netspec.analyze('alexnet')",
        ANALYZE.format(["analyze", "alexnet"]),
        ANALYZE.format(["analyze", "alexnet", "--json"]),
        ANALYZE.format(["tree", "alexnet"]),
        ANALYZE.format(["explain", "alexnet", "conv1"]),
        ANALYZE.format(["list"]),
        ANALYZE.format(["runs", str(ROOT)]),
        ANALYZE.format(["show", "alexnet", "--color", "always"]),
    ],
)
def test_a_piped_command_loads_nothing_heavy(program: str) -> None:
    assert loaded(program) == []


def test_the_commands_load_nothing_heavy_before_one_is_run() -> None:
    commands = [f"import netspec.{module}" for module in MODULES if part(module) == "cli"]
    assert len(commands) > 10
    assert loaded("\n".join(commands)) == []


def test_what_a_program_loads_is_seen() -> None:
    assert "rich" in loaded("import rich")
    assert "dataclasses" in loaded("import dataclasses")
    assert "rich" in loaded(ANALYZE.format(["analyze", "alexnet", "--color", "always"]))


# The tree


def tracked() -> list[Path]:
    """The files of the repository, or of the folder where there is none."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = done.stdout.decode().split("\0")[:-1]
    if done.returncode == 0 and names:
        return [path for path in map(ROOT.joinpath, names) if path.is_file()]
    folders = ("netspec", "specs", "docs", "tests", "examples", "benchmarks")
    return [
        path for each in folders for path in (ROOT / each).rglob("*") if path.suffix in (".py", ".md", ".spec", ".txt")
    ]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_no_god_file(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= TOP


def test_no_file_names_a_path_of_a_machine() -> None:
    assert len(tracked()) > 200
    found = [
        (path.relative_to(ROOT).as_posix(), home)
        for path in tracked()
        for home in HOMES
        if home.encode() in path.read_bytes()
    ]
    assert found == []
