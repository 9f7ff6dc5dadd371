"""What every run must keep, at the end of each command: how it ended, what it said, what it left on the disk."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.torture.account import CANARY
from tests.torture.bucket import SECRET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from tests.torture.process import Ended

Json = dict[str, Any]

INTERRUPTED = 130
KEYS = (CANARY, SECRET)
PRIVATE = re.compile(r"state\.json$|journal$|plan\.json$|journal-|rescue-|.*backup")
"""The names of files that tell what private incidents hold."""


class Broken(AssertionError):
    """A promise that was not kept, and what shows it."""

    def __init__(self, told: str, shown: object = "") -> None:
        super().__init__(f"{told}\n{shown}" if shown else told)


def ended(
    one: Ended, signals: Sequence[str], codes: Collection[int], kinds: Collection[str] = (), *, is_alone: bool = True
) -> None:
    """Check how a command ended, and what it said; `codes` are those of one that nobody stopped.

    `signals` are those that it may have got, `kinds` are those of the faults that struck meanwhile.
    """
    # A field of a type that nobody knows yet is not the text field that a manifest or a workspace needs.
    allowed = {*codes} | ({3} if "unknown-enum" in kinds else set())
    for name in signals:
        allowed |= {-9} if name == "SIGKILL" else {INTERRUPTED}
        # The request of another one may be what it is hit at when it has ended already.
        allowed |= set() if is_alone else {-signal.Signals[name]}
    said = one.out + one.err
    if one.code not in allowed:
        raise Broken(f"exit code {one.code} of {' '.join(one.arguments)}", said[-3000:])
    if "Traceback" in said or "defect of reconciler" in said:
        raise Broken("a defect shows", said[-3000:])
    if any(key in said for key in KEYS):
        raise Broken("a key is in the output", said)


def files(folder: Path, texts: Iterable[str]) -> None:
    """Check that no file holds a key, and that nobody else may read what is remembered; `texts` are kept elsewhere."""
    for text in texts:
        if any(key in text for key in KEYS):
            raise Broken("a key is in the bucket", text)
    for path in folder.rglob("*"):
        if path.is_file():
            if any(key.encode() in path.read_bytes() for key in KEYS):
                raise Broken(f"a key is in {path}")
            if PRIVATE.match(path.name) and path.stat().st_mode & 0o077:
                raise Broken(f"others can read {path}")


def told_true(one: Ended, seen: Sequence[Json]) -> None:
    """Check that what a run that ended by itself calls done is what the account carried out."""
    counts = _counts(one)
    if counts is None:
        return
    changed = [entry for entry in seen if entry["changed"]]
    idle = [entry for entry in seen if entry["method"] != "GET" and not entry["changed"] and entry["status"] < 300]
    done = counts["done"] - counts["adopted"]
    told = f"{dict(counts)} against {len(changed)} writes, and {len(idle)} that changed nothing"
    if done > len(changed) + len(idle):
        raise Broken(f"more is called done than was done: {told}", one.out)
    if len(changed) > counts["done"] + counts["unknown"]:
        raise Broken(f"more was done than is told: {told}", one.out)


def _counts(one: Ended) -> Counter[str] | None:
    if one.code < 0:
        return None
    if "json" in one.arguments:
        if not one.out.strip():
            return None
        outcomes = json.loads(one.out)["outcomes"]
        counts = Counter(outcome["result"] for outcome in outcomes)
        counts["adopted"] = sum(
            outcome["action"] in {"adopt", "forget"} or "an earlier run" in outcome["message"] for outcome in outcomes
        )
        return counts
    found = re.search(r"^Apply: (.*)\.$", one.out, re.MULTILINE)
    if not found:
        return None
    counts = Counter({word: int(number) for number, word in (part.split() for part in found[1].split(", "))})
    counts["adopted"] = len(re.findall(r"^adopted |^forgot ", one.err, re.MULTILINE))
    return counts
