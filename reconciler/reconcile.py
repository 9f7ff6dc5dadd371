"""The whole story on one page: files → what should be → what is → what differs → a plan → what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from reconciler import apply as applying
from reconciler import (
    assemble,
    attribution,
    comparing,
    finding,
    guards,
    learning,
    live,
    manifest,
    removal,
    selection,
    validate,
    wanting,
)
from reconciler.desired import contradictions
from reconciler.errors import Invalid, Misused, Problem, Refused
from reconciler.guards import Allowance, touched
from reconciler.identity import claims
from reconciler.sending import Policy, Sender, keep
from reconciler.state import Account, Memory, Neighbours, Store, neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.api import Client
    from reconciler.model import Manifest, Outcome, Plan
    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Loaded:
    """Manifests that are right as far as can be known without the network.

    `is_whole` tells whether they are all of the workspace; `brought` are keys of those that a selected one refers to.
    """

    workspace: Workspace
    manifests: tuple[Manifest, ...]
    files: int
    is_whole: bool
    brought: frozenset[str] = frozenset()
    allowed: Allowance = field(default_factory=Allowance)
    prune: bool = False


def load(
    workspace: Workspace,
    *,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    allow: Sequence[str] = (),
    prune: bool = False,
    besides: Callable[[manifest.Manifests], Iterable[Problem]] = lambda _: (),
) -> Loaded:
    """Read and check all manifests, then choose among them; raises `Invalid` with every problem of every file.

    `allow` are the terms that let this run do more than the workspace, `prune` takes away what is not declared any
    more, `besides` tells what else is wrong; raises `Misused` for a term that means nothing, and for `prune` where
    these are not all manifests.
    """
    allowed = guards.allowance(workspace.allow, allow)
    is_whole = workspace.is_whole and not (select or exclude)
    if prune and not is_whole:
        raise Misused("--prune needs all manifests of the workspace", "leave PATH, --select and --exclude out")
    read = manifest.read(
        workspace.manifests, str(workspace.root), workspace.environ, defaults=workspace.defaults, prune=prune
    )
    if problems := [
        *(validate.problems(read, read.problems) or contradictions(read.items, workspace.identity_field)),
        *besides(read),
    ]:
        raise Invalid(problems)
    chosen, brought = selection.choose(read.items, select, exclude, workspace.identity_field)
    return Loaded(workspace, tuple(chosen), read.files, is_whole, brought, allowed, prune)


def plan(loaded: Loaded, client: Client, memory: Memory, *, every_child: bool = False) -> Plan:
    """Read the account and compare: GETs only, nothing written, no lock taken.

    With `every_child`, and where this run has its own drift policy, timeline items are read also where the manifests
    did not change them; with it also what people did to what no manifest declares any more.
    Raises `Invalid` for names that the account does not know, `Refused` for another account than the one bound.
    """
    workspace, manifests = loaded.workspace, loaded.manifests
    memory, renames = claims.follow(manifests, memory, workspace.namespace)
    claimed = claims.of(manifests, memory, workspace.namespace)
    gone = removal.gone(memory, claimed) if loaded.is_whole else {}
    account = live.read_account(
        client,
        manifests,
        claims.known_ids(claimed) | removal.ids_to_read(gone, every=every_child),
        search=not workspace.run and claims.needs_search(claimed),
        besides=removal.kinds_to_read(gone, every=every_child)
        | ({"CustomField"} if workspace.identity_field else set()),
    )
    guards.check_account(workspace, memory, account.identity.dashboard_url)
    found = finding.find(manifests, claimed, account, memory, workspace, renames, neighbours, is_whole=loaded.is_whole)
    details = live.read_details(client, wanting.details(found, memory, workspace, every=every_child))
    removed = removal.Removed(gone, loaded.prune, loaded.is_whole, tells_drift=every_child)
    compared = partial(comparing.compare_all, found, account, details, memory, workspace, removed)
    told = partial(assemble.assemble, found, account, details, memory, workspace, loaded.files, removed)
    made = told(compared({}))
    closing = touched.closing(made, loaded.allowed)
    wanted = [] if workspace.run else attribution.wanted(made)
    logs = live.read_activity(client, [*closing, *wanted], most=len(closing) + attribution.MOST)
    if held := touched.held(made, logs, client.now().at, loaded.allowed, memory.state.records):
        made = told(compared(held))
    return guards.judged(attribution.attributed(made, logs), loaded.allowed, claims.modes(loaded.manifests))


def check(plan: Plan, loaded: Loaded) -> None:
    """Raise `Tripped` where the plan does more than the workspace, and `--allow` beyond it, let one run do."""
    guards.check(plan, loaded.allowed, claims.modes(loaded.manifests))


def apply(
    plan: Plan,
    client: Client,
    store: Store,
    *,
    memory: Memory,
    base_url: str,
    parallelism: int = 10,
    plan_id: str = "",
    policy: Policy = keep,
    sleep: Callable[[float], None] | None = None,
    since: float = 0.0,
    beside: Callable[[], Neighbours] = Neighbours,
) -> Iterator[Outcome]:
    """Carry out exactly the plan, and yield what became of each change, as it happens.

    `memory` is what the plan was made from, `plan_id` that of a saved plan, used up once all of it is done; `policy`
    says what happens to what others change meanwhile; nothing older than `since`, or that `beside` tells, is what this
    made. Raises `Refused` before the first write: another run holds the lock, the state is another, the disk is full.
    """
    with store.locked():
        if store.read() != memory:
            raise Refused("the state was written or removed since this plan was made", "run the same command again")
        journal = store.open_journal()
        try:
            memory = learning.follow(plan, memory, journal)
            sender = Sender(client, journal, sleep, policy, since, beside)
            sender.know(memory, plan)
            journal.observed(learning.learned(plan, memory))
            is_done = yield from applying.apply(plan, sender, parallelism=parallelism)
            if plan_id and plan.changes and is_done:
                journal.used(plan_id)
        finally:
            journal.close()
            store.save(learning.forget(store.read(), plan), Account(base_url, plan.organisation))
