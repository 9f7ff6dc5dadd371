"""A plan and what one run may do in, every reason to refuse it out: one veto a file, each asked the same. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Tripped
from reconciler.guards import limits, modes, notifying
from reconciler.guards.account import check_account
from reconciler.guards.allowance import Allowance, allowance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.errors import Refused
    from reconciler.model import Key, Plan

__all__ = ["Allowance", "allowance", "check", "check_account"]

VETOES = (limits.vetoes, modes.vetoes, notifying.vetoes)
"""Each answers: may this plan be applied? What it yields are the reasons why not."""


def check(plan: Plan, allowed: Allowance, declared: Mapping[Key, str]) -> None:
    """Raise `Tripped` where a plan does more than is allowed, with all that tripped and the numbers of each.

    `declared` are the modes of the incidents.
    """
    reasons: Iterator[Refused] = (reason for veto in VETOES for reason in veto(plan, allowed, declared))
    if found := tuple(reasons):
        raise Tripped(found)
