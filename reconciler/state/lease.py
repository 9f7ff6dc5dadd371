"""The lock on a remote state: an object that its holder goes on renewing, and that others take when it stops.

Nobody's wall clock decides. The holder measures from before it asked, and stops a little before its time is over;
the others measure from when they first saw the object as it is, for the whole of its time, before they take it
over. Every write is over the version that was read, so of two that try at once one gets it. The end that a lease
states by the clock of its holder is a hint: it tells whether watching it is worth the while.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
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
RENEW_EVERY = 2.0
"""Seconds between two renewals, if a lease lasts long: so soon its holder notices that it was removed."""
RENEWALS = 4
"""How many times a lease is renewed while it lasts, at the least."""

FREE = b'{"format_version": 1, "is_free": true}\n'
"""What stands in the place of a lease that was given back: a removal cannot be made to depend on what is there."""

# A clock that goes on while the machine sleeps: on Linux BOOTTIME does, elsewhere MONOTONIC.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def passed() -> float:
    """Return seconds that only go forward, those included in which this machine slept."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


def pause_of(seconds: float) -> float:
    """Return how many seconds lie between two renewals of a lease that lasts for so many."""
    return min(RENEW_EVERY, seconds / RENEWALS)


def claim_of(text: bytes) -> Claim | None:
    """Return the claim of an object; None where it is free. One that is not understood is held by nobody known."""
    try:
        value = json.loads(text)
        if value.get("is_free"):
            return None
        seconds = min(max(float(value["seconds"]), 0.0), LONGEST)
        holder, token = Holder.from_json(value["holder"]), str(value["token"])
        return Claim(holder, token, seconds, is_removable=True, ends=_instant(value.get("ends")))
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
    wall: Callable[[], float] = time.time
    """What time it is, for the hint alone."""
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

        One that is silent although its end is past is watched for that long even without patience, until it is
        renewed. Raises `Refused` with its holder after `patience` seconds, and whatever `wait` raises.
        """
        begun = since = self.clock()
        seen: Version | None = None
        is_renewed = False
        told = ""
        while True:
            found = self.objects.get(self.name)
            now = self.clock()
            if found and found.version != seen:
                seen, since, is_renewed = found.version, now, seen is not None
            claim = claim_of(found.text) if found else None
            if claim is None or now - since >= claim.seconds:
                if self._took(found):
                    return
                continue
            is_silent = not is_renewed and claim.is_past(self.wall())
            until = max(begun + patience, since + claim.seconds if is_silent else 0)
            if now >= until:
                raise Refused(f"{self.where}: another run is writing here: {claim.told}", _ways_on(claim, self.wall()))
            line = _taking(claim) if is_silent and not told else "" if is_silent else _waiting(claim)
            if line and line != told:
                tell(line)
                told = line
            wait(min(LOOK_EVERY, self.seconds / 4, until - now))

    def seize(self, over: Version) -> None:
        """Take a lease from its holder, who has it until it renews: for whoever then waits for that.

        Raises `Overtaken` where it is not as it was seen any more.
        """
        with self._lock:
            self._write(self.clock(), over)

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
        claim["ends"] = datetime.fromtimestamp(self.wall() + self.seconds, UTC).isoformat("T", "seconds")
        patience = self.seconds * (1 - TRUSTED) if patience is None else patience
        try:
            self._version = self.objects.put(self.name, _text(claim), over, patience=patience)
        except Overtaken:
            self._version = self.objects.put(self.name, _text(claim), self._own(patience), patience=patience)
        self._until = asked + self.seconds * TRUSTED

    def _own(self, patience: float) -> Version:
        """Return the version of a beat of this very run; raises `Overtaken` where something else stands there.

        A renewal that the store answered too late, or not at all, may have been carried out.
        """
        found = self.objects.get(self.name, patience=patience)
        claim = claim_of(found.text) if found else None
        if found is None or claim is None or claim.token != self.token:
            raise Overtaken(self.name)
        return found.version

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


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return found


def _waiting(claim: Claim) -> str:
    return f"waiting for another run: {claim.told}"


def _taking(claim: Claim) -> str:
    return f"taking the lock over in {claim.seconds:.0f} s, if it stays silent till then: held by {claim.told}"


def _ways_on(claim: Claim, now: float) -> str:
    end = f"by itself at {claim.ends:%H:%M:%S} UTC" if claim.ends and not claim.is_past(now) else "by itself"
    return (
        f"it ends {end} if that run died, and the next one then takes it over once it has been silent for "
        f"{claim.seconds:.0f} s; `--lock-timeout SECONDS` waits for its end, `reconciler state unlock` removes the lock"
    )
