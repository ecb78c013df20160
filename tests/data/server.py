"""A publisher on this machine, whose connections break as a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Publisher:
    """Offers `files` by name.

    `breaks` is after how many bytes each answer in turn ends early (None: it doesn't); `ranges` is whether it can go on
    in the middle; `asked` is what it was asked for: names, and where the answer was to begin.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.breaks: list[int | None] = []
        self.ranges = True
        self.errors: list[int] = []
        self.asked: list[tuple[str, str | None]] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name, start = handler.path.lstrip("/"), handler.headers.get("Range")
        self.asked.append((name, start))
        if self.errors:
            handler.send_error(self.errors.pop(0))
            return
        if name not in self.files:
            handler.send_error(404)
            return
        content = self.files[name]
        at = int(start.removeprefix("bytes=").removesuffix("-")) if start and self.ranges else 0
        handler.send_response(206 if at else 200)
        if at:
            handler.send_header("Content-Range", f"bytes {at}-{len(content) - 1}/{len(content)}")
        handler.send_header("Content-Length", str(len(content) - at))
        handler.end_headers()
        until = self.breaks.pop(0) if self.breaks else None
        handler.wfile.write(content[at:] if until is None else content[at : at + until])
        handler.close_connection = True


@contextmanager
def publisher(files: dict[str, bytes]) -> Iterator[Publisher]:
    """The publisher, while it answers."""
    made = Publisher(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.answer(self)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
