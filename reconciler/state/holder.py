"""Who holds a lock: this run in, a sentence about that one out."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Holder:
    """A run that holds a lock; `since` is an instant as text, by its own clock."""

    owner: str
    """`user@host`."""
    pid: int
    command: str
    since: str

    @classmethod
    def this(cls) -> Holder:
        """Return this very process."""
        return cls(
            f"{_user()}@{os.uname().nodename}", os.getpid(), _command(), datetime.now(UTC).isoformat("T", "seconds")
        )

    @classmethod
    def from_json(cls, value: Any) -> Holder | None:
        """Return who a lock names; None where it does not say."""
        try:
            return cls(str(value["owner"]), int(value["pid"]), str(value["command"]), str(value["since"]))
        except (KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> Mapping[str, Any]:
        """Return what a lock says of its holder."""
        return {"owner": self.owner, "pid": self.pid, "command": self.command, "since": self.since}

    def __str__(self) -> str:
        """Return `alice@laptop (pid 12, reconciler apply), since 2026-11-20T09:12:00+00:00`."""
        return f"{self.owner} (pid {self.pid}, {self.command}), since {self.since}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A lock that is held: by whom, by which token, and for how many seconds after each renewal."""

    holder: Holder | None
    token: str = ""
    seconds: float = 0.0
    is_removable: bool = False
    ends: datetime | None = field(default=None, compare=False)
    """When it ends if it is not renewed, by the clock of its holder: a hint."""

    def is_past(self, now: float) -> bool:
        """Tell whether the end that it states is past."""
        return self.ends is not None and self.ends.timestamp() <= now

    @property
    def told(self) -> str:
        """Return who holds it, as a sentence goes on."""
        return str(self.holder) if self.holder else "somebody that it does not name"


def _user() -> str:
    import getpass  # noqa: PLC0415  (not needed where nothing is written)

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return str(os.getuid())


def _command() -> str:
    """Return the command without its flags and paths: it is shown to others."""
    words = [word for word in sys.argv[1:3] if word.isalpha()]
    return " ".join(["reconciler", *(words if words[:1] == ["state"] else words[:1])])
