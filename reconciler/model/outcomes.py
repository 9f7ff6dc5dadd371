"""What became of a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.changes import Change


@dataclass(frozen=True, slots=True)
class Done:
    """A change that the API acknowledged. `note` says what is worth knowing, such as a value that did not take.

    `adopted` is what was to be made, and an earlier run had made already.
    """

    change: Change
    id: str
    reference: str = ""
    link: str = ""
    request_id: str = ""
    adopted: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A change that was not carried out, and why."""

    change: Change
    message: str
    hint: str = ""
    request_id: str = ""
    exit_code: int = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was not tried, because of another one or because the run was stopped."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A change of which nobody knows whether it was carried out; the next run finds out."""

    change: Change
    message: str
    hint: str = ""


Outcome = Done | Failed | Skipped | Unknown
