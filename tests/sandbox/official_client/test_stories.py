"""What people do with the API, told in calls of the official client."""

from datetime import UTC, datetime
from typing import Any

from incident_io import AuthenticatedClient
from incident_io.api.incident_updates_v2 import incident_updates_v2_create
from incident_io.api.incidents_v2 import incidents_v2_create, incidents_v2_show
from incident_io.models import (
    ErrorResponse,
    IncidentsCreatePayloadV2,
    IncidentsCreatePayloadV2Visibility,
    IncidentsCreateResultV2,
    IncidentsShowResultV2,
    IncidentUpdatesCreatePayloadV2,
    IncidentUpdatesCreateResultV2,
)

from .calls import (
    BOB,
    CAROL,
    CLOSED,
    DETECTION,
    FIXING,
    INVESTIGATING,
    LEAD,
    MAJOR,
    MINOR,
    NOON,
    REPORTED,
    ROOT_CAUSE,
    Ground,
)
from .client import Official

Json = dict[str, Any]


def test_a_program_written_for_the_api_runs_on_the_sandbox(url: str) -> None:
    """Typed from end to end, with nothing that knows of the sandbox but its address."""
    with AuthenticatedClient(base_url=url, token="sandbox", httpx_args={"trust_env": False}) as client:
        declaring = IncidentsCreatePayloadV2(
            idempotency_key="program",
            visibility=IncidentsCreatePayloadV2Visibility.PUBLIC,
            name="Search is slow",
            severity_id=MINOR,
        )
        declared = incidents_v2_create.sync(client=client, body=declaring)
        assert isinstance(declared, IncidentsCreateResultV2)
        telling = IncidentUpdatesCreatePayloadV2(
            incident_id=declared.incident.id, idempotency_key="told", message="Found it.", to_severity_id=MAJOR
        )
        told = incident_updates_v2_create.sync(client=client, body=telling)
        number = declared.incident.reference.removeprefix("INC-")

        shown = incidents_v2_show.sync(number, client=client)
        missing = incidents_v2_show.sync("999999", client=client)

    assert isinstance(told, IncidentUpdatesCreateResultV2)
    assert told.incident_update.message == "Found it."
    assert isinstance(shown, IncidentsShowResultV2)
    assert shown.incident.severity
    assert (shown.incident.id, shown.incident.severity.name) == (declared.incident.id, "Major")
    assert isinstance(missing, ErrorResponse)
    assert missing.errors[0].message == "incident '999999' could not be found"


def test_an_incident_is_declared_worked_on_and_closed(ground: Ground) -> None:
    """Everything that an edit can say comes back; each move leaves an update, and each change an entry in the log."""
    official = ground.official
    incident = ground.incident(summary="p99 above 2 s.", incident_status_id=INVESTIGATING)
    edits: list[Json] = [
        {
            "name": "Checkout is down",
            "summary": "Nobody can pay.",
            "severity_id": MAJOR,
            "incident_status_id": FIXING,
            "call_url": "https://meet.example.com/1",
            "slack_channel_name_override": "inc-checkout",
            "custom_field_entries": [{"custom_field_id": ROOT_CAUSE, "values": [{"value_text": "A bad deploy"}]}],
            "incident_role_assignments": [{"incident_role_id": LEAD, "assignee": {"id": BOB}}],
            "incident_timestamp_values": [{"incident_timestamp_id": REPORTED, "value": NOON}],
        },
        {"incident_status_id": CLOSED},
    ]

    for edit in edits:
        body = {"incident": edit, "notify_incident_channel": True}
        official.ask("incidents_v2_edit", id=incident, body=body)

    shown = official.ask("incidents_v2_show", id=incident).incident
    assert (shown.name, shown.summary, shown.call_url) == (
        "Checkout is down",
        "Nobody can pay.",
        "https://meet.example.com/1",
    )
    assert (shown.severity.name, shown.incident_status.name) == ("Major", "Closed")
    assert shown.incident_status.category.value == "closed"
    (cause,) = (e for e in shown.custom_field_entries if e.custom_field.id == ROOT_CAUSE)
    (lead,) = (a for a in shown.incident_role_assignments if a.role.id == LEAD)
    assert (cause.values[0].value_text, lead.assignee.email) == ("A bad deploy", "bob@example.com")
    (reported,) = (v for v in shown.incident_timestamp_values if v.incident_timestamp.name == "Reported at")
    assert reported.value.value == datetime(2026, 11, 20, 12, tzinfo=UTC)
    updates = official.ask("incident_updates_v2_list", incident_id=incident).incident_updates
    assert [update.new_incident_status.name for update in updates] == ["Closed", "Fixing"]
    log = official.ask("incident_activity_log_entries_v2_list", incident_id=incident, page_size=250)
    types = {entry.type_.value for entry in log.incident_activity_log_entries}
    assert types >= {"incident_rename", "summary_update", "status_change", "role_update", "call_url_changed"}


