"""`reconciler gameday run`: a script in, incidents that unfold by it and how people answered out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.gameday.flags import RunId, Span
from reconciler.cli.options import (
    is_number,
    reaches_account,
    stays_within_limits_and_modes,
    takes_format,
    waits_for_lock,
    with_options,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.options import Access

FASTEST = 1_000_000.0
_SCRIPT: tuple[Callable[[Any], Any], ...] = (
    click.argument("file", metavar="FILE"),
    click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="Give a parameter a value. Repeatable."),
    click.option(
        "--speed",
        type=click.FloatRange(min=0, min_open=True, max=FASTEST),
        metavar="N",
        help="Let the clock run N times as fast; sandboxes only.",
        callback=is_number,
    ),
    click.option("--until", type=Span(), metavar="SPAN", help="End after this much of the script, such as 20m."),
    click.option("--run-id", type=RunId(), metavar="ID", help="Name the run, or take up one that is left."),
    click.option(
        "--cast",
        default="",
        metavar="FLAG",
        help="Let simulated people answer: quick, slow, absent or random:SEED; sandboxes only. Else as the file says.",
    ),
    click.option("--skip-pauses", is_flag=True, help="Wait for nobody where the script pauses."),
    click.option("--dry-run", is_flag=True, help="Show what would happen, and end; reads only."),
    click.option("--auto-approve", is_flag=True, help="Do not ask."),
    click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where an expectation failed."),
)


@click.command("run", short_help="Play a script; or go on with a run that was left.")
@with_options(*_SCRIPT)
@takes_format("text", "json")
@stays_within_limits_and_modes
@reaches_account
@waits_for_lock
def run(
    *,
    file: str,
    given: tuple[str, ...],
    speed: float | None,
    until: float | None,
    run_id: str | None,
    cast: str,
    skip_pauses: bool,
    dry_run: bool,
    auto_approve: bool,
    detailed_exitcode: bool,
    form: str,
    allow: tuple[str, ...],
    access: Access,
) -> int:
    """Show what will happen and who will notice, ask, and play the script of FILE; then close what it declared.

    On a terminal the run is watched live and steered with keys; elsewhere each event is a line. Ctrl-C ends it and
    cleans up, once more leaves it as it is. With the ID of a run that was left it goes on where its clock is now.
    """
    from reconciler.cli.gameday.casting import Flags, cast_of  # noqa: PLC0415  (flags are told without reading)
    from reconciler.cli.gameday.playing import play  # noqa: PLC0415

    workspace = access.load([file])
    part = cast_of(file, workspace, Flags(given, speed, until, run_id or "", cast, skip_pauses))
    return play(
        part,
        workspace,
        access,
        form,
        allow,
        is_dry=dry_run,
        is_approved=auto_approve,
        is_detailed=detailed_exitcode,
    )
