"""`reconciler state list`: what is managed, by key; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, takes_format
from reconciler.cli.state.keys import store_of
from reconciler.cli.telling import tell, tell_json

if TYPE_CHECKING:
    from reconciler.cli.options import Access


@click.command("list", short_help="List what is managed.")
@takes_format("text", "json")
@finds_state
def list_(*, form: str, access: Access) -> int:
    """List what is managed: key, reference or ID, and how it came to be; as text also what was forgotten."""
    from rich.cells import cell_len  # noqa: PLC0415  (flags are told without reading anything)

    from reconciler.render.fields import padded  # noqa: PLC0415
    from reconciler.render.words import visible  # noqa: PLC0415

    state = store_of(access).read().state
    records = state.records
    if form == "json":
        told = {str(key): {"id": one.id, "reference": one.reference, "how": one.how} for key, one in records.items()}
        tell_json(dict(sorted(told.items())))
        return 0
    rows = [(visible(str(key)), visible(one.reference or one.id), one.how) for key, one in sorted(records.items())]
    widths = [max((cell_len(row[at]) for row in rows), default=0) + 2 for at in range(2)]
    for key, known, how in rows:
        tell(f"{padded(key, widths[0])}{padded(known, widths[1])}{how}")
    for name, stones in sorted(state.tombstones.items()):
        for one in stones:
            tell(f"forgotten: {visible(str(name))}, {visible(one.reference or one.id)}: {visible(one.why)}")
    if not rows:
        tell("nothing is managed yet", err=True)
    return 0
