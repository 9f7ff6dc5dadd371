"""`reconciler sandbox snapshot`, `restore` and `snapshots`: a sandbox as it was, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.sandbox.target import names_sandbox
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.sandbox.target import Target

_NAME = click.argument("name", default="default")


@click.command(short_help="Remember all of a sandbox under a name.")
@_NAME
@names_sandbox
def snapshot(*, target: Target, name: str) -> int:
    """Remember all of a sandbox, its log included, as NAME; what had that name before is replaced."""
    with target.opened() as ask:
        ask("POST", "/_sandbox/snapshot", {"name": name})
    tell(f"{target.name} is remembered as {name}")
    return 0


@click.command(short_help="Bring a sandbox back to what it was.")
@_NAME
@names_sandbox
def restore(*, target: Target, name: str) -> int:
    """Bring a sandbox back to what it was when NAME was taken, its log included."""
    with target.opened() as ask:
        ask("POST", "/_sandbox/restore", {"name": name})
    tell(f"{target.name} is what it was as {name}")
    return 0


@click.command(short_help="List what it can be brought back to.")
@names_sandbox
def snapshots(*, target: Target) -> int:
    """List the snapshots of a sandbox."""
    with target.opened() as ask:
        found = ask("GET", "/_sandbox/snapshots")["snapshots"]
    for name in found:
        tell(name)
    if not found:
        tell(f"no snapshots of {target.name} yet", err=True)
    return 0
