"""Keys and signals in, what the host of a run asks for out."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from reconciler.gameday.hosting import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEYS: Mapping[str, Ask] = {
    "p": Ask.PAUSE,
    " ": Ask.PAUSE,
    "s": Ask.SKIP,
    "+": Ask.ADD_MINUTE,
    "=": Ask.ADD_MINUTE,
    "q": Ask.ABORT,
    "l": Ask.LEAVE,
}
QUESTIONS: Mapping[Ask, str] = {
    Ask.ABORT: "End the run now and close its incidents? y/n",
    Ask.LEAVE: "Leave the run as it is, to be taken up again? y/n",
}
"""What is asked before it is done: what cannot be taken back with another key."""


class Wishes:
    """What the host asks for, in order; put in from any thread, and from signals."""

    def __init__(self, ask: Callable[[str], None] = lambda _: None) -> None:
        # This queue alone may be put into by a signal that interrupts whoever takes from it.
        self._queue: SimpleQueue[Ask] = SimpleQueue()
        self._ask = ask
        self._doubted: Ask | None = None

    def put(self, wish: Ask) -> None:
        """Ask for something."""
        self._queue.put(wish)

    def next(self, seconds: float) -> Ask | None:
        """Return what is asked for next, waiting for it as long as `seconds`; None where nothing is."""
        try:
            return self._queue.get(timeout=seconds) if seconds > 0 else self._queue.get_nowait()
        except Empty:
            return None

    def pressed(self, key: str) -> None:
        """Take a key: a wish, or the answer to whether the last one was meant."""
        key = key.lower()
        if self._doubted:
            if key == "y":
                self.put(self._doubted)
            self._doubted = None
            self._ask("")
            return
        wish = KEYS.get(key)
        if wish is None:
            return
        if question := QUESTIONS.get(wish):
            self._doubted = wish
            self._ask(question)
        else:
            self.put(wish)
