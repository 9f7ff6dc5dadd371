"""`reconciler sandbox requests`: what the sandbox was asked, oldest first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import click

from reconciler.cli.options import takes_format
from reconciler.cli.sandbox.target import names_sandbox
from reconciler.cli.telling import tell, tell_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.sandbox.target import Target

PAGE = 1000
PAUSE = 0.5
"""Seconds between two looks at a log that is followed."""


@click.command(short_help="Show what a sandbox was asked.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N of those that there are.")
@click.option("-f", "--follow", is_flag=True, help="Go on telling requests as they come, until it is interrupted.")
@takes_format("text", "json")
@names_sandbox
def requests(*, target: Target, last: int | None, follow: bool, form: str) -> int:
    """Show the requests that a sandbox saw: time, key, status, whether data changed, method and path.

    As JSON it is one document; with --follow one line a request. A connection that was dropped has no status.
    """
    with target.opened() as ask:
        found, seen = _all(ask, "0")
        shown = found[-last:] if last else found
        if form == "json" and not follow:
            tell_json({"requests": shown})
            return 0
        _tell(shown, form)
        if not shown and not follow:
            tell(f"no requests yet at {target.name}", err=True)
        while follow:
            time.sleep(PAUSE)
            found, seen = _all(ask, seen)
            _tell(found, form)
    return 0


def _all(ask: Callable[..., Any], after: str) -> tuple[list[Any], str]:
    """Return every request after one, and what to go on after once more has come."""
    found: list[Any] = []
    while True:
        page = ask("GET", f"/_sandbox/requests?page_size={PAGE}&after={after}")
        found += page["requests"]
        after = page["pagination_meta"]["last"]
        if "after" not in page["pagination_meta"]:
            return found, after


def _tell(requests: list[Any], form: str) -> None:

    for one in requests:
        if form == "json":
            tell_json(one, indent=None)
            continue
        query = f"?{unquote(one['query'])}" if one["query"] else ""
        known = f"  key {one['idempotency_key']}" if one["idempotency_key"] else ""
        mark = "*" if one["changed"] else " "
        told = f"{one['time'][11:19]}  {one['key'] or '-':<14}  {one['status'] or '---'} {mark} {one['method']:<6} "
        tell(f"{told}{one['path']}{query}{known}")
