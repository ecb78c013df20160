"""How much memory there is."""

from __future__ import annotations

from pathlib import Path

from netspec.data.memory import available, usable

SYSTEM = "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n"


def machine(root: Path, group: str | None = None, **files: str) -> Path:
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "meminfo").write_text(SYSTEM)
    if group is not None:
        (root / "proc" / "self" / "cgroup").write_text(f"0::{group}\n")
        folder = root / "sys" / "fs" / "cgroup" / group.strip("/")
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / f"memory.{name}").write_text(text)
    return root


def test_the_system_says_what_is_available(tmp_path: Path) -> None:
    root = machine(tmp_path)
    assert available(root) == 8_192_000_000 and usable(root) == 4_096_000_000


def test_a_container_may_have_less(tmp_path: Path) -> None:
    root = machine(tmp_path, "/", max="1000000\n", current="900000\n", stat="anon 5\ninactive_file 300000\n")
    assert available(root) == 400_000


def test_the_limits_of_the_groups_around_it_count_as_well(tmp_path: Path) -> None:
    root = machine(tmp_path, "/a/b", max="max\n", current="5\n")
    outer = root / "sys" / "fs" / "cgroup" / "a"
    (outer / "memory.max").write_text("2000")
    (outer / "memory.current").write_text("500")
    assert available(root) == 1500


def test_a_group_without_a_limit_or_over_it_is_no_mistake(tmp_path: Path) -> None:
    assert available(machine(tmp_path / "1", "/", max="max\n", current="900000\n")) == 8_192_000_000
    assert available(machine(tmp_path / "2", "/", max="100", current="900000\n")) == 0


def test_this_machine_has_some() -> None:
    assert 0 < usable() < available()
