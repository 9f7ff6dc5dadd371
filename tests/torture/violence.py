"""What goes wrong in one apply: faults of the account, signals at requests, and what is lost before it. Drawn."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.faults.fault import SECONDS, Kind
from tests.torture.traps import Trap

if TYPE_CHECKING:
    import random
    from pathlib import Path

Json = dict[str, Any]

PATHS = (None, None, "/v2/incidents", "/v2/incidents/*", "/v2/incident_updates", "/v1/*", "/v2/incident_timeline_items")
SHORT = 0.05
"""Seconds that what is slow takes."""
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


def lose(folder: Path, chance: random.Random) -> str:
    """Lose some of what is remembered, and say what; nothing where there was nothing to lose."""
    what = chance.choice(["state", "journal", "all", "all"])
    found = sorted((folder / ".reconciler").rglob("state.json" if what == "state" else "journal"))
    if what == "all" and (folder / ".reconciler").exists():
        shutil.rmtree(folder / ".reconciler")
        return "all of .reconciler is lost"
    for path in found:
        path.unlink()
    return f"{found[0].name} is lost" if found and what != "all" else ""
