"""The parts of an incident that are maps: custom fields, roles and timestamps, each entry a leaf of its own."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from reconciler.kinds.naming import At, Found, Lookup, name_schema
from reconciler.kinds.types import LINK, Instant, Json, Text, Type
from reconciler.model import Leaf, Leaves, Path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPORTER = "reporter"
MAX_DIGITS = 1_000
"""Digits of a number, before or behind the point."""


@dataclass(frozen=True, slots=True)
class CustomFields(Type):
    """Custom fields by name; what a value means depends on the field's type. Each is a leaf of its own.

    A leaf's value is the list of values as a request takes them, in canonical order; None where unset.
    """

    def schema(self) -> dict[str, Json]:
        """Return a map from field names to a text, a number, a choice or a list of choices."""
        choice = name_schema("option or catalog entry")
        value = {
            "description": "The value: a text, a link, a number, or the name of an option or catalog entry; "
            "a list of names for a multi-select; `null` unsets it.",
            "anyOf": [
                *choice["anyOf"],
                {"type": "number"},
                {"type": "array", "items": choice},
                {"type": "null"},
            ],
        }
        return {"type": "object", "additionalProperties": value}

    def listings(self) -> tuple[str, ...]:
        """Return where the fields are listed; options and entries come per field."""
        return ("CustomField",)

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each field that is stated."""
        for name, stated in value.items():
            field = lookup.find("CustomField", name, at(*path, name))
            if field is None:
                continue
            entries = _entries(field, stated, lambda *below, name=name: at(*path, name, *below), lookup)
            if entries is not None:
                values, texts = entries
                yield (*path, field.value), Leaf(values or None, _reading(texts), name)

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each entry of the answer."""
        for entry in value or ():
            field = entry["custom_field"]
            pairs = [pair for pair in map(_observed, entry.get("values", ())) if pair]
            pairs.sort(key=lambda pair: str(pair[0]))
            values, texts = [value for value, _ in pairs], [text for _, text in pairs]
            yield (*path, field["id"]), Leaf(values or None, _reading(texts), field.get("name", ""))

    def encode(self, leaves: Leaves) -> Json:
        """Return the entries; no values unset a field."""
        return [{"custom_field_id": path[-1], "values": leaf.value or []} for path, leaf in leaves.items()]


def _reading(texts: list[Any]) -> Any:
    """Return one text by itself, several as a list in alphabetical order."""
    return (texts[0] if texts else None) if len(texts) < 2 else sorted(texts, key=str)  # noqa: PLR2004


def number(value: Json) -> str:
    """Return a number as the API writes it, exact, without superfluous zeros; raises `ValueError` for anything else."""
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(value) from None
    if not exact.is_finite() or isinstance(value, bool) or abs(exact.adjusted()) > MAX_DIGITS:
        raise ValueError(value)
    text = f"{exact:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


Entries = tuple[list[dict[str, Any]], list[Any]]


def _entries(field: Found, stated: Json, at: At, lookup: Lookup) -> Entries | None:
    """Return the values of one field as a request takes them, and as people read them."""
    kind = field.facts.get("field_type", "")
    if stated is None or stated == []:
        return [], []
    match kind:
        case "single_select" | "multi_select":
            return _choices(field, stated, at, lookup, several=kind == "multi_select")
        case "numeric":
            try:
                exact = number(stated)
            except ValueError:
                lookup.report(at(), f"`{stated}` is not a number", f"{field.text} is a numeric field")
                return None
            return [{"value_numeric": exact}], [exact]
        case _:
            return _text(field, stated, at, lookup, is_link=kind == "link")


def _text(field: Found, stated: Json, at: At, lookup: Lookup, *, is_link: bool) -> Entries | None:
    if not isinstance(stated, str | int | float):
        lookup.report(at(), f"{field.text} takes one text", "write a text, or `null` to unset it")
        return None
    text = Text().canonical(stated)
    if is_link and text and not re.fullmatch(LINK, text):
        lookup.report(at(), f"`{text}` is not an address", "write it with https://")
        return None
    return ([{"value_link" if is_link else "value_text": text}], [text]) if text else ([], [])


def _choices(field: Found, stated: Json, at: At, lookup: Lookup, *, several: bool) -> Entries | None:
    names = stated if isinstance(stated, list) else [stated]
    if not several and len(names) > 1:
        lookup.report(at(), f"{field.text} takes one option", "name the one that applies")
        return None
    catalog_type = field.facts.get("catalog_type_id")
    listing = "CatalogEntry" if catalog_type else "CustomFieldOption"
    scope = catalog_type or field.value
    found = [
        lookup.find(listing, name, at(index) if isinstance(stated, list) else at(), scope)
        for index, name in enumerate(names)
    ]
    if None in found:
        return None
    wire = "value_catalog_entry_id" if catalog_type else "value_option_id"
    known = {str(each.value): each for each in found if each}
    return (
        [{wire: known[identifier].value} for identifier in sorted(known)],
        [known[identifier].text for identifier in sorted(known)],
    )


def _observed(value: Mapping[str, Any]) -> tuple[dict[str, Any], Any] | None:
    """Return an answer's value as a request would carry it, with its text; None for a kind nobody knows yet."""
    match value:
        case {"value_catalog_entry": {"id": identifier, **entry}}:
            return {"value_catalog_entry_id": identifier}, entry.get("name", identifier)
        case {"value_option": {"id": identifier, **option}}:
            return {"value_option_id": identifier}, option.get("value", identifier)
        case {"value_numeric": str() as text} if text:
            with suppress(ValueError):
                text = number(text)
            return {"value_numeric": text}, text
        case {"value_link": str() as text} if text:
            return {"value_link": Text().canonical(text)}, text
        case {"value_text": str() as text} if text:
            return {"value_text": Text().canonical(text)}, text
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Roles(Type):
    """Who takes which role: users by the role's name. Each role is a leaf of its own."""

    def schema(self) -> dict[str, Json]:
        """Return a map from role names to users."""
        user = name_schema("user")
        value = {
            "description": "The user: an e-mail address, a Slack ID, or `{id: …}`; `null` unassigns the role.",
            "anyOf": [*user["anyOf"], {"type": "null"}],
        }
        return {"type": "object", "additionalProperties": value}

    def listings(self) -> tuple[str, ...]:
        """Return roles and users."""
        return ("IncidentRole", "User")

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each role that is stated."""
        for name, stated in value.items():
            role = lookup.find("IncidentRole", name, at(*path, name))
            user = lookup.find("User", stated, at(*path, name)) if stated is not None else None
            if role is None or (user is None and stated is not None):
                continue
            # The API takes the reporter with the create and never again.
            fixed = role.facts.get("role_type") == REPORTER
            yield (
                (*path, role.value),
                Leaf(user and user.value, user and user.text, name, fixed=fixed),
            )

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each assignment of the answer."""
        for assignment in value or ():
            role, user = assignment["role"], assignment.get("assignee") or {}
            text = user.get("name") or user.get("id")
            yield (*path, role["id"]), Leaf(user.get("id"), text, role.get("name", ""))

    def encode(self, leaves: Leaves) -> Json:
        """Return the assignments; one without an assignee unassigns."""
        return [
            {"incident_role_id": path[-1]} | ({"assignee": {"id": leaf.value}} if leaf.value else {})
            for path, leaf in leaves.items()
        ]


