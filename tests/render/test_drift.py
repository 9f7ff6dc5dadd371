"""Drift as people and programs read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given

from reconciler.drift import Report
from reconciler.model import Cause, Drifted, Fate, Key, Live, Mover, Refusal, Source, Why
from reconciler.render import drift, html, page
from reconciler.render.markdown import MOST_BYTES
from reconciler.render.page import Layout
from tests.render.hostile import TEXTS
from tests.render.plans import OLD, SEARCH, moved
from tests.render.snapshots import snapshot
from tests.render.test_hostile import TAGS, unseen
from tests.sandbox.markup import Markup

LOST = Refusal(Why.OUT_OF_SIGHT, OLD, Source("incidents/old.yaml", 1), "managed as 01O, which is gone", "forget it")


def report(*fields: Drifted, **different: Any) -> Report:
    """Return a report of what Bob changed; names change a part of it."""
    told = fields or (
        moved(SEARCH, desired="Investigating", cause=Cause.BOTH, fate=Fate.REFUSED),
        moved(SEARCH, path=("summary",), name="summary", left="One\nTwo", live="One\n2", desired="One\nTwo"),
        moved(
            SEARCH.of("timeline", "deploy"), path=(), name="", left="Deploy", live=None, desired="Deploy", mover=None
        ),
        moved(OLD, live="Closed", is_finished=True),
    )
    whole = Report(
        workspace="acme",
        organisation="https://app.incident.io/acme",
        files=3,
        resources=4,
        recorded=3,
        fields=told,
        lost=(LOST,),
        finished={OLD: "write `status: Closed`"},
        live={SEARCH: Live("01L", {}, {}, "INC-142")},
        not_looked_up=2,
    )
    return replace(whole, **different)


def hostile(text: str) -> Report:
    """Return a report in which every text is this one."""
    key, source = Key("Incident", text), Source(text, 3)
    mover = Mover(text, "user", datetime(2026, 11, 20, tzinfo=UTC))
    one = moved(key, source=source, name=text, left=text, live=[text], desired=f"{text}\n{text}", mover=mover)
    gone = replace(one, key=key.of("timeline", text), path=(), name="")
    lost = Refusal(Why.OUT_OF_SIGHT, key, source, text, text)
    live = {key: Live("01L", {}, {}, text, text)}
    return report(one, gone, workspace=text, organisation=text, lost=(lost,), finished={key: text}, live=live)


def test_each_form_shows_all_there_is() -> None:
    """What was left, what is live, who changed it and when, and what becomes of it; then what is lost."""
    text = page.plain(drift.page(report()), page.PIPE)

    assert text == snapshot("drift.txt", text)
    comment = drift.comment(report())
    assert comment == snapshot("drift.md", comment)
    told = Markup(html.drift(report())).text
    order = ["Drift of acme", "4 fields of 2 resources", "Changed outside", "Bob, 20 Nov 14:02", "Out of sight"]
    assert sorted(order, key=told.index) == order


@given(TEXTS)
def test_whatever_stands_in_an_account_stays_text(text: str) -> None:
    """It moves no cursor, and is no markup."""
    found = hostile(text)
    shown = [
        page.plain(drift.page(found), page.PIPE),
        page.plain(drift.page(found, Layout(80, fits=True)), Layout(80, fits=True)),
        drift.comment(found),
    ]

    assert [steering for each in shown if (steering := unseen(each))] == []
    assert {element.tag for element in Markup(html.drift(found)).elements} <= TAGS


def test_a_comment_is_never_too_long() -> None:
    """Where not all of it has room, the counts have."""
    long = drift.comment(report(*(moved(SEARCH, left="x" * 900, live=str(number)) for number in range(200))))

    assert len(long.encode()) <= MOST_BYTES
    assert "200 fields of 1 resource" in long
    assert "run `reconciler drift`" in long


def test_what_was_never_applied_is_counted() -> None:
    """So that nobody takes silence for peace."""
    text = page.plain(drift.page(report(lost=())), page.PIPE)

    assert "1 resource was never applied, so no drift can be told of it.\n" in text
