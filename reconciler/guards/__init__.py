"""A plan and what one run may do in, every reason to refuse it out: one veto a file, each asked the same. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.errors import Tripped
from reconciler.guards import limits, modes, notifying
from reconciler.guards.account import check_account, check_rescued
from reconciler.guards.allowance import Allowance, allowance
from reconciler.model import Excess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.errors import Refused
    from reconciler.model import Key, Plan

__all__ = ["Allowance", "allowance", "check", "check_account", "check_rescued", "judged", "tripped"]

VETOES = (limits.vetoes, modes.vetoes, notifying.vetoes)
"""Each answers: may this plan be applied? What it yields are the reasons why not."""


def judged(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> Plan:
    """Return the plan with all that it trips, for whoever reads it."""
    found = tripped(plan, allowed, declared)
    return replace(plan, over_limits=tuple(Excess(str(reason), reason.hint) for reason in found))


def tripped(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> tuple[Refused, ...]:
    """Return all that a plan trips where it does more than is allowed, with the numbers of each.

    `declared` are the modes of the incidents.
    """
    reasons: Iterator[Refused] = (reason for veto in VETOES for reason in veto(plan, allowed, declared))
    return tuple(reasons)


def check(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> None:
    """Raise `Tripped` where a plan trips anything."""
    if found := tripped(plan, allowed, declared):
        raise Tripped(found)
