"""The commands by name. Each is imported when it is called, so that none waits for another."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from reconciler.cli.front import COMMANDS, HELP, VERSION


class Commands(click.Group):
    """A group that knows its commands by name, and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer needs them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None where there is none of that name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", import_module(f"reconciler.cli.{cmd_name}").command)

    def get_help(self, ctx: click.Context) -> str:
        """Return the same page that `reconciler` shows by itself."""
        del ctx
        return HELP.rstrip()


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(message=VERSION)
@click.pass_context
def reconciler(ctx: click.Context) -> None:
    """Incident response as code for incident.io."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
