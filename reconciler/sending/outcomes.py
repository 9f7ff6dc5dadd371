"""What became of a change in the words that a person reads, and what follows for the rest of the run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import Exit, Rejected, Unauthorised
from reconciler.model import Failed, Skipped, Unknown
from reconciler.sending.losses import STOPPED, Leaked, Silent, Vanished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.errors import AnswerLost, ApiError
    from reconciler.model import Change, Create, Key, Outcome
    from reconciler.sending.losses import NotNoted

ROOM = "make room, then run again: whatever was sent is found again"


@dataclass(frozen=True, slots=True)
class Result:
    """An outcome; `hold` is why what comes after it must wait for a new plan, `halt` why nothing more is begun."""

    outcome: Outcome
    hold: str = ""
    halt: str = ""


def failed(change: Change, error: ApiError) -> Result:
    """Return that nothing was done; what the next request will be told as well ends the run."""
    outcome = Failed(change, error.message, error.hint, error.request_id, Exit(error.exit_code))
    match error:
        case Unauthorised():
            return Result(outcome, halt="the key was refused")
        case Rejected() | Leaked():
            return Result(outcome)
        case _:
            return Result(outcome, halt="the API could not be reached")


def unknown(change: Change, error: AnswerLost) -> Result:
    """Return that nobody knows; where not even the question is answered, nothing more is begun."""
    told = "its key was used before" if isinstance(error, Vanished) else "no answer"
    halt = "the API does not answer" if isinstance(error, Silent) else ""
    return Result(Unknown(change, f"{told}: {error.message}", error.hint), halt=halt)


def excluded(change: Create, raw: Mapping[str, Any]) -> Result:
    """Return that a key was answered with an incident that its manifest says it is not."""
    known = raw.get("reference", raw["id"])
    told = f"its key answers with {known}, which `metadata.not` rules out"
    return Result(Unknown(change, told, "raise `metadata.generation`, or give the manifest another name"))


def stranger(change: Create, raw: Mapping[str, Any], differing: Sequence[str]) -> Result:
    """Return that a key was answered with an incident that is not the one asked for; nothing of it is touched."""
    known = raw.get("reference", raw["id"])
    outcome = Unknown(
        change,
        f"its key answers with {known}, which differs in {' and '.join(differing)}: another workspace may use this "
        "name, or people renamed it",
        f"if it is this incident, write `id: {known}` below `metadata:`; else give the manifest another name",
    )
    return Result(outcome)


def elsewhere(change: Change, raw: Mapping[str, Any]) -> Result:
    """Return that a key was answered with a part of another object: that one's, and nothing of this one."""
    outcome = Unknown(
        change,
        f"its key answers with {raw['id']}, which is part of another incident: one that this name had before",
        "raise `metadata.generation` where this incident is to have its own",
    )
    return Result(outcome)


def another_part(change: Create, raw: Mapping[str, Any]) -> Result:
    """Return that a key was answered with what is declared under another ID by now; nothing of it is touched."""
    told = f"its key answers with {raw['id']}, which is another one of this incident by now"
    return Result(Unknown(change, told, "an ID is never used again: give it another `id`"))


def held(change: Create, raw: Mapping[str, Any], holder: Key) -> Result:
    """Return that a key was answered with an incident that is another resource by now; nothing of it is touched."""
    known = raw.get("reference", raw["id"])
    hint = "raise `metadata.generation`, or give the manifest another name"
    return Result(Unknown(change, f"its key belongs to {known}, which is {holder} now", hint))


def stopped(change: Change, why: str = STOPPED) -> Result:
    """Return that a stop was asked for, or the lock was lost, before anything was sent."""
    return Result(Skipped(change, why), halt=why)


def not_noted(change: Change, error: NotNoted) -> Result:
    """Return that nothing was sent, since it could not have been noted."""
    return Result(Failed(change, f"not sent: {error}", ROOM), halt=str(error))


def in_the_dark(change: Change, error: OSError) -> Result:
    """Return that a request was sent, and what came of it could not be noted."""
    told = f"sent, and the journal cannot be written: {error.strerror or error}"
    return Result(Unknown(change, told, ROOM), halt="the journal cannot be written")
