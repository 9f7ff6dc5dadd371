"""A run → everything that it declared, closed, and nothing else; what could not be is told."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from reconciler import reconcile
from reconciler.errors import AnswerLost, Unavailable
from reconciler.gameday import fates, recovering
from reconciler.gameday.closing import closes
from reconciler.gameday.events import Cleaned, Over
from reconciler.gameday.unfolding import key_of
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.model import Create, Done, Skipped, Step
from reconciler.sending.searching import Search
from reconciler.state import neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from reconciler.api import Client
    from reconciler.gameday.events import Event
    from reconciler.gameday.story import Story
    from reconciler.model import Key, Outcome, Plan
    from reconciler.state import Intent, Memory, Store
    from reconciler.workspace import Workspace

CLOSED, ALREADY, NEVER, FAILED = "closed", "already", "never declared", "failed"
"""What became of an incident."""
LOOKS, PAUSE = 3, 1.0
"""How often, and how many seconds apart, an incident is looked for that may still be on its way."""
FRESH = 120.0
"""Seconds for which what was asked for may still be on its way."""


def clean(
    workspace: Workspace, client: Client, store: Store, story: Story, time: Callable[[], float]
) -> Iterator[Event]:
    """Close what the run declared, and yield a `Cleaned` for each incident; at last `Over`, if nothing is left open.

    `workspace` and `store` are the run's own, the lock is held, `time` is Unix time by the API's clock. Whoever calls
    notes each event (`RunLog.append`). An incident whose create was never answered is looked for, and never created.
    Raises `ApiError` where the account cannot be reached: nothing is lost, and it can be repeated.
    """
    cleaning = _Cleaning(workspace, client, store, story)
    failed = False
    for told in cleaning.every():
        failed = failed or told.outcome == FAILED
        yield Cleaned(story.at, time(), told.incident, told.outcome, told.detail, told.reference)
    if not failed:
        yield Over(story.at, time())


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of one incident."""

    incident: str
    outcome: str
    detail: str = ""
    reference: str = ""


@dataclass(slots=True)
class _Cleaning:
    """One cleanup of one run."""

    workspace: Workspace
    client: Client
    store: Store
    story: Story
    memory: Memory = field(init=False)

    def __post_init__(self) -> None:
        self.memory = self.store.read()

    def every(self) -> Iterator[_Told]:
        """Yield what became of each incident that the run declared, or may have."""
        unclear = recovering.recover(self.workspace, self.client, self.store, self.story)
        self.memory = self.store.read()
        pending = self._pending()
        for key, intent in pending.items():
            if told := self._unanswered(key, intent):
                yield told
        known = [key for key in self.memory.state.records if key.kind == INCIDENT.name and not key.child]
        rest = [name for name in self.story.declared if key_of(name) not in {*known, *pending}]
        yield from (_Told(name, FAILED, unclear[name]) if name in unclear else _Told(name, NEVER) for name in rest)
        if known:
            yield from self._closed(known)

    def _pending(self) -> Mapping[Key, Intent]:
        """Return the creates of incidents whose answers were never noted."""
        made = self.memory.pending.items()
        return {
            step.key: intent
            for step, intent in made
            if step.verb == Create.verb and not step.key.child and step.key not in self.memory.state.records
        }

    def _unanswered(self, key: Key, intent: Intent) -> _Told | None:
        """Look for an incident that was asked for; return what is told where it is none that could be closed."""
        if intent.answered:
            return _Told(key.name, FAILED, f"its key was answered with {intent.answered}, which is another incident")
        others = frozenset(record.id for record in self.memory.state.records.values())
        began = self.story.begun.time if self.story.begun else 0.0
        since, floor = (datetime.fromtimestamp(one, UTC) for one in (intent.time, max(began - PAUSE, 0.0)))
        search = Search(
            self.client,
            key,
            intent.body,
            others,
            since,
            is_sure=intent.is_servers,
            floor=floor,
            sent=intent.sent,
            beside=partial(neighbours, self.workspace),
        )
        is_fresh = self.client.now().at.timestamp() - intent.time < FRESH
        try:
            found = search.find()
            for _ in range(LOOKS - 1 if is_fresh else 0):
                if found is None:
                    self.client.wait(PAUSE)
                    found = search.find()
        except AnswerLost as error:
            return _Told(key.name, FAILED, error.message)
        with closing(self.store.open_journal()) as journal:
            record = recovering.record_of(found, intent.idempotency_key, self.workspace.run) if found else None
            journal.outcome(Step(Create.verb, key), {key: record} if record else {})
        self.memory = self.store.read()
        return None if found else _Told(key.name, NEVER)

    def _closed(self, known: list[Key]) -> Iterator[_Told]:
        plan = closes(self.workspace, self.client, self.memory, known)
        outcomes = {one.change.key: one for one in self._applied(plan)}
        refused = {one.key: one.message for one in plan.refusals}
        is_lost = any(map(fates.is_lost, outcomes.values()))
        for key in known:
            outcome = outcomes.get(key)
            if is_lost and outcome is not None and not isinstance(outcome, Done):
                continue
            if told := self._told(key, plan, outcome, refused.get(key, "")):
                yield told
        if is_lost:
            raise Unavailable("POST", INCIDENT.path, "not everything could be closed")

    def _applied(self, plan: Plan) -> Iterable[Outcome]:
        if not plan.changes:
            return ()
        policy, url = self.workspace.drift, self.workspace.base_url
        outcomes = list(reconcile.apply(plan, self.client, self.store, memory=self.memory, base_url=url, policy=policy))
        self.store.require_lock()
        return outcomes

    def _told(self, key: Key, plan: Plan, outcome: Outcome | None, refusal: str) -> _Told | None:
        reference = self.memory.state.records[key].reference
        match outcome:
            case Done():
                return _Told(key.name, CLOSED, outcome.note, reference)
            case Skipped(because=why):
                return _Told(key.name, FAILED, why, reference)
            case None:
                return self._left(key, plan, refusal, reference)
        return _Told(key.name, FAILED, outcome.message, reference)

    def _left(self, key: Key, plan: Plan, refusal: str, reference: str) -> _Told | None:
        """Return why nothing was sent; None where an earlier cleanup told that it closed it."""
        if refusal:
            return _Told(key.name, FAILED, refusal, reference)
        live = plan.live.get(key)
        status = (live.raw.get("incident_status") or {}) if live else {}
        if status.get("category") in fates.ENDED:
            before = self.story.cleaned.get(key.name)
            if before and before.outcome == CLOSED:
                return None
            return _Told(key.name, ALREADY, f"it was {status.get('name', 'closed')} already", reference)
        told = f"it is {status.get('name', 'out of sight')}, from where the API does not move it"
        return _Told(key.name, FAILED, told, reference)
