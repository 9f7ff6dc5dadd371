"""A moment in, the incidents moved on that the server has brought further by then: from one task to the next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reconciler.sandbox import ids
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.incidents import learning, lifecycle
from reconciler.sandbox.incidents.incident import rows
from reconciler.sandbox.incidents.revision import Revision
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.store import Store, Transaction

Json = dict[str, Any]

FLOW: Json = {"workflow": {"id": seed_id("workflow", 1000), "name": "Post-incident flow"}}
"""Who is recorded as having moved them."""


def catch_up(store: Store, behaviour: Behaviour, now: datetime) -> None:
    """Bring the incidents of a sandbox to where they are by now; nothing is written where none has moved."""
    if behaviour.post_incident_pace is None:
        return
    with store.reading() as transaction:
        if not learning.waiting(transaction, now - timedelta(seconds=behaviour.post_incident_pace)):
            return
    with store.writing() as transaction:
        move_on(transaction, behaviour, now)


def move_on(transaction: Transaction, behaviour: Behaviour, now: datetime) -> None:
    """Move each incident as often as its time has come, at the moments at which it came.

    It goes through the post-incident statuses by rank, and from the last to the first closed one.
    """
    if behaviour.post_incident_pace is None:
        return
    pace = timedelta(seconds=behaviour.post_incident_pace)
    while due := learning.waiting(transaction, now - pace):
        for identifier, entered in due:
            _move(transaction, behaviour, identifier, entered + pace)


def _move(transaction: Transaction, behaviour: Behaviour, identifier: str, when: datetime) -> None:
    (incident,) = rows(transaction, "id = ?", identifier)
    revision = Revision(_Flow(transaction, behaviour, when), incident)
    revision.status(lifecycle.next_status(transaction.organisation, incident.status), "")
    revision.keep()


@dataclass(frozen=True, slots=True)
class _Flow:
    """One move that nobody asked for."""

    store: Transaction
    behaviour: Behaviour
    now: datetime

    @property
    def person(self) -> None:
        return None

    @property
    def actor(self) -> Json:
        return FLOW

    @property
    def organisation(self) -> Organisation:
        return self.store.organisation

    def new_id(self) -> str:
        return ids.new_id(is_long=self.behaviour.long_ids)
