"""Incidents as they are answered in, whether a list has them out: the filters once more, in plain Python."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.sandbox import create_app
from reconciler.sandbox.incidents.incident import Incident

Json = dict[str, Any]
Operation = tuple[str, str, list[str]]
"""The name of a filter, brackets with an ID included, its operator and its values."""

with create_app().store.reading() as _seeded:
    ORGANISATION = _seeded.organisation


@dataclass(frozen=True, slots=True)
class Question:
    """What a list is asked for, and by whom; without modes, for those that there are unless asked."""

    operations: list[Operation]
    modes: list[str]
    filter_mode: str
    is_oldest_first: bool
    user: str | None

    def query(self) -> list[tuple[str, list[str]]]:
        """Write the question as a query."""
        order = "created_at_oldest_first" if self.is_oldest_first else "created_at_newest_first"
        asked = [(f"{name}[{operator}]", values) for name, operator, values in self.operations]
        modes = [("mode[one_of]", self.modes)] if self.modes else []
        return [*asked, *modes, ("sort_by", [order]), ("filter_mode", [self.filter_mode])]

    def takes(self, shown: Json) -> bool:
        """Tell whether the list has an incident, to whoever sees it."""
        held = [_fulfils(shown, *operation) for operation in self.operations]
        is_asked_for = not held or (any(held) if self.filter_mode == "any" else all(held))
        return is_asked_for and shown["mode"] in (self.modes or ["standard", "retrospective"])


def is_seen(one: Incident, user: str) -> bool:
    """Tell whether a person without global access sees an incident."""
    members = one.body["members"]
    if one.visibility == "public" or user in members:
        return one.visibility == "public" or bool(members[user]["is_granted"])
    return user in one.body["roles"].values() or one.body["creator"].get("user", {}).get("id") == user


def _fulfils(shown: Json, name: str, operator: str, wanted: list[str]) -> bool:
    kind, _, identifier = name.rstrip("]").partition("[")
    read = _READ[kind](shown, identifier)
    match operator:
        case "one_of":
            return any(value in wanted for value in read)
        case "not_in":
            return not any(value in wanted for value in read)
        case "is_blank" | "is_set":
            return bool(read) == ((wanted == ["true"]) == (operator == "is_set"))
    place = _PLACE[kind]
    first, last = place(wanted[0].partition("~")[0]), place(wanted[0].rpartition("~")[2])
    return any(
        (operator == "lte" or place(value) >= first) and (operator == "gte" or place(value) <= last) for value in read
    )


def _severity(shown: Json, _identifier: str) -> list[str]:
    return [shown["severity"]["id"]] if "severity" in shown else []


def _role(shown: Json, identifier: str) -> list[str]:
    (assignment,) = (one for one in shown["incident_role_assignments"] if one["role"]["id"] == identifier)
    return [assignment["assignee"]["id"]] if "assignee" in assignment else []


def _field(shown: Json, identifier: str) -> list[str]:
    (entry,) = (one for one in shown["custom_field_entries"] if one["custom_field"]["id"] == identifier)
    values = (next(iter(value.values())) for value in entry["values"])
    return [value["id"] if isinstance(value, dict) else value for value in values]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00Z")


_READ: Mapping[str, Callable[[Json, str], list[str]]] = {
    "status": lambda shown, _: [shown["incident_status"]["id"]],
    "status_category": lambda shown, _: [shown["incident_status"]["category"]],
    "severity": _severity,
    "incident_type": lambda shown, _: [shown["incident_type"]["id"]],
    "created_at": lambda shown, _: [shown["created_at"]],
    "updated_at": lambda shown, _: [shown["updated_at"]],
    "incident_role": _role,
    "custom_field": _field,
}
_PLACE: Mapping[str, Callable[[str], Any]] = {
    "severity": lambda severity: ORGANISATION.get("severity", severity)["rank"],
    "created_at": _instant,
    "updated_at": _instant,
    "custom_field": float,
}
