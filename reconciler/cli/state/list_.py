"""`reconciler state list`: what is managed, by key; offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, takes_format
from reconciler.cli.state.keys import store_of

if TYPE_CHECKING:
    from reconciler.cli.options import Access


@click.command("list")
@takes_format("text", "json")
@finds_state
def list_(*, form: str, access: Access) -> int:
    """List what is managed: key, reference or ID, and how it came to be."""
    from reconciler.render.fields import padded  # noqa: PLC0415  (flags are told without reading anything)

    records = store_of(access).read().state.records
    if form == "json":
        told = {str(key): {"id": one.id, "reference": one.reference, "how": one.how} for key, one in records.items()}
        click.echo(json.dumps(dict(sorted(told.items())), indent=2, ensure_ascii=False))
        return 0
    rows = [(str(key), one.reference or one.id, one.how) for key, one in sorted(records.items())]
    widths = [max((len(row[at]) for row in rows), default=0) + 2 for at in range(2)]
    for key, known, how in rows:
        click.echo(f"{padded(key, widths[0])}{padded(known, widths[1])}{how}")
    if not rows:
        click.echo("nothing is managed yet", err=True)
    return 0
