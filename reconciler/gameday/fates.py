"""A step, the plan that it was part of and what came of that → what became of the step, in a line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import Exit
from reconciler.gameday.events import State
from reconciler.gameday.script import Assign, Close, Declare, Set, Timeline, Update
from reconciler.gameday.unfolding import key_of
from reconciler.kinds.incident import TIMELINE, UPDATE
from reconciler.lifecycle import CLOSED
from reconciler.model import Done, Edit, Failed, Post, Skipped, Topic, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.gameday.script import Step
    from reconciler.model import Change, Key, Outcome, Plan
    from reconciler.state import Memory

ENDED = frozenset({CLOSED, "declined", "canceled", "merged"})
"""Categories of a status that nothing is left to do in."""
LEFT_TO_PEOPLE = frozenset({Topic.FINISHED, Topic.PAUSED, Topic.TRIAGE})
"""Notices of a status that is left where people brought it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a step; `is_away` says that the API could not be reached, and that it may be tried again."""

    step: Step
    state: State
    detail: str = ""
    reference: str = ""
    link: str = ""
    is_away: bool = False


def over(step: Step, plan: Plan) -> Told | None:
    """Return that people have brought an incident where nothing is left to do in it; None where they have not."""
    live = plan.live.get(key_of(step.incident))
    if live is None:
        return None
    status = live.raw.get("incident_status") or {}
    if status.get("category") not in ENDED:
        return None
    detail = f"{live.reference} is {status.get('name', 'closed')} already"
    state = State.DONE if isinstance(step.deed, Declare) else State.OVERTAKEN
    return Told(step, state, detail, live.reference, live.link)


def fate(step: Step, plan: Plan, outcomes: Iterable[Outcome], after: Memory) -> Told:
    """Return what became of a step; `after` is what is remembered since."""
    key = key_of(step.incident)
    mine = [one for one in outcomes if is_part(one.change, step)]
    reference, link = _whereabouts(key, plan, after)
    refusal = next((one for one in plan.refusals if one.key == key), None)
    if not mine and refusal:
        return Told(step, State.FAILED, refusal.message, reference, link)
    if not mine:
        state, detail = _nothing_to_do(step, plan, after)
        return Told(step, state, detail, reference, link)
    undone = [one for one in mine if not isinstance(one, Done)]
    if undone:
        is_away = any(map(is_lost, outcomes_of(undone, outcomes)))
        return Told(step, State.FAILED, _why(undone), reference, link, is_away=is_away)
    return Told(step, State.DONE, _notes(step, mine), reference, link)


def outcomes_of(undone: Sequence[Outcome], every: Iterable[Outcome]) -> Iterable[Outcome]:
    """Return what to ask why something was not done: what was skipped was so because of something else."""
    return every if any(isinstance(one, Skipped) for one in undone) else undone


def is_part(change: Change, step: Step) -> bool:
    """Return whether a change is what a step asks for."""
    key = key_of(step.incident)
    match step.deed:
        case Declare():
            return change.key.parent == key
        case Update(_, id, _):
            return change.key == key.of(UPDATE.noun, id)
        case Timeline(_, id, _):
            return change.key == key.of(TIMELINE.noun, id)
        case Set() | Assign():
            return change.key.parent == key and change.key.child[:1] not in {(UPDATE.noun,), (TIMELINE.noun,)}
        case Close():
            return change.key == key and isinstance(change, Edit)
    return False


def _nothing_to_do(step: Step, plan: Plan, after: Memory) -> tuple[State, str]:
    """Return what became of a step that no request was needed for."""
    key = key_of(step.incident)
    known = after.state.records
    match step.deed:
        case Close():
            live = plan.live.get(key)
            status = (live.raw.get("incident_status") or {}) if live else {}
            if status.get("category") in ENDED:
                return State.DONE, f"it was {status.get('name', 'closed')} already"
            return State.FAILED, f"it is {status.get('name', 'out of sight')}, from where the API does not move it"
        case Update(_, id, _) if key.of(UPDATE.noun, id) not in known:
            told = [one.message for one in plan.notices if one.key in {key, key.of(UPDATE.noun, id)}]
            return State.OVERTAKEN, "; ".join(told) or "people had brought the incident further"
        case Set() | Assign():
            left = [one for one in plan.notices if one.key == key and one.topic in LEFT_TO_PEOPLE]
            if left:
                return State.OVERTAKEN, "; ".join(one.message for one in left)
            return State.DONE, "it was so already"
    return State.DONE, ""


def _whereabouts(key: Key, plan: Plan, after: Memory) -> tuple[str, str]:
    record, live = after.state.records.get(key), plan.live.get(key)
    reference = record.reference if record else ""
    link = record.link if record else ""
    return reference or (live.reference if live else ""), link or (live.link if live else "")


def is_lost(outcome: Outcome) -> bool:
    """Return whether something was not done, or is not known to be, as the API could not be reached."""
    match outcome:
        case Failed(exit_code=code):
            return code == Exit.UNREACHABLE
        case Unknown():
            return True
    return False


def _why(undone: Iterable[Outcome]) -> str:
    told = (one.because if isinstance(one, Skipped) else one.message for one in undone if not isinstance(one, Done))
    return "; ".join(dict.fromkeys(told))


def _notes(step: Step, done: Iterable[Outcome]) -> str:
    notes = [one.note for one in done if isinstance(one, Done) and one.note]
    for one in done:
        if isinstance(step.deed, Update) and isinstance(one.change, Post):
            notes += [f"without its {name}" for name in step.deed.fields if (name,) not in one.change.sent]
    return "; ".join(dict.fromkeys(notes))
