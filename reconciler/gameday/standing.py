"""A run in its loop → what its host is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday import words
from reconciler.gameday.clock import NEARLY
from reconciler.gameday.events import Paused
from reconciler.gameday.hosting import Awaited, Next, Now, Shown
from reconciler.gameday.script import Expect, Pause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.gameday.doing import Doing
    from reconciler.gameday.script import Step


def standing(doing: Doing, shown: Mapping[str, Shown]) -> Now:
    """Return how a run stands; `shown` are the incidents as they were last seen, by name."""
    at, begun = doing.clock.at(), doing.story.begun
    titles, private = (begun.incidents, begun.private) if begun else ({}, ())
    due, step = doing.waiting[0] if doing.waiting else (0.0, None)
    return Now(
        at=at,
        end=doing.end,
        speed=doing.run.manner.speed,
        is_paused=doing.story.is_paused,
        why=_why_it_stands(doing),
        upcoming=Next(step.id, words.told(step.deed, private), max(0.0, due - at)) if step else None,
        incidents=tuple(shown.get(name, Shown(name, titles.get(name, name))) for name in doing.acting.incidents),
        awaited=tuple(
            Awaited(step.id, words.told(deed, private), max(0.0, end - at), deed.never)
            for end, step, deed in windows(doing)
        ),
        held=0.0 if doing.story.is_paused else doing.clock.ahead(at),
    )


def windows(doing: Doing) -> Iterator[tuple[float, Step, Expect]]:
    """Yield the expectations whose step is past and that have no verdict, with when their windows end."""
    story, at = doing.story, doing.clock.at()
    for due, step in doing.run.timetable.steps:
        if due > at + NEARLY:
            return
        if isinstance(step.deed, Expect) and step.id not in story.verdicts and story.state(step.id) is None:
            yield due + step.deed.within, step, step.deed


def paused_at(doing: Doing) -> Step | None:
    """Return the step at which the script pauses; None where the host asked for it, or nothing is paused."""
    paused = next((one for one in reversed(doing.story.events) if isinstance(one, Paused)), None)
    if paused is None or not doing.story.is_paused:
        return None
    return next((one for _, one in doing.waiting if one.id == paused.step), None)


def _why_it_stands(doing: Doing) -> str:
    if doing.story.is_paused:
        step = paused_at(doing)
        return step.deed.message if step and isinstance(step.deed, Pause) else ""
    return ""
