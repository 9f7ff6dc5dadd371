"""A plan and activity logs in, the plan with who changed what outside out; nothing that it decides changes. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.activity import last_moves, who_left
from reconciler.diff import telling
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Edit, Fate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.activity import Move
    from reconciler.model import Change, Drifted, Key, Mover, Notice, Path, Plan, Refusal

MOST = 20
"""Requests that a run spends on who changed what."""

Moved = dict["Key", dict["Path", "Move"]]


def wanted(plan: Plan) -> list[str]:
    """Return the incidents (IDs) that somebody changed outside, gravest first, then those changed last."""
    gravity: dict[Key, int] = {}
    for one in _all(plan):
        if not one.key.child and one.key.kind == INCIDENT.name:
            gravity[one.key] = min(_gravity(one), gravity.get(one.key, len(Fate) + 1))
    newest = sorted(gravity, key=lambda key: str(plan.live[key].raw.get("updated_at", "")), reverse=True)
    return [plan.live[key].id for key in sorted(newest, key=gravity.__getitem__)]


def attributed(plan: Plan, logs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Plan:
    """Return the plan with who changed each field, as far as these logs (by incident's ID) tell."""
    asked = wanted(plan)
    if not asked:
        return plan
    moved = {key: last_moves(logs[live.id], live.id) for key, live in plan.live.items() if live.id in logs}
    told = replace(
        plan,
        drifted=tuple(_by(one, moved) for one in plan.drifted),
        refusals=tuple(_refusal(one, moved) for one in plan.refusals),
        notices=tuple(_notice(one, moved) for one in plan.notices),
        not_looked_up=max(len(asked) - MOST, 0),
    )
    movers = {(one.key, one.name): one.mover for one in told.drifted if one.mover}
    return replace(told, changes=tuple(_change(one, movers) for one in plan.changes))


def _all(plan: Plan) -> Iterator[Drifted]:
    yield from plan.drifted
    yield from (one for refusal in plan.refusals for one in refusal.moved)
    yield from (notice.moved for notice in plan.notices if notice.moved)


def _gravity(one: Drifted) -> int:
    order = (Fate.REFUSED, None, Fate.KEPT, Fate.OVERWRITTEN)
    return order.index(None if one.is_finished or one.is_paused else one.fate)


def _by(one: Drifted, moved: Moved) -> Drifted:
    return replace(one, mover=who_left(moved.get(one.key, {}), one.path, is_set=one.is_set))


def _refusal(refusal: Refusal, moved: Moved) -> Refusal:
    if not refusal.moved:
        return refusal
    told = tuple(_by(one, moved) for one in refusal.moved)
    return replace(refusal, moved=told, message=telling.refusal(told))


def _notice(notice: Notice, moved: Moved) -> Notice:
    if notice.moved is None:
        return notice
    told = _by(notice.moved, moved)
    return replace(notice, moved=told, message=telling.notice(notice.topic, told))


def _change(change: Change, movers: Mapping[tuple[Key, str], Mover | None]) -> Change:
    if not isinstance(change, Edit) or not movers:
        return change
    fields = tuple(replace(one, mover=movers.get((change.key, one.name))) for one in change.fields)
    return replace(change, fields=fields)
