"""An incident as its manifest says it, and as the account shows it, in: the same flat fields by name out. Pure.

The torture's own reading of both, which shares nothing with the kinds: if both were wrong, the checks would see.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.rewriting import form

if TYPE_CHECKING:
    from reconciler.sandbox import Behaviour

Json = dict[str, Any]
Fields = dict[str, Any]

PLAIN = ("name", "summary", "call_url")
VALUES = ("value_text", "value_link", "value_numeric")


def live(incident: Json) -> Fields:
    """Return what the account shows of an incident; nothing is the empty text."""
    shown: Fields = {name: incident.get(name, "") for name in PLAIN}
    shown["status"] = incident["incident_status"]["name"]
    shown["severity"] = incident.get("severity", {}).get("name", "")
    for entry in incident["custom_field_entries"]:
        shown[f"custom_fields.{entry['custom_field']['name']}"] = _values(entry["values"])
    for one in incident["incident_role_assignments"]:
        shown[f"roles.{one['role']['name']}"] = one.get("assignee", {}).get("email", "")
    return shown


def _values(values: list[Json]) -> Any:
    found = []
    for value in values:
        if "value_option" in value:
            found.append(value["value_option"]["value"])
        elif "value_catalog_entry" in value:
            found.append(value["value_catalog_entry"]["name"])
        else:
            found += [str(value[name]) for name in VALUES if name in value]
    return sorted(found)


def declared(spec: Json, behaviour: Behaviour) -> Fields:
    """Return what a manifest states, in the form in which this account keeps it."""
    kept = form(behaviour)
    forms = {"name": kept.title, "summary": kept.prose, "call_url": kept.link}
    found: Fields = {name: forms[name](plain(spec[name])) for name in PLAIN if name in spec}
    for name in ("status", "severity"):
        value = ends_with(spec, name)
        if value is not None:
            found[name] = value
    for name, value in spec.get("custom_fields", {}).items():
        many = value if isinstance(value, list) else [value]
        keep = {"Customers affected": kept.number, "Root cause": kept.prose, "Runbook": kept.link}.get(name, str)
        found[f"custom_fields.{name}"] = sorted(keep(plain(str(one))) for one in many)
    for name, value in spec.get("roles", {}).items():
        found[f"roles.{name}"] = value
    return found


def ends_with(spec: Json, name: str) -> Any:
    """Return the status or severity that an incident should end up with; None where nothing says."""
    carried = [update[name] for update in spec.get("updates", ()) if name in update]
    return spec.get(name, carried[-1] if carried else None)


def plain(text: str) -> str:
    """Return a text without outer blanks and those at the ends of lines, which mean nothing in a manifest."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def table(field: str) -> str:
    """Return the field of the manifest that a flat name is part of."""
    return field.partition(".")[0]


def is_same_moment(one: str, other: str) -> bool:
    """Tell whether two times are within the same second: a server may keep no more of them."""
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds()) < 1
