"""What the API tells of an incident → what was done to it, by whom and when. Pure.

The activity log tells nearly all of it; of updates, actions and follow-ups the lists are asked for what it leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler import activity
from reconciler.gameday.events import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.model import Mover, Path

    Json = Mapping[str, Any]

UPDATES, ACTIONS, FOLLOW_UPS = "updates", "actions", "follow_ups"
FORBIDDEN = "this key may not read {}"
GONE = "it was deleted since"
CATEGORIES = ("triage", "live", "paused", "learning", "closed", "declined", "canceled", "merged")
"""Of statuses, in the order in which an incident passes through them."""
SAME_MOMENT = 1.0
"""Seconds: a timestamp that somebody set this near to a status that they moved was set by that move."""

# Whoever set a workflow up did not do what it does; and what is told of these is told elsewhere.
_NOT_TOLD = frozenset(("workflow_ran", "incident_update", "action_created", "follow_up_created"))
_TASKS = {"action_created": ("action", "action_id"), "follow_up_created": ("follow_up", "follow_up_id")}
_TOLD_BY: Mapping[str, tuple[str, ...]] = {
    UPDATES: ("incident_update",),
    ACTIONS: ("action_created", "action_updated"),
    FOLLOW_UPS: ("follow_up_created", "follow_up_updated"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """What was read of one incident, as the API tells it; `lists` are those that were read besides."""

    log: Sequence[Json] = ()
    lists: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    had_severity: bool = True
    """Whether it was declared with a severity: else the first that it gets is somebody's doing."""
    forbidden: frozenset[str] = frozenset()
    """The lists that this key may not read."""


@dataclass(frozen=True, slots=True)
class Did:
    """Something that somebody did to an incident; `at` is script time, `time` Unix time.

    `what` is as in `Seen`. `name` is what it was done to, or brought about: the role, the custom field, the status, the
    severity; `text` is what it holds since: the assignee, the values, the words of an update or a task. `rank` tells
    how far a status is, or how high a severity.
    """

    what: str
    by: Mover
    at: float
    id: str
    name: str = ""
    text: str = ""
    is_set: bool = True
    rank: tuple[float, float] = (0.0, 0.0)
    category: str = ""
    hidden: str = ""
    """Why its words are not known, where they are not."""

    @property
    def time(self) -> float:
        """Return when it was done, in Unix seconds."""
        return self.by.at.timestamp()

    @property
    def told(self) -> str:
        """Return it in a few words."""
        if self.what in ("role", "field"):
            return f"{self.name}: {self.text}" if self.is_set and self.text else self.name
        return self.text or self.name


def lacking(account: Account) -> Iterator[str]:
    """Yield the lists that tell what the activity log names and does not say, as far as they were not read."""
    told = [entry for entry in account.log if entry.get("type") == "incident_update"]
    kinds = {str(entry.get("type")) for entry in account.log}
    wanted = {
        UPDATES: not all(activity.content_of(entry).get("id") for entry in told),
        ACTIONS: "action_created" in kinds,
        FOLLOW_UPS: "follow_up_created" in kinds,
    }
    yield from (part for part, is_wanted in wanted.items() if is_wanted and part not in account.lists)


def carried(account: Account, log: Sequence[Json]) -> Account:
    """Return what is known with a log read anew; the lists that it tells nothing new of stand."""
    kept = {name: found for name, found in account.lists.items() if _ids(log, name) == _ids(account.log, name)}
    return replace(account, log=log, lists=kept)


def done(account: Account, incident: str, script: Callable[[float], float]) -> tuple[Did, ...]:
    """Return what was done to an incident (ID), by people and by programs, oldest first.

    `script` tells which script time a Unix time was.
    """
    found: dict[str, Did] = {}
    for did in (*_moves(account, incident, script), *_words(account, incident, script), *_tasks(account, script)):
        found.setdefault(did.id, did)
    others = list(_others(account.log, incident, found.values(), script))
    return tuple(sorted((*found.values(), *others), key=lambda did: did.time))


def seen(did: Did, incident: str, *, is_private: bool) -> Seen:
    """Return what a person did as a run's journal keeps it; the words of what is private are not told."""
    text = "" if is_private else did.told if did.is_set else f"{did.name}: nothing any more"
    what = did.what if did.is_set else "other"
    return Seen(did.at, did.time, incident, what, did.by.who, text, did.id, did.category)


def _ids(log: Sequence[Json], part: str) -> list[str]:
    return sorted(str(entry["id"]) for entry in log if entry.get("type") in _TOLD_BY[part])


