"""`reconciler sandbox`: flags in, a sandbox on a port out."""

import re
from pathlib import Path
from typing import Any

import click

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s)?")


class _WrongFlagError(click.ClickException):
    """The flags name something that a sandbox cannot be started with."""

    exit_code = 3


class _NotAvailableError(click.ClickException):
    """The address cannot be listened on."""

    exit_code = 7


class _Duration(click.ParamType[float]):
    """A time such as 100ms or 0.5s, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a time; a bare number only where it is zero."""
        if isinstance(value, float):
            return value
        found = _DURATION.fullmatch(str(value))
        if not found or (not found[2] and float(found[1])):
            self.fail(f"{value!r} is not a time; write 100ms or 0.5s", param, ctx)
        return float(found[1]) / (1000 if found[2] == "ms" else 1)


@click.group("sandbox")
def command() -> None:
    """Emulate the incident.io API, to learn, try and test with."""


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8484, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option("--data", type=click.Path(path_type=Path, dir_okay=False), help="File to keep the data in; else memory.")
@click.option("--latency", type=_Duration(), default="0ms", show_default=True, help="Time that each answer takes.")
@click.option(
    "--idempotency",
    type=click.Choice(["return", "conflict", "invalid", "forget"]),
    default="return",
    show_default=True,
    help="What a repeated idempotency key gets: the first object, a 409, a 422, or a second object.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND:N[-[M]][:METHOD]",
    help="Drop connections: drop-before:3, drop-after:7-, drop-after:2:POST, drop-before:5-9:write. Repeatable.",
)
@click.option("--allow-remote", is_flag=True, help="Let other machines in: the keys are known to everybody.")
def serve(
    *,
    host: str,
    port: int,
    data: Path | None,
    latency: float,
    idempotency: str,
    faults: tuple[str, ...],
    allow_remote: bool,
) -> None:
    """Serve a sandbox until it is interrupted; prints its URL and its key."""
    # Imported here so that --help need not wait for the server.
    from reconciler.sandbox import Behaviour, Faults, NotASandboxError, create_app  # noqa: PLC0415
    from reconciler.sandbox import serve as server  # noqa: PLC0415

    if not (allow_remote or server.is_local(host)):
        message = f"{host} can be reached from other machines, and the keys of a sandbox are known to everybody"
        raise _WrongFlagError(f"{message}\nhint: --allow-remote serves there all the same")
    try:
        app = create_app(data, behaviour=Behaviour(idempotency), latency=latency, faults=Faults.parse(faults))
    except (ValueError, NotASandboxError) as error:
        raise _WrongFlagError(str(error)) from error
    try:
        server.serve(app, host, port, _announce)
    except OSError as error:
        app.close()
        raise _NotAvailableError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def _announce(url: str) -> None:
    click.echo(f"sandbox: {url}")
    click.echo("key: sandbox")
