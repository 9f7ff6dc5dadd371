"""An incident's activity log in, who moved which of its fields last out. Pure.

What each kind of entry tells is the published document's `IncidentActivityLogEntryV2`; entries of other types tell that
somebody did something, where they name who.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.model import Mover, Path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    Json = Mapping[str, Any]

BY = ("updater", "actor", "creator", "merger")
"""What contents call whoever did it."""
KINDS = ("user", "api_key", "workflow", "alert")
CALL = "call_url_changed"
BY_ITSELF = frozenset(
    ("incident_channel_created", "incident_channel_join", "incident_call_created", "incident_timestamp_occurred")
)
"""Types of entries that name nobody and follow from declaring an incident, or moving it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A field that somebody moved; `is_set` says whether they left anything in it."""

    path: Path
    by: Mover
    is_set: bool = True
    entry: Json = field(default_factory=dict, compare=False, repr=False)
    """What of the log tells it."""


def moves(entries: Iterable[Json], incident: str, before: Mapping[Path, Any] | None = None) -> Iterator[Move]:
    """Yield each time that a field of an incident (ID) was moved, oldest first; its streams' fields are their own.

    `before` says what fields held when the log began, as far as that is known.
    """
    now: dict[Path, Any] = dict(before or {})
    for entry in _ordered(entries):
        if entry.get("incident_id", incident) != incident:
            continue
        for path, value, earlier in _told(entry):
            # An update repeats the status and the severity that it does not move.
            if entry["type"] == "incident_update" and now.get(path, earlier or value) == value:
                continue
            now[path] = value
            yield Move(path, mover(entry), value is not None, entry)


def last_moves(entries: Iterable[Json], incident: str) -> dict[Path, Move]:
    """Return by field the last time that it was moved."""
    return {move.path: move for move in moves(entries, incident)}


def who_left(moved: Mapping[Path, Move], path: Path, *, is_set: bool) -> Mover | None:
    """Return who left a field as it is; None where the log does not tell, or tells of something else."""
    move = moved.get(path)
    # A timestamp that was unset leaves an entry without facts, behind those of its earlier values.
    return move.by if move and move.is_set == is_set else None


def last_touch(entries: Iterable[Json], ours: Collection[str] = ()) -> Mover | None:
    """Return who last did anything to an incident; None where the log tells of no person.

    An entry that names nobody is a person's, unless its type is one of `ours`, or comes about by itself.
    """
    passed = {*ours, *BY_ITSELF}
    told = ((mover(entry), str(entry.get("type"))) for entry in _ordered(entries))
    people = [by for by, kind in told if by.is_person or not (by.kind or kind in passed)]
    return people[-1] if people else None


def mover(entry: Json) -> Mover:
    """Return who made an entry; without a name where its content names nobody."""
    content = content_of(entry)
    named: Json = next((content[name] for name in BY if isinstance(content.get(name), dict)), {})
    if "acknowledger" in content:
        named = {"user": content["acknowledger"]}
    return actor(named, entry["occurred_at"])


def actor(actor: Json, when: str) -> Mover:
    """Return who an actor of the API is, with the time of what they did; without a name where it names nobody."""
    at = datetime.fromisoformat(when.upper()).astimezone(UTC)
    for kind in KINDS:
        if isinstance(one := actor.get(kind), dict):
            return Mover(str(one.get("name") or one.get("title") or ""), kind, at)
    return Mover("", "", at)


Told = tuple[Path, Any, Any]
"""A field, what it is since (an ID or a text; None where it was unset), and what it was before where that is told."""


def _update(content: Json) -> Iterator[Told]:
    for name in ("status", "severity"):
        if f"new_{name}" in content:
            yield (name,), _id(content[f"new_{name}"]), _id(content.get(f"previous_{name}"))


def _field(content: Json) -> Iterator[Told]:
    if "custom_field" in content:
        yield ("custom_fields", _id(content["custom_field"])), content.get("new_values") or None, None


def _role(content: Json) -> Iterator[Told]:
    if "role" in content:
        yield ("roles", _id(content["role"])), _id(content.get("new_assignee")), None


def _timestamp(content: Json) -> Iterator[Told]:
    if "incident_timestamp" in content:
        yield ("timestamps", _id(content["incident_timestamp"])), content.get("new_value"), None


def _plain(field: str, new: str) -> Callable[[Json], Iterator[Told]]:
    def told(content: Json) -> Iterator[Told]:
        value = content.get(new)
        yield (field,), _id(value) if isinstance(value, dict) else value or None, None

    return told


_TELLS: Mapping[str, Callable[[Json], Iterator[Told]]] = {
    "status_change": _plain("status", "new_status"),
    "incident_update": _update,
    "incident_rename": _plain("name", "new_name"),
    "summary_update": _plain("summary", "new_summary"),
    "incident_type_changed": _plain("type", "new_incident_type"),
    "incident_visibility_changed": _plain("visibility", "new_visibility"),
    # Its address is not told, and nobody can unset it.
    CALL: lambda _: iter([(("call_url",), "", None)]),
    "custom_field_value_update": _field,
    "role_update": _role,
    "incident_timestamp_set": _timestamp,
}


def _told(entry: Json) -> Iterator[Told]:
    tells = _TELLS.get(str(entry.get("type")))
    return tells(content_of(entry)) if tells else iter(())


def content_of(entry: Json) -> Json:
    """Return the facts of an entry; none where it has none."""
    content = (entry.get("content") or {}).get(entry.get("type")) or {}
    return content if isinstance(content, dict) else {}


def _id(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else None


def _ordered(entries: Iterable[Json]) -> list[Json]:
    return sorted(entries, key=lambda entry: str(entry["occurred_at"]))
