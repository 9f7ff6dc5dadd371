"""The steps of one incident in their order → the moves of its status that the lifecycle does not have. Pure.

Names of statuses are the account's: of those that neither a new account has nor a manifest declares nothing is known,
and nothing said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.gameday.script import Close, Expect, Set, StatusReached, Update
from reconciler.kinds.incident import ends_with
from reconciler.lifecycle import AT_CREATION, CLOSED, ONWARD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.gameday.facts import Facts
    from reconciler.gameday.order import Due
    from reconciler.gameday.script import GameDay, Step, Template
    from reconciler.model import Source

FORTH = "statuses go on from live to post-incident to closed: choose another one, or another order"


def problems(day: GameDay, template: Template, own: Sequence[Due], facts: Facts) -> Iterator[Problem]:
    """Yield where the script asks for a status that the API brings no incident to from where it left this one."""
    yield from _of_template(template, facts)
    status = ends_with(template.spec, "status")
    for _, step in own:
        wanted = moved(step)
        if isinstance(step.deed, Close) and facts.category(status) == CLOSED:
            told = f"`{step.incident}` is {told_of(status)} by then"
            yield Problem(day.at(step), told, "take the step out, or what closes it before")
        elif wanted is not None and not facts.may_move(status, wanted):
            verb = "set" if isinstance(step.deed, Set) else "update"
            yield _refused(day.at(step, verb, "status"), status, wanted, facts)
        elif (hoped := _hoped(step)) and _is_back(status, hoped, facts):
            told = f"nobody brings `{step.incident}` back from {told_of(status)} to {told_of(hoped)}"
            yield Problem(day.at(step, "expect", "status"), told, FORTH)
        status = status if wanted is None else wanted


def moved(step: Step) -> Any:
    """Return the status that a step moves its incident to; None where it moves it nowhere, or closes it."""
    return step.deed.fields.get("status") if isinstance(step.deed, Set | Update) else None


def _hoped(step: Step) -> str:
    """Return the status that people are to bring an incident to; empty where a step asks for none of them."""
    match step.deed:
        case Expect(condition=StatusReached(status), never=False):
            return status
        case _:
            return ""


def _is_back(before: Any, wanted: str, facts: Facts) -> bool:
    """Tell whether a status is known to lie behind another one: out of pauses and the like people find ways."""
    here, there = ONWARD.get(facts.category(before)), ONWARD.get(facts.category(wanted))
    return here is not None and there is not None and there < here


def told_of(status: Any) -> str:
    """Return a status as messages call it."""
    return f"`{status}`" if isinstance(status, str) else "in that status"


def _of_template(template: Template, facts: Facts) -> Iterator[Problem]:
    """Yield where an incident is declared in what it cannot be, or updates of its own cannot be posted."""
    spec = template.spec
    updates = [(number, one) for number, one in enumerate(spec.get("updates", ())) if "status" in one]
    stated: Any = spec.get("declare_as", {}).get("status")
    path: tuple[str | int, ...] = ("declare_as", "status")
    if stated is None and not updates:
        stated, path = spec.get("status"), ("status",)
    if stated is not None and not facts.may_create(stated):
        told = f"no incident can be declared as {told_of(stated)}"
        yield Problem(_at(template, *path), told, "declare it in a live, post-incident or closed status")
        return
    for number, one in updates:
        if not facts.may_move(stated, one["status"]):
            yield _refused(_at(template, "updates", number, "status"), stated, one["status"], facts)
        stated = one["status"]


def _refused(place: Source, before: Any, wanted: Any, facts: Facts) -> Problem:
    if facts.category(wanted) not in AT_CREATION:
        return Problem(place, f"only people bring an incident to {told_of(wanted)}", "choose another status")
    return Problem(
        place,
        f"no incident goes back from {told_of(before)} to {told_of(wanted)}",
        FORTH,
    )


def _at(template: Template, *path: str | int) -> Source:
    return template.document.at("spec", *path) if template.document else template.source
