"""An organisation in, the parts of an incident's answer that come from it alone out: as JSON text, written once."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from reconciler.sandbox.organisation import Organisation, person, visible

Json = dict[str, Any]

written: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode
"""Write a value as answers have it."""

_TYPE_NAMES = (
    "id",
    "name",
    "description",
    "is_default",
    "private_incidents_only",
    "create_in_triage",
    "created_at",
    "updated_at",
)


class _Written(dict[str, str]):
    """The text of what an ID stands for, made when it is first asked for, and kept where IDs are few."""

    def __init__(self, show: Callable[[str], Json], *, are_few: bool = True) -> None:
        self._show = show
        self._are_few = are_few

    def __missing__(self, identifier: str) -> str:
        text = written(self._show(identifier))
        if self._are_few:
            self[identifier] = text
        return text


class Parts:
    """What the incidents of one organisation, as it is at one version, share."""

    def __init__(self, organisation: Organisation) -> None:
        self.statuses = _Written(lambda found: organisation.get("incident_status", found))
        self.severities = _Written(lambda found: organisation.get("severity", found))
        self.types = _Written(lambda found: _type(organisation.get("incident_type", found)))
        self.people = _Written(lambda found: person(organisation.get("user", found)))
        self.roles = {role["id"]: written(role) for role in organisation.all("incident_role")}
        self.timestamps = {one["id"]: written(visible(one)) for one in organisation.timestamps}
        self.fields = {field["id"]: Field(field, organisation) for field in organisation.fields}


class Field:
    """A custom field as incidents show it."""

    def __init__(self, field: Json, organisation: Organisation) -> None:
        self.text = written(field)
        is_select = field["field_type"] in ("single_select", "multi_select")
        self._values = _Written(lambda value: field_value(field, value, organisation), are_few=is_select)

    def values(self, values: list[str]) -> str:
        """Write values of this field, with commas between."""
        return ",".join([self._values[value] for value in values])


@lru_cache(maxsize=16)
def parts_of(organisation: Organisation) -> Parts:
    """Return the parts for a picture of an organisation."""
    return Parts(organisation)


def field_values(field: Json, values: list[str], organisation: Organisation) -> list[Json]:
    """Show the values of one custom field."""
    return [field_value(field, value, organisation) for value in values]


def field_value(field: Json, value: str, organisation: Organisation) -> Json:
    """Show one value of a custom field."""
    if "catalog_type_id" in organisation.get("custom_field", field["id"]):
        entry = organisation.get("catalog_entry", value)
        return {"value_catalog_entry": {name: entry[name] for name in ("id", "name", "external_id", "aliases")}}
    match field["field_type"]:
        case "text" | "link" | "numeric" as kind:
            return {f"value_{kind}": value}
        case _:
            return {"value_option": organisation.get("custom_field_option", value)}


def _type(incident_type: Json) -> Json:
    return {name: incident_type[name] for name in _TYPE_NAMES}
