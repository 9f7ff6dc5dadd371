"""The fields of a game day's `spec`, as a schema: its incidents take what the table of an Incident has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.gameday.spans import SPAN
from reconciler.kinds.incident import CHILD_ID, KIND
from reconciler.kinds.incident_parts import TIMELINE, UPDATE, item_schema
from reconciler.kinds.naming import name_schema
from reconciler.kinds.spec import When, described

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Schema = dict[str, Any]

GAME_DAY = "GameDay"
DESCRIPTION = "A game day: incidents that unfold by a script, and what people are expected to do about them."
TYPES = ("string", "integer", "number", "boolean", "duration")
MOST_OF_A_KIND = 500
"""Incidents that one `for_each` may declare."""

_SPAN = SPAN.removeprefix("^").removesuffix("$")
_FILLED = r"\$\{(param|each):[^}]+\}"
_ID = CHILD_ID["pattern"].removeprefix("^").removesuffix("$")
AFTER = rf"^({_ID}|{_FILLED})(\s*\+\s*({_SPAN}|{_FILLED}))?$"
"""`after`: a step, and how long after it was due."""

SET_BY_SCRIPT = {name: row for name, row in KIND.fields.items() if row.when is not When.CREATE}
"""The fields of an incident that a step may write."""
CONDITIONS = ("role", "update", "message", "severity", "status", "custom_field", "action", "follow_up")
VERBS = ("declare", "set", "update", "timeline", "assign", "close", "pause", "note", "expect")
ACTS = ("assign", "update", "set", "action", "follow_up", "close")


def spec(*, is_checking: bool = False) -> Schema:
    """Return the schema of `spec`; to check with, incidents are left to a check of each with what it is filled with."""
    incidents = {"type": "object"} if is_checking else template()
    named = {} if is_checking else {"propertyNames": {"pattern": CHILD_ID["pattern"]}}
    return _mapping(
        DESCRIPTION,
        {
            "title": _text("What the game day is called."),
            "description": {"type": "string", "description": "What it rehearses, for whoever hosts it."},
            "catch_up": span("How late a step may be, in time of the script, and is done all the same"),
            "parameters": {
                "type": "object",
                "description": "Values that `--set NAME=VALUE` gives, for `${param:NAME}` in texts.",
                "additionalProperties": _parameter(),
            },
            "incidents": {
                "type": "object",
                "description": "The incidents that the script may declare, by their names in the script.",
                "minProperties": 1,
                "additionalProperties": incidents,
                **named,
            },
            "cast": {
                "type": "array",
                "description": "Simulated people, who act in a sandbox and nowhere else.",
                "items": _act(),
            },
            "script": {
                "type": "array",
                "description": "What happens when.",
                "minItems": 1,
                "items": _step(),
            },
        },
        ["title", "incidents", "script"],
    )


def template() -> Schema:
    """Return the schema of an incident of a script; a run closes what it declared, so there is no `on_remove`."""
    of_kind = KIND.schema()
    properties = {name: one for name, one in of_kind["properties"].items() if name != "on_remove"}
    mode = {**properties["mode"], "description": "`test` unless said; others have to be allowed by the workspace."}
    return {
        **of_kind,
        "description": "An incident that the script may declare; its fields are those of an Incident.",
        "properties": {"for_each": _for_each(), **properties, "mode": mode},
    }


def span(description: str) -> Schema:
    """Return the schema of a span of time."""
    return {"type": "string", "description": f"{description}: 90s, 5m or 1h30m.", "pattern": _a_span()}


def _a_span() -> str:
    return f"^({_SPAN}|{_FILLED})$"


def _for_each() -> Schema:
    return {
        "description": "Declares one for each item, which `${each:value}` (of a mapping `${each:KEY}`) and "
        "`${each:number}` stand for.",
        "anyOf": [
            {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_OF_A_KIND,
                "items": {
                    "description": "A text, or a mapping of values.",
                    "anyOf": [
                        {"type": "string", "minLength": 1},
                        {
                            "type": "object",
                            "minProperties": 1,
                            "additionalProperties": {
                                "type": ["string", "number", "boolean"],
                                "description": "A value, for `${each:KEY}`.",
                            },
                        },
                    ],
                },
            },
            _mapping(
                "So many of them, numbered from 1.",
                {
                    "count": {
                        "type": "integer",
                        "description": "How many.",
                        "minimum": 1,
                        "maximum": MOST_OF_A_KIND,
                    }
                },
                ["count"],
            ),
        ],
    }


def _parameter() -> Schema:
    return _mapping(
        "A parameter.",
        {
            "type": {"enum": list(TYPES), "description": "What it holds; a text unless said.", "default": "string"},
            "default": {
                "type": ["string", "number", "boolean"],
                "description": "Its value unless `--set` gives another; without one `--set` has to.",
            },
            "description": {"type": "string", "description": "What it is."},
            "enum": {
                "type": "array",
                "description": "The values that it may have.",
                "minItems": 1,
                "items": {"type": ["string", "number", "boolean"], "description": "A value."},
                "uniqueItems": True,
            },
        },
    )


def _step() -> Schema:
    return {
        **_mapping(
            "One step: when, and one thing that happens.",
            {
                "id": {"description": "What `after` of other steps calls it.", **CHILD_ID},
                **_when(),
                "every": span("With an incident that has `for_each`, how long after each other its incidents get it"),
                "declare": _incident("Declares this incident, or each of a `for_each`."),
                "set": _set(),
                "update": _update("Posts an update."),
                "timeline": _timeline(),
                "assign": _assign("Gives somebody a role.", ["incident", "role", "to"]),
                "close": _incident("Closes this incident."),
                "pause": {
                    "description": "Lets the clock stand until the host goes on; a text tells them why.",
                    "anyOf": [
                        {"type": "string"},
                        {"type": "object", "maxProperties": 0},
                        {"type": "null"},
                    ],
                },
                "note": _text("Tells the host something; nothing is sent."),
                "expect": _expect(),
            },
        ),
        "allOf": [_one_of(("at", "after")), _one_of(VERBS)],
    }


def _act() -> Schema:
    task = {"incident": _incident(), "text": _text("What is to be done.")}
    return {
        **_mapping(
            "What one of them does, and when.",
            {
                "as": _text("Who: their e-mail address."),
                **_when(),
                "assign": _assign("Gives a role, to themselves unless said.", ["incident", "role"]),
                "update": _update("Posts an update."),
                "set": _set(),
                "action": _mapping("Creates an action.", task, list(task)),
                "follow_up": _mapping("Creates a follow-up.", task, list(task)),
                "close": _incident("Closes this incident."),
            },
            ["as"],
        ),
        "allOf": [_one_of(("at", "after")), _one_of(ACTS)],
    }


def _when() -> dict[str, Schema]:
    return {
        "at": span("How long after the start"),
        "after": {
            "type": "string",
            "description": "The ID of another step, or that and how long after it was due: `escalate + 2m`.",
            "pattern": AFTER,
        },
    }


def _incident(description: str = "The name of an incident of this game day.") -> Schema:
    return {"type": "string", "description": description, "minLength": 1}


def _set() -> Schema:
    fields = {name: described(row.type.schema(), row) for name, row in SET_BY_SCRIPT.items()}
    return {
        **_mapping("Writes these fields, once.", {"incident": _incident(), **fields}, ["incident"]),
        **_one_of(list(fields)),
    }


def _update(description: str) -> Schema:
    item = item_schema(UPDATE, [], "Who the update is; made from the step unless said.")
    return {
        **_mapping(description, {"incident": _incident(), **item["properties"]}, ["incident"]),
        "anyOf": [{"required": [name]} for name in UPDATE.fields],
    }


def _timeline() -> Schema:
    item = item_schema(TIMELINE, [], "Who the item is; made from the step unless said.")
    fields = {name: one for name, one in item["properties"].items() if name != "at"}
    description = "Adds an item to the timeline, dated when the step was due."
    return _mapping(description, {"incident": _incident(), **fields}, ["incident", "title"])


def _assign(description: str, required: Sequence[str]) -> Schema:
    role = {"description": "The name of the role.", "type": "string", "minLength": 1}
    to = {"description": "Who gets it: an e-mail address, a Slack ID, or `{id: …}`.", **name_schema("user")}
    return _mapping(description, {"incident": _incident(), "role": role, "to": to}, required)


def _expect() -> Schema:
    never = _mapping("What people should not do meanwhile.", _conditions())
    own = {"incident": _incident(), "within": span("How long they have")}
    expect = _mapping("What people should do.", {**own, **_conditions(), "never": never}, list(own))
    return {**expect, "allOf": [_one_of((*CONDITIONS, "never"))]}


def _conditions() -> dict[str, Schema]:
    name = {"type": "string", "minLength": 1}
    at_least = _mapping(
        "People bring the severity to this one, or to one above it.",
        {"at_least": {"description": "The severity.", **name}},
        ["at_least"],
    )
    matching = "A regular expression that is found in the text."
    return {
        "role": {"description": "Somebody has this role.", **name},
        "assigned": {"const": True, "description": "Says of `role` what is meant anyway."},
        "update": {"const": "posted", "description": "A person posts an update."},
        "message": {"description": f"A person posts an update. {matching}", **name},
        "severity": at_least,
        "status": {"description": "People bring the incident to this status.", **name},
        "custom_field": {"description": "People fill this custom field.", **name},
        "filled": {"const": True, "description": "Says of `custom_field` what is meant anyway."},
        "action": {"const": "created", "description": "A person creates an action."},
        "follow_up": {"const": "created", "description": "A person creates a follow-up."},
        "matching": {"description": f"With `action` or `follow_up`. {matching}", **name},
    }


def _one_of(names: Sequence[str]) -> Schema:
    return {"anyOf": [{"required": [name]} for name in names]}


def _text(description: str) -> Schema:
    return {"type": "string", "description": description, "minLength": 1, "pattern": r"^$|\S"}


def _mapping(description: str, properties: Mapping[str, Any], required: Sequence[str] = ()) -> Schema:
    """Return the schema of a mapping with these fields and no others."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
