"""The parts of an incident that have requests of their own: timeline items, updates and members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.naming import Lookup, Name
from reconciler.kinds.spec import ChildKind, Field, described
from reconciler.kinds.types import Instant, Json, Text
from reconciler.model import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Manifest

CHILD_ID = {"type": "string", "pattern": r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"}


TIMELINE = ChildKind(
    noun="timeline",
    listed="timeline",
    path="/v2/incident_timeline_items",
    item="incident_timeline_item",
    items="incident_timeline_items",
    parent="incident_id",
    fields={
        "at": Field(Instant(), "When it happened.", wire="timestamp", live="timestamp"),
        "title": Field(Text(min_length=1), "What happened."),
        "description": Field(Text(unset=""), "More of it, in Markdown.", nullable=True),
    },
    keyed=True,
    edit="PATCH",
    natural_key=("at", "title"),
)

UPDATE = ChildKind(
    noun="update",
    listed="updates",
    path="/v2/incident_updates",
    item="incident_update",
    items="incident_updates",
    parent="incident_id",
    fields={
        "message": Field(Text(min_length=1), "What to tell, in Markdown."),
        "status": Field(
            Name("IncidentStatus", "status"),
            "The status to move to.",
            wire="to_incident_status_id",
            live="new_incident_status",
        ),
        "severity": Field(
            Name("Severity", "severity"), "The severity to set.", wire="to_severity_id", live="new_severity"
        ),
    },
    keyed=True,
    edit="",
    natural_key=("message",),
)


MEMBER = ChildKind(
    noun="member",
    listed="members",
    path="/v1/incident_memberships",
    item="incident_membership",
    # No list tells who is a member.
    items="",
    parent="incident_id",
    fields={"user": Field(Name("User", "user"), "Who may see the incident.", wire="user_id")},
    keyed=False,
    edit="",
)


def children(manifest: Manifest, lookup: Lookup) -> Iterator[Child]:
    """Yield timeline items, then updates in their order, then members by the IDs of the users."""
    for table in (TIMELINE, UPDATE):
        for index, item in enumerate(manifest.spec.get(table.listed, ())):
            leaves = {
                path: leaf
                for name, row in table.fields.items()
                if name in item
                for path, leaf in row.type.desire(
                    (name,),
                    item[name],
                    lambda *below, where=(table.listed, index): manifest.at(*where, *below),
                    lookup,
                )
            }
            key = manifest.key.of(table.noun, item["id"])
            yield Child(key, leaves, manifest.at(table.listed, index))
    yield from _members(manifest, lookup)


def _members(manifest: Manifest, lookup: Lookup) -> Iterator[Child]:
    for index, name in enumerate(manifest.spec.get(MEMBER.listed, ())):
        at = manifest.at(MEMBER.listed, index)
        if found := lookup.find("User", name, at):
            yield Child(manifest.key.of(MEMBER.noun, str(found.value)), {("user",): found.leaf}, at)


def item_schema(table: ChildKind, required: list[str], identifier: str) -> dict[str, Json]:
    """Return the schema of one item of a list of parts; `identifier` describes its `id`."""
    properties = {name: described(row.type.schema(), row) for name, row in table.fields.items()}
    return {
        "type": "object",
        "properties": {"id": {"description": identifier, **CHILD_ID}, **properties},
        "required": ["id", *required],
        "additionalProperties": False,
    }
