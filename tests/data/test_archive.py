"""Archives: unpacked whole or not at all, and never out of their folder."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from netspec.data import archive
from netspec.data.archive import unpack
from netspec.data.dataset import DataError

Change: TypeAlias = Callable[[tarfile.TarInfo], None]
FILES = {"set/a.txt": b"aa", "set/deep/b.txt": b"bbb"}


def tar(
    path: Path, files: dict[str, bytes], mode: str = "w", change: Callable[[tarfile.TarInfo], None] | None = None
) -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if change is not None:
                change(info)
            file.addfile(info, io.BytesIO(content))
    return path


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def refused(path: Path, into: Path, most: int = 1000) -> str:
    """What is said; nothing is left behind, in the folder or beside it."""
    before = sorted(into.parent.rglob("*"))
    with pytest.raises(DataError) as error:
        unpack(path, into, most)
    assert sorted(into.parent.rglob("*")) == before
    return str(error.value).replace(str(path), "FILE")


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip"])
def test_all_files_are_there_afterwards(name: str, tmp_path: Path) -> None:
    path = (
        packed(tmp_path / name, FILES)
        if name.endswith("zip")
        else tar(tmp_path / name, FILES, "w:gz" if name.endswith("gz") else "w")
    )
    unpack(path, tmp_path / "out", 1000)
    for file, content in FILES.items():
        assert (tmp_path / "out" / file).read_bytes() == content
    unpack(path, tmp_path / "out", 1000)  # once more, over it
    assert sorted(each.name for each in tmp_path.iterdir()) == [name, "out"]


def test_folders_are_made_for_the_files_in_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("empty/", b"")
        file.writestr("full/a", b"x")
    with tarfile.open(tmp_path / "a.tar", "w") as tars:
        for name in ("empty", "full"):
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE
            tars.addfile(info)
        info = tarfile.TarInfo("full/a")
        info.size = 1
        tars.addfile(info, io.BytesIO(b"x"))
    for name in ("a.zip", "a.tar"):
        unpack(tmp_path / name, tmp_path / f"out of {name}", 10)
        assert [path.name for path in (tmp_path / f"out of {name}").rglob("*")] == ["full", "a"]


def test_what_is_in_the_folder_stays_there(tmp_path: Path) -> None:
    (tmp_path / "out" / "set").mkdir(parents=True)
    (tmp_path / "out" / "set" / "mine").write_text("x")
    unpack(tar(tmp_path / "a.tar", FILES), tmp_path / "out", 1000)
    assert {path.name for path in (tmp_path / "out" / "set").iterdir()} == {"mine", "a.txt", "deep"}


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "C:\\evil", "a\\..\\..\\b", "."])
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_member_that_leads_out_is_refused(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    files = {"good": b"x", name: b"evil"}
    path = tar(tmp_path / "a.tar", files) if kind == "tar" else packed(tmp_path / "a.zip", files)
    assert refused(path, tmp_path / "in" / "out").endswith("in it leads out of the folder")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_a_link_or_device_is_refused(kind: bytes, tmp_path: Path) -> None:
    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, "/etc/passwd", 0

    (tmp_path / "in").mkdir()
    path = tar(tmp_path / "a.tar", {"link": b""}, change=change)
    assert refused(path, tmp_path / "in" / "out") == "`FILE` is not unpacked: `link` in it is a link, or no file"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        file.writestr(info, "/etc/passwd")
    assert refused(tmp_path / "a.zip", tmp_path / "in" / "out").endswith("`link` in it is a link, or no file")


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_bomb_is_refused_before_it_is_on_disk(kind: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    files = {"a": bytes(600), "b": bytes(600)}
    path = tar(tmp_path / "a.tgz", files, "w:gz") if kind == "tar" else packed(tmp_path / "a.zip", files)
    said = refused(path, tmp_path / "in" / "out", most=1199)
    assert said == "`FILE` is not unpacked: it holds more than 1,199 bytes in 200,000 files"
    unpack(path, tmp_path / "in" / "out", 1200)


def test_more_files_than_any_set_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    (tmp_path / "in").mkdir()
    assert "in 1 files" in refused(tar(tmp_path / "a.tar", FILES), tmp_path / "in" / "out", most=100_000)


@pytest.mark.parametrize("says", [10, 200_000])
def test_a_head_that_says_less_or_more_than_there_is_is_no_way_round(says: int, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = packed(tmp_path / "a.zip", {"a": bytes(100_000)})
    path.write_bytes(path.read_bytes().replace((100_000).to_bytes(4, "little"), says.to_bytes(4, "little")))
    said = refused(path, tmp_path / "in" / "out", most=1_000_000)
    assert said.startswith("`FILE` is damaged")


def test_a_bomb_in_the_heads_of_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    monkeypatch.setattr(archive, "MOST_FILES", 1)
    info = tarfile.TarInfo("a")
    info.pax_headers = {"comment": "x" * 1_000_000}
    content = info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
    (tmp_path / "a.tgz").write_bytes(gzip.compress(content))
    said = refused(tmp_path / "a.tgz", tmp_path / "in" / "out")
    assert said == "`FILE` is not unpacked: it is a bomb, of more bytes than its files can have"


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        for _ in range(2):
            file.addfile(tarfile.TarInfo("a"))
    assert "can't be written: file exists" in refused(tmp_path / "a.tar", tmp_path / "in" / "out")


def test_damage_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for path in (
        tar(tmp_path / "a.tgz", FILES, "w:gz"),
        tar(tmp_path / "a.tar", FILES),
        packed(tmp_path / "a.zip", FILES),
    ):
        content = path.read_bytes()
        for end in (0, 10, 700 if path.suffix == ".tar" else len(content) // 3):
            path.write_bytes(content[:end])
            said = refused(path, tmp_path / "in" / "out")
            assert said.startswith("`FILE`") and "\n" not in said
    (tmp_path / "a.tar").write_bytes(os.urandom(2000))
    assert refused(tmp_path / "a.tar", tmp_path / "in" / "out").startswith("`FILE` is damaged, or no archive: ")


def test_an_archive_without_files_or_with_a_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    assert refused(tar(tmp_path / "a.tar", {}), tmp_path / "in" / "out") == "`FILE` holds no files"
    assert refused(packed(tmp_path / "b.zip", {}), tmp_path / "in" / "out") == "`FILE` holds no files"
    path = packed(tmp_path / "c.zip", {"a": b"x"})
    content = bytearray(path.read_bytes())
    for at in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[at] |= 1  # says that it is encrypted
    path.write_bytes(content)
    assert "can't be unpacked: " in refused(path, tmp_path / "in" / "out")
