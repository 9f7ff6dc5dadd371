"""What an `expect` says → the condition that it is, and what is wrong with it. Pure."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.gameday.names import slug
from reconciler.gameday.script import (
    Condition,
    FieldFilled,
    RoleAssigned,
    SeverityAtLeast,
    StatusReached,
    TaskCreated,
    UpdatePosted,
)
from reconciler.kinds.schema.gameday import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.documents import Document

Path = tuple[str | int, ...]

BELONGING = {"assigned": ("role",), "filled": ("custom_field",), "matching": ("action", "follow_up")}
"""What says more of a condition, and of which."""


def condition(document: Document, said: Mapping[str, Any], path: Path) -> tuple[Condition | None, list[Problem]]:
    """Return the one condition that stands at `path`, or below its `never`; None where there is not exactly one."""
    problems = list(_misplaced(document, said, path))
    if not problems and "never" in said:
        said, path = said["never"], (*path, "never")
        problems = list(_misplaced(document, said, path))
    return (None if problems else _condition(said)), problems


def _misplaced(document: Document, said: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """Yield what keeps a mapping from being one condition."""
    found = [name for name in said if name in {*CONDITIONS, "never"}]
    if not found:
        told = "`never` says nothing that people should not do"
        yield Problem(document.at(*path), told, f"write one of {', '.join(CONDITIONS)}")
    if len(found) > 1:
        told = f"a step expects one thing, and this one has `{'` and `'.join(found)}`"
        yield Problem(document.key_at(*path, found[1]), told, "write a step of its own for each")
    for name, owners in BELONGING.items():
        if name in said and not set(owners) & said.keys():
            told = f"`{name}` is for `{'` and `'.join(owners)}`"
            yield Problem(document.key_at(*path, name), told, _instead(name, said))
    for name in ("message", "matching"):
        if name in said and (why := _why_no_pattern(said[name])):
            told = f"this is no regular expression: {why}"
            yield Problem(document.at(*path, name), told, r"write `\` before a sign that means itself")


def _instead(name: str, said: Mapping[str, Any]) -> str:
    return "write `message:` for an update that matches" if name == "matching" and "update" in said else "take it out"


def _why_no_pattern(text: str) -> str:
    """Return why a text is no regular expression; nothing where it is one."""
    with warnings.catch_warnings():
        # Expressions that a later Python may read differently are no concern of whoever writes one today.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            return str(error)
    return ""


def _condition(said: Mapping[str, Any]) -> Condition:  # noqa: PLR0911  (a table of conditions)
    match said:
        case {"role": role}:
            return RoleAssigned(role)
        case {"message": pattern}:
            return UpdatePosted(pattern)
        case {"severity": {"at_least": severity}}:
            return SeverityAtLeast(severity)
        case {"status": status}:
            return StatusReached(status)
        case {"custom_field": name}:
            return FieldFilled(name)
        case {"action": _}:
            return TaskCreated("action", said.get("matching", ""))
        case {"follow_up": _}:
            return TaskCreated("follow_up", said.get("matching", ""))
        case _:
            return UpdatePosted()


def slug_of(said: Mapping[str, Any]) -> str:
    """Return what an expectation is called in the ID that is made for its step."""
    said = said.get("never", said)
    named = next((said[name] for name in ("role", "status", "custom_field") if name in said), "")
    found = next((name for name in CONDITIONS if name in said), "")
    return slug(named) or slug(found)
