"""One call of the official client for each operation that the sandbox serves: what it is given, on what ground."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.sandbox.ids import seed_id

from .client import Official

Json = dict[str, Any]

MINOR, MAJOR = seed_id("severity", 1), seed_id("severity", 2)
INVESTIGATING, FIXING, CLOSED = (seed_id("status", number) for number in (2, 3, 8))
DETECTION, ROOT_CAUSE = seed_id("field", 2), seed_id("field", 4)
LEAD = seed_id("role", 1)
REPORTED = seed_id("timestamp", 1)
ALICE, BOB, CAROL = (seed_id("user", number) for number in (1, 2, 3))
SERVICE, CHECKOUT = seed_id("catalogtype", 1), seed_id("entry", 1)
SCHEDULE, PATH = seed_id("schedule", 1), seed_id("path", 1)
TEAM = "01TEAM"
NOON = "2026-11-20T12:00:00Z"
_NUMBERS = itertools.count(1)


class Ground:
    """What calls refer to: made anew each time, by the calls of the table themselves."""

    def __init__(self, official: Official) -> None:
        self.official = official

    def new(self, text: str) -> str:
        """Return a text that nothing else has."""
        return f"{text} {next(_NUMBERS)}"

    def given(self, call: str) -> Json:
        """Return what the table gives to a call."""
        return CALLS[call](self)

    def made(self, call: str, **fields: Any) -> str:
        """Create something by its call, with other fields where they are told, and return its ID."""
        given = self.given(call)
        answer = self.official.ask(call, body={**given["body"], **fields})
        (created,) = answer.to_dict().values()
        return str(created["id"])

    def incident(self, **fields: Any) -> str:
        """Declare an incident and return its ID."""
        return self.made("incidents_v2_create", **fields)


def _named(kind: str, ground: Ground, **fields: Any) -> Json:
    return {"body": {"name": ground.new(kind), "description": "What it is.", **fields}}


def _put(create: str, *answered: str) -> Callable[[Ground], Json]:
    """Replace what a create makes by another of its kind, without what is fixed at creation."""

    def given(ground: Ground) -> Json:
        body = {name: value for name, value in ground.given(create)["body"].items() if name not in answered}
        return {"id": ground.made(create), "body": body}

    return given


def _one(create: str, name: str = "id") -> Callable[[Ground], Json]:
    return lambda ground: {name: ground.made(create)}


def _of(incident: str = "incident_id") -> Callable[[Ground], Json]:
    return lambda ground: {incident: ground.incident()}


def _nothing(_ground: Ground) -> Json:
    return {}


def _is(**given: Any) -> Callable[[Ground], Json]:
    return lambda _ground: given


def _in_private(ground: Ground) -> Json:
    return {"body": {"incident_id": ground.incident(visibility="private"), "user_id": CAROL}}


def _of_member(ground: Ground) -> Json:
    given = _in_private(ground)
    ground.official.ask("incident_memberships_v1_create", **given)
    return given


CALLS: Mapping[str, Callable[[Ground], Json]] = {
    "actions_v3_create": lambda g: {"body": {"incident_id": g.incident(), "description": "Act", "assignee_id": BOB}},
    "actions_v3_delete": _one("actions_v3_create"),
    "actions_v3_list": _nothing,
    "actions_v3_show": _one("actions_v3_create"),
    "actions_v3_update": lambda g: {
        "id": g.made("actions_v3_create"),
        "body": {"description": "Acted", "status": "completed"},
    },
    "catalog_v3_list_entries": _is(catalog_type_id=SERVICE),
    "catalog_v3_list_types": _nothing,
    "catalog_v3_show_entry": _is(id=CHECKOUT),
    "catalog_v3_show_type": _is(id=SERVICE),
    "custom_field_options_v1_create": lambda g: {"body": {"custom_field_id": DETECTION, "value": g.new("Option")}},
    "custom_field_options_v1_delete": _one("custom_field_options_v1_create"),
    "custom_field_options_v1_list": _is(custom_field_id=DETECTION),
    "custom_field_options_v1_show": _one("custom_field_options_v1_create"),
    "custom_field_options_v1_update": lambda g: {
        "id": g.made("custom_field_options_v1_create"),
        "body": {"value": g.new("Option"), "sort_key": 7},
    },
    "custom_fields_v2_create": lambda g: _named("Field", g, field_type="text"),
    "custom_fields_v2_delete": _one("custom_fields_v2_create"),
    "custom_fields_v2_list": _nothing,
    "custom_fields_v2_show": _one("custom_fields_v2_create"),
    "custom_fields_v2_update": _put("custom_fields_v2_create", "field_type"),
    "escalations_v2_cancel_escalation": _one("escalations_v2_create"),
    "escalations_v2_create": lambda g: {
        "body": {
            "idempotency_key": g.new("page"),
            "title": "Checkout is down",
            "escalation_path_id": PATH,
            "incident_id": g.incident(),
        }
    },
    "escalations_v2_list": _nothing,
    "escalations_v2_list_paths": _nothing,
    "escalations_v2_respond_escalation": lambda g: {
        "escalation_id": g.made("escalations_v2_create"),
        "body": {"response": "ack"},
    },
    "escalations_v2_show": _one("escalations_v2_create"),
    "escalations_v2_show_path": _is(id=PATH),
    "follow_ups_v3_create": lambda g: {
        "body": {"incident_id": g.incident(), "title": "Alert", "assignee_team_id": TEAM, "labels": ["slo"]}
    },
    "follow_ups_v3_delete": _one("follow_ups_v3_create"),
    "follow_ups_v3_list": _nothing,
    "follow_ups_v3_show": _one("follow_ups_v3_create"),
    "follow_ups_v3_update": lambda g: {
        "id": g.made("follow_ups_v3_create"),
        "body": {"title": "Alert on p99", "status": "not_doing"},
    },
    "incident_activity_log_entries_v2_list": _of(),
    "incident_attachments_v1_create": lambda g: {
        "body": {
            "incident_id": g.incident(),
            "resource": {"resource_type": "arbitrary_url", "url": "https://wiki.example.com/1", "title": "Wiki"},
        }
    },
    "incident_attachments_v1_delete": _one("incident_attachments_v1_create"),
    "incident_attachments_v1_list": _of(),
    "incident_memberships_v1_create": _in_private,
    "incident_memberships_v1_revoke": _of_member,
    "incident_roles_v2_create": lambda g: _named("Role", g, shortform="role", instructions="Do it."),
    "incident_roles_v2_delete": _one("incident_roles_v2_create"),
    "incident_roles_v2_list": _nothing,
    "incident_roles_v2_show": _one("incident_roles_v2_create"),
    "incident_roles_v2_update": _put("incident_roles_v2_create"),
    "incident_statuses_v1_create": lambda g: _named("Status", g, category="live"),
    "incident_statuses_v1_delete": _one("incident_statuses_v1_create"),
    "incident_statuses_v1_list": _nothing,
    "incident_statuses_v1_show": _one("incident_statuses_v1_create"),
    "incident_statuses_v1_update": _put("incident_statuses_v1_create", "category"),
    "incident_timeline_items_v2_create": lambda g: {
        "body": {"incident_id": g.incident(), "timestamp": NOON, "title": "Deploy", "idempotency_key": g.new("item")}
    },
    "incident_timeline_items_v2_list": _of(),
    "incident_timeline_items_v2_update": lambda g: {
        "id": g.made("incident_timeline_items_v2_create"),
        "body": {"title": "Deploy 4821", "description": "To eu-west-1."},
    },
    "incident_timestamps_v2_list": _nothing,
    "incident_timestamps_v2_show": _is(id=REPORTED),
    "incident_types_v1_list": _nothing,
    "incident_types_v1_show": _is(id=seed_id("type", 2)),
    "incident_updates_v2_create": lambda g: {
        "body": {"incident_id": g.incident(), "idempotency_key": g.new("update"), "message": "We look into it."}
    },
    "incident_updates_v2_list": _nothing,
    "incidents_v2_create": lambda g: {
        "body": {
            "idempotency_key": g.new("incident"),
            "visibility": "public",
            "name": "Checkout is slow",
            "severity_id": MINOR,
            "mode": "test",
        }
    },
    "incidents_v2_edit": lambda g: {
        "id": g.incident(),
        "body": {"incident": {"name": "Checkout is down"}, "notify_incident_channel": False},
    },
    "incidents_v2_list": _nothing,
    "incidents_v2_show": lambda g: {"id": g.incident()},
    "schedules_v2_list": _nothing,
    "schedules_v2_show": _is(id=SCHEDULE),
    "severities_v1_create": lambda g: _named("Severity", g),
    "severities_v1_delete": _one("severities_v1_create"),
    "severities_v1_list": _nothing,
    "severities_v1_show": _one("severities_v1_create"),
    "severities_v1_update": _put("severities_v1_create"),
    "teams_v3_list": _nothing,
    "teams_v3_show": _is(id=TEAM),
    "users_v2_list": _nothing,
    "users_v2_show": _is(id=ALICE),
    "utilities_v1_identity": _nothing,
    "workflows_v2_list_workflows": _nothing,
}
