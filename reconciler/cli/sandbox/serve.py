"""`reconciler sandbox serve`: flags in, a sandbox on a port out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.options import with_options
from reconciler.cli.sandbox.flags import Duration, Lower, NewKey
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.sandbox import Faults

PORT = 8484


class _WrongFlagError(click.ClickException):
    """The flags name something that a sandbox cannot be started with."""

    exit_code = 3


class _NotAvailableError(click.ClickException):
    """The address cannot be listened on."""

    exit_code = 7


_ADDRESS: tuple[Callable[[Any], Any], ...] = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
    ),
    click.option("--allow-remote", is_flag=True, help="Let other machines in: the keys are known to everybody."),
    click.option(
        "--data", type=click.Path(path_type=Path, dir_okay=False), help="File to keep the data in; else memory."
    ),
    click.option(
        "--key",
        "keys",
        multiple=True,
        type=NewKey(),
        metavar="TOKEN=ROLE[,ROLE]",
        help="One more API key, with its roles, called `key 1` and so on. Repeatable.",
    ),
    click.option(
        "--record",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="RECONCILER_SANDBOX_RECORD",
        help="Write every request and its answer to a file, as JSON lines.",
    ),
)
_BEHAVIOUR: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--idempotency",
        type=click.Choice(["return", "conflict", "invalid", "forget"]),
        default="return",
        show_default=True,
        help="What a repeated idempotency key gets: the first object, a 409, a 422, or a second object.",
    ),
    click.option("--key-lifetime", type=Duration(), metavar="TIME", help="Forget idempotency keys after this time."),
    click.option("--refuse-changed", is_flag=True, help="Answer 422 to a known idempotency key with another body."),
    click.option("--rewrite", is_flag=True, help="Store texts, sets and numbers in a form of the server's own."),
    click.option("--triage", is_flag=True, help="Declare incidents of the type Default in triage."),
    click.option(
        "--post-incident-pace",
        type=Duration(),
        metavar="TIME",
        help="Move incidents through the post-incident statuses by themselves, one in this time.",
    ),
)
_LIMITS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--rate-limit",
        default=1200,
        show_default=True,
        type=click.IntRange(min=1),
        help="Requests a minute that a key may make; the bucket holds as many.",
    ),
    click.option(
        "--lower-limit",
        "lower",
        multiple=True,
        type=Lower(),
        metavar="'METHOD PATH=N'",
        help="Requests a minute of one operation; 'POST /v2/escalations=60' is always there. Repeatable.",
    ),
    click.option(
        "--other-client",
        default=0,
        type=click.IntRange(min=0),
        metavar="N",
        help="Requests a minute that another client spends of the same allowance.",
    ),
)
_FAULTS: tuple[Callable[[Any], Any], ...] = (
    click.option("--latency", type=Duration(), default="0ms", show_default=True, help="Time that each answer takes."),
    click.option(
        "--fault",
        "specs",
        multiple=True,
        metavar="KIND[=SECONDS]:WHICH[:METHOD][:PATH]",
        help="What goes wrong, with which requests: drop-after:2:POST, 503-before=2:5%:GET, 502-after:7-:write:/v2/*. "
        "Repeatable.",
    ),
    click.option(
        "--faults",
        "script",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="A fault script: YAML with `seed` and `faults`.",
    ),
    click.option("--seed", default=0, help="What chance is drawn from; the same seed strikes the same requests."),
)


@click.command(short_help="Serve a sandbox on a port, and a page to look at.")
@with_options(*_ADDRESS, *_BEHAVIOUR, *_LIMITS, *_FAULTS)
def serve(
    *,
    host: str,
    port: int,
    allow_remote: bool,
    data: Path | None,
    keys: tuple[tuple[str, tuple[str, ...]], ...],
    record: Path | None,
    idempotency: str,
    key_lifetime: float | None,
    refuse_changed: bool,
    rewrite: bool,
    triage: bool,
    post_incident_pace: float | None,
    rate_limit: int,
    lower: tuple[tuple[tuple[str, str], int], ...],
    other_client: int,
    latency: float,
    specs: tuple[str, ...],
    script: Path | None,
    seed: int,
) -> int:
    """Serve a sandbox until it is interrupted; prints its URL and its key. A browser shows what is in it."""
    # Imported here so that --help need not wait for the server.
    from reconciler.sandbox import Behaviour, NotASandboxError, Rates, create_app  # noqa: PLC0415
    from reconciler.sandbox import serve as server  # noqa: PLC0415

    if not (allow_remote or server.is_local(host)):
        message = f"{host} can be reached from other machines, and the keys of a sandbox are known to everybody"
        raise _WrongFlagError(f"{message}\nhint: --allow-remote serves there all the same")
    faults = _read_faults(specs, script, seed)
    try:
        app = create_app(
            data,
            behaviour=Behaviour(idempotency, key_lifetime, refuse_changed, rewrite, post_incident_pace, triages=triage),
            latency=latency,
            faults=faults,
            rates=Rates(rate_limit, {**Rates().lower, **dict(lower)}, other_client),
            keys=dict(keys),
            record=record,
        )
    except (ValueError, NotASandboxError) as error:
        raise _WrongFlagError(str(error)) from error
    except OSError as error:
        raise _WrongFlagError(f"cannot record in {record}: {error.strerror}") from error
    try:
        server.serve(app, host, port, _announce, is_open=allow_remote)
    except OSError as error:
        app.close()
        raise _NotAvailableError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return 0


def _read_faults(specs: tuple[str, ...], script: Path | None, seed: int) -> Faults:
    """Return the faults of the flags and of the script; raises `Invalid` with each problem of it at its place."""
    from reconciler.sandbox import Faults  # noqa: PLC0415  (flags are told without the sandbox)

    try:
        told = Faults.parse(specs, seed)
    except ValueError as error:
        raise _WrongFlagError(str(error)) from error
    return told if script is None else _scripted(script, seed).joined(told)


def _scripted(script: Path, seed: int) -> Faults:
    from reconciler.documents import contents, load  # noqa: PLC0415  (most sandboxes have no script)
    from reconciler.errors import Invalid, Problem  # noqa: PLC0415
    from reconciler.sandbox import Faults, ScriptError  # noqa: PLC0415

    found = load(contents(str(script), str(script)), str(script))
    if len(found) != 1:
        raise _WrongFlagError(f"{script}: a fault script is one YAML document, and here are {len(found)}")
    (document,) = found
    try:
        return Faults.read(document.value, seed=seed)
    except ScriptError as error:
        steps = ((tuple(int(s) if s.isdigit() else s for s in path), message) for path, message in error.problems)
        raise Invalid([Problem(document.at(*path), _named(path, message)) for path, message in steps]) from None


def _named(path: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, path))}: {message}" if path else message


def _announce(url: str) -> None:
    tell(f"sandbox: {url}")
    tell("key: sandbox")
