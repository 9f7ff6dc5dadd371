"""The fields of `reconciler.yaml`, as a schema. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.kinds.incident import CHILD_ID, MODES
from reconciler.kinds.spec import Drift

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.kinds.spec import Kind

WORKSPACE = "Workspace"
POLICIES = [policy.value for policy in Drift]
EVERY_KIND = "*"


def workspace_spec(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the schema of the workspace's `spec`; defaults and drift policies have the fields of the kinds."""
    tables = {name: kind.schema()["properties"] for name, kind in kinds.items()}
    return _mapping(
        "What all manifests of this workspace share.",
        {
            "namespace": {
                "type": "string",
                "description": "Part of every identity in place of the name: keeps the old one when it changes.",
                "pattern": CHILD_ID["pattern"],
            },
            "organisation": {
                "type": "string",
                "description": "The dashboard's address, such as https://app.incident.io/acme; any other account "
                "is refused.",
                "pattern": r"^https?://[^/\s]+/[^/\s]+/?$",
            },
            "manifests": {
                "type": "array",
                "description": "Folders and files with manifests, from here; the folder of this file unless said.",
                "items": {"type": "string", "description": "A folder or a file.", "minLength": 1},
                "minItems": 1,
                "uniqueItems": True,
            },
            "api": _mapping(
                "How the account is reached.",
                {
                    "base_url": {
                        "type": "string",
                        "description": "The address of the API; https://api.incident.io unless said.",
                        "pattern": r"^https?://[^\s?#]+$",
                    },
                    "key_file": {
                        "type": "string",
                        "description": "A file that holds nothing but the API key; the environment goes first.",
                        "minLength": 1,
                    },
                },
            ),
            "state": {
                "type": "string",
                "description": "Where state is kept: a file, from here (.reconciler/state.json unless said), or for "
                "a team s3://BUCKET/NAME.json, gs://BUCKET/NAME.json or az://CONTAINER/NAME.json.",
                "minLength": 1,
            },
            "state_lease_seconds": {
                "type": "integer",
                "description": "How long the lock on a remote state outlasts a run that died without giving it back.",
                "minimum": 2,
                "maximum": 3600,
                "default": 60,
            },
            "identity_field": {
                "type": "string",
                "description": "A text custom field that carries each incident's key, so that losing the state "
                "loses nothing.",
                "minLength": 1,
            },
            "adopt": {
                "enum": ["matching", "never"],
                "description": "Whether an object that looks like a declared one is taken over.",
                "default": "matching",
            },
            "defaults": _mapping(
                "What a `spec` gets where it leaves a field out, by kind.",
                {name: _mapping(f"Fields of every {name}.", fields) for name, fields in tables.items()},
            ),
            "drift": _mapping(
                "What happens to fields that somebody changed outside: overwrite, keep or fail.",
                {name: _policies(kind) for name, kind in kinds.items()}
                | {EVERY_KIND: {"enum": POLICIES, "description": "For every field that is not named."}},
            ),
            "limits": _mapping(
                "How much one apply may do.",
                {
                    "create": _count("Creates that one apply may make."),
                    "edit": _count("Objects that one apply may edit."),
                    "delete": {
                        **_count("Objects that one apply may delete, or close because no manifest declares them."),
                        "default": 5,
                    },
                    "percent": {
                        **_count(
                            "How much of all managed objects one apply may touch. Five creates and edits always pass; "
                            "what is deleted, or closed because no manifest declares it, never does."
                        ),
                        "maximum": 100,
                    },
                    "quiet_minutes": {
                        **_count(
                            "How long people must have left an incident alone before it is closed, in minutes. It goes "
                            "by the activity log, which does not tell of timeline items and members."
                        ),
                        "default": 15,
                    },
                },
            ),
            "allow": _mapping(
                "What manifests may ask for.",
                {
                    "modes": {
                        "type": "array",
                        "description": "Modes that an incident may be declared in.",
                        "items": {"enum": list(MODES), "description": "A mode."},
                        "uniqueItems": True,
                    },
                    "paging": {"type": "boolean", "description": "Whether people may be paged.", "default": False},
                    "subscribers": {
                        "type": "boolean",
                        "description": "Whether subscribers of status pages may be told.",
                        "default": False,
                    },
                },
            ),
            "gamedays": _mapping(
                "What game days may do.",
                {
                    "modes": {
                        "type": "array",
                        "description": "Modes, besides `test`, that a game day may declare incidents in: people are "
                        "told of those in `standard`.",
                        "items": {"enum": list(MODES), "description": "A mode."},
                        "uniqueItems": True,
                    },
                },
            ),
        },
    )


def _mapping(description: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a mapping with these fields and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "additionalProperties": False,
    }


def _count(description: str) -> dict[str, Any]:
    """Return the schema of a number of things."""
    return {"type": "integer", "description": description, "minimum": 0}


def _policies(kind: Kind) -> dict[str, Any]:
    """Return the schema of a kind's drift policies: one for all fields, or one for each that is named.

    Children that can be edited are named by what a manifest lists them under.
    """
    named = [*kind.fields, *(table.listed for table in kind.children if table.edit)]
    by_field = {name: {"enum": POLICIES, "description": f"For `{name}`."} for name in named}
    by_field[EVERY_KIND] = {"enum": POLICIES, "description": "For every field that is not named."}
    told = f"For fields of every {kind.name}: one policy, or one by field."
    return {
        "description": told,
        "anyOf": [{"enum": POLICIES}, {"type": "object", "properties": by_field, "additionalProperties": False}],
    }
