"""Downloads: taken up where they broke off, checked, and never half there under their name."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netspec.data import download
from netspec.data.dataset import DataError
from netspec.data.download import TRIES, Broken, Meter, alone, fetch
from netspec.data.known import Remote
from tests.data.server import Publisher, publisher

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher({"a.bin": CONTENT}) as made:
        yield made


def remote(*urls: str, content: bytes = CONTENT) -> Remote:
    return Remote(tuple(f"{url}a.bin" for url in urls), len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def got(target: Path, file: Remote) -> list[tuple[int, int]]:
    """Fetch it; gives what progress was told."""
    told: list[tuple[int, int]] = []
    fetch(file, target, lambda there, size: told.append((there, size)), pause=0)
    return told


def refused(target: Path, file: Remote) -> str:
    with pytest.raises(DataError) as error:
        got(target, file)
    assert not target.exists()
    return str(error.value)


def test_a_file_is_there_whole_and_under_its_name_alone(server: Publisher, tmp_path: Path) -> None:
    told = got(tmp_path / "new" / "a.bin", remote(server.url))
    assert (tmp_path / "new" / "a.bin").read_bytes() == CONTENT
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.bin"]
    assert told == sorted(told) and told[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_is_taken_up_where_it_broke(server: Publisher, tmp_path: Path) -> None:
    server.breaks = [1000, 500_000]
    got(tmp_path / "a.bin", remote(server.url))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [start for _, start in server.asked] == [None, "bytes=1000-", "bytes=501000-"]


def test_the_next_call_goes_on_from_what_the_last_one_left(server: Publisher, tmp_path: Path) -> None:
    server.breaks = [1000] * TRIES
    said = refused(tmp_path / "a.bin", remote(server.url))
    assert said == (
        f"`a.bin` could not be downloaded:\n  {server.url}a.bin: the connection broke after 1,000 of 1,024,000 bytes\n"
        + "\n".join(
            f"  {server.url}a.bin: the connection broke after {1000 * number:,} of 1,024,000 bytes"
            for number in range(2, TRIES + 1)
        )
    )
    got(tmp_path / "a.bin", remote(server.url))
    assert server.asked[-1] == ("a.bin", f"bytes={1000 * TRIES}-")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_that_can_not_go_on_begins_anew(server: Publisher, tmp_path: Path) -> None:
    server.breaks, server.ranges = [1000], False
    got(tmp_path / "a.bin", remote(server.url))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_in_trouble_is_asked_again_and_one_without_the_file_is_not(server: Publisher, tmp_path: Path) -> None:
    server.errors = [503, 500]
    got(tmp_path / "a.bin", remote(server.url))
    assert len(server.asked) == 3
    server.files.clear()
    said = refused(tmp_path / "b.bin", remote(server.url))
    assert said == f"`a.bin` could not be downloaded:\n  {server.url}a.bin: 404 Not Found"
    assert len(server.asked) == 4


def test_the_next_address_is_asked_where_one_does_not_answer(server: Publisher, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    got(tmp_path / "a.bin", remote(nobody, server.url))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert "refused" in refused(tmp_path / "b.bin", remote(nobody)).lower()


def test_another_file_than_was_published_is_removed(server: Publisher, tmp_path: Path) -> None:
    other = bytes([1]) + CONTENT[1:]
    said = refused(tmp_path / "a.bin", remote(server.url, content=other))
    assert said == (
        "`a.bin` is not the file that was published, and was removed:\n"
        f"  published: 1,024,000 bytes, sha256 {hashlib.sha256(other).hexdigest()}\n"
        f"  found:     1,024,000 bytes, sha256 {hashlib.sha256(CONTENT).hexdigest()}"
    )
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_written_than_was_published(server: Publisher, tmp_path: Path) -> None:
    assert "more than the 1,000 bytes that were published" in refused(
        tmp_path / "a.bin", remote(server.url, content=CONTENT[:1000])
    )
    assert (tmp_path / "a.bin.part").stat().st_size <= 1000


def test_what_was_left_of_a_larger_file_is_thrown_away(server: Publisher, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(bytes(len(CONTENT) + 1))
    got(tmp_path / "a.bin", remote(server.url))
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_folder_that_can_not_be_written_is_one_line(server: Publisher, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert refused(tmp_path / "file" / "a.bin", remote(server.url)).startswith(
        f"`{tmp_path}/file/a.bin` can't be written"
    )


def test_progress_in_a_pipe_is_a_line_a_tenth() -> None:
    stream = io.StringIO()
    meter = Meter("a.bin", stream)
    for there in range(0, 10_000_001, 100_000):
        meter(there, 10_000_000)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11 and lines[-1] == "a.bin: 10.0 of 10.0 MB"


def test_progress_on_a_terminal_is_one_line() -> None:
    stream = io.StringIO()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    meter = Meter("a.bin", stream)
    for there in (0, 5_000_000, 5_000_001, 10_000_000):
        meter(there, 10_000_000)
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().count("\r") == 3


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    order = []

    def second() -> None:
        with alone(tmp_path / "lock"):
            order.append("second")

    with alone(tmp_path / "lock"):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_answer_that_ends_in_an_error_is_a_broken_connection(
    server: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([b"x" * 10, OSError("reset by peer")])

    def read(answer: Any) -> bytes:
        found = next(answers, None)
        if isinstance(found, OSError):
            raise Broken(f"the connection broke: {found}")
        return answer.read(1000) if found is None else CONTENT[:10]

    monkeypatch.setattr(download, "_read", read)
    got(tmp_path / "a.bin", remote(server.url))
    assert [start for _, start in server.asked] == [None, "bytes=10-"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_server_that_knows_no_such_part_is_asked_for_the_whole(server: Publisher, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:100])
    server.errors = [416]
    got(tmp_path / "a.bin", remote(server.url))
    assert [start for _, start in server.asked] == ["bytes=100-", None]


def test_what_came_whole_and_was_not_checked_is_checked_without_asking(server: Publisher, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    got(tmp_path / "a.bin", remote(server.url))
    assert server.asked == [] and (tmp_path / "a.bin").read_bytes() == CONTENT


def test_a_lock_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="can't be written"), alone(tmp_path / "file" / "lock"):
        pass
