"""`reconciler state unlock`: the lock that a run left behind, shown and removed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state
from reconciler.cli.state.keys import store_of
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access


@click.command(short_help="Remove a lock that a dead run left.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@finds_state
def unlock(*, auto_approve: bool, access: Access) -> int:
    """Remove the lock on a remote state. A run that holds it notices within seconds, and sends nothing more.

    That long is waited for, so that the next run writes alone. A run that cannot reach the store sends on until its
    lock would have ended. What a dead run left ends by itself; this is for whoever cannot wait.
    """
    from reconciler.errors import Refused  # noqa: PLC0415  (flags are told without reading anything)

    store = store_of(access)
    claim = store.claim()
    if claim is None:
        tell("nobody holds the lock")
        return 0
    tell(f"held by {claim.told}", err=True)
    if not claim.is_removable:
        raise Refused("a lock on this machine ends with its process: there is nothing to remove", "end that process")
    if not auto_approve:
        _approve()
    tell("waiting a few seconds for that run to notice", err=True)
    if not store.unlock(claim):
        raise Refused("the lock has been renewed or taken since: its holder is alive", "run the same command again")
    tell("unlocked")
    return 0


def _approve() -> None:
    from reconciler.errors import Refused  # noqa: PLC0415  (see above)

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused("nothing was unlocked: there is no terminal to ask on", "`--auto-approve` unlocks without asking")
    tell("If that run is alive it stops half way. Unlock? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Refused("nothing was unlocked: declined")
