"""What is expected → what somebody does so that it holds, and whether what they do is what must not happen. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.gameday import phrases
from reconciler.gameday.patterns import is_found
from reconciler.gameday.script import (
    Assign,
    FieldFilled,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Task,
    TaskCreated,
    Update,
    UpdatePosted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.gameday.script import Condition

Answer = Assign | Set | Update | Task
NO_WORDS = "(no words are known in which /{}/ is found)"


class Suitable(StrEnum):
    """Stands for a value that whoever sends it chooses, since the account alone knows which there are."""

    VALUE = ""


def answer(
    incident: str, condition: Condition, who: str, *, assignee: str, named: str, never: Sequence[Condition]
) -> Answer:
    """Return what `who` does so that a condition holds of an incident, in words that break none of `never`.

    `assignee` gets a role, empty for whoever acts; `named` is the ID of an update.
    """
    match condition:
        case RoleAssigned(role):
            return Assign(incident, role, assignee)
        case UpdatePosted(matches):
            unsaid = [one.matches for one in never if isinstance(one, UpdatePosted)]
            return Update(incident, named, {"message": _words(matches, "An update", who, unsaid)})
        case SeverityAtLeast(severity):
            return Set(incident, {"severity": severity})
        case StatusReached(status):
            return Set(incident, {"status": status})
        case FieldFilled(custom):
            return Set(incident, {"custom_fields": {custom: Suitable.VALUE}})
        case TaskCreated(noun, matches):
            unsaid = [one.matches for one in never if isinstance(one, TaskCreated) and one.noun == noun]
            return Task(incident, noun, _words(matches, "To do", who, unsaid))


def _words(matches: str, opening: str, who: str, unsaid: Sequence[str]) -> str:
    """Return what somebody says; that no words were found is said as well, for whoever reads it to see."""

    def is_fine(text: str) -> bool:
        return not any(is_found(one, text) for one in unsaid if one)

    plain = f"{opening} by {who.partition('@')[0].title()}."
    if not matches and is_fine(plain):
        return plain
    return phrases.fitting(matches or ".", opening, is_fine) or NO_WORDS.format(matches)


def breaks(done: Answer, never: Condition) -> bool:
    """Return whether what somebody does is what must never happen, or may be."""
    match never, done:
        case RoleAssigned(role), Assign():
            is_it = done.role == role
        case UpdatePosted(matches), Update():
            is_it = is_found(matches, done.fields.get("message", ""))
        case SeverityAtLeast(severity), Set() | Update():
            is_it = done.fields.get("severity") == severity
        case StatusReached(status), Set() | Update():
            is_it = done.fields.get("status") == status
        case FieldFilled(custom), Set():
            is_it = custom in done.fields.get("custom_fields", {})
        case TaskCreated(noun, matches), Task():
            is_it = noun == done.noun and is_found(matches, done.text)
        case _:
            is_it = False
    return is_it
