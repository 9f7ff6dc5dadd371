"""What goes wrong in one apply: faults of the account, signals at requests, and a bucket that goes away. Drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.faults.fault import SECONDS, Kind
from tests.torture.bucket import Outage
from tests.torture.traps import Trap

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

Json = dict[str, Any]

PATHS = (None, None, "/v2/incidents", "/v2/incidents/*", "/v2/incident_updates", "/v1/*", "/v2/incident_timeline_items")
SHORT = 0.05
"""Seconds that what is slow takes."""
LAST = (7, 7, 8)
"""The numbers that the requests have by which an apply most often writes its state; they are nine in all."""
BLOWS: tuple[tuple[str, ...], ...] = (
    ("SIGKILL",),
    ("SIGKILL",),
    ("SIGKILL",),
    ("SIGINT",),
    ("SIGTERM",),
    ("SIGINT", "SIGINT"),
    ("SIGTERM", "SIGINT"),
    ("SIGINT", "SIGKILL"),
)


@dataclass(frozen=True, slots=True)
class Violence:
    """What goes wrong in one apply, or in some that are begun at once."""

    faults: Sequence[Json] = ()
    trap: Trap | None = None
    at_store: Trap | None = None
    """A trap that springs at what is asked of the bucket."""
    outage: Outage | None = None
    times: int = 1
    is_fresh: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of the faults."""
        return frozenset(fault["kind"] for fault in self.faults)

    @property
    def signals(self) -> tuple[str, ...]:
        """Return the signals that may come."""
        return tuple(name for trap in (self.trap, self.at_store) if trap for name in trap.signals)

    def __str__(self) -> str:
        """Return it as the story tells it."""
        hits = [str(self.trap)] if self.trap else []
        hits += [f"{self.at_store}, of the bucket"] if self.at_store else []
        hits += [str(self.outage)] if self.outage else []
        return "".join(f"; {hit}" for hit in hits) + f"; faults {json.dumps(list(self.faults))}"


def drawn(chance: random.Random, *, is_shared: bool) -> Violence:
    """Draw what goes wrong in an apply; with a state that is shared, what goes wrong there as well."""
    return Violence(
        faults(chance),
        trap(chance),
        store_trap(chance) if is_shared else None,
        outage(chance) if is_shared else None,
        2 if chance.random() < (0.2 if is_shared else 0.08) else 1,
        chance.random() < 0.05,
    )


def faults(chance: random.Random) -> list[Json]:
    """Draw the faults of one apply; most often few, now and then an outage."""
    number = chance.choice([0, 0, 1, 1, 2, 3, 5])
    return [_fault(chance) for _ in range(number)]


def _fault(chance: random.Random) -> Json:
    kind = chance.choice(list(Kind))
    found: Json = {"kind": kind.value}
    if chance.random() < 0.7:
        found["method"] = chance.choice(["write", "write", "POST", "GET"])
    if path := chance.choice(PATHS):
        found["path"] = path
    begin = chance.randint(1, 12)
    found["requests"] = chance.choice([str(begin), f"{begin}-{begin + chance.randint(1, 4)}", f"{begin}-", "1-"])
    if found["requests"].endswith("-"):
        found["probability"] = chance.choice([0.1, 0.3, 1.0])
        if chance.random() < 0.7:
            found["times"] = chance.randint(1, 6)
    if kind in SECONDS and kind is not Kind.FORGOTTEN_KEY:
        found["seconds"] = SHORT
    return found


def trap(chance: random.Random) -> Trap | None:
    """Draw when a run is hit, and how; most requests of a run are reads, and the writes come last."""
    if chance.random() < 0.4:
        return None
    signals = chance.choice(BLOWS)
    moments = ("unheard", "before", "unanswered", "answered") if signals[0] == "SIGKILL" else ("before", "unanswered")
    at = chance.choice([chance.randint(1, 12), chance.randint(8, 30), chance.randint(8, 30)])
    return Trap(at, chance.choice(moments), signals, chance.choice([0.0, 0.001, 0.01]))


def store_trap(chance: random.Random) -> Trap | None:
    """Draw when a run is hit at what it asks of the bucket: taking the lock, reading, noting, writing, giving back."""
    if chance.random() < 0.7:
        return None
    moments = ("unheard", "before", "unanswered", "answered")
    return Trap(chance.randint(1, 10), chance.choice(moments), ("SIGKILL",), chance.choice([0.0, 0.001, 0.01]))


def outage(chance: random.Random) -> Outage | None:
    """Draw when the bucket goes away during an apply, and how."""
    if chance.random() < 0.6:
        return None
    way = chance.choice(["refusing", "refusing", "silent", "losing", "flaky"])
    return Outage(chance.choice([chance.randint(1, 6), *LAST]), way, chance.randrange(1000))
