"""Incidents (`/v2/incidents`): the fields that are edited, and the updates and timeline items they must carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.kinds.entries import CustomFields, Retrospective, Roles, Timestamps
from reconciler.kinds.incident_parts import CHILD_ID, MEMBER, TIMELINE, UPDATE, children, item_schema
from reconciler.kinds.naming import Name, name_schema
from reconciler.kinds.spec import Drift, Field, Kind, When
from reconciler.kinds.types import Choice, Json, Link, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import Manifest, Source

__all__ = ["CHILD_ID", "KIND", "MEMBER", "MODES", "TIMELINE", "UPDATE", "check", "ends_with", "wrap", "wrapped"]

MODES = ("standard", "test", "retrospective", "tutorial")

DIRECTIVES: dict[str, Json] = {
    "declare_as": {
        "type": "object",
        "description": "What the incident is created with, where that is not what it should end up with.",
        "properties": {
            "status": {"description": "The status at creation.", **name_schema("status")},
            "severity": {"description": "The severity at creation.", **name_schema("severity")},
        },
        "additionalProperties": False,
    },
    "updates": {
        "type": "array",
        "description": "The updates that the timeline must carry, in this order; each is posted once, ever.",
        "items": {
            "description": "One update: a message, a move, or both.",
            **item_schema(UPDATE, [], "Who the update is: posted once, an ID is never used again."),
            "anyOf": [{"required": ["message"]}, {"required": ["status"]}, {"required": ["severity"]}],
        },
    },
    "timeline": {
        "type": "array",
        "description": "Custom timeline items; these can be edited later.",
        "items": {
            "description": "One thing that happened.",
            **item_schema(TIMELINE, ["at", "title"], "Who the item is; its texts may change."),
        },
    },
    "members": {
        "type": "array",
        "description": "Who may see a private incident besides those with a role in it. They are added and never "
        "taken out: whoever is not listed is left alone.",
        "items": {
            "description": "The user: an e-mail address, a Slack ID, or `{id: …}`.",
            **name_schema("user"),
        },
        "uniqueItems": True,
    },
    "notify_channel": {
        "type": "boolean",
        "description": "Whether the incident's channel is told of edits; never a difference by itself.",
    },
    "on_remove": {
        "enum": ["abandon", "close"],
        "description": "What happens to the incident when this manifest goes away.",
    },
    "ignore_changes": {
        "type": "array",
        "description": "Fields that are set at creation and then left to people.",
        "items": {"type": "string", "description": "A field of this kind, such as `summary`."},
        "uniqueItems": True,
    },
}


def check(manifest: Manifest) -> Iterable[Problem]:
    """Yield what is wrong beyond the schema: IDs used twice, moves that contradict, fields that do not exist."""
    yield from _repeated_ids(manifest)
    yield from _contradictions(manifest)
    spec = manifest.spec
    for index, name in enumerate(spec.get("ignore_changes", ())):
        if name not in KIND.fields:
            yield Problem(
                manifest.at("ignore_changes", index),
                f"`{name}` is not a field of an incident",
                f"the fields are {', '.join(KIND.fields)}",
            )
    if spec.get("members") and spec.get("visibility", "public") != "private":
        yield Problem(
            manifest.at("members"),
            "everybody sees a public incident; only a private one has members",
            "write `visibility: private`, or leave them out",
        )
    if "retrospective_options" in spec and spec.get("mode") != "retrospective":
        yield Problem(
            manifest.at("retrospective_options"),
            "only a retrospective incident takes retrospective options",
            "write `mode: retrospective`, or leave them out",
        )


def _repeated_ids(manifest: Manifest) -> Iterator[Problem]:
    for name in ("updates", "timeline"):
        first: dict[str, Source] = {}
        for index, item in enumerate(manifest.spec.get(name, ())):
            at = manifest.at(name, index, "id")
            if item["id"] in first:
                yield Problem(
                    at,
                    f"`{item['id']}` is used twice in `{name}`, first on line {first[item['id']].line}",
                    "give each an ID of its own",
                )
            first.setdefault(item["id"], at)


def _contradictions(manifest: Manifest) -> Iterator[Problem]:
    """Yield where the manifest's own status or severity is not what its updates end with."""
    for name in ("status", "severity"):
        carrying = [update for update in manifest.spec.get("updates", ()) if name in update]
        stated = manifest.spec.get(name)
        if stated is not None and carrying and stated != carrying[-1][name]:
            last = carrying[-1]
            yield Problem(
                manifest.at(name),
                f"{name} {_told(stated)} is not what the updates end with: `{last['id']}` sets {_told(last[name])}",
                f"write `{name}: {_told(last[name], bare=True)}`, leave it out, or add an update that sets it",
            )


