"""A game day and an account → the names in its script that mean nothing there, each at its place. Reads only.

A plan of what the script comes to does not ask for them all: a severity that a later step replaces is in none, and
what is expected of people neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.gameday.directory import Directory
from reconciler.gameday.script import (
    Assign,
    Expect,
    FieldFilled,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Update,
)
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import UPDATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.api import Client
    from reconciler.errors import Problem
    from reconciler.gameday.script import Act, Condition, GameDay, Step
    from reconciler.kinds.spec import Field
    from reconciler.model import Source


def problems(day: GameDay, steps: Iterable[Step], acts: Iterable[Act], client: Client) -> tuple[Problem, ...]:
    """Return what is wrong with the names of steps and of simulated people; each list is read once at the most."""
    checking = _Checking(day, Directory(client))
    for step in steps:
        checking.step(step)
    for act in acts:
        if act.path:
            checking.act(act)
    # What is wrong with a step for a whole group is told once.
    return tuple({(one.source, one.message): one for one in checking.names.reported}.values())


class _Checking:
    def __init__(self, day: GameDay, names: Directory) -> None:
        self.day, self.names = day, names

    def step(self, step: Step) -> None:
        """Look up what a step names."""
        match step.deed:
            case Expect():
                for listing, name, field in _expected(step.deed.condition):
                    below = ("expect", "never", field) if step.deed.never else ("expect", field)
                    self.names.find(listing, name, self.day.at(step, *below))
            case Set() | Update() | Assign():
                self._deed(step, step.deed)

    def act(self, act: Act) -> None:
        """Look up who acts, and what they name."""
        self.names.find("User", act.who, self.day.at(act, "as"))
        if isinstance(act.deed, Set | Update | Assign):
            self._deed(act, act.deed)

    def _deed(self, one: Step | Act, deed: Set | Update | Assign) -> None:
        match deed:
            case Set(_, fields):
                self._fields(INCIDENT.fields, fields, lambda *path: self.day.at(one, "set", *path))
            case Update(_, _, fields):
                self._fields(UPDATE.fields, fields, lambda *path: self.day.at(one, "update", *path))
            case Assign(_, role, to):
                self.names.find("IncidentRole", role, self.day.at(one, "assign", "role"))
                if to:
                    self.names.find("User", to, self.day.at(one, "assign", "to"))

    def _fields(self, table: Mapping[str, Field], fields: Mapping[str, Any], at: Callable[..., Source]) -> None:
        for name, value in fields.items():
            if name in table:
                # What it comes to is not asked for here, but what it could not come to is.
                list(table[name].type.desire((name,), value, at, self.names))


def _expected(condition: Condition) -> Iterator[tuple[str, str, str]]:
    """Yield what an expectation names: where it is listed, its name, and the field of the script that has it."""
    match condition:
        case RoleAssigned(role):
            yield "IncidentRole", role, "role"
        case SeverityAtLeast(severity):
            yield "Severity", severity, "severity"
        case StatusReached(status):
            yield "IncidentStatus", status, "status"
        case FieldFilled(field):
            yield "CustomField", field, "custom_field"
