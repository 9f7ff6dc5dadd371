"""The steps of one incident in their order → expectations that nobody can meet, or that the script breaks. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.gameday.facts import is_same
from reconciler.gameday.script import (
    Assign,
    Close,
    Declare,
    Expect,
    FieldFilled,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Update,
)
from reconciler.gameday.spans import written
from reconciler.kinds.incident import ends_with
from reconciler.lifecycle import CLOSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.gameday.facts import Facts
    from reconciler.gameday.order import Due
    from reconciler.gameday.script import Condition, GameDay, Step, Template

PLACES = {RoleAssigned: "role", FieldFilled: "custom_field", SeverityAtLeast: "severity", StatusReached: "status"}
"""Where an `expect` has a condition that a script may decide by itself; the others only people do."""


def problems(day: GameDay, template: Template, own: Sequence[Due], facts: Facts) -> Iterator[Problem]:
    """Yield each expectation whose outcome the script alone decides: only what people do counts."""
    for number, (at, step) in enumerate(own):
        deed = step.deed
        if not isinstance(deed, Expect) or type(deed.condition) not in PLACES:
            continue
        script = _Script(template, facts, deed.condition)
        held = script.held(own[:number])
        within = next((due for due in own[number:] if due[0] < at + deed.within and script.does(due[1])), None)
        path = ("expect", *(["never"] if deed.never else []), PLACES[type(deed.condition)])
        if found := (held or within) if deed.never else _decided(deed.condition, held, within):
            told = "the script does this itself" if deed.never else "nobody can do this, and only what people do counts"
            yield Problem(day.at(step, *path), f"{told}: {_told(found)}", "take one of them out")


def _decided(expected: Condition, held: Due | None, within: Due | None) -> Due | None:
    """Return the step that does what people are expected to, so that they cannot; None where they can."""
    match expected:
        case RoleAssigned() | FieldFilled():
            return held or within
        case _:
            return held


@dataclass(frozen=True, slots=True)
class _Script:
    """What the script of one incident does about one thing that is expected."""

    template: Template
    facts: Facts
    expected: Condition

    def held(self, before: Sequence[Due]) -> Due | None:
        """Return the step that left the incident as it is expected to be; None where it was left otherwise."""
        last = next((due for due in reversed(before) if self._values(due[1])), None)
        return last if last and self.does(last[1]) else None

    def does(self, step: Step) -> bool:
        """Tell whether a step makes the incident what it is expected to be."""
        return any(map(self._fits, self._values(step)))

    def _values(self, step: Step) -> list[Any]:
        """Return what a step writes where something is expected; nothing where it writes nothing there."""
        if isinstance(step.deed, Close):
            return [step.deed] if isinstance(self.expected, StatusReached) else []
        said = _said(step, self.template)
        match self.expected:
            case RoleAssigned(name):
                return _entries(said.get("roles"), name)
            case FieldFilled(name):
                return _entries(said.get("custom_fields"), name)
            case _:
                value = said.get(PLACES[type(self.expected)])
                return [] if value is None else [value]

    def _fits(self, value: Any) -> bool:
        match self.expected:
            case SeverityAtLeast(severity):
                return self.facts.is_at_least(value, severity)
            case StatusReached(status) if isinstance(value, Close):
                return self.facts.category(status) == CLOSED
            case StatusReached(status):
                return is_same(value, status)
            case _:
                return value not in (None, [])


def _said(step: Step, template: Template) -> Mapping[str, Any]:
    """Return the fields of the incident that a step writes."""
    match step.deed:
        case Declare():
            begun = template.spec.get("declare_as", {})
            return {**begun, **template.spec, **_ended(template.spec)}
        case Set(_, fields) | Update(_, _, fields):
            return fields
        case Assign(_, role, to):
            return {"roles": {role: to}}
        case _:
            return {}


def _ended(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status and the severity that an incident is left with when it is declared."""
    stated = {name: ends_with(spec, name) for name in ("status", "severity")}
    return {name: value for name, value in stated.items() if value is not None}


def _entries(entries: Any, name: str) -> list[Any]:
    return [value for one, value in entries.items() if is_same(one, name)] if isinstance(entries, dict) else []


def _told(due: Due) -> str:
    return f"`{due[1].id}` does it at {written(due[0])}"
