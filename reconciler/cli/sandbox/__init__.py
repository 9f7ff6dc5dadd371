"""`reconciler sandbox`: an emulation of the incident.io API, served, looked into, and brought back to a known state."""

from __future__ import annotations

import click

from reconciler.cli.sandbox.requests import requests
from reconciler.cli.sandbox.reset import reset
from reconciler.cli.sandbox.serve import serve
from reconciler.cli.sandbox.snapshots import restore, snapshot, snapshots


@click.group("sandbox")
def command() -> None:
    """Emulate the incident.io API, to learn, try and test with."""


for _part in (serve, requests, reset, snapshot, restore, snapshots):
    command.add_command(_part)
