from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from incident_io.models import ErrorResponse

from tests.processes import serving

from .calls import CALLS, Ground
from .client import Official, find_modules

Json = dict[str, Any]

METHODS = {module.partition(".")[2]: method for (method, _), module in find_modules().items()}
WRITES = [call for call in CALLS if METHODS[call] != "GET"]
OF_ONE = [module.partition(".")[2] for (_, path), module in find_modules().items() if "{" in path]
UNKNOWN = "01NOTHERE"

# For each call with a body: a change that makes it wrong, and the field that the refusal names.
WRONG: dict[str, tuple[Json, str]] = {
    "actions_v3_create": ({"assignee_id": UNKNOWN}, "assignee_id"),
    "actions_v3_update": ({"status": "deleted"}, "status"),
    "custom_field_options_v1_create": ({"custom_field_id": UNKNOWN}, "custom_field_id"),
    "custom_field_options_v1_update": ({"value": " x"}, "value"),
    "custom_fields_v2_create": ({"name": "x" * 51}, "name"),
    "custom_fields_v2_update": ({"name": ""}, "name"),
    "escalations_v2_create": ({"escalation_path_id": UNKNOWN}, "escalation_path_id"),
    "escalations_v2_respond_escalation": ({"response": "nack"}, "response"),
    "follow_ups_v3_create": ({"assignee_team_id": UNKNOWN}, "assignee_team_id"),
    "follow_ups_v3_update": ({"follow_up_priority_option_id": UNKNOWN}, "follow_up_priority_option_id"),
    "incident_attachments_v1_create": (
        {"resource": {"resource_type": "arbitrary_url", "url": "the wiki"}},
        "resource.url",
    ),
    "incident_memberships_v1_create": ({"user_id": UNKNOWN}, "user_id"),
    "incident_memberships_v1_revoke": ({"user_id": UNKNOWN}, "user_id"),
    "incident_roles_v2_create": ({"name": ""}, "name"),
    "incident_roles_v2_update": ({"name": "Reporter"}, "name"),
    "incident_statuses_v1_create": ({"rank": 1}, "rank"),
    "incident_statuses_v1_update": ({"rank": 1}, "rank"),
    "incident_timeline_items_v2_create": ({"incident_id": UNKNOWN}, "incident_id"),
    "incident_timeline_items_v2_update": ({"title": ""}, "title"),
    "incident_updates_v2_create": ({"to_severity_id": UNKNOWN}, "to_severity_id"),
    "incidents_v2_create": ({"incident_status_id": UNKNOWN}, "incident_status_id"),
    "incidents_v2_edit": (
        {"incident": {"custom_field_entries": [{"custom_field_id": UNKNOWN, "values": []}]}},
        "custom_field_entries.0.custom_field_id",
    ),
    "severities_v1_create": ({"name": "Minor"}, "name"),
    "severities_v1_update": ({"name": "Major"}, "name"),
}
KEYED = ("incidents_v2_create", "incident_updates_v2_create", "incident_timeline_items_v2_create")
PAGING = "escalations_v2_create"


@pytest.fixture(scope="module")
def stranger(url: str) -> Iterator[Official]:
    """Return the official client, with a key that nobody made."""
    with Official(url, "stolen") as client:
        yield client


@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_key_is_told(stranger: Official, ground: Ground, call: str) -> None:
    """A 401, whatever is asked for."""
    error = stranger.refused(call, **ground.given(call))

    assert (error.status, error.type_.value) == (401, "authentication_error")
    assert error.errors[0].code == "invalid_authorization_material"


@pytest.mark.parametrize("call", WRITES)
def test_a_key_that_only_reads_is_told(viewer: Official, ground: Ground, call: str) -> None:
    """A 403, whatever it would change."""
    error = viewer.refused(call, **ground.given(call))

    assert (error.status, error.type_.value, error.errors[0].code) == (403, "resource_forbidden", "missing_scope")


@pytest.mark.parametrize("call", [call for call in OF_ONE if call in CALLS])
def test_what_is_not_there_is_told(official: Official, ground: Ground, call: str) -> None:
    """A 404, whatever is to become of it."""
    given = ground.given(call)
    (name,) = given.keys() & {"id", "escalation_id"}

    error = official.refused(call, **{**given, name: UNKNOWN})

    assert (error.status, error.type_.value, error.errors[0].code) == (404, "not_found", "not_found")
    assert UNKNOWN in error.errors[0].message


def test_every_call_with_a_body_is_made_wrongly(ground: Ground) -> None:
    """An operation that is new in the sandbox needs a wrong body."""
    assert WRONG.keys() == {call for call in WRITES if "body" in ground.given(call)}


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_body_is_told(official: Official, ground: Ground, call: str) -> None:
    """A 422 that names the field."""
    change, field = WRONG[call]
    given = ground.given(call)

    error = official.refused(call, **{**given, "body": {**given["body"], **change}})

    (problem,) = error.errors
    assert (error.status, error.type_.value) == (422, "validation_error")
    assert problem.source
    assert (problem.source.field, problem.source.pointer.endswith("/" + field.replace(".", "/"))) == (field, True)


def test_a_repeated_key_conflicts_where_it_does(tmp_path: Path) -> None:
    """A 409 on the key, of whatever has one."""
    with serving(tmp_path, "--idempotency", "conflict") as url, Official(url) as official:
        asked = [(call, Ground(official).given(call)) for call in (*KEYED, PAGING)]
        for call, given in asked:
            official.ask(call, **given)

        errors = [official.refused(call, **given) for call, given in asked]

    assert [(error.status, error.type_.value) for error in errors] == [(409, "conflict")] * 4
    fields = {problem.source.field for error in errors for problem in error.errors if problem.source}
    assert fields == {"idempotency_key"}


def test_who_asks_too_much_is_told_to_wait(tmp_path: Path) -> None:
    """A 429 that says how much there was, what is left, and until when to wait."""
    with serving(tmp_path, "--rate-limit", "1") as url, Official(url) as official:
        official.ask("utilities_v1_identity")

        refused = official.send("utilities_v1_identity")

    assert refused.status_code == 429
    assert isinstance(refused.parsed, ErrorResponse)
    assert refused.parsed.rate_limit
    limit = refused.parsed.rate_limit
    assert (limit.name, limit.limit, limit.remaining) == ("sandbox", 1, 0)
    assert datetime.fromisoformat(limit.retry_after).tzinfo
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_paging_people_has_a_limit_of_its_own(tmp_path: Path) -> None:
    """Lower than that of everything else, which goes on."""
    with serving(tmp_path, "--lower-limit", "POST /v2/escalations=1") as url, Official(url) as official:
        given = Ground(official).given(PAGING)
        official.ask(PAGING, **given)

        error = official.refused(PAGING, **given)

        assert (error.status, len(official.ask("escalations_v2_list").escalations)) == (429, 1)
