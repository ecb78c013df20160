"""Ctrl-C and SIGTERM while training: the step is finished and the state saved; a second Ctrl-C stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from netspec.records import mutable


@mutable
class Interrupt:
    """Which signal has come, None as long as none has; `elsewhere` is one of another process, 0 for none."""

    number: int | None = None
    elsewhere: int = 0

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.number is not None or self.elsewhere > 0

    @property
    def status(self) -> int:
        """The exit status of a program that a signal ends: 130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + (self.number or self.elsewhere)


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Signals are kept here, and no longer end the program but by a second Ctrl-C; outside the main thread none is."""
    stop = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def came(number: int, frame: FrameType | None) -> None:
        if stop.number is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.number = number

    before = {each: signal.signal(each, came) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