@dataclass(frozen=True, slots=True)
class Timestamps(Type):
    """Moments by the timestamp's name. Each is a leaf of its own."""

    def schema(self) -> dict[str, Json]:
        """Return a map from timestamp names to moments."""
        value = {
            "description": "The moment, with its zone: 2026-11-20T09:12:00Z; `null` unsets it.",
            "anyOf": [Instant().schema(), {"type": "null"}],
        }
        return {"type": "object", "additionalProperties": value}

    def listings(self) -> tuple[str, ...]:
        """Return the timestamps."""
        return ("IncidentTimestamp",)

    def desire(self, path: tuple[str, ...], value: Json, at: At, lookup: Lookup) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each timestamp that is stated."""
        for name, stated in value.items():
            found = lookup.find("IncidentTimestamp", name, at(*path, name))
            if found:
                moment = stated and Instant().canonical(stated)
                yield (*path, found.value), Leaf(moment, moment, name)

    def observe(self, path: Path, value: Json) -> Iterator[tuple[Path, Leaf]]:
        """Yield a leaf for each timestamp of the answer."""
        for entry in value or ():
            timestamp, moment = entry["incident_timestamp"], (entry.get("value") or {}).get("value")
            moment = moment and Instant().canonical(moment)
            yield (*path, timestamp["id"]), Leaf(moment, moment, timestamp.get("name", ""))

    def encode(self, leaves: Leaves) -> Json:
        """Return the values; an entry without one unsets it."""
        return [
            {"incident_timestamp_id": path[-1]} | ({"value": leaf.value} if leaf.value else {})
            for path, leaf in leaves.items()
        ]


@dataclass(frozen=True, slots=True)
class Retrospective(Type):
    """What only a retrospective incident is created with; the API takes it as it is and never shows it."""

    def schema(self) -> dict[str, Json]:
        """Return the options of the create call."""
        return {
            "type": "object",
            "properties": {
                "postmortem_document_url": {
                    "type": "string",
                    "description": "Where the post-mortem already is.",
                },
                "slack_channel_id": {
                    "type": "string",
                    "description": "The ID of the Slack channel that was used.",
                },
                "external_id": {
                    "type": "integer",
                    "description": "The number it gets as its reference; incident.io must enable this first.",
                },
            },
            "additionalProperties": False,
        }
