"""How a run stands in, a picture of it on a terminal out, drawn by a thread that the run never waits for."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from reconciler.cli.telling import tell
from reconciler.render.gameday.events import told
from reconciler.render.gameday.frame import frame
from reconciler.render.gameday.panels import View
from reconciler.render.page import line
from reconciler.render.words import visible

if TYPE_CHECKING:
    from reconciler.gameday.events import Event
    from reconciler.gameday.hosting import Now
    from reconciler.gameday.story import Story
    from reconciler.render.page import Line

MOST_LINES = 200
"""Lines of what happened that are kept for the screen."""
SECONDS = 0.25
"""Between two pictures, if nothing happens."""
SHORTEST = 0.05
"""Seconds between two pictures, if much happens."""


class Screen:
    """The live view of a run; safe to use from several threads."""

    def __init__(self, stream: TextIO, *, has_keys: bool) -> None:
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._view = View(has_keys=has_keys, is_plain=not self._console.encoding.startswith("utf"))
        self._shown = time.monotonic()
        self._lock = threading.RLock()
        self._said: list[str] = []
        self._changed, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._draw, name="screen", daemon=True)

    def start(self) -> None:
        """Begin to draw."""
        self._thread.start()

    def end(self) -> None:
        """Bring back what the terminal showed before."""
        self._ended.set()
        self._changed.set()
        if self._thread.is_alive():
            # A terminal that takes nothing more is not waited for.
            self._thread.join(2.0)
        for text in self._said:
            tell(text, err=True)

    def tell(self, event: Event, story: Story) -> None:
        """Show what happened."""
        with self._lock:
            self._change(story=story)
            if row := told(event, story):
                self._add(event.at, row)

    def say(self, text: str) -> None:
        """Show what anything else of the program says."""
        if text.strip():
            with self._lock:
                self._said.append(text)
                self._add(self._view.now.at if self._view.now else 0.0, line(visible(text)))

    def show(self, now: Now) -> None:
        """Show how the run stands."""
        with self._lock:
            self._shown = time.monotonic()
            self._change(now=now)

    def ask(self, question: str) -> None:
        """Show a question; an empty one takes it away."""
        with self._lock:
            self._change(question=question)

    def _add(self, at: float, row: Line) -> None:
        self._change(log=(*self._view.log[-MOST_LINES:], (at, row)))

    def _change(self, **parts: Any) -> None:
        self._view = replace(self._view, **parts)
        self._changed.set()

    def _draw(self) -> None:
        live = Live(
            console=self._console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        # The terminal may go away, and the run goes on without it.
        with suppress(OSError, ValueError), live:
            while not self._ended.is_set():
                live.update(self._picture(), refresh=True)
                self._changed.wait(SECONDS)
                self._changed.clear()
                self._ended.wait(SHORTEST)
            # What stays in a terminal that keeps its last picture is how the run ended.
            live.update(self._picture(), refresh=True)

    def _picture(self) -> Text:
        width, height = self._console.size
        picture = Text(no_wrap=True, overflow="crop")
        for number, row in enumerate(frame(self._since(), width, height)):
            picture.append("\n" if number else "")
            for span in row:
                picture.append(span.text, span.style)
        return picture

    def _since(self) -> View:
        """Return the view with a clock that has gone on since the run last said what it shows."""
        now = self._view.now
        if now is None or now.is_paused or now.speed != 1:
            return self._view
        passed = time.monotonic() - self._shown
        held = max(now.held - passed, 0.0)
        # What is added to the clock is not taken off what is ahead.
        passed = max(passed - now.held, 0.0)
        upcoming = now.upcoming and replace(now.upcoming, seconds=now.upcoming.seconds - passed)
        awaited = tuple(replace(one, seconds=one.seconds - passed) for one in now.awaited)
        return replace(self._view, now=replace(now, at=now.at + passed, upcoming=upcoming, awaited=awaited, held=held))