def test_updates_are_told_in_order_and_once(ground: Ground) -> None:
    """Newest first; the same key again is the same update; those of all incidents are listed together."""
    official, incident = ground.official, ground.incident()
    bodies: list[Json] = [
        {"incident_id": incident, "idempotency_key": ground.new("told"), "message": message, **more}
        for message, more in (("We look.", {}), ("Fixed.", {"to_incident_status_id": FIXING}))
    ]
    made = [official.ask("incident_updates_v2_create", body=body).incident_update for body in bodies]

    again = official.ask("incident_updates_v2_create", body=bodies[0]).incident_update

    listed = official.ask("incident_updates_v2_list", incident_id=incident).incident_updates
    everywhere = official.ask("incident_updates_v2_list", page_size=250).incident_updates
    assert again == made[0]
    assert [update.message for update in listed] == ["Fixed.", "We look."]
    assert listed[0].updater.api_key.name == "sandbox"
    assert {update.id for update in made} <= {update.id for update in everywhere}


def test_the_same_key_is_the_same_incident(ground: Ground) -> None:
    """As it is by then."""
    given = ground.given("incidents_v2_create")
    first = ground.official.ask("incidents_v2_create", **given).incident
    edit = {"incident": {"name": "Renamed"}, "notify_incident_channel": False}
    ground.official.ask("incidents_v2_edit", id=first.id, body=edit)

    again = ground.official.ask("incidents_v2_create", **given).incident

    assert (again.id, again.name) == (first.id, "Renamed")


def test_configuration_is_created_changed_and_deleted(ground: Ground) -> None:
    """Severities, statuses, roles and fields; what is deleted is listed no more."""
    official = ground.official
    kinds = {
        "severities_v1": ("severities", "severity"),
        "incident_statuses_v1": ("incident_statuses", "incident_status"),
        "incident_roles_v2": ("incident_roles", "incident_role"),
        "custom_fields_v2": ("custom_fields", "custom_field"),
    }

    for kind, (items, item) in kinds.items():
        given = ground.given(f"{kind}_update")
        updated = getattr(official.ask(f"{kind}_update", **given), item)
        shown = getattr(official.ask(f"{kind}_show", id=given["id"]), item)
        before = getattr(official.ask(f"{kind}_list"), items)
        official.ask(f"{kind}_delete", id=given["id"])
        after = getattr(official.ask(f"{kind}_list"), items)

        assert updated == shown
        assert updated.name == given["body"]["name"]
        assert [one.id for one in before if one not in after] == [given["id"]]


def test_options_of_a_field_are_chosen(ground: Ground) -> None:
    """A new option is chosen in an incident; the incident shows it, and it cannot be deleted any more."""
    option = ground.made("custom_field_options_v1_create")
    entry = {"custom_field_id": DETECTION, "values": [{"value_option_id": option}]}

    incident = ground.incident(custom_field_entries=[entry])

    shown = ground.official.ask("incidents_v2_show", id=incident).incident
    (chosen,) = (each for each in shown.custom_field_entries if each.custom_field.id == DETECTION)
    assert chosen.values[0].value_option.id == option
    assert option in [each.id for each in chosen.custom_field.options]
    error = ground.official.refused("custom_field_options_v1_delete", id=option)
    assert (error.status, error.errors[0].code) == (422, "in_use")


def test_timeline_items_are_written_and_edited(ground: Ground) -> None:
    """In the order of their moments; an edit changes what it says."""
    official, incident = ground.official, ground.incident()
    late = ground.made("incident_timeline_items_v2_create", incident_id=incident, description="To eu-west-1.")
    early = ground.made("incident_timeline_items_v2_create", incident_id=incident, timestamp="2026-11-20T11:00:00Z")

    edited = official.ask("incident_timeline_items_v2_update", id=late, body={"title": "Deploy 4821"})

    listed = official.ask("incident_timeline_items_v2_list", incident_id=incident).incident_timeline_items
    assert [item.id for item in listed] == [early, late]
    assert listed[1] == edited.incident_timeline_item
    assert (listed[1].title, listed[1].description) == ("Deploy 4821", "To eu-west-1.")


