"""Archives, unpacked with care: nothing leaves the folder, no links, no more bytes and files than were said."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from netspec.data.dataset import DataError
from netspec.files import refusal

MOST_FILES = 200_000
"""Of one archive; VOC 2012 has 60,000."""

CHUNK = 2**20


def unpack(archive: Path, into: Path, most_bytes: int) -> None:
    """Put the files of a .tar, .tar.gz or .zip into a folder; all of them, or none.

    Raises:
        DataError: for a member that leads out of the folder or is a link, for more than `most_bytes`, for damage.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    temporary = into.with_name(f".{into.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        _members(archive)(archive, _Target(archive, temporary, most_bytes))
        _move(temporary, into)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise DataError(f"`{archive}` is damaged, or no archive: {str(error).lower()}") from None
    except (RuntimeError, NotImplementedError) as error:  # a password, a way of packing that zipfile doesn't know
        raise DataError(f"`{archive}` can't be unpacked: {error}") from None
    except OSError as error:
        raise DataError(refusal(into, error)) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class _Target:
    """The folder that is unpacked into; counts what comes."""

    def __init__(self, archive: Path, folder: Path, most_bytes: int) -> None:
        self.archive = archive
        self.folder = folder
        self.most_bytes = most_bytes
        self.bytes = 0
        self.files = 0

    def take(self, name: str, size: int, source: IO[bytes]) -> None:
        """Write one file, of the `size` that its head says; no more than that is read."""
        self.files += 1
        self.bytes += size
        if self.bytes > self.most_bytes or self.files > MOST_FILES:
            most = f"{self.most_bytes:,} bytes in {MOST_FILES:,} files"
            raise DataError(f"`{self.archive}` is not unpacked: it holds more than {most}")
        path = self.folder / self.inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        left = size
        with path.open("xb") as file:
            while left and (part := source.read(min(CHUNK, left))):
                left -= len(part)
                file.write(part)
        if left:
            raise DataError(f"`{self.archive}` is damaged: `{name}` is cut off")

    def inside(self, name: str) -> Path:
        """The name as a path within the folder. Raises DataError for one that leads out."""
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if name.startswith(("/", "\\")) or ".." in parts or not parts or ":" in parts[0] or "\0" in name:
            raise DataError(f"`{self.archive}` is not unpacked: `{name}` in it leads out of the folder")
        return Path(*parts)

    def refuse(self, name: str) -> DataError:
        """What to raise for a member that is neither a file nor a folder."""
        return DataError(f"`{self.archive}` is not unpacked: `{name}` in it is a link, or no file")


class _Bounded:
    """An unpacked stream that ends in an error where more comes than an archive of this size can need.

    Heads of members count as well: one of them may say that it has gigabytes.
    """

    def __init__(self, source: IO[bytes], archive: Path, most_bytes: int) -> None:
        self.source = source
        self.archive = archive
        self.left = most_bytes + MOST_FILES * 2048

    def read(self, size: int) -> bytes:
        part = self.source.read(size)
        self.left -= len(part)
        if self.left < 0:
            raise DataError(f"`{self.archive}` is not unpacked: it is a bomb, of more bytes than its files can have")
        return part


def _members(archive: Path) -> Callable[[Path, _Target], None]:
    """What unpacks an archive of this kind, told by its content."""
    if zipfile.is_zipfile(archive) and not tarfile.is_tarfile(archive):
        return _from_zip
    return _from_tar


def _from_tar(archive: Path, target: _Target) -> None:
    with archive.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(archive) if packed else archive.open("rb") as stream:
        bounded = cast(Any, _Bounded(cast("IO[bytes]", stream), archive, target.most_bytes))
        with tarfile.open(fileobj=bounded, mode="r|") as tar:
            for member in tar:
                if member.isdir():
                    continue
                source = tar.extractfile(member) if member.isreg() else None
                if source is None:
                    raise target.refuse(member.name)
                target.take(member.name, member.size, source)
    if target.files == 0:
        raise DataError(f"`{archive}` holds no files")


def _from_zip(archive: Path, target: _Target) -> None:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                continue
            if member.external_attr >> 28 not in (0, 8):  # the kind of file in Unix's mode: 8 is a regular one
                raise target.refuse(member.filename)
            with opened.open(member) as source:
                target.take(member.filename, member.file_size, source)
    if target.files == 0:
        raise DataError(f"`{archive}` holds no files")


def _move(temporary: Path, into: Path) -> None:
    """Make the unpacked folder the one that was asked for, or add it to that."""
    if not into.exists():
        temporary.rename(into)
        return
    for path in _files(temporary):
        target = into / path.relative_to(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
