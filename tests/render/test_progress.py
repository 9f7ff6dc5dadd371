from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import Done, Failed, Outcome, Skipped, Unknown, step
from reconciler.render import page, progress
from tests.render import plans
from tests.render.test_text import ESCAPES, Screen

if TYPE_CHECKING:
    import pytest

LINK = "https://app.incident.io/acme/incidents/7"


def told(*outcomes: Outcome) -> str:
    """Return what progress writes where there is no terminal."""
    stream = io.StringIO()
    with progress.progress([outcome.change for outcome in outcomes], stream) as tell:
        for outcome in outcomes:
            tell(outcome)
    return stream.getvalue()


def summary(*outcomes: Outcome) -> str:
    """Return how an apply ends."""
    return page.plain(progress.summary(outcomes), page.PIPE)


def test_without_a_terminal_each_outcome_is_one_plain_line() -> None:
    """CI logs are read and searched line by line."""
    lines = told(
        Done(plans.created(), "01A", "INC-7", LINK),
        Done(plans.update("first", "hello"), "01B", "INC-7", LINK),
        Failed(plans.closing(), "422 call_url: not a URL (invalid)"),
        Skipped(plans.edited(), "the run was stopped"),
        Unknown(plans.update("second", "hello"), "no answer"),
    )

    assert lines == (
        f"created  Incident/checkout-latency-2026-11  INC-7  {LINK}\n"
        "posted   Incident/checkout-latency-2026-11/update/first  INC-7\n"
        "failed   Incident/checkout-latency-2026-11  422 call_url: not a URL (invalid)\n"
        "skipped  Incident/search-errors  the run was stopped\n"
        "unknown  Incident/checkout-latency-2026-11/update/second  no answer\n"
    )


def test_an_answer_with_an_older_incident_is_adopted_and_not_created() -> None:
    """Told as it is."""
    line = told(Done(plans.created(), "01A", "INC-7", LINK, adopted=True, note="its fields are others"))

    assert line == f"adopted  Incident/checkout-latency-2026-11  INC-7  {LINK}  (its fields are others)\n"


def test_the_summary_counts_what_was_acknowledged() -> None:
    """Done, failed, skipped and unknown, and each incident once with its link."""
    text = summary(
        Done(plans.created(), "01A", "INC-7", LINK),
        Done(plans.update("first", "hello"), "01B", "INC-7", LINK),
        Done(plans.closing(), "01A", "INC-7", LINK),
    )

    assert text == (
        f"INC-7  Incident/checkout-latency-2026-11  {LINK}\n\nApply: 3 done, 0 failed, 0 skipped, 0 unknown.\n"
    )


def test_each_failure_comes_with_its_reason_its_request_and_what_to_do() -> None:
    """What a person needs who asks incident.io for help."""
    text = summary(Failed(plans.created(), "422 name: too long (invalid)", "shorten the name", "req-1"))

    assert text == (
        "failed: create Incident/checkout-latency-2026-11       incidents/checkout.yaml:3\n"
        "  422 name: too long (invalid) (request req-1)\n"
        "  hint: shorten the name\n"
        "\n"
        "Apply: 0 done, 1 failed, 0 skipped, 0 unknown.\n"
    )


def test_what_an_answer_says_cannot_move_the_cursor() -> None:
    """An API's message is somebody else's text."""
    text = told(Failed(plans.created(), "\x1b[2Jgone\nforged line"))

    assert "\x1b" not in text
    assert text.count("\n") == 1


def test_on_a_terminal_a_bar_stands_below_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what is under way, and goes when all is done."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    stream = Screen()
    with progress.progress([plans.created()], stream) as tell:
        before = stream.getvalue()
        tell(Done(plans.created(), "01A", "INC-7", LINK))

    assert "create Incident/checkout-latency-2026-11" in before
    assert f"created  Incident/checkout-latency-2026-11  INC-7  {LINK}\n" in ESCAPES.sub("", stream.getvalue())


def test_what_is_under_way_is_what_has_nothing_left_to_wait_for() -> None:
    """One incident's steps in order, independent ones side by side."""
    first, alone = plans.created(), plans.edited()
    second = replace(plans.update("first", "hello"), after=(step(first),))
    waiting = progress._Waiting([first, second, alone])
    told = [waiting.told]
    for change in (alone, first, second):
        waiting.finished(change)
        told.append(waiting.told)

    assert told == [
        "create Incident/checkout-latency-2026-11 and 1 more",
        "create Incident/checkout-latency-2026-11",
        "post Incident/checkout-latency-2026-11/update/first",
        "",
    ]
