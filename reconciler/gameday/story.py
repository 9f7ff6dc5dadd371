"""A run's events → how it stands: what was done, what is expected, whether it is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.gameday.events import (
    Aborted,
    Acted,
    Away,
    Back,
    Begun,
    Cleaned,
    Ended,
    Event,
    GoneOn,
    Judged,
    Left,
    Over,
    Paused,
    Resumed,
    Seen,
    State,
    StepTold,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Story:
    """How a run stands after its events so far."""

    events: tuple[Event, ...] = ()
    begun: Begun | None = None
    steps: Mapping[str, StepTold] = field(default_factory=dict)
    """What was told of each step last."""
    verdicts: Mapping[str, Judged] = field(default_factory=dict)
    acts: frozenset[str] = frozenset()
    """What simulated people did already."""
    seen: tuple[Seen, ...] = ()
    cleaned: Mapping[str, Cleaned] = field(default_factory=dict)
    at: float = 0.0
    """Script time of the last event."""
    time: float = 0.0
    """Unix time of the last event."""
    is_paused: bool = False
    is_left: bool = False
    """Whether no host runs it, as far as the journal tells: a host that was killed could not."""
    away: str = ""
    """Why the account cannot be read; empty while it can."""
    is_aborted: bool = False
    is_ended: bool = False
    is_over: bool = False

    def state(self, step: str) -> State | None:
        """Return what became of a step; None where nothing has yet."""
        told = self.steps.get(step)
        return told.state if told else None

    @property
    def is_whole(self) -> bool:
        """Return whether the script was played from its beginning to its end, and what it declared is closed."""
        if self.begun is None or self.is_aborted or not (self.is_ended and self.is_over):
            return False
        return all(one.at + one.within <= self.begun.end for one in self.begun.steps)

    @property
    def declared(self) -> tuple[str, ...]:
        """Return the incidents whose declaring was at least begun, in that order: cleanup looks after these."""
        planned = {one.id: one for one in self.begun.steps} if self.begun else {}
        begun = (State.BEGUN, State.DONE, State.FAILED)
        told = (planned[step] for step, one in self.steps.items() if step in planned and one.state in begun)
        return tuple(dict.fromkeys(one.incident for one in told if one.verb == "declare"))


def story_of(events: Iterable[Event]) -> Story:
    """Return how a run stands after these events."""
    story = Story()
    for event in events:
        story = after(story, event)
    return story


def after(story: Story, event: Event) -> Story:
    """Return how a run stands after one more event."""
    told = replace(story, events=(*story.events, event), at=max(story.at, event.at), time=max(story.time, event.time))
    match event:
        case StepTold():
            return replace(told, steps={**story.steps, event.step: event})
        case Judged():
            return replace(told, verdicts={**story.verdicts, event.step: event})
        case Cleaned():
            return replace(told, cleaned={**story.cleaned, event.incident: event})
        case Acted():
            return replace(told, acts=story.acts | {event.act})
        case Seen():
            return replace(told, seen=(*story.seen, event))
        case Away():
            told = replace(told, away=event.why)
        case Begun() if not story.begun:
            told = replace(told, begun=event)
    return replace(told, **_TURNS.get(type(event), {}))


_TURNS: Mapping[type[Event], Mapping[str, Any]] = {
    Paused: {"is_paused": True},
    GoneOn: {"is_paused": False},
    Resumed: {"is_left": False, "away": ""},
    Back: {"away": ""},
    Left: {"is_left": True},
    Aborted: {"is_aborted": True},
    Ended: {"is_ended": True},
    Over: {"is_over": True},
}
"""What an event without facts of its own changes."""
