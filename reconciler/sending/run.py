"""What all changes of one run share: the client, the journal, and the IDs known so far; used from several threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import kinds, refs
from reconciler.errors import Rejected
from reconciler.kinds.spec import Drift, When
from reconciler.model import Done, Edit, Post, step
from reconciler.sending import outcomes
from reconciler.sending.losses import NotNoted
from reconciler.state import Intent, Neighbours, path_text
from reconciler.state.neighbours import is_open

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Client
    from reconciler.errors import ApiError
    from reconciler.model import Change, Key, Leaves, Path, Plan, Request, Step
    from reconciler.sending.outcomes import Result
    from reconciler.state import Journal, Memory, Record


Policy = Callable[[str, str], Drift]
"""What happens to a kind's field that others changed."""


def keep(_kind: str, _field: str) -> Drift:
    """Leave to people whatever they changed."""
    return Drift.KEEP


@dataclass(slots=True)
class Run:
    """One run's client and journal, and what it knows of the account; `ids` grows as things are made."""

    client: Client
    journal: Journal
    sleep: Callable[[float], None]
    policy: Policy
    since: float = 0.0
    ids: dict[Key, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """IDs that are managed already: never taken for what was just asked for."""
    holders: dict[str, Key] = field(default_factory=dict)
    """Which resources, managed or forgotten, the IDs are of."""
    links: dict[Key, tuple[str, str]] = field(default_factory=dict)
    late: Mapping[Key, frozenset[Path]] = field(default_factory=dict)
    """The fields that an edit sets first in what this run makes, as no create takes them."""
    posting: frozenset[Key] = frozenset()
    """The incidents that this run posts updates to."""
    asked: Mapping[Step, Intent] = field(default_factory=dict)
    """What an earlier run asked for and never learned the answer to."""
    neighbours: Callable[[], Neighbours] = Neighbours
    """What the other states of the workspace remember."""
    sending: dict[Step, Intent] = field(default_factory=dict)
    """The resources that are asked for and not known yet."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def know(self, memory: Memory, plan: Plan) -> None:
        """Learn which objects exist and are managed before the first request is sent."""
        self.ids = {key: live.id for key, live in plan.live.items()}
        self.links = {key: (live.reference, live.link) for key, live in plan.live.items()}
        self.known = {record.id for record in memory.state.records.values()} | set(self.ids.values())
        self.known |= {seen.id for seen in plan.observed.values()} | memory.state.managed
        self.holders = {one.id: key for key, every in memory.state.tombstones.items() for one in every}
        self.holders |= {record.id: key for key, record in memory.state.records.items() if not key.child}
        self.holders |= {live.id: key for key, live in plan.live.items()}
        self.late = {
            change.key: frozenset(filter(partial(_is_late, change.key), change.sent))
            for change in plan.changes
            if isinstance(change, Edit) and change.live is None and not change.key.child
        }
        self.posting = frozenset(change.key.parent for change in plan.changes if isinstance(change, Post))
        self.asked = dict(memory.pending)

    def id_of(self, key: Key) -> str:
        """Return the ID of a resource or child; empty where it is not known."""
        with self._lock:
            return self.ids.get(key, "")

    def others(self) -> frozenset[str]:
        """Return the IDs of all that is managed by now."""
        with self._lock:
            return frozenset(self.known)

    def beside(self, but: Step) -> Neighbours:
        """Return what others manage and asked for, this run's other steps among them."""
        found = self.neighbours()
        with self._lock:
            return found.and_these(self.known, (one for step, one in self.sending.items() if step != but))

    def holder(self, identifier: str, but: Key) -> Key | None:
        """Return which other resource an object is; None where it is nobody's."""
        with self._lock:
            found = self.holders.get(identifier)
        return found if found != but else None

    def resolved(self, request: Request) -> Request:
        """Return a request with IDs in the place of its `Ref`s."""
        with self._lock:
            path = refs.replace_in_path(request.path, self.ids)
            return replace(request, path=path, body=refs.replace(dict(request.body), self.ids))

    def leaves(self, leaves: Leaves) -> Leaves:
        """Return leaves with IDs in the place of their `Ref`s."""
        with self._lock:
            return {
                refs.replace(path, self.ids): replace(leaf, value=_in_order(refs.replace(leaf.value, self.ids)))
                for path, leaf in leaves.items()
            }

    def intend(self, change: Change, request: Request, sent: Leaves, key: str = "") -> Intent:
        """Note what is about to be sent; raises `NotNoted` where the journal does not take it."""
        told = {path_text(path): leaf.value for path, leaf in sent.items()}
        body, now = request.body, self.client.now()
        moment = now.at.timestamp()
        intent = Intent(step(change), key, request.method, request.path, body, told, moment, now.is_servers)
        if self.was_asked(intent):
            # What is looked for was made when it was first asked for, however many runs have died since.
            first = self.asked[intent.step]
            intent = replace(intent, time=first.time, is_servers=first.is_servers)
        try:
            self.journal.intent(intent)
        except OSError as error:
            raise NotNoted(f"the journal cannot be written: {error.strerror or error}") from error
        if is_open(intent):
            with self._lock:
                self.sending[intent.step] = intent
        return intent

    def was_asked(self, intent: Intent) -> bool:
        """Return whether an earlier run asked for the same and never learned the answer."""
        first = self.asked.get(intent.step)
        return first is not None and first.idempotency_key == intent.idempotency_key

    def not_done(self, name: Step, *, refused: bool = False) -> None:
        """Note that nothing was done, which ends what an earlier run left open only where the API `refused` it."""
        with self._lock:
            self.sending.pop(name, None)
        if refused or name not in self.asked:
            self.journal.outcome(name, {})

    def made(self, change: Change, raw: Mapping[str, Any], records: Mapping[Key, Record]) -> None:
        """Note what was made, and know it from now on."""
        self.journal.outcome(step(change), records)
        with self._lock:
            self.ids[change.key] = raw["id"]
            self.known.add(raw["id"])
            self.sending.pop(step(change), None)
            if not change.key.child:
                self.holders[raw["id"]] = change.key
                self.links[change.key] = raw.get("reference", ""), raw.get("permalink", "")

    def done(self, change: Change, identifier: str, request_id: str, note: str = "", *, adopted: bool = False) -> Done:
        """Return that a change was acknowledged, with the reference and link of its resource."""
        reference, link = self.links.get(change.key.parent, ("", ""))
        return Done(change, identifier, reference, link, request_id, adopted=adopted, note=note)

    def strange(self, intent: Intent, raw: Mapping[str, Any]) -> None:
        """Note that a key is answered with something else than what was asked for: no run asks for that again."""
        self.journal.intent(replace(intent, answered=raw["id"]))

    def failed(self, change: Change, error: ApiError) -> Result:
        """Note that nothing was done, and return why."""
        self.not_done(step(change), refused=isinstance(error, Rejected))
        return outcomes.failed(change, error)


def _is_late(key: Key, path: Path) -> bool:
    return kinds.KINDS[key.kind].fields[str(path[0])].when is When.EDIT


def _in_order(value: Any) -> Any:
    """Return a set in the order of its IDs, which is that of the canonical form, now that all of them are known."""
    return sorted(value, key=str) if isinstance(value, list) else value
