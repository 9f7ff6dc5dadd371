"""A change in, a result out, whatever the API, the disk or a signal does meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import Interrupted, LeaseLost
from reconciler.model import Adopt, Create, Delete, Done, Edit, Forget, Post
from reconciler.sending import outcomes
from reconciler.sending.editing import edit
from reconciler.sending.losses import NotNoted
from reconciler.sending.making import make
from reconciler.sending.outcomes import Result
from reconciler.sending.removing import delete, forget
from reconciler.sending.run import Policy, Run, keep
from reconciler.state import Neighbours

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.api import Client
    from reconciler.model import Change, Plan
    from reconciler.state import Journal, Memory


@dataclass(slots=True)
class Sender:
    """Carries out changes, from several threads."""

    client: Client
    journal: Journal
    sleep: Callable[[float], None] | None = None
    policy: Policy = keep
    since: float = 0.0
    """Unix time: what was made before is never taken for what was asked for."""
    neighbours: Callable[[], Neighbours] = Neighbours
    """What the other states of the workspace remember; read where an answer was lost."""
    run: Run = field(init=False)

    def __post_init__(self) -> None:
        self.run = Run(self.client, self.journal, self.sleep or self.client.wait, self.policy, self.since)
        self.run.neighbours = self.neighbours

    def know(self, memory: Memory, plan: Plan) -> None:
        """Learn which objects exist and are managed before the first request is sent."""
        self.run.know(memory, plan)

    def carry_out(self, change: Change) -> Result:
        """Send what a change holds and note what came of it; never raises for what an API or a disk may do."""
        try:
            return self._carried_out(change)
        except LeaseLost as error:
            return outcomes.stopped(change, str(error))
        except Interrupted:
            return outcomes.stopped(change)
        except NotNoted as error:
            return outcomes.not_noted(change, error)
        except OSError as error:
            return outcomes.in_the_dark(change, error)

    def _carried_out(self, change: Change) -> Result:
        match change:
            case Adopt(live=live):
                return Result(Done(change, live.id, live.reference, live.link, adopted=True))
            case Create() | Post():
                return make(self.run, change)
            case Edit():
                return edit(self.run, change)
            case Delete():
                return delete(self.run, change)
            case Forget():
                return forget(self.run, change)
