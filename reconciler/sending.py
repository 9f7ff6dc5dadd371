"""One change → what became of it: the intent noted, the request sent, the answer or its loss understood, and noted.

A create whose answer was lost is looked for before it is asked for again, with the same key and the same body: so it
is found where the API has forgotten the key, and made once where the request never arrived. An edit is read back
first. Nothing is guessed: what cannot be told is *unknown*, and the next run finds out.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler import kinds, refs
from reconciler.alike import is_alike, is_called
from reconciler.errors import (
    AnswerLost,
    ApiError,
    Conflict,
    Exit,
    Interrupted,
    Rejected,
    Unauthorised,
    Unavailable,
    Unreachable,
)
from reconciler.kinds.spec import ChildKind, observe
from reconciler.model import Adopt, Create, Done, Edit, Failed, Leaf, Post, Skipped, Unknown, step
from reconciler.readback import ReadBack, value
from reconciler.searching import Search, Unrecognised
from reconciler.state import FieldRecord, Intent, Record, path_text, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.api import Answer, Client
    from reconciler.kinds.spec import Kind
    from reconciler.model import Change, Key, Leaves, Outcome, Path, Plan, Request, Step
    from reconciler.state import Journal, Memory

TRIES = 4
FIRST_PAUSE = 0.5
"""Seconds before a create is asked for again; doubled each time."""
MARGIN = 0.5
"""Seconds by which an object must be older than its request to be an earlier one's."""
STOPPED = "the run was stopped"
ROOM = "make room, then run again: whatever was sent is found again"
UNPROCESSABLE = 422


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome; `hold` is why what comes after it must wait for a new plan, `halt` why nothing more is begun."""

    outcome: Outcome
    hold: str = ""
    halt: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request made or changed: the object, and the facts that an outcome tells."""

    raw: Mapping[str, Any]
    request_id: str = ""
    is_older: bool = False


