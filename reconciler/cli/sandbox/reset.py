"""`reconciler sandbox reset`: everything as in a new sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.sandbox.target import names_sandbox
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.sandbox.target import Target


@click.command(short_help="Empty a sandbox: everything as new.")
@names_sandbox
def reset(*, target: Target) -> int:
    """Empty a sandbox: no incidents, the configuration of a new account, an empty log. Snapshots stay."""
    with target.opened() as ask:
        ask("POST", "/_sandbox/reset")
    tell(f"{target.name} is as new")
    return 0
