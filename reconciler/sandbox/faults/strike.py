"""The faults that strike one request in; what it is answered instead, or how its answer is spoiled, out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.faults import answers
from reconciler.sandbox.faults.answers import Spoiled
from reconciler.sandbox.faults.fault import Fault, Kind

PIECES: Final = 10  # in which a slow body comes


class ConnectionDropped(Exception):
    """The connection ends without the rest of an answer: a server closes the socket, a transport raises its error."""


@dataclass(frozen=True, slots=True)
class Strike:
    """What goes wrong with one request."""

    faults: tuple[Fault, ...] = ()

    @property
    def shapes_answer(self) -> bool:
        """Whether the answer is not what the API would have said."""
        return any(fault.kind in _SHAPING for fault in self.faults)

    @property
    def names(self) -> list[str]:
        """The kinds of what goes wrong."""
        return [fault.kind.value for fault in self.faults]

    @property
    def drops_before(self) -> bool:
        """Whether the connection ends before the request is handled."""
        return self._find(Kind.DROP_BEFORE) is not None

    def told(self, status: int) -> int:
        """Return the status that leaves for a request which was handled with this one; 0 where no answer does."""
        if self._find(Kind.DROP_AFTER):
            return 0
        failed = self._failure(_AFTER, "")
        return failed.status if failed and failed.status else status

    def instead(self, request_id: str) -> Spoiled | None:
        """Return what is answered in place of handling the request, if something is."""
        return self._failure(_BEFORE, request_id)

    def behaviour(self, usual: Behaviour) -> Behaviour:
        """Return how the sandbox behaves towards this request."""
        changed = usual
        for fault in self.faults:
            match fault.kind:
                case Kind.FORGOTTEN_KEY:
                    changed = replace(changed, key_lifetime=fault.seconds)
                case Kind.REPEAT_409:
                    changed = replace(changed, idempotency="conflict")
                case Kind.REPEAT_422:
                    changed = replace(changed, idempotency="invalid")
                case Kind.CHANGED_BODY:
                    changed = replace(changed, refuses_changed=True)
                case Kind.LONG_IDS:
                    changed = replace(changed, long_ids=True)
        return changed

    def spoil(self, body: bytes, request_id: str) -> Spoiled | None:
        """Return what is answered once the request was handled, None for the answer as it is.

        Raises ConnectionDropped where no answer comes.
        """
        if self._find(Kind.DROP_AFTER):
            raise ConnectionDropped("the request was handled, and the connection dropped before the answer")
        failed = self._failure(_AFTER, request_id)
        if failed:
            return failed
        spoiled = body
        for kind, change in _CHANGES.items():
            if self._find(kind):
                spoiled = change(spoiled)
        return None if spoiled is body else Spoiled(None, spoiled, {})

    @property
    def delay(self) -> float:
        """How many seconds the headers wait."""
        slow = self._find(Kind.SLOW_HEADERS)
        return slow.seconds if slow else 0.0

    def sent(self, body: bytes, pause: Callable[[float], None]) -> Iterator[bytes] | None:
        """Return the body as it is sent, piece by piece, None for at once; may raise ConnectionDropped on its way.

        `pause` lets so many seconds pass.
        """
        slow, is_torn = self._find(Kind.SLOW_BODY), self._find(Kind.TRUNCATED_BODY) is not None
        if not (slow or is_torn):
            return None
        return _pieces(body, slow.seconds if slow else 0.0, pause, is_torn=is_torn)

    def _find(self, kind: Kind) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind is kind), None)

    def _failure(self, among: Mapping[Kind, Callable[[str, float], Spoiled]], request_id: str) -> Spoiled | None:
        for fault in self.faults:
            if fault.kind in among:
                return among[fault.kind](request_id, fault.seconds)
        return None


def _pieces(body: bytes, seconds: float, pause: Callable[[float], None], *, is_torn: bool) -> Iterator[bytes]:
    end = len(body) // 2 if is_torn else len(body)
    size = max(1, -(-len(body) // PIECES))
    for start in range(0, end, size):
        pause(seconds / PIECES)
        yield body[start : min(start + size, end)]
    if is_torn:
        raise ConnectionDropped("the connection was dropped in the middle of the answer")


_BEFORE: Final[Mapping[Kind, Callable[[str, float], Spoiled]]] = {
    Kind.LIMITED: answers.limited,
    Kind.FAILED_BEFORE: answers.failed,
    Kind.BAD_GATEWAY_BEFORE: answers.bad_gateway,
    Kind.UNAVAILABLE_BEFORE: answers.unavailable,
}
_AFTER: Final[Mapping[Kind, Callable[[str, float], Spoiled]]] = {
    Kind.FAILED_AFTER: answers.failed,
    Kind.BAD_GATEWAY_AFTER: answers.bad_gateway,
    Kind.UNAVAILABLE_AFTER: answers.unavailable,
}
_CHANGES: Final[Mapping[Kind, Callable[[bytes], bytes]]] = {
    Kind.UNKNOWN_ENUM: answers.with_unknown_enum,
    Kind.EXTRA_FIELD: answers.with_extra_fields,
    Kind.INVALID_JSON: answers.broken_off,
}
_SHAPING: Final = {*_BEFORE, *_AFTER, *_CHANGES, Kind.TRUNCATED_BODY}
