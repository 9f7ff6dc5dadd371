"""What happens in a run in, a line each out: for people, or an object of JSON; the run waits for no reader."""

from __future__ import annotations

import sys
import threading
from dataclasses import asdict, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

from reconciler.cli.streams import settle
from reconciler.cli.telling import tell
from reconciler.cli.voice import voice
from reconciler.gameday.events import (
    Aborted,
    Away,
    Begun,
    Cleaned,
    Event,
    Judged,
    Left,
    State,
    StepTold,
    Verdict,
    line_of,
)
from reconciler.render.gameday.events import stamped, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.gameday.hosting import Now
    from reconciler.gameday.story import Story

HELP = "keys: p pause or go on, s skip, + add a minute, q abort, l leave"


class Lines:
    """Tells a run line by line, on a thread of its own: a pipe that nobody empties holds nothing up."""

    def __init__(self, form: str, *, has_keys: bool) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="lines", daemon=True)
        self._form, self._has_keys = form, has_keys
        self._voice = voice()

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()
        if self._has_keys and not self._voice.is_json:
            tell(HELP, err=True)

    def end(self) -> None:
        """Tell the rest; the run is over, so there is nothing to hold up."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def tell(self, event: Event, story: Story) -> None:
        """Tell what happened; of private incidents without their titles, which are for terminals alone."""
        if isinstance(event, Begun):
            event = replace(event, incidents={**event.incidents, **dict.fromkeys(event.private, "")})
        if self._form == "json":
            self._queue.put(lambda: _print(line_of(event).decode().rstrip("\n")))
        if self._voice.is_json:
            row = told(event, story)
            facts = {name: value for name, value in asdict(event).items() if value not in ("", None)}
            message = row.text if row else ""
            self._queue.put(lambda: self._voice.event(f"gameday {event.word}", _level(event), message, **facts))
        elif self._form != "json" and (text := stamped(event, story)):
            self._queue.put(lambda: _print(text))

    def show(self, now: Now) -> None:
        """Show nothing: a line for every second would tell less, not more."""

    def ask(self, question: str) -> None:
        """Ask the host; an empty question takes the last one away."""
        if question:
            tell(question, err=True)

    def _write(self) -> None:
        while write := self._queue.get():
            try:
                write()
            except (OSError, ValueError):
                # Whoever read went away, as `| head` does: what is under way does not hang on it.
                for stream in (sys.stdout, sys.stderr):
                    settle(stream)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _level(event: Event) -> str:
    match event:
        case StepTold(state=State.FAILED) | Cleaned(outcome="failed"):
            return "error"
        case Judged(verdict=Verdict.FAILED) | StepTold(state=State.MISSED) | Aborted() | Left() | Away():
            return "warning"
        case _:
            return "info"
