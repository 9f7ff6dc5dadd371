"""A plan or a question in, a person's yes out; anything else refuses."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from reconciler.cli.telling import tell
from reconciler.errors import Refused
from reconciler.render.words import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import Plan
    from reconciler.planfile import Held

LONGEST_PROMPT = 30.0
"""Seconds after which an answer may be about an account that is no longer what was shown."""


def approve(held: Held, again: Callable[[Plan], Held], clock: Callable[[], float] = time.monotonic) -> Held:
    """Ask whether to apply what holds of a plan, and return what does so after the answer.

    Where that took longer than 30 s, `again` reads the account anew. Raises `Refused` where the answer is not
    yes, or nobody can be asked.
    """
    asked = clock()
    changes = "this change" if len(held.plan.changes) == 1 else f"these {count(len(held.plan.changes), 'change')}"
    confirm(f"Apply {changes}?", "nothing was applied", "`--auto-approve` applies without asking")
    return again(held.plan) if clock() - asked > LONGEST_PROMPT else held


def confirm(question: str, otherwise: str, hint: str) -> None:
    """Ask a person; raises `Refused`, which says `otherwise`, where the answer is not yes or nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(f"{otherwise}: there is no terminal to ask on", hint)
    tell(f"\n{question} [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refused(f"{otherwise}: declined")
