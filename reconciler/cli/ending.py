"""A command that ends, one way or another, in; an exit code and the words that explain it out."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

import click

from reconciler.cli.commands import reconciler

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.errors import Invalid, ReconcilerError

INTERNAL, INVALID, INTERRUPTED = 1, 3, 130
CLOSED_PIPE = 128 + 13
"""What a shell makes of SIGPIPE: whoever read the output went away."""

VERBOSE = frozenset({"-v", "--verbose"})


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; whatever goes wrong is told here, once, on stderr."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding does not have is written as an escape: a report is no place to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        # The library's own `main` would end a closed pipe and an interrupt in its own way.
        with reconciler.make_context("reconciler", list(arguments)) as context:
            code = int(reconciler.invoke(context) or 0)
        sys.stdout.flush()
    except click.exceptions.Exit as asked:
        code = asked.exit_code
    except BaseException as error:  # noqa: BLE001  (the one place where everything ends)
        code = ended(error, is_verbose=not VERBOSE.isdisjoint(arguments))
    for stream in (sys.stdout, sys.stderr):
        _settle(stream)
    return code


def _open_streams() -> None:
    """Put something in the place of streams that whoever started this had closed; Python leaves None there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", closefd=False))


def ended(error: BaseException, *, is_verbose: bool) -> int:
    """Tell how a command ended that did not come to its end, and return its exit code."""
    try:
        return _told(error, is_verbose=is_verbose)
    except OSError:
        return INTERNAL  # nobody is left to tell


def _told(error: BaseException, *, is_verbose: bool) -> int:
    from reconciler.errors import Invalid, ReconcilerError, Tripped  # noqa: PLC0415  (not needed where all goes well)

    code = INTERNAL
    match error:
        case SystemExit():
            code = error.code if isinstance(error.code, int) else INTERNAL
        case KeyboardInterrupt() | click.Abort():
            _say("interrupted")
            code = INTERRUPTED
        case click.ClickException():
            code = _misused(error)
        case Invalid():
            code = _invalid(error)
        case Tripped():
            code = max(_refused(reason, is_verbose=is_verbose) for reason in error.reasons)
        case ReconcilerError():
            code = _refused(error, is_verbose=is_verbose)
        case BrokenPipeError():
            code = CLOSED_PIPE
        case OSError():
            where = f"{error.filename}: " if error.filename else "the output cannot be written: "
            _say(f"error: {where}{(error.strerror or str(error)).lower()}")
            if error.filename:
                _say("hint: check that it exists, and that you may read it (or write it, for apply)")
        case _:
            _unexpected(type(error).__name__, "".join(traceback.format_exception(error)), is_verbose=is_verbose)
    return code


def _misused(error: click.ClickException) -> int:
    """Tell of flags that cannot be followed; the command library's own code for it means something else here."""
    message = error.format_message().rstrip(".")
    _say(f"error: {message[:1].lower()}{message[1:]}")
    if isinstance(error, click.UsageError) and error.ctx:
        _say(f"hint: `{error.ctx.command_path} --help` tells what it takes")
    return INVALID if isinstance(error, click.UsageError) else error.exit_code


def _invalid(error: Invalid) -> int:
    for problem in error.problems:
        _say(str(problem))
    if len(error.problems) > 1:
        files = {problem.source.file for problem in error.problems}
        _say(f"\n{len(error.problems):,} problems in {len(files):,} file{'s' if len(files) > 1 else ''}")
    return int(error.exit_code)


def _refused(error: ReconcilerError, *, is_verbose: bool) -> int:
    details = getattr(error, "details", "")
    if details:
        _unexpected(str(error), details, is_verbose=is_verbose)
    else:
        _say(f"error: {error}")
        if error.hint:
            _say(f"hint: {error.hint}")
    return int(error.exit_code)


def _unexpected(name: str, details: str, *, is_verbose: bool) -> None:
    """Tell of a defect: the message of an exception nobody expected may hold anything, so it takes a -v."""
    if is_verbose:
        _say(details.rstrip())
    _say(f"error: {name}: this is a defect of reconciler, not of your manifests")
    if not is_verbose:
        _say("hint: run the same command with -v for the details, and report them")


def _say(text: str) -> None:
    from reconciler.render.words import visible  # noqa: PLC0415  (not needed where all goes well)

    for line in text.split("\n"):
        click.echo(visible(line), err=True)


def _settle(stream: TextIO) -> None:
    """Flush a stream; one that nobody reads goes nowhere, so that the interpreter does not complain at its end."""
    try:
        stream.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
