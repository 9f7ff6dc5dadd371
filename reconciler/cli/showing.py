"""A plan and a format in, the plan on a stream out; texts of private incidents on terminals only."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from reconciler.cli.telling import tell
from reconciler.cli.voice import voice
from reconciler.cli.way import account_of
from reconciler.planfile import Saved
from reconciler.render import as_json, drift, markdown, page, text
from reconciler.render.words import count
from reconciler.secrecy.private import veiled

if TYPE_CHECKING:
    from reconciler.drift import Report
    from reconciler.model import Plan
    from reconciler.planfile import Held


def announce(plan: Plan, *, show_private: bool) -> None:
    """Tell a plan as a line of the log."""
    shown = voice().way.told(plan if show_private else veiled(plan))
    voice().event("plan", "info", plan=as_json.plan(shown))


def show(plan: Plan, form: str, stream: TextIO, *, show_private: bool, salt: str = "") -> None:
    """Write a plan in a format; private texts as digests with the `salt`, where it is saved."""
    shown = voice().way.told(plan if show_private or stream.isatty() else veiled(plan, salt))
    match form:
        case "json":
            stream.write(as_json.written(as_json.plan(shown)) + "\n")
        case "markdown":
            stream.write(markdown.comment(shown))
        case "html":
            from reconciler.render import html  # noqa: PLC0415  (30 ms that other formats do not need)

            stream.write(html.plan(shown))
        case _:
            page.write(text.page(shown, page.layout_of(stream)), stream)
    stream.flush()


def show_drift(report: Report, form: str, stream: TextIO) -> None:
    """Write what changed outside in a format."""
    report = voice().way.told(report)
    match form:
        case "json":
            stream.write(as_json.written(drift.as_object(report)) + "\n")
        case "markdown":
            stream.write(drift.comment(report))
        case "html":
            from reconciler.render import html  # noqa: PLC0415  (30 ms that other formats do not need)

            stream.write(html.drift(report))
        case _:
            page.write(drift.page(report, page.layout_of(stream)), stream)
    stream.flush()


def show_saved(saved: Saved, form: str, stream: TextIO, *, show_private: bool) -> None:
    """Write a saved plan as it was shown when it was made; a text that its file does not hold stays a digest."""
    speaker = voice()
    speaker.way = replace(speaker.way, account=account_of(saved.base_url))
    show(saved.plan, form, stream, show_private=show_private or not saved.shows_private, salt=saved.salt)


def present(plan: Plan | Saved, form: str, *, show_private: bool) -> None:
    """Tell what is about to be applied: on stdout, or beside it where that is for outcomes as JSON."""
    stream = _beside(form)
    if form == "json" and voice().is_json:
        # What a file holds in digests is not to be veiled once more.
        is_veiled = isinstance(plan, Saved) and not plan.shows_private
        announce(plan.plan if isinstance(plan, Saved) else plan, show_private=show_private or is_veiled)
    elif isinstance(plan, Saved):
        show_saved(plan, "text", stream, show_private=show_private)
    else:
        show(plan, "text", stream, show_private=show_private)


def show_since(held: Held, form: str) -> Held:
    """Tell what became of a plan since it was shown: what is refused as stale, and what is done already."""
    told = voice().way.told(held)
    plan = replace(told.plan, changes=(), notices=told.already)
    lines = [line for refusal in told.stale for line in text.refused(plan, refusal)]
    lines += text.notices(plan)
    if lines:
        stream = _beside(form)
        page.write([page.BLANK, page.line(page.Span("Since this plan was made", "bold")), *lines], stream)
        stream.flush()
    if held.beyond:
        beyond = count(len(held.beyond), "change")
        tell(f"not in this plan, and not done: {beyond}; `reconciler plan` shows what", err=True)
    return held


def _beside(form: str) -> TextIO:
    return sys.stdout if form == "text" else sys.stderr
