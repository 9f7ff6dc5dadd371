"""Changes → the same, each behind all that it needs. Pure."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from reconciler import refs
from reconciler.model import Change, Create, Step, step
from reconciler.plan.exchange import exchange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.model import Key, Live


def order(changes: Iterable[Change], live: Mapping[str, Sequence[Live]], groups: Mapping[Key, Any]) -> list[Change]:
    """Return the changes so that each comes after all it needs, otherwise as they were given.

    `live` are the objects of each kind, `groups` the live or stated value of the field that a distinct one is
    distinct within, by key. Raises `ValueError` where changes need each other, which no manifest can express.
    """
    steps = {step(change): change for change in exchange(list(changes), live, groups)}
    needs = {name: _needs(change, steps) for name, change in steps.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        raise ValueError(" -> ".join(map(str, error.args[1]))) from None
    done: dict[Step, None] = {}
    for name in steps:
        _visit(name, needs, done)
    return [replace(steps[name], after=tuple(needs[name])) for name in done]


def _needs(change: Change, steps: Mapping[Step, Change]) -> list[Step]:
    """Return the steps before a change: those it names, and those that make what its request refers to."""
    request = getattr(change, "request", None)
    referred = [Step(Create.verb, ref.key) for ref in refs.of_request(request)] if request else []
    return [name for name in dict.fromkeys([*change.after, *referred]) if name in steps]


def _visit(name: Step, needs: Mapping[Step, Sequence[Step]], done: dict[Step, None]) -> None:
    """Put a step behind all that it needs; without recursion, as one incident may have hundreds of steps."""
    waiting = [name]
    while waiting:
        now = waiting[-1]
        missing = [one for one in needs[now] if one not in done]
        if missing:
            waiting += missing[:1]
        else:
            done.setdefault(waiting.pop())
