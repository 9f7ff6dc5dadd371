"""A plan in, a person's yes out; anything else refuses."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from reconciler.errors import Refused
from reconciler.render.words import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import Plan

LONGEST_PROMPT = 30.0
"""Seconds after which an answer may be about an account that is no longer what was shown."""


def approve(plan: Plan, again: Callable[[], Plan]) -> None:
    """Ask whether to apply the plan; raises `Refused` where the answer is not yes, or nobody can be asked.

    Where the answer took longer than 30 s, `again` makes the plan anew: what was shown must still hold.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("nothing was applied: there is no terminal to ask on", "`--auto-approve` applies without asking")
    asked = time.monotonic()
    changes = "this change" if len(plan.changes) == 1 else f"these {count(len(plan.changes), 'change')}"
    click.echo(f"\nApply {changes}? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refused("nothing was applied: declined")
    is_old = time.monotonic() - asked > LONGEST_PROMPT
    if is_old and again().changes != plan.changes:
        raise Refused(
            "nothing was applied: the account changed while the question stood open", "run the same command again"
        )
