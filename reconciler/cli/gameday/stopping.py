"""Signals while a run is played in, what its host asks for out: the first ends it in order, the second at once."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, NoReturn

from reconciler.cli.gameday.keyboard import restore
from reconciler.cli.stopping import INTERRUPTED, Stopping
from reconciler.gameday.hosting import Ask

if TYPE_CHECKING:
    from reconciler.cli.gameday.wishes import Wishes

GRACE = 3.0
"""Seconds after which a run that was told to leave is left in the middle of what it does."""
HANG_UP = getattr(signal, "SIGHUP", None)
"""Windows has none."""


class RunStopping(Stopping):
    """The wish to stop: before a run as in every command; while it is `played`, an `Ask` of its host.

    SIGINT and SIGTERM ask to abort it and to clean up, which takes requests, so the event stays unset; the next one,
    and SIGHUP, ask to leave it, and set the event.
    """

    def __init__(self, *, is_json: bool = False) -> None:
        super().__init__(is_json=is_json)
        self._wishes: Wishes | None = None
        self.is_aborted = self.is_left = False
        self._is_drawn = False

    def play(self, wishes: Wishes, *, is_drawn: bool) -> None:
        """Let signals ask the run from now on; with `is_drawn` a terminal shows another screen meanwhile."""
        self._wishes, self._is_drawn = wishes, is_drawn

    def told(self) -> None:
        """Let signals end the command as any other: the run is over."""
        self._wishes, self._is_drawn = None, False

    def heed(self, number: int) -> None:
        """Do what a signal asks for."""
        if self._wishes is None:
            super().heed(number)
        elif self.is_left:
            self._leave()
        elif self.is_aborted or number == HANG_UP:
            self.is_left = True
            self.event.set()
            self._wishes.put(Ask.LEAVE)
            timer = threading.Timer(GRACE, self._leave)
            timer.daemon = True
            timer.start()
        else:
            self.is_aborted = True
            self._wishes.put(Ask.ABORT)
            if not self._is_drawn:
                self.say(f"{signal.Signals(number).name}: the run ends and is cleaned up; once more leaves it as it is")

    def _leave(self) -> NoReturn:
        """End the process without waiting for its threads; the journals bear it."""
        restore()
        if self._is_drawn:
            leave_screen()
        os._exit(INTERRUPTED)


def leave_screen() -> None:
    """Bring back what a terminal showed before, and its cursor."""
    try:
        os.write(1, b"\x1b[?1049l\x1b[?25h\x1b[0m")
    except OSError:  # it may be gone
        return
