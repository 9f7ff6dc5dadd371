"""A resource that goes in, what became of it out: state alone forgets it, or it is taken out of the account first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.errors import AnswerLost, ApiError, Interrupted, Missing, Rejected, Unavailable, Unreachable
from reconciler.model import Done, step
from reconciler.sending import outcomes
from reconciler.sending.asking import FIRST_PAUSE
from reconciler.sending.losses import STOPPED, Silent
from reconciler.sending.outcomes import Result

if TYPE_CHECKING:
    from reconciler.model import Delete, Forget
    from reconciler.sending.run import Run

ABANDONED, DELETED = "abandoned", "deleted"
"""Why something became a tombstone."""
ALREADY = "it was gone already"
IN_USE = frozenset({409, 422})
"""Statuses of the answer that an object cannot be deleted, as something uses it."""


def forget(run: Run, change: Forget) -> Result:
    """Let state forget a resource: what was known of it stays as a tombstone."""
    run.journal.buried(step(change), change.key, ABANDONED, _moment(run))
    return Result(Done(change, "", note=change.known))


def delete(run: Run, change: Delete) -> Result:
    """Delete an object and note it, also where it was gone; raises as `edit` does.

    What the API refuses, such as an object in use, stays as it is.
    """
    run.intend(change, change.request, {})
    try:
        request_id, note = _sent(run, change)
    except AnswerLost as error:
        return outcomes.unknown(change, error)
    except ApiError as error:
        if isinstance(error, Rejected) and error.status in IN_USE and not error.hint:
            error.hint = f"take it out of all that uses it, or let it be: `reconciler state rm {change.key}`"
        return run.failed(change, error)
    run.journal.buried(step(change), change.key, DELETED, _moment(run))
    return Result(run.done(change, change.live.id, request_id, note))


def _sent(run: Run, change: Delete) -> tuple[str, str]:
    """Send it, return its request ID and what there is to say; where the answer was lost, look, and send once more."""
    try:
        return _once(run, change), ""
    except Missing as error:
        return error.request_id, ALREADY
    except AnswerLost as error:
        lost = error
    try:
        return _after(run, change), ""
    except Interrupted:
        raise Silent("DELETE", lost.path, f"{lost.message}; {STOPPED}") from lost
    except (Unreachable, Unavailable) as error:
        raise Silent("DELETE", lost.path, f"{lost.message}; then {error.message}") from error


def _after(run: Run, change: Delete) -> str:
    """Look whether an object is gone after all, and send once more where it is not; return the request's ID."""
    run.sleep(FIRST_PAUSE)
    if _is_gone(run, change):
        return ""
    try:
        return _once(run, change)
    except Missing as error:
        return error.request_id
    except AnswerLost:
        run.sleep(FIRST_PAUSE)
        if _is_gone(run, change):
            return ""
        raise


def _once(run: Run, change: Delete) -> str:
    return run.client.send(change.request.method, change.request.path, None).request_id


def _is_gone(run: Run, change: Delete) -> bool:
    """Look whether the object is gone; raises `Silent` where that is not answered."""
    kind = kinds.KINDS[change.key.kind]
    try:
        listed = run.client.list(kind.path, kind.items, page_size=kind.page_size or None)
    except ApiError as error:
        raise Silent("DELETE", change.request.path, error.message) from error
    return all(one["id"] != change.live.id for one in listed)


def _moment(run: Run) -> str:
    return run.client.now().at.isoformat(timespec="seconds").replace("+00:00", "Z")
