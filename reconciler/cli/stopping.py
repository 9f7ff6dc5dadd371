"""SIGINT and SIGTERM in, a wish to stop out: the first lets what is under way end, the second does not."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

INTERRUPTED = 130
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """The wish to stop, as an event that the client heeds; nothing is asked for while a person is asked."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._is_asking = False

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let signals set the event while this lasts; what they did before is put back."""
        before = {number: signal.signal(number, self._received) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Let a signal end a question at once: nothing is under way then."""
        self._is_asking = True
        try:
            yield
        finally:
            self._is_asking = False

    def _received(self, number: int, _frame: FrameType | None) -> None:
        if self._is_asking:
            raise KeyboardInterrupt
        if self.event.is_set():
            _leave()
        self.event.set()
        # A print could wait for a lock that the interrupted code holds.
        name = signal.Signals(number).name
        told = f"\n{name}: what is under way is finished and recorded; once more stops at once\n"
        os.write(sys.stderr.fileno(), told.encode())


def _leave() -> NoReturn:
    """End the process without waiting for its threads; the journal bears it."""
    os._exit(INTERRUPTED)
