"""Changes in, what they do to people out, as sentences that come first in a plan. Pure."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.kinds.incident import MEMBER
from reconciler.model import Adopt, Create, Delete, Edit, Notice, Post, Topic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from reconciler.model import Change, Key

NAMES_TOLD = 3
BURST, PER_SECOND = 1200, 20
"""The API's token bucket: requests at once, then requests a second."""


def who_will_notice(
    changes: Sequence[Change],
    modes: Mapping[Key, str],
    workflows: Sequence[Mapping[str, Any]] | None,
    closed: Sequence[Key] = (),
    private: Collection[Key] = (),
) -> tuple[str, ...]:
    """Return what a plan does to people, as sentences, the gravest first.

    `modes` are those of the incidents, `closed` the incidents that the plan closes. Of the `private` ones nobody is
    named: these sentences are read by all who read a pull request.
    """
    created = [one for one in changes if isinstance(one, Create) and not one.key.child and one.key in modes]
    told = [
        *_announced([one for one in created if modes[one.key] == "standard"]),
        *_channels(changes, modes),
        *_closed(closed),
        *_deleted([one for one in changes if isinstance(one, Delete)]),
        *_assigned(changes, private),
        *_added(changes),
        *_posted([one for one in changes if isinstance(one, Post)]),
        *_workflows(created, modes, workflows),
        *_ended(changes),
    ]
    quiet = Counter(modes[one.key] for one in created if modes[one.key] != "standard")
    told += [
        f"{_count(number, 'incident')} {_is(number)} declared in {mode} mode, without an announcement"
        for mode, number in quiet.items()
    ]
    return tuple(told)


def _announced(created: Sequence[Create]) -> Iterable[str]:
    if created:
        number = len(created)
        names = _names([one.key.name for one in created])
        yield f"{_count(number, 'incident')} {_is(number)} announced in Slack (standard mode): {names}"


def _channels(changes: Iterable[Change], modes: Mapping[Key, str]) -> Iterable[str]:
    told = [
        one.key.name
        for one in changes
        if isinstance(one, Edit) and one.key in modes and one.request.body.get("notify_incident_channel")
    ]
    if told:
        yield f"{_count(len(told), 'incident channel')} {_is(len(told))} told of edits: {_names(told)}"


def _closed(keys: Sequence[Key]) -> Iterable[str]:
    if keys:
        names = _names([key.name for key in keys])
        yield f"{_count(len(keys), 'incident')} {_is(len(keys))} closed, and the API cannot reopen one: {names}"


def _deleted(deletes: Sequence[Delete]) -> Iterable[str]:
    """Tell what is taken out of the organisation, by kind."""
    by_kind: dict[str, list[str]] = {}
    for one in deletes:
        by_kind.setdefault(one.key.kind, []).append(one.name)
    for name, names in by_kind.items():
        noun = kinds.KINDS[name].noun if len(names) == 1 else kinds.KINDS[name].plural
        yield f"{len(names)} {noun} {_is(len(names))} deleted: {_names(names)}"


def _assigned(changes: Iterable[Change], private: Collection[Key]) -> Iterable[str]:
    found = [
        (one.key, leaf)
        for one in changes
        if isinstance(one, Create | Edit)
        for path, leaf in one.sent.items()
        if path[0] == "roles" and leaf.value is not None
    ]
    assigned = [f"{leaf.text} as {leaf.label}" for key, leaf in found if key not in private]
    if assigned:
        yield f"{_count(len(assigned), 'role')} {_is(len(assigned))} assigned: {_names(assigned)}"
    hidden = [key.name for key, _ in found if key in private]
    if hidden:
        roles = _count(len(hidden), "role")
        yield f"{roles} {_is(len(hidden))} assigned in private incidents: {_names([*dict.fromkeys(hidden)])}"


def _added(changes: Iterable[Change]) -> Iterable[str]:
    """Tell how many people are let into which private incidents."""
    added = [one.key.name for one in changes if isinstance(one, Create) and one.key.child[:1] == (MEMBER.noun,)]
    if added:
        people = "1 person is" if len(added) == 1 else f"{len(added)} people are"
        yield f"{people} added to private incidents: {_names([*dict.fromkeys(added)])}"


def unseen(changes: Sequence[Change], private: Collection[Key]) -> Iterable[Notice]:
    """Warn of each private incident that is declared without anybody who could see it."""
    added = {one.key.parent for one in changes if isinstance(one, Create) and one.key.child[:1] == (MEMBER.noun,)}
    for one in changes:
        if not isinstance(one, Create) or one.key not in private or one.key in added:
            continue
        if not any(path[0] == "roles" and leaf.value is not None for path, leaf in one.sent.items()):
            message = "nobody would see it: it is private, and nobody has a role in it or is a member"
            yield Notice(Topic.WARNING, one.key, message, one.source, "state `members:` or `roles:` below `spec:`")


def _posted(posts: Sequence[Post]) -> Iterable[str]:
    if posts:
        yield f"{_count(len(posts), 'update')} {_is(len(posts))} posted; posted updates cannot be edited"


def _workflows(
    created: Iterable[Create], modes: Mapping[Key, str], workflows: Sequence[Mapping[str, Any]] | None
) -> Iterable[str]:
    """Tell the active workflows that run on incidents of the modes that are declared."""
    for mode in dict.fromkeys(modes[one.key] for one in created):
        if workflows is None:
            yield f"workflows may run on {mode} incidents; the key may not see which"
            continue
        active = [
            one for one in workflows if one.get("state") == "active" and mode in one.get("runs_on_incident_modes", ())
        ]
        if active:
            verb = "runs" if len(active) == 1 else "run"
            yield f"{_count(len(active), 'active workflow')} {verb} on {mode} incidents"


def _ended(changes: Iterable[Change]) -> Iterable[str]:
    adopted = [f"{one.live.reference}" for one in changes if isinstance(one, Adopt)]
    if adopted:
        yield f"{_count(len(adopted), 'incident')} {_is(len(adopted))} adopted: {_names(adopted)}"


def least_seconds(requests: int) -> int:
    """Return how long the API's rate limit makes a plan take at the least."""
    return math.ceil(max(requests - BURST, 0) / PER_SECOND)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _names(names: Sequence[str]) -> str:
    more = len(names) - NAMES_TOLD
    return ", ".join(names[:NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