def _moves(account: Account, incident: str, script: Callable[[float], float]) -> Iterator[Did]:
    before: dict[Path, Any] = {} if account.had_severity else {("severity",): None}
    for move in activity.moves(account.log, incident, before):
        tells = _TELLS.get(str(move.path[0]))
        if tells:
            what, facts = tells(activity.content_of(move.entry))
            at = script(move.by.at.timestamp())
            yield Did(what, move.by, at, f"{move.entry['id']}/{what}", is_set=move.is_set, **facts)


def _words(account: Account, incident: str, script: Callable[[float], float]) -> Iterator[Did]:
    """Yield the updates that say something; one without words is no more than the move that it tells of."""
    for update in account.lists.get(UPDATES, ()):
        by = activity.actor(update.get("updater") or {}, update["created_at"])
        yield from _update(update, by, script)
    for entry in account.log:
        if entry.get("type") == "incident_update" and entry.get("incident_id", incident) == incident:
            yield from _update(activity.content_of(entry), activity.mover(entry), script)
            if UPDATES in account.forbidden and not activity.content_of(entry).get("id"):
                by, hidden = activity.mover(entry), FORBIDDEN.format(UPDATES)
                yield Did("update", by, script(by.at.timestamp()), f"{entry['id']}/update", hidden=hidden)


def _update(facts: Json, by: Mover, script: Callable[[float], float]) -> Iterator[Did]:
    if facts.get("id") and facts.get("message"):
        yield Did("update", by, script(by.at.timestamp()), f"update/{facts['id']}", text=str(facts["message"]))


def _tasks(account: Account, script: Callable[[float], float]) -> Iterator[Did]:
    for what, part in (("action", ACTIONS), ("follow_up", FOLLOW_UPS)):
        for task in account.lists.get(part, ()):
            by = activity.actor(task.get("creator") or {}, task["created_at"])
            text = str(task.get("title") or task.get("description") or "")
            yield Did(what, by, script(by.at.timestamp()), f"{what}/{task['id']}", text=text)
    # Those that were deleted since are on no list.
    for entry in account.log:
        what, name = _TASKS.get(str(entry.get("type")), ("", ""))
        if task_id := activity.content_of(entry).get(name):
            by, part = activity.mover(entry), FOLLOW_UPS if what == "follow_up" else ACTIONS
            hidden = FORBIDDEN.format(part.replace("_", "-")) if part in account.forbidden else GONE
            yield Did(what, by, script(by.at.timestamp()), f"{what}/{task_id}", hidden=hidden)


def _others(log: Sequence[Json], incident: str, told: Iterable[Did], script: Callable[[float], float]) -> Iterator[Did]:
    known = {did.id.rpartition("/")[0] for did in told}
    moved = [(did.by.name, did.time) for did in told if did.what == "status"]
    for entry in log:
        by, kind = activity.mover(entry), str(entry.get("type"))
        if not by.is_person or kind in _NOT_TOLD or entry["id"] in known or entry.get("incident_id") != incident:
            continue
        near = (abs(by.at.timestamp() - time) <= SAME_MOMENT for name, time in moved if name == by.name)
        if kind != "incident_timestamp_set" or not any(near):
            at = script(by.at.timestamp())
            yield Did("other", by, at, f"{entry['id']}/other", text=str(entry.get("title") or kind))


def _status(content: Json) -> tuple[str, dict[str, Any]]:
    status = content.get("new_status") or {}
    category = str(status.get("category") or "")
    place = CATEGORIES.index(category) if category in CATEGORIES else CATEGORIES.index("live")
    rank = (float(place), float(status.get("rank") or 0))
    return "status", {"name": str(status.get("name") or ""), "rank": rank, "category": category}


def _severity(content: Json) -> tuple[str, dict[str, Any]]:
    severity = content.get("new_severity") or {}
    return "severity", {"name": str(severity.get("name") or ""), "rank": (float(severity.get("rank") or 0), 0.0)}


def _role(content: Json) -> tuple[str, dict[str, Any]]:
    name, holder = (content.get("role") or {}).get("name"), (content.get("new_assignee") or {}).get("name")
    return "role", {"name": str(name or ""), "text": str(holder or "")}


def _field(content: Json) -> tuple[str, dict[str, Any]]:
    values = filter(None, map(_value, content.get("new_values") or ()))
    return "field", {"name": str((content.get("custom_field") or {}).get("name") or ""), "text": ", ".join(values)}


def _value(value: Json) -> str:
    for name, inner in (("value_option", "value"), ("value_catalog_entry", "name")):
        if isinstance(value.get(name), dict):
            return str(value[name].get(inner) or "")
    return str(next((value[name] for name in ("value_text", "value_link", "value_numeric") if value.get(name)), ""))


_TELLS: Mapping[str, Callable[[Json], tuple[str, dict[str, Any]]]] = {
    "status": _status,
    "severity": _severity,
    "roles": _role,
    "custom_fields": _field,
}
