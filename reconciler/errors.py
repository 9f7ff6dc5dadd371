"""Everything that can go wrong, as one tree; each error knows its exit code and the next thing to type.

::

    ReconcilerError                       1   a defect of ours, if it is nothing below
    ├── Invalid                           3   manifests or workspace are wrong: carries Problems
    ├── Misused                           3   flags or arguments are wrong
    ├── Refused                           4   the account, the state or a person says no
    │   └── Tripped                       4   a plan is over the limits of one run: carries every Refused
    ├── KeyProblem                        6   no key, or one that is not allowed
    ├── Interrupted                     130   SIGINT or SIGTERM
    │   └── LeaseLost                     5   the lock on the state is not this run's any more
    └── ApiError                              an answer, or none
        ├── Unreachable                   7   no connection: the request never left
        ├── Unavailable                   7   it answered, and went on answering that it cannot
        ├── AnswerLost                    7   the request left, and nobody knows what became of it
        ├── Redirected                    7   a 3xx: the address is not the API's own
        └── Rejected                      5   an answer that says no
            ├── Unauthorised              6   401
            ├── Forbidden                 6   403
            ├── Missing                   5   404
            └── Conflict                  5   409, or a 422 that names the idempotency key
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import Source


class Exit(IntEnum):
    """Exit codes of the commands; of several at once, the first of `worst`."""

    DONE = 0
    INTERNAL = 1
    CHANGES = 2
    INVALID = 3
    REFUSED = 4
    NOT_ALL_DONE = 5
    KEY = 6
    UNREACHABLE = 7
    INTERRUPTED = 130


PRECEDENCE = (
    Exit.INTERNAL,
    Exit.INTERRUPTED,
    Exit.KEY,
    Exit.UNREACHABLE,
    Exit.REFUSED,
    Exit.NOT_ALL_DONE,
    Exit.INVALID,
    Exit.CHANGES,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the code that a run ends with when several things went wrong."""
    seen = set(codes)
    return next((code for code in PRECEDENCE if code in seen), Exit.DONE)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what was written, at its place: `file:line:column: message`, then a hint."""

    source: Source
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the line that compilers have taught editors to follow."""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{self.source}: {self.message}{hint}"


class ReconcilerError(Exception):
    """What every error of this program is; `hint` is the next thing to type, or empty."""

    exit_code = Exit.INTERNAL
    hint = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class Invalid(ReconcilerError):
    """Manifests or workspace are wrong; `problems` holds all of them, in file order."""

    exit_code = Exit.INVALID

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda problem: (problem.source, problem.message)))
        super().__init__("\n".join(map(str, self.problems)))


class Misused(ReconcilerError):
    """A flag or an argument that cannot be followed."""

    exit_code = Exit.INVALID


class Refused(ReconcilerError):
    """Nothing was written, because the account, the state or a person says no."""

    exit_code = Exit.REFUSED


class Tripped(Refused):
    """A plan does more than one run may; `reasons` are all that it trips, each with its own way out."""

    def __init__(self, reasons: Iterable[Refused]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(map(str, self.reasons)), "\n".join(reason.hint for reason in self.reasons))


class KeyProblem(ReconcilerError):
    """There is no key to use, or it may not be used this way."""

    exit_code = Exit.KEY


class Interrupted(ReconcilerError):
    """A signal asked for an end; what was under way has been recorded."""

    exit_code = Exit.INTERRUPTED

    def __init__(self, message: str = "interrupted") -> None:
        super().__init__(message, "run the same command again: it goes on where this one stopped")


class LeaseLost(Interrupted):
    """The lock on a remote state is not this run's any more, so nothing more is sent; what was sent is recorded."""

    exit_code = Exit.NOT_ALL_DONE


class ApiError(ReconcilerError):
    """A request that did not get the answer it asked for.

    `method` and `path` name it; `status` is 0 where nothing was answered; `request_id` is what incident.io's
    support asks for, empty where none was given.
    """

    def __init__(
        self, method: str, path: str, message: str, *, status: int = 0, request_id: str = "", hint: str = ""
    ) -> None:
        self.method, self.path, self.status, self.request_id = method, path, status, request_id
        self.message = message
        told = f"{method} {path}: {message}"
        super().__init__(f"{told} (request {request_id})" if request_id else told, hint)


class Unreachable(ApiError):
    """No connection could be made, so the request never left this machine."""

    exit_code = Exit.UNREACHABLE
    hint = "check the network, the proxy settings and --base-url"


class Unavailable(ApiError):
    """The API answered, and went on answering that it cannot serve (429, 5xx, a proxy's page)."""

    exit_code = Exit.UNREACHABLE
    hint = "wait and run the same command again"


class AnswerLost(ApiError):
    """The request left, and its answer did not arrive whole: nobody knows whether it was carried out."""

    exit_code = Exit.UNREACHABLE
    hint = "run the same command again: it finds out what became of the request"


class Redirected(ApiError):
    """A 3xx: what answers at this address points elsewhere, and the key is not sent on."""

    exit_code = Exit.UNREACHABLE
    hint = "check --base-url: it has to be the API's own address, such as https://api.incident.io"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of an answer's `errors`: what the API says is wrong, and with which payload field."""

    code: str
    message: str
    field: str = ""

    def __str__(self) -> str:
        """Return the sentence that a person reads."""
        return f"{self.field}: {self.message} ({self.code})" if self.field else f"{self.message} ({self.code})"


class Rejected(ApiError):
    """The API understood the request and said no; `faults` are its reasons."""

    exit_code = Exit.NOT_ALL_DONE

    def __init__(
        self,
        method: str,
        path: str,
        *,
        status: int,
        kind: str = "",
        faults: tuple[Fault, ...] = (),
        request_id: str = "",
        hint: str = "",
    ) -> None:
        self.kind, self.faults = kind, faults
        reasons = "; ".join(map(str, faults)) or kind or "no reason given"
        super().__init__(method, path, f"{status} {reasons}", status=status, request_id=request_id, hint=hint)


class Unauthorised(Rejected):
    """401: the key is unknown."""

    exit_code = Exit.KEY
    hint = "set INCIDENT_API_KEY to a key of this organisation (Settings, API keys)"


class Forbidden(Rejected):
    """403: the key is known and lacks a scope."""

    exit_code = Exit.KEY
    hint = "give the key the role that this needs (Settings, API keys), or leave the field out"


class Missing(Rejected):
    """404: no such object, or one that this key may not see."""


class Conflict(Rejected):
    """409, or a 422 that names the idempotency key: this key was used before."""