def test_tasks_are_done(ground: Ground) -> None:
    """An action and a follow-up are completed, and know since when."""
    official, incident = ground.official, ground.incident(mode="standard")
    action = ground.made("actions_v3_create", incident_id=incident)
    follow_up = ground.made("follow_ups_v3_create", incident_id=incident)

    acted = official.ask("actions_v3_update", id=action, body={"description": "Acted", "status": "completed"})
    followed = official.ask("follow_ups_v3_update", id=follow_up, body={"title": "Alert", "status": "completed"})

    assert (acted.action.description, acted.action.assignee.name) == ("Acted", "Bob Baker")
    assert acted.action.completed_at == acted.action.updated_at
    assert (followed.follow_up.assignee_team.name, followed.follow_up.priority.name) == ("Platform", "Medium")
    assert followed.follow_up.completed_at
    official.ask("actions_v3_delete", id=action)
    assert official.ask("actions_v3_list", incident_id=incident).actions == []


def test_a_page_goes_out_and_is_answered(ground: Ground) -> None:
    """It tells whom it reached, and is found by its key."""
    official, key = ground.official, ground.new("acme/page")
    escalation = ground.made("escalations_v2_create", idempotency_key=key)

    official.ask("escalations_v2_respond_escalation", escalation_id=escalation, body={"response": "ack"})

    (found,) = official.ask("escalations_v2_list", idempotency_key={"is": [key]}).escalations
    (path,) = official.ask("escalations_v2_list_paths").escalation_paths
    assert (found.id, found.status.value) == (escalation, "acked")
    assert [event.event.value for event in found.events] == ["triggered", "notified_users", "acked"]
    assert found.events[1].users == path.current_responders
    assert found.related_incidents[0].status_category.value == "active"


def test_a_member_sees_a_private_incident(url: str, ground: Ground, viewer: Official) -> None:
    """As long as they are one; the key that they use does not."""
    incident = ground.incident(visibility="private", mode="standard")
    membership: Json = {"incident_id": incident, "user_id": CAROL}
    granted = ground.official.ask("incident_memberships_v1_create", body=membership).incident_membership

    with Official(url, "sandbox-viewer", **{"X-Sandbox-Actor": "carol@example.com"}) as carol:
        seen = [one.id for one in carol.follow("incidents_v2_list", page_size=250)]
        ground.official.ask("incident_memberships_v1_revoke", body=membership)
        error = carol.refused("incidents_v2_show", id=incident)

    assert (granted.user.email, incident in seen, error.status) == ("carol@example.com", True, 404)
    assert incident not in [one.id for one in viewer.follow("incidents_v2_list", page_size=250)]


def test_an_attachment_comes_and_goes(ground: Ground) -> None:
    """The log tells of both."""
    official, incident = ground.official, ground.incident()
    attachment = ground.made("incident_attachments_v1_create", incident_id=incident)

    official.ask("incident_attachments_v1_delete", id=attachment)

    log = official.ask("incident_activity_log_entries_v2_list", incident_id=incident).incident_activity_log_entries
    assert [entry.type_.value for entry in log[1:]] == ["incident_attachment_added", "incident_attachment_removed"]
    assert official.ask("incident_attachments_v1_list", incident_id=incident).incident_attachments == []


def test_the_organisation_is_like_a_new_accounts(official: Official) -> None:
    """Its severities, types, timestamps, services, workflows and people, and what the key may do."""
    identity = official.ask("utilities_v1_identity").identity
    severities = [one.name for one in official.ask("severities_v1_list").severities]
    types = official.ask("incident_types_v1_list").incident_types
    timestamps = [one.name for one in official.ask("incident_timestamps_v2_list").incident_timestamps]
    (catalog_type,) = official.ask("catalog_v3_list_types").catalog_types
    workflows = official.ask("workflows_v2_list_workflows").workflows
    (schedule,) = official.ask("schedules_v2_list").schedules

    assert (identity.name, "escalation_creator" in [role.value for role in identity.roles]) == ("sandbox", True)
    assert severities[:3] == ["Minor", "Major", "Critical"]
    assert [(one.name, one.private_incidents_only) for one in types] == [("Default", False), ("Security", True)]
    assert timestamps == ["Reported at", "Accepted at", "Declined at", "Resolved at", "Closed at"]
    assert (catalog_type.name, schedule.name) == ("Service", "Primary on-call")
    assert [one.state.value for one in workflows] == ["active", "disabled"]
