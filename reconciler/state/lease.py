"""The lock on a remote state: an object that its holder goes on renewing, and that others take when it stops.

Nobody's wall clock counts. The holder measures from before it asked, and stops a little before its time is over;
the others measure from when they first saw the object as it is, for the whole of its time, before they take it
over. Every write is over the version that was read, so of two that try at once one gets it.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.errors import LeaseLost, Refused
from reconciler.state.holder import Claim, Holder
from reconciler.state.objects import Overtaken, StoreFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.state.objects import Found, Objects, Version

LONGEST = 3600.0
"""Seconds that a lease may last; what another program writes there is not waited for longer."""
TRUSTED = 0.8
"""The part of its time for which the holder counts on it: what it sent last has the rest to arrive."""
LOOK_EVERY = 1.0
"""Seconds between two looks at another's lease."""

FREE = b'{"format_version": 1, "is_free": true}\n'
"""What stands in the place of a lease that was given back: a removal cannot be made to depend on what is there."""

# A clock that goes on while the machine sleeps: on Linux BOOTTIME does, elsewhere MONOTONIC.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def passed() -> float:
    """Return seconds that only go forward, those included in which this machine slept."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


def claim_of(text: bytes) -> Claim | None:
    """Return the claim of an object; None where it is free. One that is not understood is held by nobody known."""
    try:
        value = json.loads(text)
        if value.get("is_free"):
            return None
        seconds = min(max(float(value["seconds"]), 0.0), LONGEST)
        return Claim(Holder.from_json(value["holder"]), str(value["token"]), seconds, is_removable=True)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Claim(None, "", LONGEST, is_removable=True)


@dataclass(slots=True)
class Lease:
    """The lease of this run; `seconds` is how long it lasts without being renewed. Safe to use from several threads."""

    objects: Objects
    name: str
    seconds: float
    where: str
    """What messages call the state."""
    clock: Callable[[], float] = passed
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    _holder: Holder = field(default_factory=Holder.this)
    _version: Version | None = None
    _until: float = 0.0
    _beats: int = 0
    _lost: str = ""
    _silent: bool = False
    """Whether the store did not take the last renewal."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, patience: float, wait: Callable[[float], None], tell: Callable[[str], None]) -> None:
        """Take the lease: one that is free at once, another's when it was seen unchanged for its whole time.

        Raises `Refused` with its holder after `patience` seconds, and whatever `wait` raises.
        """
        begun = since = self.clock()
        seen: Version | None = None
        is_told = False
        while True:
            found = self.objects.get(self.name)
            now = self.clock()
            if found and found.version != seen:
                seen, since = found.version, now
            claim = claim_of(found.text) if found else None
            if claim is None or now - since >= claim.seconds:
                if self._took(found):
                    return
                continue
            if now - begun >= patience:
                raise Refused(f"{self.where}: another run is writing here: {claim.told}", _ways_on(claim))
            if not is_told:
                tell(f"waiting for another run: {claim.told}")
                is_told = True
            wait(min(LOOK_EVERY, self.seconds / 4, begun + patience - now))

    def renew(self) -> None:
        """Go on holding it; never raises: what became of it is told by `require`."""
        with self._lock:
            asked = self.clock()
            if self._lost or self._is_over(asked):
                return
            try:
                self._write(asked, self._version)
                self._silent = False
            except Overtaken:
                self._lost = "another run took the lock over, or it was removed"
            except StoreFailed:
                self._silent = True

    def require(self) -> None:
        """Raise `LeaseLost` unless the lease is held right now."""
        # Without the lock: a renewal that takes long must not hold up what may still be sent.
        if self._is_over(self.clock()):
            raise LeaseLost(f"{self._lost}: nothing more is sent")

    def reclaim(self, patience: float) -> None:
        """Hold a lease again that was lost, if nobody has had it since: to write down what was done, and no more.

        Raises `Overtaken` where somebody has, and `StoreFailed` where the store does not say.
        """
        with self._lock:
            self._write(self.clock(), self._version, patience)

    def release(self) -> None:
        """Leave the lease to others, if it is still held; where the store does not answer, it ends by itself."""
        with self._lock:
            try:
                self.objects.put(self.name, FREE, self._version)
            except (Overtaken, StoreFailed):
                return

    def _took(self, found: Found | None) -> bool:
        try:
            self._write(self.clock(), found.version if found else None)
        except Overtaken:
            return False
        try:
            self.objects.put(self.name, b"{}", None)
        except Overtaken:
            return True
        raise Refused(
            f"{self.where}: this store writes over what is there although it is told not to, so no run could be "
            "kept out",
            "use a store with conditional writes, or a newer version of this one",
        )

    def _write(self, asked: float, over: Version | None, patience: float | None = None) -> None:
        self._beats += 1
        claim = {"token": self.token, "seconds": self.seconds, "beat": self._beats, "holder": self._holder.to_json()}
        patience = self.seconds * (1 - TRUSTED) if patience is None else patience
        self._version = self.objects.put(self.name, _text(claim), over, patience=patience)
        self._until = asked + self.seconds * TRUSTED

    def _is_over(self, now: float) -> bool:
        if not self._lost and now >= self._until:
            self._lost = (
                f"the lock ran out, as the state store did not answer for {self.seconds * TRUSTED:.0f} s"
                if self._silent
                else "the lock was lost while this machine slept, or this process was stopped"
            )
        return bool(self._lost)


def _text(value: dict[str, Any]) -> bytes:
    return json.dumps({"format_version": 1, **value}, ensure_ascii=False).encode() + b"\n"


def _ways_on(claim: Claim) -> str:
    return (
        "`--lock-timeout SECONDS` waits for its end, and takes over from a run that died once it has been silent for "
        f"{claim.seconds:.0f} s; `reconciler state unlock` removes the lock"
    )
