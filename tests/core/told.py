"""What a plan tells and what an account saw, in the few words that tests ask for."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reconciler import reconcile
from reconciler.errors import ReconcilerError
from reconciler.model import Done, Key, Step, step
from reconciler.state import Neighbours
from tests.world import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model import Change, Outcome, Plan, Refusal, Topic
    from tests.world import World


def steps(plan: Plan) -> list[str]:
    """Return the names of a plan's changes, in order."""
    return [str(step(change)) for change in plan.changes]


def change(plan: Plan, verb: str, key: str) -> Any:
    """Return one change of a plan."""
    (found,) = [one for one in plan.changes if step(one) == Step(verb, Key.parse(key))]
    return found


def fields(change: Change) -> dict[str, tuple[Any, Any, str]]:
    """Return what an edit shows of each field: what is, what will be, and why."""
    return {one.name: (one.old, one.new, one.cause.value) for one in getattr(change, "fields", ())}


def notices(plan: Plan, topic: Topic | None = None) -> list[str]:
    """Return what a plan tells and does nothing about, without the times."""
    return [timeless(one.message) for one in plan.notices if topic in {None, one.topic}]


def timeless(text: str) -> str:
    """Return a text without the times at which somebody did something."""
    return re.sub(r", \d{1,2} [A-Z][a-z]{2} \d\d:\d\d", "", text)


def refusal(plan: Plan) -> Refusal:
    """Return the one reason for which a plan leaves something alone."""
    (one,) = plan.refusals
    return one


def assert_quiet(world: World) -> None:
    """Assert that nothing is left to do or to say."""
    plan = world.plan()
    assert not plan.changes, plan.changes
    assert not plan.refusals, plan.refusals
    assert not plan.notices


def lose(world: World, write: str = "1-:write", reads: int = 0) -> None:
    """Apply, and lose the answer to a write for good: it is carried out, and nobody learns of it.

    `reads` are those that the write begins with; none after it gets through.
    """
    before = len(world.requests())
    world.plan()
    reads += len(world.requests()) - before
    with suppress(ReconcilerError):
        world.apply([f"drop-after:{write}", f"drop-before:{reads + 1}-:GET"])


def lasting(incident: dict[str, Any]) -> dict[str, Any]:
    """Return an incident without its Slack channel, which comes a moment later than the incident."""
    return {name: value for name, value in incident.items() if not name.startswith("slack_channel")}


def writes(world: World, since: int = 0) -> list[str]:
    """Return the writes that changed the account, as `POST /v2/incidents`, leaving out the first requests."""
    return [f"{one['method']} {one['path']}" for one in world.requests()[since:] if one["changed"]]


def asked(world: World, since: int = 0) -> list[str]:
    """Return every request that the account saw, leaving out the first."""
    return [f"{one['method']} {one['path']}" for one in world.requests()[since:]]


def carry_out(
    world: World,
    plan: Plan,
    faults: Sequence[str] = (),
    *,
    key: str = "sandbox",
    sleep: Callable[[float], None] = lambda _: None,
    beside: Callable[[], Neighbours] = Neighbours,
) -> list[Outcome]:
    """Apply a plan, with what happens while the program waits; faults count from the first write."""
    memory = world.memory
    with world.client(faults, key) as client:
        return list(
            reconcile.apply(
                plan,
                client,
                world.store,
                memory=memory,
                base_url=BASE_URL,
                parallelism=1,
                sleep=sleep,
                policy=world.workspace.drift,
                beside=beside,
            )
        )


def wrong(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return what was not done."""
    return [one for one in outcomes if not isinstance(one, Done)]
