"""`reconciler state`: what is remembered of the account, listed, shown and forgotten."""

from __future__ import annotations

import click

from reconciler.cli.state.list_ import list_
from reconciler.cli.state.recover import recover
from reconciler.cli.state.rm import rm
from reconciler.cli.state.show import show
from reconciler.cli.state.unlock import unlock


@click.group("state")
def command() -> None:
    """Tell what is remembered of the account. It is a convenience: without it, everything is found again."""


for _part in (list_, show, rm, unlock, recover):
    command.add_command(_part)
