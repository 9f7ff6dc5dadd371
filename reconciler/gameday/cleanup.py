"""A run → everything that it declared, closed, and nothing else; what could not be is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.api import Client
    from reconciler.gameday.events import Event
    from reconciler.gameday.story import Story
    from reconciler.state import Store
    from reconciler.workspace import Workspace


def clean(
    workspace: Workspace, client: Client, store: Store, story: Story, time: Callable[[], float]
) -> Iterator[Event]:
    """Close what the run declared, and yield a `Cleaned` for each incident; at last `Over`, if nothing is left open.

    `workspace` and `store` are the run's own, the lock is held, `time` is Unix time by the API's clock. Whoever calls
    notes each event (`RunLog.append`). An incident whose create was never answered is looked for, and never created.
    Raises `ApiError` where the account cannot be reached: nothing is lost, and it can be repeated.
    """
    raise NotImplementedError
