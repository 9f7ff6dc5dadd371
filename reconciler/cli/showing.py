"""A plan and a format in, the plan on a stream out; texts of private incidents on terminals only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from reconciler.cli.voice import voice
from reconciler.private import veiled
from reconciler.render import as_json, markdown, page, text

if TYPE_CHECKING:
    from reconciler.model import Plan


def announce(plan: Plan, *, show_private: bool) -> None:
    """Tell a plan as a line of the log."""
    shown = plan if show_private else veiled(plan)
    voice().event("plan", "info", plan=as_json.plan(shown))


def show(plan: Plan, form: str, stream: TextIO, *, show_private: bool) -> None:
    """Write a plan as `text`, `json` or `markdown`."""
    shown = plan if show_private or stream.isatty() else veiled(plan)
    match form:
        case "json":
            stream.write(as_json.written(as_json.plan(shown)) + "\n")
        case "markdown":
            stream.write(markdown.comment(shown))
        case _:
            page.write(text.page(shown, page.layout_of(stream)), stream)
    stream.flush()
