"""Files fetched from their publishers: under a temporary name, taken up where it broke off, checked, then renamed."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from netspec.data.dataset import DataError
from netspec.data.known import Remote
from netspec.files import refusal

TRIES = 5
"""How often a broken connection is taken up again, for each address."""

PAUSE = 1.0
"""Seconds before the second try, twice as many before each one after."""

TIMEOUT = 30
"""Seconds without an answer."""

CHUNK = 2**16

Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many bytes there are, and of how many."""


class Broken(Exception):
    """The connection ended before all had come, or the answer is no file; the text says how."""


def fetch(remote: Remote, target: Path, progress: Progress, pause: float = PAUSE) -> None:
    """Download a file.

    What has come stays under `NAME.part` when it breaks off, and the next call goes on from there.

    Raises:
        DataError: if no address gives it, if it is another file than was published, or if it can't be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{target.name}.part")
        _complete(remote, part, progress, pause)
        check(part, remote)
        part.replace(target)
    except OSError as error:
        raise DataError(refusal(target, error)) from None


def check(path: Path, remote: Remote) -> None:
    """That a file is the one that was published; one that isn't is removed. Raises DataError."""
    kind, _, wanted = remote.digest.partition(":")
    found = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while part := file.read(2**20):
            found.update(part)
    if found.hexdigest() == wanted and path.stat().st_size == remote.size:
        return
    size = path.stat().st_size
    path.unlink()
    raise DataError(
        f"`{remote.name}` is not the file that was published, and was removed:\n"
        f"  published: {remote.size:,} bytes, {kind} {wanted}\n"
        f"  found:     {size:,} bytes, {kind} {found.hexdigest()}"
    )


def _complete(remote: Remote, part: Path, progress: Progress, pause: float) -> None:
    """Fetch what is not there yet, from one address after the other."""
    problems = []
    for url in remote.urls:
        for number in range(TRIES):
            try:
                _continue(url, part, remote.size, progress)
                return
            except HTTPError as error:
                problems.append(f"{url}: {error.code} {error.reason}")
                if error.code < 500 and error.code not in (408, 416, 429):
                    break  # it isn't there, and won't be the next time
                if error.code == 416:
                    part.unlink(missing_ok=True)
            except (URLError, HTTPException, Broken, TimeoutError, ConnectionError) as error:
                problems.append(f"{url}: {getattr(error, 'reason', None) or error}")
                if isinstance(error, URLError):
                    break  # no network, or no such host
            if number + 1 < TRIES:
                time.sleep(pause * 2**number)
    raise DataError(f"`{remote.name}` could not be downloaded:\n  " + "\n  ".join(dict.fromkeys(problems)))


def _continue(url: str, part: Path, size: int, progress: Progress) -> None:
    """Fetch the rest of a file. Raises Broken if not all of it came, and what urllib raises."""
    there = part.stat().st_size if part.exists() else 0
    if there > size:
        part.unlink()
        there = 0
    if there == size:
        return
    headers = {"User-Agent": "netspec"} | ({"Range": f"bytes={there}-"} if there else {})
    with urlopen(Request(url, headers=headers), timeout=TIMEOUT) as answer:  # noqa: S310 - addresses of `KNOWN` only
        if answer.status != 206 or not _begins_at(answer.headers.get("Content-Range"), there):
            there = 0  # the server gives the whole of it
        with part.open("ab" if there else "wb") as file:
            while chunk := _read(answer):
                there += len(chunk)
                if there > size:
                    raise Broken(f"more than the {size:,} bytes that were published")
                file.write(chunk)
                progress(there, size)
    if there < size:
        raise Broken(f"the connection broke after {there:,} of {size:,} bytes")


def _read(answer: Any) -> bytes:
    """Some more of an answer. Raises Broken; an OSError of reading is none of writing."""
    try:
        chunk: bytes = answer.read(CHUNK)
    except (OSError, HTTPException) as error:
        raise Broken(f"the connection broke: {error}") from None
    return chunk


def _begins_at(content_range: str | None, start: int) -> bool:
    """Whether an answer of part of a file begins where it was asked to."""
    return content_range is not None and content_range.startswith(f"bytes {start}-")


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Nobody else is in here with this lock meanwhile: the processes of one training run wait for the first of them.

    Windows goes without.

    Raises:
        DataError: if the lock can't be written.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("wb")
    except OSError as error:
        raise DataError(refusal(lock, error)) from None
    with file:
        with suppress(ImportError):
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Meter:
    """Progress on standard error: a line that grows on a terminal, else one a tenth."""

    def __init__(self, name: str, stream: Any = None) -> None:
        self.name = name
        self.stream = stream or sys.stderr
        self.shown = -1

    def __call__(self, there: int, size: int) -> None:
        """Show that `there` of `size` bytes have come, if that is more than was shown."""
        terminal = self.stream.isatty()
        step = there * (100 if terminal else 10) // size
        if step == self.shown:
            return
        self.shown = step
        done = there == size
        text = f"{self.name}: {there / 1e6:,.1f} of {size / 1e6:,.1f} MB"
        self.stream.write(f"\r{text}" + "\n" * done if terminal else f"{text}\n")
        self.stream.flush()
