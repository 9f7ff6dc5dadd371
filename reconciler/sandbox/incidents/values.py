"""Custom fields, roles and timestamps as requests have them in, as incidents keep them out, or a 422; pure."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from reconciler.sandbox import moments
from reconciler.sandbox.body import Items, Moment, Object, Shape, Text
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.rewriting import Form

Json = dict[str, Any]

_VALUE_NAMES = ("id", "value_catalog_entry_id", "value_link", "value_numeric", "value_option_id", "value_text")
_VALUE = Object({name: Text() for name in (*_VALUE_NAMES, "value_timestamp")})
_USER = Object({"id": Text(), "email": Text(), "slack_user_id": Text()})
_ROLE = Object({"incident_role_id": Text(required=True), "assignee": _USER})
_TIMESTAMP = Object({"incident_timestamp_id": Text(required=True), "value": Moment()})
_FIELD = Object({"custom_field_id": Text(required=True), "values": Items(_VALUE, required=True)})

SHAPES: dict[str, Shape] = {
    "custom_field_entries": Items(_FIELD),
    "incident_role_assignments": Items(_ROLE),
    "incident_timestamp_values": Items(_TIMESTAMP),
}

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def custom_fields(organisation: Organisation, body: Json, form: Form) -> dict[str, list[str]]:
    """Read `custom_field_entries`: the values of each field that is mentioned, in their form; none unset it."""
    read: dict[str, list[str]] = {}
    for place, entry in _each(body, "custom_field_entries", "custom_field_id"):
        field = organisation.refer("custom_field", entry["custom_field_id"], f"{place}.custom_field_id")
        read[field["id"]] = _field_values(organisation, field, entry["values"], f"{place}.values", form)
    return read


def roles(organisation: Organisation, body: Json) -> dict[str, Json | None]:
    """Read `incident_role_assignments`: the user of each role that is mentioned; None unassigns it."""
    read: dict[str, Json | None] = {}
    for place, entry in _each(body, "incident_role_assignments", "incident_role_id"):
        role = organisation.refer("incident_role", entry["incident_role_id"], f"{place}.incident_role_id")
        assignee = entry.get("assignee")
        read[role["id"]] = _user(organisation, assignee, f"{place}.assignee") if assignee else None
    return read


def timestamps(organisation: Organisation, body: Json, form: Form) -> dict[str, str | None]:
    """Read `incident_timestamp_values`: the moment of each timestamp that is mentioned, in its form; None unsets it."""
    read: dict[str, str | None] = {}
    for place, entry in _each(body, "incident_timestamp_values", "incident_timestamp_id"):
        field = f"{place}.incident_timestamp_id"
        timestamp = organisation.refer("incident_timestamp", entry["incident_timestamp_id"], field)
        value = entry.get("value")
        read[timestamp["id"]] = form.moment(moments.written(moments.parse(value))) if value else None
    return read


def _each(body: Json, name: str, identifier: str) -> list[tuple[str, Json]]:
    seen: set[str] = set()
    for number, entry in enumerate(body.get(name, ())):
        if entry[identifier] in seen:
            raise invalid(f"{name}.{number}.{identifier}", "is given more than once", "not_unique")
        seen.add(entry[identifier])
    return [(f"{name}.{number}", entry) for number, entry in enumerate(body.get(name, ()))]


def _user(organisation: Organisation, assignee: Json, place: str) -> Json:
    for user in organisation.all("user"):
        if user["is_active"] and all(_folded(user[name]) == _folded(value) for name, value in assignee.items()):
            return user
    raise invalid(place, f"no active user with {assignee}", "not_found")


def _folded(text: str) -> str:
    return text.lower() if "@" in text else text


def _field_values(organisation: Organisation, field: Json, values: list[Json], place: str, form: Form) -> list[str]:
    name, check = _kind_of(field)
    forms = {"value_text": form.prose, "value_link": form.link, "value_numeric": form.number}
    keep = forms.get(name, str)
    read = []
    for number, value in enumerate(values):
        here = f"{place}.{number}.{name}"
        if name not in value or value.keys() - {name, "id"}:
            raise invalid(f"{place}.{number}", f"{field['name']} takes {name}", "invalid_value")
        read.append(keep(check(organisation, field, value[name], here)))
    kept = [value for value in read if value]
    if len(kept) > 1 and field["field_type"] != "multi_select":
        raise invalid(place, f"{field['name']} takes a single value", "too_many_values")
    if len(set(kept)) < len(kept):
        raise invalid(place, f"{field['name']} is given a value twice", "not_unique")
    return form.choices(kept)


_Check = Callable[[Organisation, Json, str, str], str]


def _kind_of(field: Json) -> tuple[str, _Check]:
    if "catalog_type_id" in field:
        return "value_catalog_entry_id", _catalog_entry
    return _KINDS[field["field_type"]]


def _catalog_entry(organisation: Organisation, field: Json, value: str, place: str) -> str:
    for entry in organisation.all("catalog_entry"):
        is_called = value in (entry["id"], entry["external_id"], *entry["aliases"])
        if is_called and entry["catalog_type_id"] == field["catalog_type_id"]:
            return str(entry["id"])
    raise invalid(place, f"{field['name']}: no catalog entry {value!r} (by ID, external ID or alias)", "not_found")


def _option(organisation: Organisation, field: Json, value: str, place: str) -> str:
    option = organisation.find("custom_field_option", value)
    if option is None or option["custom_field_id"] != field["id"]:
        raise invalid(place, f"{field['name']} has no option with the ID {value!r}", "not_found")
    return value


def _text(_organisation: Organisation, _field: Json, value: str, _place: str) -> str:
    return value


def _link(_organisation: Organisation, _field: Json, value: str, place: str) -> str:
    if value and not is_url(value):
        raise invalid(place, f"{value!r} is not a link")
    return value


def _number(_organisation: Organisation, _field: Json, value: str, place: str) -> str:
    if value and not (_NUMBER.fullmatch(value) and math.isfinite(float(value))):
        raise invalid(place, f"{value!r} is not a number")
    return value


_KINDS: Mapping[str, tuple[str, _Check]] = {
    "text": ("value_text", _text),
    "link": ("value_link", _link),
    "numeric": ("value_numeric", _number),
    "single_select": ("value_option_id", _option),
    "multi_select": ("value_option_id", _option),
}


def is_url(text: str) -> bool:
    """Tell whether a text is a web address."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and " " not in text


def check_edited_roles(organisation: Organisation, assigned: Iterable[str]) -> None:
    """Raise a 422 for a role that is assigned at creation only: the reporter is who reported."""
    for identifier in assigned:
        role = organisation.get("incident_role", identifier)
        if role["role_type"] == "reporter":
            message = f"the role {role['name']} can only be assigned when the incident is created"
            raise invalid("incident_role_assignments", message)
