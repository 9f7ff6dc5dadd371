"""Fault specifications such as `drop-after:2:POST` in, and then request by request, what strikes it out."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Self

_SPEC = re.compile(r"(?P<kind>[a-z-]+):(?P<first>\d+)(?P<range>-(?P<last>\d+)?)?(?::(?P<method>[A-Za-z]+))?")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class ConnectionDropped(Exception):
    """The connection ends without a byte of answer: a server closes the socket, a transport raises its own error."""


class Effect(Enum):
    """What a fault does to the request that it strikes."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what it does, and to which of the requests that its method selects, counted from 1."""

    effect: Effect
    first: int
    last: int | None
    method: str | None

    def selects(self, method: str) -> bool:
        """Tell whether a request with this method is counted."""
        return self.method in (None, method) or (self.method == "write" and method != "GET")

    def strikes(self, number: int) -> bool:
        """Tell whether it strikes the request of this number."""
        return self.first <= number and (self.last is None or number <= self.last)


class Faults:
    """The faults of one sandbox and how far each has counted; safe for threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._seen = [0] * len(self._faults)
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, specs: Iterable[str]) -> Self:
        """Read `KIND:N[-[M]][:METHOD]`; ValueError says what is wrong with which one."""
        return cls(_parse(spec) for spec in specs)

    def count(self, method: str) -> frozenset[Effect]:
        """Count one request, and tell what strikes it."""
        struck = set()
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fault.selects(method):
                    self._seen[index] += 1
                    if fault.strikes(self._seen[index]):
                        struck.add(fault.effect)
        return frozenset(struck)

    def restarted(self) -> "Faults":
        """Return the same faults with every count at zero."""
        return Faults(self._faults)


def _parse(spec: str) -> Fault:
    found = _SPEC.fullmatch(spec)
    if not found:
        raise ValueError(f"{spec!r} is not a fault; write KIND:N[-[M]][:METHOD], as in drop-after:2:POST")
    first = int(found["first"])
    last = int(found["last"]) if found["last"] else None if found["range"] else first
    if first < 1 or (last is not None and last < first):
        raise ValueError(f"{spec!r}: requests count from 1, and a range ends where it begins or later")
    return Fault(_effect(spec, found["kind"]), first, last, _method(spec, found["method"]))


def _effect(spec: str, kind: str) -> Effect:
    try:
        return Effect(kind)
    except ValueError:
        known = ", ".join(effect.value for effect in Effect)
        raise ValueError(f"{spec!r}: {kind} is not a kind of fault; there are {known}") from None


def _method(spec: str, method: str | None) -> str | None:
    if method is None or method.lower() == "write":
        return method and method.lower()
    if method.upper() not in _METHODS:
        raise ValueError(f"{spec!r}: {method} is not a method; there are {', '.join(_METHODS)} and write")
    return method.upper()
