from __future__ import annotations

import io
import sys

import pytest

from reconciler.cli import asking
from reconciler.errors import Refused
from tests.render import plans


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def say_yes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person say yes after longer than an answer is good for."""
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(asking, "LONGEST_PROMPT", -1.0)


def test_a_late_yes_counts_when_the_plan_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is read again, and says the same."""
    say_yes_late(monkeypatch)
    asking.approve(plans.plan(), plans.plan)


def test_a_late_yes_to_what_no_longer_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was shown is not what would be done."""
    say_yes_late(monkeypatch)

    with pytest.raises(Refused, match="the account changed while the question stood open"):
        asking.approve(plans.plan(), plans.empty)
