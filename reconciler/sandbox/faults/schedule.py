"""Faults and a seed in, and then request by request, what strikes it out; the same seed strikes the same requests."""

import random
import threading
from collections.abc import Iterable
from typing import Any, Self

from reconciler.sandbox.faults import notation, script
from reconciler.sandbox.faults.fault import Fault
from reconciler.sandbox.faults.strike import Strike

Json = dict[str, Any]


class _Count:
    """How far one fault has come."""

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.seen = self.struck = 0
        self._chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret

    def strikes(self, method: str, path: str) -> bool:
        """Count a request, and tell whether the fault strikes it."""
        if not self.fault.selects(method, path):
            return False
        self.seen += 1
        # Drawn for every counted request, so that what other faults do changes nothing here.
        drawn = self._chance.random() < self.fault.probability
        is_struck = drawn and self.fault.may_strike(self.seen, self.struck)
        self.struck += is_struck
        return is_struck

    def written(self) -> Json:
        """Write the fault as a script has it, with how far it has come."""
        return {**script.written(self.fault), "seen": self.seen, "struck": self.struck}


class Faults:
    """The faults of one sandbox and how far each has counted; safe for threads."""

    def __init__(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.seed = seed
        self._counts = _counted(faults, seed)

    @classmethod
    def parse(cls, specs: Iterable[str], seed: int = 0) -> Self:
        """Read `KIND[=SECONDS]:WHICH[:METHOD][:PATH]`; ValueError says what is wrong with which one."""
        return cls([notation.parse(spec) for spec in specs], seed)

    @classmethod
    def read(cls, value: Any, *, seed: int = 0) -> Self:
        """Read a script; its own seed wins. Raises ScriptError with every problem."""
        faults, own = script.read(value)
        return cls(faults, seed if own is None else own)

    @property
    def faults(self) -> list[Fault]:
        """The faults, in the order in which they were given."""
        with self._lock:
            return [count.fault for count in self._counts]

    def strike(self, method: str, path: str) -> Strike:
        """Count one request, and tell what strikes it."""
        with self._lock:
            return Strike(tuple(count.fault for count in self._counts if count.strikes(method, path)))

    def replace(self, other: "Faults") -> None:
        """Take over the faults of another, every count at zero."""
        fresh = _counted(other.faults, other.seed)
        with self._lock:
            self.seed, self._counts = other.seed, fresh

    def restart(self) -> None:
        """Begin again: every count at zero, chance from its seed."""
        self.replace(self)

    def joined(self, other: "Faults") -> "Faults":
        """Return these faults and those of another, every count at zero, under the seed of this one."""
        return Faults([*self.faults, *other.faults], self.seed)

    def restarted(self) -> "Faults":
        """Return the same faults with every count at zero."""
        return Faults(self.faults, self.seed)

    def written(self) -> Json:
        """Write the faults as a script has them, with how many requests each has seen and struck."""
        with self._lock:
            return {"seed": self.seed, "faults": [count.written() for count in self._counts]}


def _counted(faults: Iterable[Fault], seed: int) -> list[_Count]:
    return [_Count(fault, f"{seed}/{position}") for position, fault in enumerate(faults)]
