"""What a run's journal and clock have told so far → which script time a Unix time was, for the API's own times."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from reconciler.gameday.clock import Dial
from reconciler.gameday.events import Judged, Looked, Seen

if TYPE_CHECKING:
    from reconciler.gameday.story import Story


class Dates:
    """Knows when the clock of a run showed what.

    At speed 1 it went on between two events, unless it was paused or held. At another it goes on while the run waits,
    and stands while something is done: what was done before the next thing that is known was done at its time.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._dials: list[Dial] = []
        self._read = 0

    def learn(self, story: Story, at: float, time: float) -> None:
        """Take in what was noted since, and what the clock shows now."""
        for event in story.events[self._read :]:
            # What was seen has a time of its own, and was noted later.
            if not isinstance(event, Seen | Judged | Looked):
                self._dials.append((self._dials[-1] if self._dials else Dial()).after(event))
        self._read = len(story.events)
        if self._speed != 1:
            self._note(at, time)

    def _note(self, at: float, time: float) -> None:
        last = self._dials[-1] if self._dials else Dial()
        if time > last.time:
            # Of a clock that stands, the first moment and the last say all.
            if len(self._dials) > 1 and self._dials[-2].at == last.at == at:
                self._dials.pop()
            self._dials.append(Dial(max(at, last.at), time))

    def script(self, unix: float) -> float:
        """Return which script time a Unix time was; what was before the run was at its start."""
        place = bisect_right(self._dials, unix, key=lambda dial: dial.time)
        if place == 0:
            return 0.0
        dial = self._dials[place - 1]
        if self._speed == 1:
            return dial.shows(unix)
        following = self._dials[place].at if place < len(self._dials) else dial.at
        return min(dial.at + (unix - dial.time) * self._speed, following)
