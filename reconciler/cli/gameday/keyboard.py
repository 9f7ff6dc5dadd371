"""A terminal in, the keys that a host presses out: at once, unseen, and the terminal as it was afterwards."""

from __future__ import annotations

import os
import re
import select
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ESCAPES = re.compile("\x1b(\\[[0-?]*[ -/]*[@-~]|O.|)")
"""What arrows and function keys send: an escape and more, none of which is meant as a key of its own."""


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Hand each key that is pressed to `pressed`, on a thread of its own, while this lasts; none without a terminal."""
    if not are_there():
        yield
        return
    terminal = sys.stdin.fileno()
    with unechoed(terminal):
        listening = _Listening(terminal, pressed)
        listening.start()
        try:
            yield
        finally:
            listening.end()


def are_there() -> bool:
    """Tell whether somebody sits at a terminal that this process may read from, and sees what it says."""
    try:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        # A terminal, and not the one that this process was started at; or none at all.
        return bool(sys.stdin and not sys.stdin.closed and sys.stdin.isatty())


@contextmanager
def unechoed(terminal: int) -> Iterator[None]:
    """Let a terminal give each key at once and show none; Ctrl-C still interrupts, Ctrl-S and Ctrl-Z stop nothing."""
    import termios  # noqa: PLC0415  (Windows has none)

    try:
        before, raw = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
        raw[_INPUT] &= ~termios.IXON
        raw[_LOCAL] &= ~(termios.ICANON | termios.ECHO)
        # A run that is stopped in the middle would miss its steps without anybody having meant it.
        raw[_CHARACTERS][termios.VSUSP] = b"\0"
        raw[_CHARACTERS][termios.VMIN], raw[_CHARACTERS][termios.VTIME] = 1, 0
        _restoring.append((terminal, before))
        termios.tcsetattr(terminal, termios.TCSADRAIN, raw)
    except termios.error:  # it has gone away meanwhile, which a signal tells
        pass
    try:
        yield
    finally:
        restore()


_INPUT, _LOCAL, _CHARACTERS = 0, 3, 6
_restoring: list[tuple[int, list[object]]] = []


def restore() -> None:
    """Bring the terminal back to what it was; also from where a process ends without unwinding."""
    while _restoring:
        import termios  # noqa: PLC0415  (see above)

        terminal, before = _restoring.pop()
        with suppress(termios.error, OSError):  # it may be gone
            termios.tcsetattr(terminal, termios.TCSANOW, before)  # type: ignore[arg-type]


class _Listening:
    def __init__(self, terminal: int, pressed: Callable[[str], None]) -> None:
        self._terminal, self._pressed = terminal, pressed
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="keys", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        os.close(self._woken)
        self._thread.join(1.0)

    def _listen(self) -> None:
        while True:
            with suppress(InterruptedError):
                ready, _, _ = select.select([self._terminal, self._wake], [], [])
                if self._wake in ready:
                    break
                try:
                    read = os.read(self._terminal, 64).decode(errors="replace")
                except OSError:  # the terminal is gone, which a signal tells
                    break
                if not read:
                    break
                for key in _ESCAPES.sub("", read):
                    self._pressed(key)
        os.close(self._wake)
