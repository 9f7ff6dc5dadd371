"""Whose turn it is to write: the lock that a dead run left, and several runs at once; what each must be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.torture.checks import Broken

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tests.torture.process import Command, Ended

Json = dict[str, Any]

WAITS = ("--lock-timeout", "60")
KEPT_OUT = "another run is writing here"
HOLDER = re.compile(KEPT_OUT + r": \S+@\S+ \(pid (\d+), reconciler apply\), since 20")
BEFORE = re.compile(r"the state store|there is no such bucket")
"""What a run says that got no answer of its store."""


def begins(one: Ended) -> bool:
    """Tell whether a run came to look at the account: it was not kept out, and its store let it read and note."""
    is_rescued = "what this run did is kept in" in one.err
    return KEPT_OUT not in one.err and (is_rescued or one.code == 0 or not BEFORE.search(one.err))


@dataclass(frozen=True, slots=True)
class Turn:
    """How commands come to their turn: after the run whose `claim` still stands in the lock, and with which flags."""

    claim: Json = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def holders(self, commands: Sequence[Command]) -> frozenset[int]:
        """Return the processes that a lock can name while commands run: they, and the one that died."""
        died = [self.claim["holder"]["pid"]] if self.claim else []
        return frozenset([one.pid for one in commands] + died)

    def check(self, ended: Sequence[Ended], pids: Collection[int], seconds: float, *, is_written: bool) -> None:
        """Check that one ran, that others told whom they gave way to, and that a dead run's time was respected.

        `pids` are those that a lock can name, none where it names nobody for sure.
        """
        out = [one for one in ended if KEPT_OUT in one.err]
        if out and self.flags:
            raise Broken("it waited, and its turn did not come", out[0].err)
        if len(out) == len(ended) and not self.claim:
            raise Broken("nobody ran, and nobody held the lock", out[0].err)
        if is_written and seconds < self.claim.get("seconds", 0):
            raise Broken(f"the lock of a dead run was taken over after {seconds:.2f} s", self.claim)
        for one in out:
            holder = HOLDER.search(one.err)
            if one.code == 0 or (pids and not (holder and int(holder[1]) in pids)):
                raise Broken(f"exit code {one.code}, and none of {sorted(pids)} is told to hold the lock", one.err)
