"""What the API tells of an incident becomes what was done to it: by whom, when, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.gameday.seeing import ACTIONS, FOLLOW_UPS, UPDATES, Account, carried, done, lacking, seen

BOB = {"user": {"id": "01U", "name": "Bob Baker", "role": "responder"}}
KEY = {"api_key": {"id": "01K", "name": "gameday"}}
FIXING = {"id": "01F", "name": "Fixing", "rank": 2, "category": "live"}
MAJOR, MINOR = {"id": "01B", "name": "Major", "rank": 2}, {"id": "01A", "name": "Minor", "rank": 1}


def entry(kind: str, minute: int = 0, *, by: Any = BOB, of: str = "01I", **content: Any) -> dict[str, Any]:
    """Return an entry of an activity log."""
    told = content | ({"updater": by} if by else {})
    return {
        "id": f"{kind}-{minute}",
        "incident_id": of,
        "type": kind,
        "title": kind.replace("_", " ").capitalize(),
        "occurred_at": f"2026-11-20T10:{minute:02}:00Z",
        **({"content": {kind: told}} if content else {}),
    }


def told(*log: dict[str, Any], had_severity: bool = True, **lists: Any) -> list[tuple[str, str, str]]:
    """Return what was done, by whom, in a few words."""
    account = Account(log, lists, had_severity)
    return [(did.what, did.by.who, did.told) for did in done(account, "01I", lambda unix: unix)]


def test_an_update_that_moves_nothing_is_words_alone() -> None:
    """It repeats the status and the severity, which nobody moved."""
    update = entry("incident_update", 1, id="01X", message="Hello", new_status=FIXING, new_severity=MAJOR)

    assert told(update) == [("update", "Bob Baker", "Hello")]


def test_an_update_without_words_is_its_moves_alone() -> None:
    """The API makes one for each move, whoever made that."""
    update = entry("incident_update", 1, id="01X", new_severity=MAJOR, previous_severity=MINOR, new_status=FIXING)

    assert told(update) == [("severity", "Bob Baker", "Major")]


@pytest.mark.parametrize(("had_severity", "moves"), [(True, []), (False, [("severity", "Bob Baker", "Major")])])
def test_a_first_severity_is_a_move_where_there_was_none(had_severity: bool, moves: list[Any]) -> None:
    """An update looks the same in both cases."""
    update = entry("incident_update", 1, id="01X", new_severity=MAJOR, new_status=FIXING)

    assert told(update, had_severity=had_severity) == moves


def test_a_log_that_does_not_say_what_was_posted_is_made_up_for() -> None:
    """The list of updates says it; each is told once however many tell of it."""
    silent = entry("incident_update", 1)
    assert list(lacking(Account([silent]))) == [UPDATES]
    assert not list(lacking(Account([silent], {UPDATES: []})))

    update = {"id": "01X", "message": "Hello", "updater": BOB, "created_at": "2026-11-20T10:01:00Z"}
    spoken = entry("incident_update", 2, id="01X", message="Hello", new_status=FIXING)
    assert told(silent, updates=[update]) == told(spoken, updates=[update]) == [("update", "Bob Baker", "Hello")]


def test_the_words_of_tasks_are_on_lists_of_their_own() -> None:
    """Those that were deleted since are on none, and were created all the same."""
    log = [
        entry("action_created", 1, by=None, action_id="01A", actor=BOB),
        entry("action_created", 2, by=None, action_id="01B", actor=KEY),
        entry("follow_up_created", 3, by=None, follow_up_id="01C", actor=BOB),
    ]
    assert list(lacking(Account(log))) == [ACTIONS, FOLLOW_UPS]

    action = {"id": "01A", "description": "Roll back", "creator": BOB, "created_at": "2026-11-20T10:01:00Z"}
    assert told(*log, actions=[action], follow_ups=[]) == [
        ("action", "Bob Baker", "Roll back"),
        ("action", "API key gameday", ""),
        ("follow_up", "Bob Baker", ""),
    ]


def test_lists_are_read_again_only_where_the_log_tells_of_more() -> None:
    """Each costs a request."""
    first = [entry("action_created", 1, by=None, action_id="01A", actor=BOB)]
    known = Account(first, {ACTIONS: [], FOLLOW_UPS: []})

    assert set(carried(known, [*first, entry("incident_rename", 2, new_name="A")]).lists) == {ACTIONS, FOLLOW_UPS}
    more = entry("action_created", 3, by=None, action_id="01B", actor=BOB)
    assert set(carried(known, [*first, more]).lists) == {FOLLOW_UPS}


def test_what_is_taken_away_is_told_as_such() -> None:
    """A role that nobody holds any more, a field without values: no report counts them as given."""
    role = entry("role_update", 1, role={"id": "01R", "name": "Incident Lead"}, previous_assignee=BOB["user"])
    field = entry("custom_field_value_update", 2, custom_field={"id": "01F", "name": "Cause"}, new_values=[])

    events = [seen(did, "x", is_private=False) for did in done(Account([role, field]), "01I", lambda unix: unix)]
    assert [(event.what, event.text) for event in events] == [
        ("other", "Incident Lead: nothing any more"),
        ("other", "Cause: nothing any more"),
    ]


def test_values_of_every_kind_are_told_as_people_read_them() -> None:
    """Options, catalog entries, texts, links and numbers."""
    values = [
        {"value_option": {"id": "01", "value": "Checkout"}},
        {"value_catalog_entry": {"id": "02", "name": "Search"}},
        {"value_text": "DNS"},
        {"value_numeric": "12"},
        {"value_of_tomorrow": "?"},
    ]
    field = entry("custom_field_value_update", 2, custom_field={"id": "01F", "name": "Cause"}, new_values=values)

    assert told(field) == [("field", "Bob Baker", "Cause: Checkout, Search, DNS, 12")]


def test_what_follows_from_a_move_is_not_told_besides() -> None:
    """Timestamps that the server set with a status, and what a workflow did that somebody wrote."""
    log = [
        entry("status_change", 1, new_status=FIXING),
        entry("incident_timestamp_set", 1, incident_timestamp={"id": "01T"}, new_value="2026-11-20T10:01:00Z"),
        entry("incident_timestamp_set", 5, incident_timestamp={"id": "01T"}, new_value="2026-11-20T10:01:00Z"),
        entry("workflow_ran", 6, by=None, creator=BOB, event_title="Ran"),
        entry("summary_update", 7, by=KEY, new_summary="A"),
        entry("of_tomorrow", 8, new_thing="A"),
        entry("status_change", 9, of="01STREAM", new_status=FIXING),
        entry("slack_pin", 9, of="01STREAM", text="A"),
        entry("incident_channel_created", 9),
    ]

    assert told(*log) == [
        ("status", "Bob Baker", "Fixing"),
        ("other", "Bob Baker", "Incident timestamp set"),
        ("other", "Bob Baker", "Of tomorrow"),
    ]


@pytest.mark.parametrize("kind", ["role_update", "status_change", "custom_field_value_update", "incident_update"])
def test_an_entry_that_says_little_is_no_error(kind: str) -> None:
    """The API may leave out what it does not require."""
    told(entry(kind, 1), {**entry(kind, 2), "content": {kind: None}}, entry(kind, 3, by=None, new_status=None))
