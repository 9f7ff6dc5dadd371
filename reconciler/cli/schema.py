"""`reconciler schema`: the name of a kind in, its JSON Schema out."""

from __future__ import annotations

import json

import click

from reconciler.cli.options import says_more


@click.command()
@click.argument("kind", default="")
@says_more
def command(*, kind: str) -> int:
    """Print the JSON Schema of KIND, of `Workspace`, or without one of any manifest."""
    from reconciler.kinds import schema  # noqa: PLC0415  (flags are told without reading anything)

    click.echo(json.dumps(schema.named(kind), indent=2, ensure_ascii=False))
    return 0
