"""Who moved what: the activity log, read into the last one who moved each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler import live
from reconciler.activity import last_moves, last_touch, who_left
from reconciler.api import connect
from tests.world import BASE_URL

if TYPE_CHECKING:
    from tests.world import World

CARL = {"user": {"id": "01CARL", "name": "Carl Clark", "role": "responder"}}
ROBOT = {"api_key": {"id": "01KEY", "name": "ci"}}
MANIFEST = "kind: Incident\nmetadata: {name: checkout}\nspec: {name: Slow, mode: test, declare_as: {severity: Minor}}\n"
SECOND_PAGE = 260


def entry(kind: str, at: str = "10:00", *, incident: str = "01I", by: Any = CARL, **content: Any) -> dict[str, Any]:
    """Return an entry as the API writes it; without an actor where `by` is None."""
    told = content | ({"updater": by} if by else {})
    return {
        "id": f"{kind}{at}",
        "incident_id": incident,
        "type": kind,
        "title": kind,
        "occurred_at": f"2026-11-20T{at}:00Z",
        "content": {kind: told},
    }


def declared(world: World) -> str:
    """Declare an incident and return its ID."""
    world.write(MANIFEST)
    world.settle()
    return str(world.incidents()[0]["id"])


def read(world: World, *incidents: str, most: int | None = None, key: str = "sandbox") -> Any:
    """Read activity logs with a client that can only read."""
    with world.client(read_only=True, key=key) as client:
        return live.read_activity(client, incidents, most=most)


def test_each_field_tells_who_moved_it_last(world: World) -> None:
    """Whatever field people can move, the log names them and the time."""
    incident = declared(world)
    role = world.listed("/v2/incident_roles", "incident_roles")["Incident Lead"]["id"]
    field = world.listed("/v2/custom_fields", "custom_fields")["Root cause"]["id"]
    stamp = world.listed("/v2/incident_timestamps", "incident_timestamps")["Resolved at"]["id"]
    world.edit(incident, person="bob@example.com", summary="First", name="First")
    world.edit(
        incident,
        person="carol@example.com",
        name="Second",
        summary="Second",
        incident_status_id=world.status("Fixing"),
        severity_id=world.severity("Critical"),
        custom_field_entries=[{"custom_field_id": field, "values": [{"value_text": "DNS"}]}],
        incident_role_assignments=[{"incident_role_id": role, "assignee": {"email": "bob@example.com"}}],
        incident_timestamp_values=[{"incident_timestamp_id": stamp, "value": "2026-11-20T10:00:00Z"}],
    )

    moved = last_moves(read(world, incident)[incident], incident)
    paths = [
        ("name",),
        ("summary",),
        ("status",),
        ("severity",),
        ("custom_fields", field),
        ("roles", role),
        ("timestamps", stamp),
    ]
    assert {path: moved[path].by.name.split()[0] for path in paths} == dict.fromkeys(paths, "Carol")
    assert all(moved[path].by.is_person for path in paths)


def test_an_update_that_repeats_the_status_has_not_moved_it() -> None:
    """Every update says what the status is; only who changed it moved it."""
    fixing, minor = {"id": "01FIXING"}, {"id": "01MINOR"}
    log = [
        entry("status_change", "10:00", new_status=fixing),
        entry("incident_update", "11:00", by=ROBOT, id="u", new_status=fixing, new_severity=minor),
    ]

    moved = last_moves(log, "01I")

    assert (moved["status",].by.name, set(moved)) == ("Carl Clark", {("status",)})


def test_a_move_told_by_an_update_alone_counts() -> None:
    """Nothing but the update tells of a severity."""
    log = [entry("incident_update", id="u", new_severity={"id": "01B"}, previous_severity={"id": "01A"})]

    assert last_moves(log, "01I")["severity",].by.name == "Carl Clark"


def test_what_the_log_does_not_tell_of_has_no_mover() -> None:
    """A timestamp that somebody unset is not told as that of who set it once."""
    log = [entry("incident_timestamp_set", incident_timestamp={"id": "01T"}, new_value="2026-11-20T10:00:00Z")]
    moved = last_moves(log, "01I")

    assert who_left(moved, ("timestamps", "01T"), is_set=False) is None
    assert who_left(moved, ("timestamps", "01T"), is_set=True) is not None


def test_a_role_that_nobody_has_any_more_tells_who_took_it_away() -> None:
    """Without an assignee it was unset."""
    moved = last_moves([entry("role_update", role={"id": "01R"}, previous_assignee={"id": "01U"})], "01I")

    assert who_left(moved, ("roles", "01R"), is_set=False) is not None


def test_entries_that_nobody_knows_pass() -> None:
    """New types, none, contents without an actor, and a log out of order."""
    log = [
        entry("incident_rename", "12:00", previous_name="A", new_name="B", by=None),
        entry("brand_new_type", "11:00"),
        entry("incident_rename", "10:00", previous_name="X", new_name="A"),
        {"id": "e", "incident_id": "01I", "type": "scrub", "title": "Scrubbed", "occurred_at": "2026-11-20T13:00:00Z"},
    ]

    assert str(last_moves(log, "01I")["name",].by) == "somebody, 20 Nov 12:00"
    assert str(last_touch(log)) == "somebody, 20 Nov 13:00"
    assert str(last_touch(log, {"scrub", "incident_rename"})) == "Carl Clark, 20 Nov 11:00"


def test_a_stream_has_fields_of_its_own() -> None:
    """The log of an incident holds that of its streams; only the touch counts."""
    log = [entry("summary_update", incident="01STREAM", new_summary="Other")]

    assert last_moves(log, "01I") == {}
    assert last_touch(log) is not None


def test_programs_are_named_as_programs() -> None:
    """Keys, workflows and alerts are no people."""
    actors = [ROBOT, {"workflow": {"id": "w", "name": "Auto"}}, {"alert": {"id": "a", "title": "CPU"}}]
    told = [str(last_moves([entry("summary_update", by=by)], "01I")["summary",].by) for by in actors]

    assert told == ["API key ci, 20 Nov 10:00", "workflow Auto, 20 Nov 10:00", "alert CPU, 20 Nov 10:00"]
    assert last_touch([entry("summary_update", by=by) for by in actors]) is None


def test_a_log_that_the_key_may_not_see_tells_nothing(world: World) -> None:
    """Neither 404 nor 403 ends a run."""
    incident = declared(world)

    assert list(read(world, incident, "01JNOSUCHINCIDENT000000000")) == [incident]


@pytest.mark.parametrize("status", [403, 404])
def test_a_key_without_the_right_is_told_nothing(status: int) -> None:
    """Whatever the answer is that says so."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json={"type": "no", "errors": []}))
    with connect(BASE_URL, "key", transport=transport, read_only=True) as client:
        assert live.read_activity(client, ["01I", "02I"], most=5) == {}


def test_a_long_log_is_read_to_its_end(world: World) -> None:
    """Oldest first: the last page tells who moved it last; one that would take too many requests tells nothing."""
    incident = declared(world)
    for number in range(SECOND_PAGE):
        world.edit(incident, summary=f"Text {number}")
    world.edit(incident, person="carol@example.com", summary="The last")

    assert read(world, incident, most=1) == {}
    found = last_moves(read(world, incident, most=2)[incident], incident)
    assert found["summary",].by.name.startswith("Carol")
