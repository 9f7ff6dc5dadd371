"""Signals that a process gets at its request of a number: set in the process that serves what it asks."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Trap:
    """A signal that a process gets at its request of a number.

    `moment` is `unheard` (the request is dropped as well), `before` it is handled, `unanswered` (handled, and the
    signal comes before the answer), or `answered`; `pause` seconds lie between two signals, or after an answer.
    """

    at: int
    moment: str
    signals: tuple[str, ...]
    pause: float = 0.0

    def __str__(self) -> str:
        """Return it as the story tells it."""
        return f"{' and '.join(self.signals)} at request {self.at}, {self.moment}"


def set_by(asked: Iterable[Iterable[Any]]) -> list[tuple[int, Trap]]:
    """Return whom traps are for, and the traps: each is asked for as `[pid, at, moment, signals, pause]`."""
    return [(pid, Trap(at, moment, tuple(names), pause)) for pid, at, moment, names, pause in asked]


def spring(traps: Iterable[tuple[int, Trap]], moment: str) -> bool:
    """Send the signals of the traps of a moment; tell whether there were any."""
    mine = [(pid, trap) for pid, trap in traps if trap.moment == moment]
    for pid, trap in mine:
        for number, name in enumerate(trap.signals):
            if number:
                time.sleep(trap.pause)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.Signals[name])
    return bool(mine)
