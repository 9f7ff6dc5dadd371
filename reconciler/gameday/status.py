"""A run's journal and the time of day → how it stands, for whoever looks on from somewhere else. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.gameday.clock import dial_of
from reconciler.gameday.events import Paused, State, Verdict
from reconciler.model import Create

if TYPE_CHECKING:
    from reconciler.gameday.events import Begun, Planned
    from reconciler.gameday.story import Story
    from reconciler.state import Memory


class Standing(StrEnum):
    """Whether anything happens, or can be made to."""

    RUNNING = "running"
    PAUSED = "paused"
    LEFT = "left"
    """No host runs it, and it may be taken up again."""
    UNCLEAN = "not cleaned up"
    """It came to its end or was aborted, and something may still be open."""
    OVER = "over"
    BROKEN = "broken"
    """Its journal is lost; its state still knows what it declared."""


CLEANED = {"already": "already closed", "failed": "not closed"}
"""What cleanup says of an incident, where that is not how it is left."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident of the run, as far as the journal tells: `declared`, `closed`, `failed` or `to come`."""

    name: str
    title: str
    state: str
    reference: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A step, and how many seconds of script time are left: until it is due, or until its window ends."""

    step: Planned
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """How a run stands; `at` is where its clock is now, `host` who runs it."""

    run: str
    gameday: str
    title: str
    standing: Standing
    began: float
    """Unix time."""
    at: float
    end: float
    speed: float
    host: str = ""
    why: str = ""
    """Why its clock stands, or why nobody runs it."""
    upcoming: Awaiting | None = None
    away: str = ""
    """Why its host cannot read the account; empty while they can."""
    incidents: tuple[Incident, ...] = ()
    awaited: tuple[Awaiting, ...] = ()
    steps: int = 0
    done: int = 0
    """How many steps are behind it as written: of what is expected, those that have a verdict."""
    missed: int = 0
    failed: int = 0
    held: int = 0
    unheld: int = 0
    """How many expectations failed."""
    not_observed: int = 0


def of(story: Story, now: float, host: str = "") -> Status:
    """Return how a run that was begun stands at a Unix time; `host` is who holds its lock, empty for nobody."""
    begun = story.begun
    assert begun, "a journal without its beginning is no run"
    at = clock_of(story, now)
    standing = _standing(story, host)
    states = Counter(one.state for one in story.steps.values())
    verdicts = Counter(one.verdict for one in story.verdicts.values())
    is_played = standing not in {Standing.OVER, Standing.UNCLEAN}
    return Status(
        run=begun.run,
        gameday=begun.gameday,
        title=begun.title,
        standing=standing,
        began=begun.time,
        at=at,
        end=begun.end,
        speed=begun.speed,
        host=host,
        why=_why(story, standing),
        away=story.away if standing in {Standing.RUNNING, Standing.PAUSED} else "",
        upcoming=_upcoming(story, begun, at) if is_played else None,
        incidents=tuple(_incident(name, title, story, begun) for name, title in begun.incidents.items()),
        awaited=tuple(_awaited(story, begun, at)) if is_played else (),
        steps=len(begun.steps),
        done=states[State.DONE] + len(story.verdicts),
        missed=states[State.MISSED],
        failed=states[State.FAILED],
        held=verdicts[Verdict.HELD],
        unheld=verdicts[Verdict.FAILED],
        not_observed=verdicts[Verdict.NOT_OBSERVED],
    )


def of_state(run: str, story: Story, memory: Memory, host: str = "") -> Status:
    """Return how a run stands whose journal lost its beginning, as far as its state knows it."""
    records = [(key, one.reference, one.link) for key, one in memory.state.records.items() if not key.child]
    asked = [step.key for step in memory.pending if step.verb == Create.verb and not step.key.child]
    known = records + [(key, "", "") for key in asked if key not in memory.state.records]
    states = {name: one.outcome for name, one in story.cleaned.items()}
    incidents = tuple(
        Incident(key.name, "", states.get(key.name, "declared" if reference else "asked for"), reference, link)
        for key, reference, link in known
    )
    standing = Standing.OVER if story.is_over else Standing.BROKEN
    why = "" if story.is_over else "its journal is lost, and its report with it"
    return Status(run, "", "", standing, story.time, 0.0, 0.0, 1.0, host, why, incidents=incidents)


def clock_of(story: Story, now: float) -> float:
    """Return where the clock of a run is: at speed 1 it goes on while nobody runs it, at any other it stands."""
    begun = story.begun
    if begun is None or begun.speed != 1 or story.is_ended or story.is_aborted or story.is_over:
        return story.at
    return dial_of(story.events).shows(now)


def _standing(story: Story, host: str) -> Standing:
    if story.is_over:
        return Standing.OVER
    if host:
        return Standing.PAUSED if story.is_paused else Standing.RUNNING
    return Standing.UNCLEAN if story.is_ended or story.is_aborted else Standing.LEFT


def _why(story: Story, standing: Standing) -> str:
    if standing is not Standing.PAUSED or story.begun is None:
        return ""
    paused = next((event.step for event in reversed(story.events) if isinstance(event, Paused)), "")
    step = next((one for one in story.begun.steps if one.id == paused), None)
    return step.text.removeprefix("pause").removeprefix(": ") if step else "by the host"


def _upcoming(story: Story, begun: Begun, at: float) -> Awaiting | None:
    ahead = (one for one in begun.steps if one.at > at and one.at <= begun.end and story.state(one.id) is None)
    first = min(ahead, key=lambda one: one.at, default=None)
    return Awaiting(first, first.at - at) if first else None


def _awaited(story: Story, begun: Begun, at: float) -> list[Awaiting]:
    windows = [one for one in begun.steps if one.verb == "expect" and one.id not in story.verdicts]
    is_open = (one for one in windows if one.at <= at <= one.at + one.within)
    return sorted((Awaiting(one, one.at + one.within - at) for one in is_open), key=lambda one: one.seconds)


def _incident(name: str, title: str, story: Story, begun: Begun) -> Incident:
    told = [story.steps[one.id] for one in begun.steps if one.incident == name and one.id in story.steps]
    reference = next((one.reference for one in told if one.reference), "")
    link = next((one.link for one in told if one.link), "")
    shown = "" if name in begun.private else title
    return Incident(name, shown, _state(name, story, begun), reference, link)


def _state(name: str, story: Story, begun: Begun) -> str:
    if cleaned := story.cleaned.get(name):
        return CLEANED.get(cleaned.outcome, cleaned.outcome)
    of_incident = {one.id: one.verb for one in begun.steps if one.incident == name}
    done = {verb for step, verb in of_incident.items() if story.state(step) is State.DONE}
    if "close" in done:
        return "closed"
    if "declare" in done:
        return "declared"
    failed = any(verb == "declare" and story.state(step) is State.FAILED for step, verb in of_incident.items())
    return "failed" if failed else "to come"
