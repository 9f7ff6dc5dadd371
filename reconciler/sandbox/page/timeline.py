"""An incident in; what happened in it, told, noted and logged, on one axis of time out; newest first."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from reconciler.sandbox import moments
from reconciler.sandbox.incidents import activity
from reconciler.sandbox.incidents.revision import UPDATE
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.page import badges, instants
from reconciler.sandbox.page.badges import Severity, Status
from reconciler.sandbox.page.instants import Instant
from reconciler.sandbox.resources.incident_timeline_items import KIND as ITEM
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]

EVENTS: Final = 200  # on one page
_ACTORS: Final = ("updater", "actor", "creator")  # what the content of an entry may call whoever did it
# The log has an entry for each update and each move of a status; the update beside it tells both better.
_TOLD_BY_UPDATES: Final = """(json_extract(body, '$.type') = 'incident_update'
    OR json_extract(body, '$.content.status_change.previous_status') IS NOT NULL)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened: an `update` that was posted, an `item` that was noted, or an entry of the `log`.

    `statuses` and `severities` are empty, what it became, or what it was and what it became.
    """

    kind: str
    id: str
    when: datetime
    at: Instant
    by: str
    title: str = ""
    text: str = ""
    statuses: tuple[Status, ...] = ()
    severities: tuple[Severity, ...] = ()
    is_edited: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day."""

    name: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, day by day, and how much more there is that is older."""

    days: tuple[Day, ...]
    count: int
    rest: int


def read_timeline(transaction: Transaction, incident: str, now: datetime) -> Timeline:
    """Read the newest events of an incident."""
    moved = {entry["content"]["incident_update"]["id"]: entry for entry in _moves(transaction, incident)}
    logged = f"NOT {_TOLD_BY_UPDATES}"
    organisation = transaction.organisation
    events = [
        *(_update(body, moved.get(body["id"]), organisation, now) for body in _newest(transaction, UPDATE, incident)),
        *(_item(body, now) for body in _newest(transaction, ITEM, incident)),
        *(_entry(body, now) for body in _newest(transaction, activity.KIND, incident, logged)),
    ]
    count = sum(
        _count(transaction, kind, incident, condition)
        for kind, condition in ((UPDATE, "TRUE"), (ITEM, "TRUE"), (activity.KIND, logged))
    )
    shown = sorted(events, key=lambda event: (event.when, event.id), reverse=True)[:EVENTS]
    return Timeline(tuple(_days(shown)), count, count - len(shown))


def _newest(transaction: Transaction, kind: str, incident: str, condition: str = "TRUE") -> list[Json]:
    sql = f"""SELECT body FROM record WHERE kind = ? AND incident = ? AND {condition}
        ORDER BY sort DESC, id DESC LIMIT {EVENTS}"""  # noqa: S608 - constants only
    return [json.loads(body) for (body,) in transaction.query(sql, (kind, incident))]


def _count(transaction: Transaction, kind: str, incident: str, condition: str) -> int:
    sql = f"SELECT COUNT(*) FROM record WHERE kind = ? AND incident = ? AND {condition}"  # noqa: S608 - constants only
    ((count,),) = transaction.query(sql, (kind, incident))
    return int(count)


def _moves(transaction: Transaction, incident: str) -> list[Json]:
    return _newest(transaction, activity.KIND, incident, "json_extract(body, '$.type') = 'incident_update'")


def _update(body: Json, move: Json | None, organisation: Organisation, now: datetime) -> Event:
    told = move["content"]["incident_update"] if move else {}
    when = moments.parse(body["created_at"])
    return Event(
        kind="update",
        id=body["id"],
        when=when,
        at=instants.shown(when, now),
        by=badges.actor(body["updater"]),
        text=body["message"],
        statuses=tuple(badges.status(status) for status in _pair(told, "status")),
        severities=tuple(badges.severity(organisation, severity) for severity in _pair(told, "severity")),
    )


def _pair(told: Json, name: str) -> list[Json]:
    before, after = told.get(f"previous_{name}"), told.get(f"new_{name}")
    return [before, after] if before and after else []


def _item(body: Json, now: datetime) -> Event:
    when = moments.parse(body["timestamp"])
    return Event(
        kind="item",
        id=body["id"],
        when=when,
        at=instants.shown(when, now),
        by=badges.actor(body["creator"]),
        title=body["title"],
        text=body.get("description") or "",
        is_edited=body["updated_at"] != body["created_at"],
    )


def _entry(body: Json, now: datetime) -> Event:
    when = moments.parse(body["occurred_at"])
    facts = body.get("content", {}).get(body["type"], {})
    return Event(
        kind="log",
        id=body["id"],
        when=when,
        at=instants.shown(when, now),
        by=badges.actor(next((facts[name] for name in _ACTORS if name in facts), None)),
        title=body["title"],
        text=_change(facts),
    )


def _change(facts: Json) -> str:
    match facts:
        case {"previous_values": before, "new_values": after}:
            return f"{_values(before)} → {_values(after)}"
        case {"new_value": str(moment)}:
            at = instants.read(moment, moments.parse(moment))
            return f"{at.day}, {at.clock}"
        case _:
            return ""


def _values(values: Iterable[Json]) -> str:
    return ", ".join(badges.value_text(value) for value in values) or "nothing"


def _days(events: Iterable[Event]) -> Iterable[Day]:
    return [Day(name, tuple(own)) for name, own in groupby(events, key=lambda event: event.at.day)]
