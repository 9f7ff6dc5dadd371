"""What can be wrong with a data file or the name of a snapshot; each holds the facts and builds its own message."""

from collections.abc import Sequence
from pathlib import Path


class NotASandboxError(Exception):
    """The data file is something else, cannot be written, or is gone."""

    def __init__(self, data: Path | None, reason: str) -> None:
        super().__init__(f"{data}: cannot be used as the data of a sandbox: {reason}")


class NoRoomError(NotASandboxError):
    """The disk that the data file lies on is full: what is in it stays."""

    def __init__(self, data: Path | None, reason: str) -> None:
        Exception.__init__(self, f"{data}: the disk is full ({reason}): make room; what is in it stays as it is")


class SnapshotNameError(ValueError):
    """A snapshot cannot be called this."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} cannot be the name of a snapshot; write 1 to 63 of a-z, 0-9 and -")


class UnknownSnapshotError(LookupError):
    """There is no snapshot of this name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        there = f"there are {', '.join(known)}" if known else "there are none, `sandbox snapshot` takes one"
        super().__init__(f"there is no snapshot {name!r}; {there}")
