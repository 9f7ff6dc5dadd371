from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from reconciler.cli import asking
from reconciler.planfile import Held
from tests.render import plans

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from reconciler.model import Plan


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def say_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a person say yes."""
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())


def later(seconds: float) -> Callable[[], float]:
    """Return a clock by which the answer comes that much after the question."""
    times = iter((100.0, 100.0 + seconds))
    return lambda: next(times)


def test_a_quick_yes_is_about_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account is not read again within 30 seconds."""
    say_yes(monkeypatch)
    held, again = Held(plans.plan()), Held(plans.empty())

    assert asking.approve(held, lambda _: again, later(30.0)) is held


def test_a_late_yes_is_about_what_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """After more than 30 seconds the account is read again, and what the answer is about is told anew."""
    say_yes(monkeypatch)
    held, again = Held(plans.plan()), Held(plans.empty())

    def reread(plan: Plan) -> Held:
        assert plan is held.plan
        return again

    assert asking.approve(held, reread, later(30.5)) is again
