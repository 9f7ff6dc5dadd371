"""An edit in, what became of it out: where its answer was lost the object is read before anything is sent again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler import kinds, secrecy
from reconciler.errors import AnswerLost, ApiError, Interrupted, Unavailable, Unreachable
from reconciler.kinds.spec import ChildKind, Drift, observe
from reconciler.lifecycle import LIVE, TRIAGE
from reconciler.model import step
from reconciler.sending import outcomes
from reconciler.sending.answered import Answered, answered
from reconciler.sending.asking import FIRST_PAUSE
from reconciler.sending.losses import STOPPED, Leaked, Overtaken, Silent
from reconciler.sending.outcomes import Result
from reconciler.sending.readback import ReadBack, value
from reconciler.state import CHANGED, Record, remember

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Edit, Leaves, Path, Request
    from reconciler.sending.run import Run

STATUS: Path = ("status",)


def edit(run: Run, change: Edit) -> Result:
    """Send an edit and note what came of it; raises `Interrupted`, `NotNoted`, and `OSError` of the journal."""
    request, sent = run.resolved(change.request), run.leaves(change.sent)
    try:
        request = _fresh(run, change, request)
        run.intend(change, request, sent)
        told = _Sending(run, change, request, sent).send()
    except AnswerLost as error:
        return outcomes.unknown(change, error)
    except ApiError as error:
        return run.failed(change, error)
    there = observe(kinds.table(change.key).fields, told.raw)
    record = Record(told.raw["id"], CHANGED, fields=remember(sent, there))
    run.journal.outcome(step(change), {change.key: record})
    return Result(run.done(change, told.raw["id"], told.request_id, _untaken(sent, there)))


def _fresh(run: Run, change: Edit, request: Request) -> Request:
    """Return a PUT with all but its own fields as they are right now: what we do not know goes back as it came."""
    kind = kinds.KINDS[change.key.kind]
    if change.key.child or not kind.whole:
        return request
    answer = run.client.get(request.path)
    body = kind.whole_body(answer.body[kind.item], run.leaves(change.sent))
    if not answer.is_whole and secrecy.KEY in json.dumps(body):
        raise Leaked("GET", request.path, "the live object holds the API key, so it cannot go back as it came")
    return replace(request, body=body)


def _untaken(sent: Leaves, there: Leaves) -> str:
    """Return what to tell of values that were unset and are still there."""
    untaken = [str(path[0]) for path, leaf in sent.items() if leaf.value is None and value(there, path) is not None]
    return f"{' and '.join(untaken)} did not take: the API keeps the value" if untaken else ""


def _require_standing(moved: list[Path], raw: Mapping[str, Any], lost: AnswerLost) -> None:
    """Raise `Overtaken` where an incident stands behind the live statuses by now.

    The server moves it on from there by itself: nobody can tell whether this edit was carried out before.
    """
    status = raw.get("incident_status")
    if STATUS in moved and isinstance(status, dict) and status.get("category") not in {LIVE, TRIAGE}:
        told = f"{lost.message}; its status is {status.get('name')} by now"
        raise Overtaken(lost.method, lost.path, told, request_id=lost.request_id)


@dataclass(frozen=True, slots=True)
class _Sending:
    """One edit on its way: `request` and `sent` hold IDs only."""

    run: Run
    change: Edit
    request: Request
    sent: Leaves

    def send(self) -> Answered:
        """Send it; where the answer is lost, read: done, untouched and sent once more, or changed by others."""
        try:
            return self._once(self.request)
        except AnswerLost as error:
            lost = error
        method, path = self.request.method, self.request.path
        try:
            return self._after(lost)
        except Interrupted:
            raise Silent(method, path, f"{lost.message}; {STOPPED}") from lost
        except (Unreachable, Unavailable) as error:
            raise Silent(method, path, f"{lost.message}; then {error.message}") from error

    def _once(self, request: Request) -> Answered:
        answer = self.run.client.send(request.method, request.path, request.body)
        return answered(answer, kinds.table(self.change.key).item)

    def _after(self, lost: AnswerLost) -> Answered:
        back = self._read_back()
        self.run.sleep(FIRST_PAUSE)
        raw = back.read()
        if back.is_done(raw):
            return Answered(raw)
        if moved := back.moved(raw):
            _require_standing(moved, raw, lost)
            self._require_overwriting(moved, lost)
        try:
            # What people changed beside it meanwhile goes back as they left it.
            return self._once(_fresh(self.run, self.change, self.request))
        except AnswerLost:
            self.run.sleep(FIRST_PAUSE)
            raw = back.read()
            if back.is_done(raw):
                return Answered(raw)
            raise

    def _require_overwriting(self, moved: list[Path], lost: AnswerLost) -> None:
        """Raise `Overtaken` where the drift policy of what others changed does not say to write over it."""
        table = kinds.table(self.change.key)
        names = [table.listed if isinstance(table, ChildKind) else str(path[0]) for path in moved]
        left = [name for name in names if self.run.policy(self.change.key.kind, name) is not Drift.OVERWRITE]
        if left:
            told = f"{lost.message}; people changed its {' and '.join(dict.fromkeys(left))} meanwhile"
            raise Overtaken(lost.method, lost.path, told, request_id=lost.request_id)

    def _read_back(self) -> ReadBack:
        change = self.change
        identifier = change.live.id if change.live else self.run.id_of(change.key)
        before = change.live.leaves if change.live else None
        owner = self.run.id_of(change.key.parent)
        return ReadBack(self.run.client, kinds.table(change.key), identifier, owner, self.sent, before)
