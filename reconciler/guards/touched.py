"""Would a plan close an incident that a person is working on? By the activity log and the API's own clock. Pure.

That incident is left alone whole, and the rest of the plan goes on. What leaves no entry in the log cannot be seen:
timeline items and members.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.activity import CALL, last_touch
from reconciler.model import NO_MANIFEST, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from reconciler.guards.allowance import Allowance
    from reconciler.model import Key, Live, Plan
    from reconciler.state import Record

MINUTE = timedelta(minutes=1)


def closing(plan: Plan, allowed: Allowance) -> list[str]:
    """Return the incidents (IDs) that a plan closes and whose logs must be read, those that changed last first."""
    if not allowed.quiet_minutes:
        return []
    live = [plan.live[key] for key in plan.closes if key in plan.live]
    return [one.id for one in sorted(live, key=lambda one: str(one.raw.get("updated_at", "")), reverse=True)]


def held(
    plan: Plan,
    logs: Mapping[str, Sequence[Mapping[str, Any]]],
    now: datetime,
    allowed: Allowance,
    records: Mapping[Key, Record],
) -> dict[Key, Refusal]:
    """Return why incidents are not closed: a person touched them less than so many minutes ago.

    `logs` are by incident's ID. Where one could not be read, any change of the incident counts as a person's.
    `records` tell whether the address of a call is one that we wrote.
    """
    quiet = allowed.quiet_minutes * MINUTE
    sources = {change.key.parent: change.source for change in plan.changes}
    refusals = {}
    for key in plan.closes if quiet else ():
        if key not in plan.live:
            continue
        live = plan.live[key]
        ours = {CALL} if _is_our_call(live, records.get(key)) else set()
        who, at = _last_touch(live.raw, logs.get(live.id), ours)
        if at is None or now - at >= quiet:
            continue
        refusals[key] = Refusal(
            Why.TOUCHED,
            key,
            sources.get(key, NO_MANIFEST),
            f"{who} touched it {_ago(now - at)}, and this plan would close it",
            f"wait until people have left it alone for {_minutes(quiet)} (`limits: {{quiet_minutes: …}}` in "
            "reconciler.yaml), or `--allow touched`",
        )
    return refusals


def _is_our_call(live: Live, record: Record | None) -> bool:
    """Return whether the live address is what we sent; one that people set and we keep is not."""
    kept = record.fields.get("call_url") if record else None
    leaf = live.leaves.get(("call_url",))
    return kept is not None and leaf is not None and kept.sent == kept.answered == leaf.value


def _last_touch(
    raw: Mapping[str, Any], log: Sequence[Mapping[str, Any]] | None, ours: Collection[str]
) -> tuple[str, datetime | None]:
    if log is None:
        at = raw.get("updated_at")
        return "somebody", datetime.fromisoformat(at) if at else None
    touch = last_touch(log, ours)
    return (touch.who, touch.at) if touch else ("", None)


def _ago(passed: timedelta) -> str:
    return f"{_minutes(passed)} ago" if passed >= MINUTE else "less than a minute ago"


def _minutes(passed: timedelta) -> str:
    number = int(passed / MINUTE)
    return f"{number} minute" if number == 1 else f"{number} minutes"
