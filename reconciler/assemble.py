"""What is to do with each resource in, the plan that tells it all out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import desired, notice, permissions, removal
from reconciler.diff.pair import STATUS
from reconciler.diff.undeclared import let_go, undeclared
from reconciler.identity import Absent, Matched
from reconciler.identity.claims import DEFAULT_MODE, DEFAULT_VISIBILITY
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.lifecycle import CLOSED
from reconciler.model import Create, Edit, Notice, Plan, Post, Ref, Topic
from reconciler.names import called

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.comparing import Compared
    from reconciler.finding import Found
    from reconciler.live import Account, Details
    from reconciler.model import Desired, Key, Live
    from reconciler.removal import Removed
    from reconciler.state.memory import Memory
    from reconciler.workspace import Workspace


def assemble(
    found: Found,
    account: Account,
    details: Details,
    memory: Memory,
    workspace: Workspace,
    files: int,
    removed: Removed,
    compared: Compared,
) -> Plan:
    """Return the plan: what apply will do and will not do, who will notice, and what it was made from."""
    incidents = {key: one for key, one in found.desired.items() if key.kind == INCIDENT.name}
    modes = {key: one.manifest.spec.get("mode", DEFAULT_MODE) for key, one in incidents.items()}
    private = frozenset(key for key, one in incidents.items() if _is_private(one, compared.live.get(key)))
    closed = _closed(compared)
    told = compared.gone if removed.tells_drift else ()
    matched = {key: match for key, match in found.matches.items() if isinstance(match, Matched)}
    diffs = compared.diffs.values()
    return Plan(
        workspace=workspace.name,
        organisation=account.identity.dashboard_url,
        files=files,
        resources=len(found.desired),
        managed=len(found.desired.keys() | {key for key in memory.state.records if not key.child}),
        changes=compared.changes,
        refusals=(*(one for diff in diffs for one in diff.refusals), *removal.lost(told)),
        notices=(
            *_notices(compared, found, account, memory, removed),
            *notice.unseen(compared.changes, private),
        ),
        unchanged=tuple(key for key, diff in compared.declared.items() if not diff.changes and not diff.refusals),
        who_will_notice=notice.who_will_notice(compared.changes, modes, details.workflows, closed, private),
        closes=closed,
        live=compared.live,
        observed={key: seen for diff in diffs for key, seen in diff.observed.items()},
        timelines={
            found.incidents[identifier].key: tuple(one["id"] for one in read if "api_key" in one["updater"])
            for identifier, read in details.updates.items()
        },
        identity_field=workspace.identity_field if incidents else None,
        awaits_field=isinstance(found.marker, Ref),
        renames=found.renames,
        revived=found.revived,
        drifted=(
            *(one for diff in compared.declared.values() for one in diff.drifted),
            *removal.drifted(told, compared.lifecycle, found.names.called),
        ),
        absent=frozenset(key for key, match in found.matches.items() if isinstance(match, Absent)),
        generations={key: desired.generation(one.manifest) for key, one in found.desired.items()},
        found_by={key: match.how for key, match in matched.items()},
        names=called(account.listed, (one for one in compared.changes if isinstance(one, Create) and one.unfinished)),
        private=private | {one.key for one in told if one.live and one.live.raw.get("visibility") == "private"},
    )


def _closed(compared: Compared) -> tuple[Key, ...]:
    """Return the incidents that the changes bring into a closed status and that are in none yet."""
    lifecycle, live = compared.lifecycle, compared.live
    moved = {
        change.key.parent: change.sent[STATUS]
        for change in compared.changes
        if isinstance(change, Create | Edit | Post) and change.key.kind == INCIDENT.name and STATUS in change.sent
    }
    return tuple(
        key
        for key, status in moved.items()
        if lifecycle.category(status) == CLOSED
        and not (key in live and lifecycle.category(live[key].leaves.get(STATUS)) == CLOSED)
    )


def _is_private(one: Desired, live: Live | None) -> bool:
    stated = one.manifest.spec.get("visibility", DEFAULT_VISIBILITY)
    return "private" in {stated, live.raw.get("visibility") if live else stated}


def _notices(compared: Compared, found: Found, account: Account, memory: Memory, removed: Removed) -> Iterator[Notice]:
    for one in found.renames:
        yield Notice(Topic.RENAMED, one.new, f"was {one.old}", one.source)
    for key, diff in compared.diffs.items():
        yield from diff.notices
        seen = diff.observed.get(key)
        if seen and seen.forgotten:
            names = dict.fromkeys(path.split("/")[0] for path in seen.forgotten)
            yield Notice(Topic.UNSTATED, key, f"no longer stated: {', '.join(names)}; left as it is")
    yield from permissions.warnings(compared.changes, account.identity.roles)
    yield from undeclared(found.desired, found.names, memory)
    yield from let_go(found.desired, found.matches, memory)
    if removed.is_whole:
        yield from removal.unanswered(memory, found.desired.keys())