@dataclass(slots=True)
class Sender:
    """Carries out changes, from several threads. `ids` grows as things are made; `live` are those that exist."""

    client: Client
    journal: Journal
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    ids: dict[Key, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    """IDs that are managed already: never taken for what was just asked for."""
    links: dict[Key, tuple[str, str]] = field(default_factory=dict)
    asked: dict[Step, float] = field(default_factory=dict)
    """When an earlier run asked for what it never learned the answer to, in Unix seconds."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def know(self, memory: Memory, plan: Plan) -> None:
        """Learn which objects exist and are managed before the first request is sent."""
        self.ids = {key: live.id for key, live in plan.live.items()}
        self.links = {key: (live.reference, live.link) for key, live in plan.live.items()}
        self.known = {record.id for record in memory.state.records.values()} | set(self.ids.values())
        self.known |= {seen.id for seen in plan.observed.values()}
        self.asked = {name: intent.time for name, intent in memory.pending.items()}

    def carry_out(self, change: Change) -> Result:
        """Send what a change holds and note what came of it; never raises for what an API or a disk may do."""
        try:
            match change:
                case Adopt(live=live):
                    return Result(Done(change, live.id, live.reference, live.link, adopted=True))
                case Create() | Post():
                    return self._make(change)
                case Edit():
                    return self._edit(change)
                case _:
                    raise NotImplementedError(change)
        except Interrupted:
            return Result(Skipped(change, STOPPED), halt=STOPPED)
        except _NotNoted as error:
            return Result(Failed(change, f"not sent: {error}", ROOM), halt=str(error))
        except OSError as error:
            return _done_in_the_dark(change, error)

    def _make(self, change: Create | Post) -> Result:
        request, sent = self._resolved(change.request), self._leaves(change.sent)
        intent = self._intend(change, request, sent, change.idempotency_key)
        try:
            answered = self._ask(change, request, intent)
        except AnswerLost as error:
            return _unknown(change, error)
        except ApiError as error:
            return self._failed(change, error)
        return self._made(change, answered, sent)

    def _ask(self, change: Create | Post, request: Request, intent: Intent) -> Answered:
        """Send a create until it is known what it made; raises `AnswerLost` where that cannot be found out."""
        envelope, timeout = _envelope(change.key)
        since = min(self.asked.get(intent.step, intent.time), intent.time)
        others = self._others() | frozenset(change.not_these if isinstance(change, Create) else ())
        search = Search(self.client, change.key, request.body, others, since)
        if intent.step in self.asked and (found := self._look(search)):
            # The API may have forgotten the key since, and would make a second one.
            return Answered(found, is_older=True)
        lost: ApiError | None = None
        pause = FIRST_PAUSE
        for _ in range(TRIES):
            try:
                begun = time.monotonic()
                answer = self.client.send(request.method, request.path, request.body, timeout=timeout)
                return _answered(answer, envelope, time.monotonic() - begun)
            except AnswerLost as error:
                lost = error
            except Conflict as error:
                # The key was used, by whichever run, at whatever time.
                lost, search = error, replace(search, since=0.0)
            except Interrupted:
                if lost is None:
                    self._not_done(intent.step)
                    raise
                raise _Silent("POST", lost.path, f"{lost.message}; {STOPPED}") from None
            except ApiError as error:
                if lost is None or error.status == UNPROCESSABLE:
                    raise
                raise _Silent("POST", lost.path, f"{lost.message}; then {error.message}") from error
            if found := self._look_later(search, pause, lost):
                return Answered(found)
            pause *= 2
        assert lost is not None
        kind = _Vanished if isinstance(lost, Conflict) else AnswerLost
        raise kind("POST", request.path, lost.message, request_id=lost.request_id)

    def _look(self, search: Search) -> Mapping[str, Any] | None:
        """Look for what was asked for; raises `_Silent` where that is not answered, `Unrecognised` as it is."""
        try:
            return search.find()
        except Unrecognised:
            raise
        except ApiError as error:
            raise _Silent("POST", error.path, error.message) from error

    def _look_later(self, search: Search, pause: float, lost: ApiError) -> Mapping[str, Any] | None:
        try:
            self.sleep(pause)
            return self._look(search)
        except Interrupted as error:
            raise _Silent("POST", lost.path, f"{lost.message}; {STOPPED}") from error

    def _made(self, change: Create | Post, answered: Answered, sent: Leaves) -> Result:
        raw = answered.raw
        table = _table(change.key)
        there = observe(table.fields, raw)
        note, hold = "", ""
        if isinstance(change, Create) and change.idempotency_key and not change.key.child:
            differing = [name for name in ("name", "mode", "visibility") if not _agrees(name, sent, there)]
            if differing:
                return Result(_stranger(change, raw, differing))
        if isinstance(change, Create) and answered.is_older and not change.key.child:
            moved = [name for name in ("status", "severity") if not _agrees(name, sent, there)]
            sent = {
                path: leaf for path, leaf in sent.items() if path in there and is_alike(there[path].value, leaf.value)
            }
            note = f"adopted: an earlier run made it as {raw.get('reference', raw['id'])}"
            if moved:
                hold = f"{change.key} existed, and people moved its {' and '.join(moved)}: plan again"
        records = {change.key: self._record(change, raw, sent, there, adopted=bool(note))}
        if isinstance(change, Post):
            records[change.key.parent] = self._moved(change, raw, sent, there)
        self.journal.outcome(step(change), records)
        with self._lock:
            self.ids[change.key] = raw["id"]
            self.known.add(raw["id"])
            if not change.key.child:
                self.links[change.key] = raw.get("reference", ""), raw.get("permalink", "")
        return Result(self._done(change, raw["id"], answered.request_id, note), hold=hold)

    def _record(self, change: Create | Post, raw: Any, sent: Leaves, there: Leaves, *, adopted: bool) -> Record:
        mode = sent.get(("mode",), Leaf(""))
        return Record(
            id=raw["id"],
            how="key" if adopted else "created",
            idempotency_key=change.idempotency_key,
            generation=change.generation if isinstance(change, Create) else "1",
            mode=str(mode.value or ""),
            on_remove=change.on_remove if isinstance(change, Create) else "",
            reference=raw.get("reference", ""),
            link=raw.get("permalink", ""),
            fields=remember(sent, there),
        )

    def _moved(self, change: Post, raw: Mapping[str, Any], sent: Leaves, there: Leaves) -> Record:
        """Return what an update leaves of its incident's status and severity, as far as it moved them."""
        moves: Leaves = {path: leaf for path, leaf in sent.items() if path != ("message",)}
        kept = {path_text(path): FieldRecord(said.value, live.value) for path, said, live in change.kept}
        return Record(raw["incident_id"], fields=remember(moves, there) | kept)

    def _edit(self, change: Edit) -> Result:
        request, sent = self._resolved(change.request), self._leaves(change.sent)
        try:
            request = self._fresh(change, request)
            self._intend(change, request, sent, "")
            answered = self._send_edit(change, request, sent)
        except AnswerLost as error:
            return _unknown(change, error)
        except ApiError as error:
            return self._failed(change, error)
        there = observe(_table(change.key).fields, answered.raw)
        record = Record(answered.raw["id"], fields=remember(sent, there))
        self.journal.outcome(step(change), {change.key: record})
        untaken = [path[0] for path, leaf in sent.items() if leaf.value is None and value(there, path) is not None]
        note = f"{' and '.join(map(str, untaken))} did not take: the API keeps the value" if untaken else ""
        return Result(self._done(change, answered.raw["id"], answered.request_id, note))

    def _fresh(self, change: Edit, request: Request) -> Request:
        """Return a PUT with all but its own fields as they are right now: what we do not know goes back as it came."""
        kind = kinds.KINDS[change.key.kind]
        if change.key.child or not kind.whole:
            return request
        answer = self.client.get(request.path)
        if not answer.is_whole:
            raise _Leaked("GET", request.path, "the live object holds the API key, so it cannot go back as it came")
        live = answer.body[kind.item]
        return replace(request, body=kind.whole_body(live, self._leaves(change.sent)))

    def _send_edit(self, change: Edit, request: Request, sent: Leaves) -> Answered:
        """Send an edit; where the answer is lost, read: done, untouched and sent once more, or changed by others."""
        envelope, _ = _envelope(change.key)
        try:
            return _answered(self.client.send(request.method, request.path, request.body), envelope)
        except AnswerLost as error:
            lost = error
        back = self._read_back(change, sent)
        try:
            self.sleep(FIRST_PAUSE)
            raw = back.read()
            if back.is_done(raw):
                return Answered(raw)
            if not back.is_untouched(raw):
                raise lost
            return self._once_more(request, envelope, back)
        except Interrupted:
            raise _Silent(request.method, request.path, f"{lost.message}; {STOPPED}") from lost
        except (Unreachable, Unavailable) as error:
            raise _Silent(request.method, request.path, f"{lost.message}; then {error.message}") from error

    def _once_more(self, request: Request, envelope: str, back: ReadBack) -> Answered:
        try:
            return _answered(self.client.send(request.method, request.path, request.body), envelope)
        except AnswerLost:
            self.sleep(FIRST_PAUSE)
            raw = back.read()
            if back.is_done(raw):
                return Answered(raw)
            raise

    def _read_back(self, change: Edit, sent: Leaves) -> ReadBack:
        with self._lock:
            identifier = change.live.id if change.live else self.ids[change.key]
            owner = self.ids.get(change.key.parent, "")
        before = change.live.leaves if change.live else None
        return ReadBack(self.client, _table(change.key), identifier, owner, sent, before)

    def _intend(self, change: Change, request: Request, sent: Leaves, key: str) -> Intent:
        told = {path_text(path): leaf.value for path, leaf in sent.items()}
        intent = Intent(step(change), key, request.method, request.path, request.body, told, self.now())
        try:
            self.journal.intent(intent)
        except OSError as error:
            raise _NotNoted(f"the journal cannot be written: {error.strerror or error}") from error
        return intent

    def _resolved(self, request: Request) -> Request:
        with self._lock:
            path = refs.replace_in_path(request.path, self.ids)
            return replace(request, path=path, body=refs.replace(dict(request.body), self.ids))

    def _leaves(self, leaves: Leaves) -> Leaves:
        with self._lock:
            return {
                refs.replace(path, self.ids): replace(leaf, value=_in_order(refs.replace(leaf.value, self.ids)))
                for path, leaf in leaves.items()
            }

    def _others(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self.known)

    def _not_done(self, name: Step, *, refused: bool = False) -> None:
        """Note that nothing was done, which ends what an earlier run left open only where the API `refused` it."""
        if refused or name not in self.asked:
            self.journal.outcome(name, {})

    def _done(self, change: Change, identifier: str, request_id: str, note: str) -> Done:
        reference, link = self.links.get(change.key.parent, ("", ""))
        return Done(change, identifier, reference, link, request_id, adopted=note.startswith("adopted"), note=note)

    def _failed(self, change: Change, error: ApiError) -> Result:
        """Note that nothing was done; what the next request will be told as well ends the run."""
        self._not_done(step(change), refused=isinstance(error, Rejected))
        outcome = Failed(change, error.message, error.hint, error.request_id, Exit(error.exit_code))
        match error:
            case Unauthorised():
                return Result(outcome, halt="the key was refused")
            case Rejected():
                return Result(outcome)
            case _:
                return Result(outcome, halt="the API could not be reached")


class _Silent(AnswerLost):
    """The answer was lost, and so was that to the question what became of it."""


class _Vanished(AnswerLost):
    """The key was used before, and what it made then cannot be found."""

    hint = "find it in the account and write its `id:` below `metadata:`, or raise `metadata.generation`"


class _Leaked(ApiError):
    """Somebody wrote the API key into the object; what was read of it has a placeholder there."""

    exit_code = Exit.NOT_ALL_DONE
    hint = "take the key out of it by hand, make a new one and revoke the old"


class _NotNoted(Exception):
    """The journal did not take an intent, so nothing was sent."""


def _in_order(value: Any) -> Any:
    """Return a set in the order of its IDs, which is that of the canonical form, now that all of them are known."""
    return sorted(value, key=str) if isinstance(value, list) else value


def _table(key: Key) -> Kind | ChildKind:
    kind = kinds.KINDS[key.kind]
    return next(table for table in kind.children if table.noun == key.child[0]) if key.child else kind


def _envelope(key: Key) -> tuple[str, float | None]:
    table = _table(key)
    return table.item, None if isinstance(table, ChildKind) else table.timeout


def _stranger(change: Create, raw: Mapping[str, Any], differing: list[str]) -> Unknown:
    """Return that a key was answered with an incident that is not the one asked for; nothing of it is touched."""
    known = raw.get("reference", raw["id"])
    return Unknown(
        change,
        f"its key answers with {known}, which differs in {' and '.join(differing)}: another workspace may use this "
        "name, or people renamed it",
        f"if it is this incident, write `id: {known}` below `metadata:`; else give the manifest another name",
    )


def _answered(answer: Answer, envelope: str, seconds: float = math.inf) -> Answered:
    """Take the object out of its envelope; `seconds` is how long the request took.

    Raises `AnswerLost` where the answer has none.
    """
    raw = answer.body.get(envelope)
    if not isinstance(raw, dict) or "id" not in raw:
        raise AnswerLost("POST", envelope, "the answer holds no object", request_id=answer.request_id)
    return Answered(raw, answer.request_id, _is_older(raw, answer.at, seconds))


def _is_older(raw: Mapping[str, Any], at: datetime | None, seconds: float) -> bool:
    """Return whether an object was made before the request that is answered with it, by the server's own clock."""
    try:
        age = at - datetime.fromisoformat(raw["created_at"]) if at else timedelta()
    except (KeyError, TypeError, ValueError):
        return False
    return age.total_seconds() > seconds + MARGIN


def _agrees(name: str, sent: Leaves, there: Leaves) -> bool:
    path: Path = (name,)
    return path not in sent or path not in there or is_called(sent[path].value, there[path].value)


def _unknown(change: Change, error: AnswerLost) -> Result:
    """Return that nobody knows; where not even the question is answered, nothing more is begun."""
    told = "its key was used before" if isinstance(error, _Vanished) else "no answer"
    halt = "the API does not answer" if isinstance(error, _Silent) else ""
    return Result(Unknown(change, f"{told}: {error.message}", error.hint), halt=halt)


def _done_in_the_dark(change: Change, error: OSError) -> Result:
    told = f"sent, and the journal cannot be written: {error.strerror or error}"
    return Result(Unknown(change, told, ROOM), halt="the journal cannot be written")