def _told(name: Json, *, bare: bool = False) -> str:
    text = f"{{id: {name['id']}}}" if isinstance(name, dict) else str(name)
    return text if bare else f"`{text}`"


def ends_with(spec: Mapping[str, Json], name: str) -> Json:
    """Return the status or severity that the incident should end up with; None where nothing says."""
    carrying = [update[name] for update in spec.get("updates", ()) if name in update]
    return spec.get(name, carrying[-1] if carrying else None)


def wrap(manifest: Manifest, body: dict[str, Json]) -> dict[str, Json]:
    """Return an edit's body as the edit call wants it."""
    return wrapped(body, notify=bool(manifest.spec.get("notify_channel", False)))


def wrapped(body: dict[str, Json], *, notify: bool) -> dict[str, Json]:
    """Return an edit's body as the edit call wants it; `notify` tells the incident's channel of it."""
    return {"incident": body, "notify_incident_channel": notify}


KIND = Kind(
    name="Incident",
    noun="incident",
    plural="incidents",
    path="/v2/incidents",
    item="incident",
    items="incidents",
    description="An incident: what it should end up as, and the updates that its timeline must carry.",
    natural_key=False,
    keyed=True,
    edit_path="/{id}/actions/edit",
    edit_method="POST",
    whole=False,
    page_size=250,
    # Creating an incident makes a channel and waits for it.
    timeout=60.0,
    fields={
        "name": Field(Text(min_length=1), "The title that people see.", required=True),
        "summary": Field(Text(unset=""), "What is known, in Markdown.", nullable=True),
        "status": Field(
            Name("IncidentStatus", "status"),
            "The status it should end up with.",
            wire="incident_status_id",
            live="incident_status",
            drift=Drift.KEEP,
        ),
        "severity": Field(
            Name("Severity", "severity"),
            "The severity it should end up with.",
            wire="severity_id",
            drift=Drift.KEEP,
        ),
        "type": Field(
            Name("IncidentType", "incident type"),
            "Its type.",
            when=When.CREATE,
            wire="incident_type_id",
            live="incident_type",
        ),
        "mode": Field(Choice(MODES), "Standard incidents are announced; test ones are not.", when=When.CREATE),
        "visibility": Field(Choice(("public", "private")), "Who can see it; public unless said.", when=When.CREATE),
        "call_url": Field(Link(), "Where people talk: an address with https://.", when=When.EDIT),
        "slack_channel_name": Field(
            Text(),
            "The name of its Slack channel; Slack may rewrite it, and it cannot be read back.",
            wire="slack_channel_name_override",
            live=None,
        ),
        "slack_team_id": Field(
            Text(), "The Slack workspace of its channel (Enterprise Grid).", when=When.CREATE, live=None
        ),
        "custom_fields": Field(
            CustomFields(),
            "Values of custom fields, by their names.",
            wire="custom_field_entries",
            live="custom_field_entries",
        ),
        "roles": Field(
            Roles(),
            "Who takes which role.",
            wire="incident_role_assignments",
            live="incident_role_assignments",
            drift=Drift.KEEP,
        ),
        "timestamps": Field(
            Timestamps(),
            "When things happened, by the names of the organisation's timestamps.",
            wire="incident_timestamp_values",
            live="incident_timestamp_values",
        ),
        "retrospective_options": Field(
            Retrospective(),
            "What a retrospective incident is imported with.",
            when=When.CREATE,
            wire="retrospective_incident_options",
            live=None,
        ),
    },
    children=(TIMELINE, UPDATE, MEMBER),
    extra_schema=DIRECTIVES,
    check=check,
    desire_children=children,
    wrap=wrap,
    example={
        "name": "Checkout latency above SLO",
        "summary": "p99 above 2 s since 09:12 UTC.",
        "mode": "test",
        "severity": "Minor",
        "updates": [
            {"id": "first-notice", "message": "We see elevated latency."},
            {"id": "cause-found", "message": "A bad deploy; rolling back.", "status": "Fixing"},
        ],
        "timeline": [{"id": "deploy", "at": "2026-11-20T09:05:00Z", "title": "Deploy 4821"}],
    },
)
