"""`reconciler gameday`: scripted incidents, played on a clock, and how people answered."""

from __future__ import annotations

import click

from reconciler.cli.gameday.cleanup import cleanup
from reconciler.cli.gameday.report import report
from reconciler.cli.gameday.run import run
from reconciler.cli.gameday.status import list_, status


@click.group("gameday")
def command() -> None:
    """Play scripted incidents on a clock, and score how people answer them."""


for _part in (run, status, list_, cleanup, report):
    command.add_command(_part)
