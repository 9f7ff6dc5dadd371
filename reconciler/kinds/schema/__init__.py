"""Kind tables -> JSON Schemas (draft 2020-12): one per kind, one for all manifests, one for the workspace. Pure.

They are made from the tables whenever they are needed; those under `schemas/` are written by
`python -m reconciler.kinds.schema` for editors, and are never read by this program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.errors import Misused
from reconciler.kinds.incident import CHILD_ID
from reconciler.kinds.schema.gameday import DESCRIPTION, GAME_DAY
from reconciler.kinds.schema.gameday import spec as game_day_spec
from reconciler.kinds.schema.workspace import WORKSPACE, workspace_spec
from reconciler.nearest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
API_VERSION = "reconciler/v1"
NAME = CHILD_ID["pattern"]
"""What `metadata.name` and the ID of an update may be."""
NAMING = "1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit"

METADATA: Schema = {
    "type": "object",
    "description": "Who the resource is.",
    "properties": {
        "name": {
            "type": "string",
            "description": f"Its identity, never its title: {NAMING}. Another name is another resource.",
            "pattern": NAME,
        },
        "generation": {
            "type": "string",
            "description": "Part of its identity; raise it to declare anew what is finished.",
            "default": "1",
            "pattern": NAME,
        },
        "was": {
            "type": ["string", "array"],
            "description": "What its name was, or its names, oldest first: what is managed under one of them goes on "
            "under the new one. Leave it there: where the state is lost, the first tells the key that the resource was "
            "declared with.",
            "pattern": NAME,
            "items": {"type": "string", "pattern": NAME},
            "minItems": 1,
            "uniqueItems": True,
        },
        "labels": {
            "type": "object",
            "description": "For selecting with `--select label=…`; never sent.",
            "additionalProperties": {"type": "string", "description": "The label's value."},
        },
        "protect": {
            "type": "boolean",
            "description": "Whether it outlives this manifest: what is protected is never closed, deleted or forgotten "
            "because its manifest has gone. It keeps nobody from editing or closing it.",
            "default": False,
        },
        "id": {
            "type": "string",
            "description": "The object of the account that this is: its ID, or a reference such as INC-123.",
            "minLength": 1,
        },
        "not": {
            "type": "array",
            "description": "Objects of the account that this is not, where several look alike.",
            "items": {"type": "string", "description": "An ID or a reference such as INC-123.", "minLength": 1},
            "uniqueItems": True,
        },
    },
    "required": ["name"],
    "additionalProperties": False,
}


OF_GAME_DAYS = ("name", "labels")
"""What game days have of the metadata."""


def of_kind(name: str) -> Schema:
    """Return the schema of a whole manifest of one kind; raises `KeyError` for a kind that is not there."""
    kind = kinds.KINDS[name]
    return _document(name, kind.description, METADATA, kind.schema())


def of_workspace() -> Schema:
    """Return the schema of `reconciler.yaml`."""
    metadata = {**METADATA, "properties": {"name": METADATA["properties"]["name"]}}
    return _document(WORKSPACE, "What all manifests of a repository share.", metadata, workspace_spec(kinds.KINDS))


def of_game_day(*, is_checking: bool = False) -> Schema:
    """Return the schema of a game day; to check with, without that of its incidents."""
    properties = {name: METADATA["properties"][name] for name in OF_GAME_DAYS}
    metadata = {**METADATA, "description": "Which game day it is.", "properties": properties}
    return _document(GAME_DAY, DESCRIPTION, metadata, game_day_spec(is_checking=is_checking))


def of_manifests() -> Schema:
    """Return the schema that editors use for any manifest: self-contained, `spec` by the value of `kind`."""
    specs = {name: kind.schema() for name, kind in kinds.KINDS.items()} | {GAME_DAY: game_day_spec()}
    envelope = _document("Manifest", "One resource, as it should be.", METADATA, {"type": "object"})
    envelope["properties"]["kind"] = {"enum": list(specs), "description": "What kind of resource it is."}
    envelope["properties"]["spec"]["description"] = "What the resource should be; its fields depend on the kind."
    branches: list[Schema] = [
        {
            "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
            "then": {"properties": {"spec": {"$ref": f"#/$defs/{name}"}}},
        }
        for name in specs
    ]
    # The branch of game days is the last one: of the metadata they have two fields.
    branches[-1]["then"]["properties"]["metadata"] = {"propertyNames": {"enum": list(OF_GAME_DAYS)}}
    return {**envelope, "allOf": branches, "$defs": specs}


def named(kind: str = "") -> Schema:
    """Return the schema of a kind, a game day or the workspace by name, or of any; raises `Misused` for another."""
    others = {WORKSPACE: of_workspace, GAME_DAY: of_game_day}
    known = [*kinds.KINDS, *others]
    if not kind:
        return of_manifests()
    if kind not in known:
        raise Misused(f"`{kind}` is not a kind{did_you_mean(kind, known)}", f"the kinds are {listed(known)}")
    return others[kind]() if kind in others else of_kind(kind)


def files() -> Mapping[str, Schema]:
    """Return every schema by the name of its file under `schemas/`."""
    by_kind = {f"{name}.json": of_kind(name) for name in kinds.KINDS}
    others = {"manifest.json": of_manifests(), "workspace.json": of_workspace(), f"{GAME_DAY}.json": of_game_day()}
    return others | by_kind


def _document(kind: str, description: str, metadata: Schema, spec: Schema) -> Schema:
    """Return the schema of an envelope around a `spec`."""
    return {
        "$schema": DRAFT,
        "title": kind,
        "description": description,
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "The version of this format."},
            "kind": {"const": kind, "description": "What kind of resource it is."},
            "metadata": metadata,
            "spec": spec,
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }
