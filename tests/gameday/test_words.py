"""What a step is told as, wherever it is told."""

from __future__ import annotations

import pytest

from reconciler.gameday import words
from reconciler.gameday.script import (
    Assign,
    Close,
    Declare,
    Deed,
    Expect,
    FieldFilled,
    Moment,
    Note,
    Pause,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Step,
    Task,
    TaskCreated,
    Timeline,
    Timetable,
    Update,
    UpdatePosted,
)
from reconciler.model import Source

HERE = Source("day.yaml")
TOLD: list[tuple[Deed | Task, str]] = [
    (Declare("db"), "declare db"),
    (Set("db", {"severity": "Critical"}), "set severity Critical on db"),
    (Set("db", {"custom_fields": {"Region": ["EU", "US"]}}), "set Region EU, US on db"),
    (Set("db", {"summary": "long " * 20}), "set summary on db"),
    (Update("db", "x", {"message": "Two\nlines", "status": "Fixing"}), 'update db: "Two lines", Fixing'),
    (Timeline("db", "deploy", {"title": "Deploy"}), "timeline item deploy on db"),
    (Assign("db", "Incident Lead", "a@example.com"), "assign Incident Lead of db to a@example.com"),
    (Assign("db", "Incident Lead"), "take Incident Lead of db"),
    (Close("db"), "close db"),
    (Pause(), "pause"),
    (Pause("Brief them."), "pause: Brief them."),
    (Note("Watch."), "note: Watch."),
    (Task("db", "follow_up", "Test it"), 'create a follow-up of db: "Test it"'),
    (Expect("db", RoleAssigned("Lead"), 300), "expect within 5m Lead assigned on db"),
    (Expect("db", UpdatePosted(), 300), "expect within 5m an update on db"),
    (Expect("db", UpdatePosted("a.c"), 300), "expect within 5m an update that matches /a.c/ on db"),
    (Expect("db", SeverityAtLeast("Major"), 300), "expect within 5m severity Major or above on db"),
    (Expect("db", FieldFilled("Region"), 90), "expect within 1m 30s Region filled on db"),
    (Expect("db", TaskCreated("action"), 60), "expect within 1m an action on db"),
    (Expect("db", StatusReached("Closed"), 60, never=True), "expect for 1m never status Closed on db"),
]


@pytest.mark.parametrize(("deed", "text"), TOLD)
def test_every_step_is_told_in_a_line(deed: Deed | Task, text: str) -> None:
    """One line tells what is done to what."""
    assert words.told(deed) == text


@pytest.mark.parametrize(
    "deed",
    [
        Set("db", {"summary": "leaked"}),
        Update("db", "x", {"message": "leaked"}),
        Task("db", "action", "leaked"),
        Expect("db", UpdatePosted("leaked"), 60),
    ],
)
def test_the_texts_of_a_private_incident_are_not_told(deed: Deed | Task) -> None:
    """The journal is a file, and not for everybody."""
    assert "leaked" in words.told(deed)
    assert "leaked" not in words.told(deed, {"db"})


def test_the_journal_keeps_when_each_step_is_due_and_how_long_people_have() -> None:
    """Status and report need no file."""
    steps = ((0.0, Declare("db")), (60.0, Expect("db", RoleAssigned("Lead"), 300)))
    table = Timetable(tuple((at, Step(f"s{at:.0f}", Moment(at), deed, HERE)) for at, deed in steps))

    first, second = words.planned(table)

    assert (first.verb, first.incident, first.within) == ("declare", "db", 0.0)
    assert (second.id, second.at, second.verb, second.within) == ("s60", 60.0, "expect", 300.0)
