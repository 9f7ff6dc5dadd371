"""A transaction and a number in, everything that is known of the incident out, ready to be shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import Incident, rows
from reconciler.sandbox.incidents.render import incident_answer
from reconciler.sandbox.page import badges, instants
from reconciler.sandbox.page.badges import Badges, Severity, Status
from reconciler.sandbox.page.instants import Instant
from reconciler.sandbox.page.tasks import Task, read_tasks
from reconciler.sandbox.page.text import web_address
from reconciler.sandbox.page.timeline import Timeline, read_timeline
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Value:
    """A text, and the address that it leads to, if it is one."""

    text: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A name and what stands beside it; nothing where it is not set."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A timestamp of the incident's life; None where it is not reached."""

    name: str
    at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One incident as its page shows it."""

    number: int
    id: str
    name: str
    summary: str
    status: Status
    severity: Severity | None
    badges: Badges
    creator: str
    created: Instant
    updated: Instant
    roles: tuple[Field, ...]
    fields: tuple[Field, ...]
    timestamps: tuple[Moment, ...]
    links: tuple[Field, ...]
    actions: tuple[Task, ...]
    follow_ups: tuple[Task, ...]
    timeline: Timeline


def read_incident(transaction: Transaction, number: int, now: datetime) -> View | None:
    """Read an incident by its number, private or not; None where there is none."""
    found = rows(transaction, "number = ?", number)
    return _view(transaction, found[0], now) if found else None


def _view(transaction: Transaction, incident: Incident, now: datetime) -> View:
    organisation = transaction.organisation
    answer = incident_answer(incident, organisation, moments.microseconds(now))
    return View(
        number=incident.number,
        id=incident.id,
        name=incident.body["name"],
        summary=answer.get("summary", ""),
        status=badges.status(answer["incident_status"]),
        severity=badges.severity(organisation, answer["severity"]) if "severity" in answer else None,
        badges=badges.badges(organisation, incident),
        creator=badges.actor(incident.body["creator"]),
        created=instants.shown(moments.from_microseconds(incident.created), now),
        updated=instants.shown(moments.from_microseconds(incident.updated), now),
        roles=tuple(_role(assignment) for assignment in answer["incident_role_assignments"]),
        fields=tuple(_field(entry) for entry in answer["custom_field_entries"]),
        timestamps=tuple(_moment(entry, now) for entry in answer["incident_timestamp_values"]),
        links=tuple(_links(answer)),
        actions=read_tasks(transaction, "action", incident.id),
        follow_ups=read_tasks(transaction, "follow_up", incident.id),
        timeline=read_timeline(transaction, incident.id, now),
    )


def _role(assignment: Json) -> Field:
    assignee = assignment.get("assignee")
    return Field(assignment["role"]["name"], (Value(assignee["name"]),) if assignee else ())


def _field(entry: Json) -> Field:
    return Field(entry["custom_field"]["name"], tuple(_value(badges.value_text(value)) for value in entry["values"]))


def _value(text: str) -> Value:
    return Value(text, web_address(text))


def _moment(entry: Json, now: datetime) -> Moment:
    value = entry.get("value")
    return Moment(entry["incident_timestamp"]["name"], instants.read(value["value"], now) if value else None)


def _links(answer: Json) -> Iterable[Field]:
    for name, title in (("call_url", "Call"), ("postmortem_document_url", "Post-mortem")):
        if name in answer:
            yield Field(title, (_value(answer[name]),))
    if answer.get("slack_channel_name"):
        # The channel is made up: its name can be looked for, its address leads nowhere.
        yield Field("Slack channel", (Value(f"#{answer['slack_channel_name']}"),))
