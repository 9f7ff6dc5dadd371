"""A plan of 5,000 changes in, how long each format of it takes, and how long it is, out."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import Cause, FieldChange, Key, Live
from reconciler.render import as_json, html, markdown, page, text
from tests.render import plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.model import Change, Plan

CHANGES = 5_000
SUMMARY = "p99 above 2 s in eu-west-1 since 09:12 UTC.\nSeen by customers of the second acquirer.\n"


def plan_of(number: int, summary: str = SUMMARY, name: str = "incident") -> Plan:
    """Return a plan of so many changes: half of them incidents to create, half of them to edit."""
    field = FieldChange("summary", summary + "It goes on.\n", summary, Cause.DRIFT)
    changes: list[Change] = []
    for index in range(number):
        key = Key("Incident", f"{name}-{index}")
        edit = replace(plans.edited(field), key=key, live=Live(f"01{index}", {}, {}, f"INC-{index}"))
        changes.append(edit if index % 2 else replace(plans.created(), key=key))
    return plans.plan(changes=tuple(changes))


def rendering() -> Iterator[str]:
    """Yield how long each format takes, and how long it is."""
    plan = plan_of(CHANGES)
    formats: dict[str, Callable[[], str]] = {
        "text": lambda: page.plain(text.page(plan), page.PIPE),
        "text at 80": lambda: page.plain(text.page(plan, page.screen(80)), page.screen(80)),
        "json": lambda: as_json.written(as_json.plan(plan)),
        "markdown": lambda: markdown.comment(plan),
        "html": lambda: html.plan(plan),
    }
    for name, render in formats.items():
        begin = time.perf_counter()
        length = len(render().encode())
        took = time.perf_counter() - begin
        yield f"{name:<10} of {CHANGES:,} changes {took:6.2f} s, {length:10,} bytes"
