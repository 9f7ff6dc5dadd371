"""`reconciler schema`: the name of a kind in, its JSON Schema out."""

from __future__ import annotations

import click

from reconciler.cli.options import says_more
from reconciler.cli.telling import tell_json


@click.command()
@click.argument("kind", default="")
@says_more
def command(*, kind: str) -> int:
    """Print the JSON Schema of KIND, of `Workspace`, or without one of any manifest."""
    from reconciler.kinds import schema  # noqa: PLC0415  (flags are told without reading anything)

    tell_json(schema.named(kind))
    return 0
