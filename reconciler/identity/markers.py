"""`identity_field`, the field that carries incidents' keys: which one it is, and what each should carry. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import alike, identity
from reconciler.errors import Problem
from reconciler.identity import Absent, Marked, Matched
from reconciler.model import Leaf, Source

if TYPE_CHECKING:
    from reconciler.identity import Match
    from reconciler.kinds.naming import Found
    from reconciler.model import Desired, Manifest, Ref
    from reconciler.names import Names
    from reconciler.workspace import Workspace

OVER = frozenset({"closed", "declined", "canceled", "merged", "paused"})
"""Categories of statuses in which an incident is left alone, whether it carries its key or not."""


def field(names: Names, workspace: Workspace) -> Found | None:
    """Return the text field that carries incidents' keys; None without one, or where it is reported as missing."""
    name, at = workspace.identity_field, workspace.identity_at or Source(workspace.file)
    if not name:
        return None
    known = names.facts("CustomField").values()
    live = next((one for one in known if alike.title(one.text) == alike.title(name)), None)
    # People may have renamed what a manifest declares: it is that one all the same.
    named = names.declared("CustomField", name) or live
    if next_name := names.next_name("CustomField", name) if named is live else "":
        told = f"`identity_field: {name}` is the custom field that this plan renames to `{next_name}`"
        names.report(at, told, f"write `identity_field: {next_name}`")
        return None
    if named is None:
        names.report(
            at,
            f"`identity_field: {name}` is no custom field of this organisation, and no manifest declares it",
            "if people renamed it, write what it is called; else declare it, and apply creates it: "
            f"`kind: CustomField`, `metadata: {{name: identity-field}}`, "
            f"`spec: {{name: {name}, description: The key of the incident, type: text}}`",
        )
        return None
    if named.facts.get("field_type") != "text":
        names.report(at, f"`identity_field: {name}` is no text field", "name one, or create it")
    return named


def marked(desired: Desired, match: Match, key: str, field: Found, names: Names) -> Desired:
    """Return an incident with its key among its fields; one that is over and does not carry it is left alone.

    A manifest that states a value of its own for that field is reported.
    """
    path = ("custom_fields", field.value)
    if stated := desired.leaves.get(path):
        names.problems.append(carries_key(desired.manifest, stated.label))
    if not isinstance(match, Matched | Marked | Absent) or (
        isinstance(match, Matched) and _is_left(match, field.value, key)
    ):
        return desired
    leaf = Leaf([{"value_text": key}], key, field.text)
    return replace(desired, leaves={**desired.leaves, path: leaf})


def carries_key(manifest: Manifest, name: str) -> Problem:
    """Return that a manifest states the field that carries its key."""
    told = f"`{name}` carries the incident's key (`identity_field`)"
    return Problem(manifest.at("custom_fields", name), told, "leave it out")


def _is_left(match: Matched, field: str | Ref, key: str) -> bool:
    over = match.raw["incident_status"]["category"] in OVER
    return over and identity.marker(match.raw, str(field)) != key
