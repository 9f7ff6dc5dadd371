"""A run's own place beside the workspace's state: its state, its lock and its journal; on a disk or in a bucket."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.gameday.events import Event
    from reconciler.gameday.story import Story
    from reconciler.state import Store
    from reconciler.workspace import Workspace


def workspace_of(workspace: Workspace, run_id: str) -> Workspace:
    """Return the workspace as a run sees it: with a state of its own, and adopting nothing.

    `connected(workspace_of(…), access, read_only=False)` gives a session whose store is the run's. Raises `Misused`
    for what is no run ID.
    """
    raise NotImplementedError


def runs(workspace: Workspace) -> list[str]:
    """Return the IDs of the runs of a workspace (not of a run), those begun last first; takes no lock."""
    raise NotImplementedError


def read(workspace: Workspace, run_id: str) -> Story:
    """Return how a run stands, for whoever looks on; takes no lock. Raises `Misused` where there is no such run."""
    raise NotImplementedError


class RunLog:
    """The open journal of a run, and how the run stands after it."""

    @property
    def story(self) -> Story:
        """Return how the run stands."""
        raise NotImplementedError

    def append(self, event: Event) -> Story:
        """Note what happened; raises `Refused` where disk or bucket do not take it, `LeaseLost` without the lock."""
        raise NotImplementedError


@contextmanager
def opened(workspace: Workspace, run_id: str, store: Store) -> Iterator[RunLog]:
    """Give the journal of a run, with its lock held for as long as this lasts.

    `workspace` is the one that has the runs, `store` that of `workspace_of`. Raises `Refused` with who hosts it where
    somebody does.
    """
    del workspace, run_id, store
    yield RunLog()
