"""Journals of any kind: events in any order, of steps and incidents that there are or are not, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as some

from reconciler.gameday.events import (
    Aborted,
    Acted,
    Begun,
    Cleaned,
    Ended,
    GoneOn,
    Held,
    Judged,
    Left,
    Looked,
    Over,
    Paused,
    Planned,
    Resumed,
    Seen,
    State,
    StepTold,
    Verdict,
)

NAMES = some.sampled_from(["outage", "leak", "nobody", ""])
STEPS = some.sampled_from(["declare", "lead", "never", "pause", "close", "unknown"])
TIMES = some.floats(min_value=-10, max_value=1e7, allow_nan=False)
WORDS = some.sampled_from(["", "Alice Archer", "a word", "\x1b[31m", "<b>"])
PLANNED = some.builds(
    Planned,
    id=STEPS,
    at=some.floats(min_value=0, max_value=1e6),
    verb=some.sampled_from(["declare", "set", "update", "expect", "close", "note", "pause", "assign", "timeline"]),
    incident=NAMES,
    text=WORDS,
    within=some.sampled_from([0.0, 60.0, 1e6]),
)
BEGUN = some.builds(
    Begun,
    at=some.just(0.0),
    time=TIMES,
    run=some.just("run"),
    gameday=some.just("day"),
    title=WORDS,
    digest=WORDS,
    steps=some.lists(PLANNED, max_size=6, unique_by=lambda one: one.id).map(tuple),
    incidents=some.just({"outage": "An outage", "leak": "A leak"}),
    private=some.sampled_from([(), ("leak",)]),
    end=some.sampled_from([0.0, 600.0]),
)
MOMENT = {"at": TIMES, "time": TIMES}
EVENTS = some.one_of(
    some.builds(StepTold, **MOMENT, step=STEPS, state=some.sampled_from(State), detail=WORDS, reference=WORDS),
    some.builds(
        Judged,
        **MOMENT,
        step=STEPS,
        verdict=some.sampled_from(Verdict),
        after=some.one_of(some.none(), some.floats(min_value=0, max_value=1e7)),
        who=WORDS,
        detail=WORDS,
    ),
    some.builds(
        Seen,
        **MOMENT,
        incident=NAMES,
        what=some.sampled_from(["role", "update", "status", "severity", "field", "action", "follow_up", "other"]),
        who=WORDS,
        text=WORDS,
        category=some.sampled_from(["", "live", "closed"]),
    ),
    some.builds(Acted, **MOMENT, act=WORDS, who=WORDS, incident=NAMES, text=WORDS, failed=WORDS),
    some.builds(Cleaned, **MOMENT, incident=NAMES, outcome=some.sampled_from(["closed", "already", "failed"])),
    some.builds(Paused, **MOMENT, step=some.one_of(some.just(""), STEPS)),
    some.builds(Looked, **MOMENT),
    some.builds(Held, **MOMENT),
    *(some.builds(kind, **MOMENT) for kind in (Resumed, Left, GoneOn, Aborted, Ended, Over)),
)
JOURNALS = some.builds(lambda begun, events: [begun, *events], BEGUN, some.lists(EVENTS, max_size=25))
