"""Steps that are due together → one plan, applied → what became of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.api import Client
    from reconciler.gameday.events import State
    from reconciler.gameday.script import GameDay, Step
    from reconciler.model import Plan
    from reconciler.state import Store
    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a step; `is_away` says that the API could not be reached, and that it may be tried again."""

    step: Step
    state: State
    detail: str = ""
    reference: str = ""
    link: str = ""
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class Acting:
    """Carries out steps; `workspace` is that of the run, `dated` tells when a timeline item happened."""

    day: GameDay
    workspace: Workspace
    client: Client
    store: Store
    run_id: str
    dated: Callable[[Step], str]

    def plan(self, steps: Sequence[Step], applied: Sequence[Step]) -> Plan:
        """Return what steps come to after those that were applied: GETs only."""
        raise NotImplementedError

    def carry_out(self, steps: Sequence[Step], applied: Sequence[Step], begin: Callable[[], None]) -> Iterator[Told]:
        """Carry out steps; `begin` is called right before the first write.

        Raises `ApiError` where the account cannot be read, `KeyProblem`, `Unauthorised` and `Forbidden`.
        """
        raise NotImplementedError

    def incidents(self) -> Mapping[str, str]:
        """Return the IDs of the incidents that the run declared, by their names in the script."""
        raise NotImplementedError


def batches(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """Yield runs of steps that can be planned as one: one after another, naming the same fields. Pure."""
    raise NotImplementedError
