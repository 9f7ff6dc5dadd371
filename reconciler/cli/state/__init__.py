"""`reconciler state`: what is remembered of the account, listed, shown, corrected and found again."""

from __future__ import annotations

import click

from reconciler.cli.state.import_ import import_
from reconciler.cli.state.list_ import list_
from reconciler.cli.state.mv import mv
from reconciler.cli.state.rebuild import rebuild
from reconciler.cli.state.recover import recover
from reconciler.cli.state.rm import rm
from reconciler.cli.state.show import show
from reconciler.cli.state.unlock import unlock


@click.group("state")
def command() -> None:
    """Tell what is remembered of the account. It is a convenience: without it, everything is found again."""


for _part in (list_, show, rm, mv, import_, rebuild, unlock, recover):
    command.add_command(_part)
