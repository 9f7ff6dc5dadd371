"""SIGINT, SIGTERM and SIGHUP in, a wish to stop out: the first lets what is under way end, the second does not."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

INTERRUPTED = 130
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has no SIGHUP."""


@contextmanager
def handled(received: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let signals call `received` while this lasts, but for those that whoever started this ignores, as nohup does."""
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, received) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End the command at once, as nothing is under way: whichever signal asks for it, as SIGINT does.

    The next one does not wait until that is told.
    """
    for number in SIGNALS:
        if signal.getsignal(number) is interrupt:
            signal.signal(number, lambda *_: _leave())
    raise KeyboardInterrupt


@contextmanager
def heard_everywhere() -> Iterator[None]:
    """End the command as well where Python passes over an interrupt, as over all that a finalizer raises."""
    before = sys.unraisablehook

    def passed_over(problem: sys.UnraisableHookArgs) -> None:
        if issubclass(problem.exc_type, KeyboardInterrupt):
            _leave()
        before(problem)

    sys.unraisablehook = passed_over
    try:
        yield
    finally:
        sys.unraisablehook = before


class Stopping:
    """The wish to stop, as an event that the client heeds; nothing is asked for while a person is asked.

    A signal is heeded by a thread of its own: whatever it interrupts, an earlier one's handler among that, may hold
    the lock that an event is set under, and would wait for itself.
    """

    def __init__(self, *, is_json: bool = False) -> None:
        self._is_json = is_json
        self.event = threading.Event()
        self._is_asking = False
        self._pipe = -1

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Let signals set the event while this lasts; what they did before is put back."""
        reading, self._pipe = os.pipe()
        heeding = threading.Thread(target=self._heed_all, args=(reading,), name="signals", daemon=True)
        heeding.start()
        try:
            with handled(self._received):
                yield
        finally:
            os.close(self._pipe)
            heeding.join()
            os.close(reading)

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
        os.write(self._pipe, bytes((number,)))

    def _heed_all(self, reading: int) -> None:
        while number := os.read(reading, 1):
            self.heed(number[0])

    def heed(self, number: int) -> None:
        """Do what a signal asks for."""
        if self.event.is_set():
            _leave()
        self.event.set()
        name = signal.Signals(number).name
        self.say(f"{name}: what is under way is finished and recorded; once more stops at once")

    def say(self, told: str) -> None:
        """Say something at once: a print could wait for whoever prints just then."""
        line = json.dumps(_event(told)) if self._is_json else f"\n{told}"
        # The terminal may be gone, which is what SIGHUP says: an error here would hit whatever was interrupted.
        with suppress(OSError, ValueError):
            os.write(sys.stderr.fileno(), f"{line}\n".encode())


def _event(message: str) -> dict[str, str]:
    return {"time": datetime.now(UTC).isoformat(), "level": "warning", "event": "signal", "message": message}


def _leave() -> NoReturn:
    """End the process without waiting for its threads; the journal bears it, and a terminal gets its cursor back."""
    if os.isatty(2):
        with suppress(OSError):
            os.write(2, b"\x1b[?25h")
    os._exit(INTERRUPTED)
