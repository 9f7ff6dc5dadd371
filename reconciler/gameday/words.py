"""Steps of a script → the words that preview, journal, live view and report tell them in, a line each. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.gameday.events import Planned
from reconciler.gameday.script import (
    Assign,
    Close,
    Declare,
    Expect,
    FieldFilled,
    Note,
    Pause,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Task,
    TaskCreated,
    Timeline,
    Update,
    UpdatePosted,
)
from reconciler.gameday.spans import written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from reconciler.gameday.script import Condition, Deed, Timetable

LONGEST_VALUE = 40
"""Characters of a value that a line has room for; of what is longer, the field alone is told."""


def planned(table: Timetable, private: Collection[str] = ()) -> tuple[Planned, ...]:
    """Return the steps as a journal keeps them; of the `private` incidents without their texts."""
    return tuple(
        Planned(step.id, at, verb(step.deed), step.incident, told(step.deed, private), window(step.deed))
        for at, step in table.steps
    )


def verb(deed: Deed | Task) -> str:
    """Return what a script calls it: `declare`, `set` and so on."""
    return type(deed).__name__.lower()


def window(deed: Deed | Task) -> float:
    """Return how many seconds an expectation has; 0 for anything else."""
    return deed.within if isinstance(deed, Expect) else 0.0


def told(deed: Deed | Task, private: Collection[str] = ()) -> str:  # noqa: C901, PLR0911  (a table of deeds)
    """Return what a step, or a simulated person, does: `set severity Critical on db-failover`."""
    match deed:
        case Declare(incident):
            return f"declare {incident}"
        case Set(incident, fields):
            return f"set {_fields(fields, is_hidden=incident in private)} on {incident}"
        case Update(incident, _, fields):
            return f"update {incident}{_update(fields, is_hidden=incident in private)}"
        case Timeline(incident, id, _):
            return f"timeline item {id} on {incident}"
        case Assign(incident, role, ""):
            return f"take {role} of {incident}"
        case Assign(incident, role, to):
            return f"assign {role} of {incident} to {to if isinstance(to, str) else json.dumps(to)}"
        case Close(incident):
            return f"close {incident}"
        case Pause(message):
            return f"pause: {_line(message)}" if message else "pause"
        case Note(text):
            return f"note: {_line(text)}"
        case Task(incident, noun, text):
            return f"create {_a(noun)} of {incident}" + ("" if incident in private else f': "{_line(text)}"')
        case Expect():
            return _expectation(deed, is_hidden=deed.incident in private)


def condition(expected: Condition, *, is_hidden: bool = False) -> str:
    """Return what people are expected to do: `Incident Lead assigned`."""
    match expected:
        case RoleAssigned(role):
            return f"{role} assigned"
        case UpdatePosted(matches):
            return "an update" + _matching(matches, is_hidden=is_hidden)
        case SeverityAtLeast(severity):
            return f"severity {severity} or above"
        case StatusReached(status):
            return f"status {status}"
        case FieldFilled(field):
            return f"{field} filled"
        case TaskCreated(noun, matches):
            return _a(noun) + _matching(matches, is_hidden=is_hidden)


def _expectation(deed: Expect, *, is_hidden: bool) -> str:
    what = f"{condition(deed.condition, is_hidden=is_hidden)} on {deed.incident}"
    span = written(deed.within)
    return f"expect for {span} never {what}" if deed.never else f"expect within {span} {what}"


def _matching(pattern: str, *, is_hidden: bool) -> str:
    return f" that matches /{_line(pattern)}/" if pattern and not is_hidden else ""


def _a(noun: str) -> str:
    return "a follow-up" if noun == "follow_up" else f"an {noun}"


def _update(fields: Mapping[str, Any], *, is_hidden: bool) -> str:
    message = fields.get("message")
    parts = [f'"{_line(str(message))}"'] if message and not is_hidden else []
    parts += [str(fields[name]) for name in ("status", "severity") if fields.get(name) is not None]
    return f": {', '.join(parts)}" if parts else ""


def _fields(fields: Mapping[str, Any], *, is_hidden: bool) -> str:
    return ", ".join(_field(name, value, is_hidden=is_hidden) for name, value in fields.items())


def _field(name: str, value: Any, *, is_hidden: bool) -> str:
    if isinstance(value, dict) and value and set(value) != {"id"}:
        return ", ".join(_field(part, each, is_hidden=is_hidden) for part, each in value.items())
    is_open = name in {"status", "severity"} or not is_hidden
    text = _value(value) if is_open else ""
    return f"{name} {text}" if text and len(text) <= LONGEST_VALUE else name


def _value(value: Any) -> str:
    match value:
        case str():
            return _line(value)
        case list():
            return ", ".join(map(_value, value))
        case _:
            return json.dumps(value, ensure_ascii=False)


def _line(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())
