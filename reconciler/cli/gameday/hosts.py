"""A terminal or none in, the host of a run out: shown on a screen or in lines, asked by keys and by signals."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.cli.gameday import keyboard
from reconciler.cli.gameday.lines import Lines
from reconciler.cli.gameday.wishes import Wishes
from reconciler.cli.streams import by_line
from reconciler.cli.voice import voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.gameday.stopping import RunStopping
    from reconciler.gameday.events import Event
    from reconciler.gameday.hosting import Ask, Now
    from reconciler.gameday.story import Story


class Stage(Protocol):
    """Where a run is shown."""

    def start(self) -> None:
        """Begin to show."""

    def end(self) -> None:
        """Show what is left, and leave the terminal as it was."""

    def tell(self, event: Event, story: Story) -> None:
        """Show what happened."""

    def show(self, now: Now) -> None:
        """Show how the run stands."""

    def ask(self, question: str) -> None:
        """Show a question to the host; an empty one takes it away."""


@dataclass(frozen=True, slots=True)
class Hosting:
    """A host (`gameday.hosting.Host`): what keys and signals ask for, and where the run is shown."""

    wishes: Wishes
    stage: Stage

    def asked(self, seconds: float) -> Ask | None:
        """Return what the host asks for, waiting for it as long as `seconds`."""
        return self.wishes.next(seconds)

    def tell(self, event: Event, story: Story) -> None:
        """Tell what happened."""
        self.stage.tell(event, story)

    def show(self, now: Now) -> None:
        """Show how the run stands."""
        self.stage.show(now)


@contextmanager
def hosting(form: str, stopping: RunStopping) -> Iterator[Hosting]:
    """Give the host of a run while it is played; the terminal is as it was when this ends, whatever happens."""
    has_keys = keyboard.are_there()
    is_drawn = form == "text" and _is_screen()
    stage: Stage = _screen(has_keys=has_keys) if is_drawn else Lines(form, has_keys=has_keys)
    wishes = Wishes(stage.ask)
    stderr = sys.stderr
    stopping.play(wishes, is_drawn=is_drawn)
    try:
        with keyboard.keys(wishes.pressed):
            if is_drawn:
                sys.stderr = by_line(stderr, stage.say)  # type: ignore[attr-defined]
            stage.start()
            yield Hosting(wishes, stage)
    finally:
        sys.stderr = stderr
        stage.end()
        stopping.told()


def _is_screen() -> bool:
    """Tell whether there is a terminal to draw on; whoever asked for each request reads lines."""
    speaker = voice()
    if not sys.stdout.isatty() or speaker.is_json or speaker.verbosity:
        return False
    from rich.console import Console  # noqa: PLC0415  (50 ms that a pipe does not need)

    return not Console(file=sys.stdout).is_dumb_terminal


def _screen(*, has_keys: bool) -> Stage:
    from reconciler.cli.gameday.screen import Screen  # noqa: PLC0415  (see above)

    return Screen(sys.stdout, has_keys=has_keys)
