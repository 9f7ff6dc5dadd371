"""A command that ends, one way or another, in; an exit code and the words that explain it out."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.commands import reconciler
from reconciler.cli.stopping import handled, heard_everywhere, interrupt
from reconciler.cli.streams import settle
from reconciler.cli.voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.cli.way import Way
    from reconciler.errors import Invalid, Problem, ReconcilerError

INTERNAL, INVALID, REFUSED, INTERRUPTED = 1, 3, 4, 130
CLOSED_PIPE = 128 + 13
"""What a shell makes of SIGPIPE: whoever read the output went away."""


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code; whatever goes wrong is told here, once, on stderr."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        # What the terminal's encoding does not have is written as an escape: a report is no place to fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    speaker = Voice(arguments)
    with speaker.speaking(), handled(interrupt), heard_everywhere():
        code = _run(arguments, speaker)
    for stream in (sys.stdout, sys.stderr):
        settle(stream)
    return code


def _run(arguments: Sequence[str], speaker: Voice) -> int:
    try:
        # The library's own `main` would end a closed pipe and an interrupt in its own way.
        with reconciler.make_context("reconciler", list(arguments), obj=speaker) as context:
            code = int(reconciler.invoke(context) or 0)
        sys.stdout.flush()
    except click.exceptions.Exit as asked:
        code = asked.exit_code
    except BaseException as error:  # noqa: BLE001  (the one place where everything ends)
        code = ended(error, speaker)
    return code


def _open_streams() -> None:
    """Put something in the place of streams that whoever started this had closed; Python leaves None there."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), "r", closefd=False)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", closefd=False))


def ended(error: BaseException, speaker: Voice) -> int:
    """Tell how a command ended that did not come to its end, and return its exit code."""
    told = _told(error, is_verbose=bool(speaker.verbosity))
    with suppress(OSError):  # that nobody is left to tell is no other end
        _tell(told, speaker)
    return told.code


def _tell(told: _Told, speaker: Voice) -> None:
    told = told.reaching(speaker.way)
    if speaker.is_json:
        for event in told.events:
            speaker.event(**event)
    else:
        _say(told.text)


@dataclass(frozen=True, slots=True)
class _Told:
    """How a command ended: its exit code, the words for people, and the facts for programs."""

    code: int
    text: str
    events: tuple[dict[str, Any], ...] = ()

    @classmethod
    def error(cls, code: int, message: str, hint: str = "", **facts: Any) -> _Told:
        """Return the usual end: what is wrong, and what to do about it."""
        event = {"event": "error", "level": "error", "message": message, "hint": hint or None, "exit_code": code}
        return cls(code, _lines(f"error: {message}", hint), ({**event, **facts},))

    def reaching(self, way: Way) -> _Told:
        """Return this with commands in its hints that reach what the run did."""
        events = tuple({**event, "hint": way.told(event.get("hint"))} for event in self.events)
        return replace(self, text=way.typed(self.text), events=events)

    @classmethod
    def all(cls, several: Iterable[_Told]) -> _Told:
        """Return several ends as one, each with its own reason; the gravest code counts."""
        told = list(several)
        events = tuple(event for one in told for event in one.events)
        return cls(max(one.code for one in told), "\n".join(one.text for one in told), events)


def _told(error: BaseException, *, is_verbose: bool) -> _Told:  # noqa: PLR0911  (a table of ways to end)
    from reconciler.errors import Invalid, ReconcilerError, Tripped  # noqa: PLC0415  (not needed where all goes well)

    match error:
        case SystemExit():
            return _Told(error.code if isinstance(error.code, int) else INTERNAL, "")
        case KeyboardInterrupt() | click.Abort():
            event = {"event": "interrupted", "level": "error", "message": "interrupted", "exit_code": INTERRUPTED}
            return _Told(INTERRUPTED, "interrupted", (event,))
        case click.exceptions.NoArgsIsHelpError():
            return _Told.error(INVALID, "a command is missing", f"`{error.ctx.command_path} --help` lists them")
        case click.ClickException():
            return _misused(error)
        case Invalid():
            return _invalid(error)
        case Tripped():
            return _Told.all(_refused(reason, is_verbose=is_verbose) for reason in error.reasons)
        case ReconcilerError():
            return _refused(error, is_verbose=is_verbose)
        case BrokenPipeError():
            return _Told(CLOSED_PIPE, "")
        case OSError():
            return _from_the_disk(error)
        case _:
            details = "".join(traceback.format_exception(error))
            return _unexpected(INTERNAL, type(error).__name__, details, is_verbose=is_verbose)


def _from_the_disk(error: OSError) -> _Told:
    if isinstance(error, FileNotFoundError) and _is_folder_gone():
        return _Told.error(REFUSED, "the folder that this was started in is gone", "go to one that is there")
    where = f"{error.filename}: " if error.filename else "the output cannot be written: "
    hint = "check that it exists, and that you may read it (or write it, for apply)" if error.filename else ""
    return _Told.error(REFUSED, f"{where}{(error.strerror or str(error)).lower()}", hint)


def _is_folder_gone() -> bool:
    try:
        return not os.getcwd()  # noqa: PTH109  (it is asked for, not used)
    except FileNotFoundError:
        return True


def _misused(error: click.ClickException) -> _Told:
    """Tell of flags that cannot be followed; the command library's own code for it means something else here."""
    message, _, hint = error.format_message().rstrip(".").partition("\nhint: ")
    if isinstance(error, click.UsageError) and error.ctx:
        hint = hint or f"`{error.ctx.command_path} --help` tells what it takes"
    code = INVALID if isinstance(error, click.UsageError) else error.exit_code
    return _Told.error(code, f"{message[:1].lower()}{message[1:]}", hint)


def _invalid(error: Invalid) -> _Told:
    code = int(error.exit_code)
    text = "\n".join(_lines(f"{one.source}: {one.message}", one.hint) for one in error.problems)
    if len(error.problems) > 1:
        files = {problem.source.file for problem in error.problems}
        text += f"\n\n{len(error.problems):,} problems in {len(files):,} file{'s' if len(files) > 1 else ''}"
    return _Told(code, text, tuple(_problem(problem, code) for problem in error.problems))


def _problem(problem: Problem, code: int) -> dict[str, Any]:
    source = problem.source
    place = {"file": source.file, "line": source.line, "column": source.column}
    told = {"message": problem.message, "hint": problem.hint or None, "exit_code": code}
    return {"event": "problem", "level": "error", **told, **place}


def _refused(error: ReconcilerError, *, is_verbose: bool) -> _Told:
    code = int(error.exit_code)
    if details := getattr(error, "details", ""):
        return _unexpected(code, str(error), details, is_verbose=is_verbose)
    of_request = {name: getattr(error, name, None) or None for name in ("method", "path", "status", "request_id")}
    return _Told.error(code, str(error), error.hint, **of_request)


def _unexpected(code: int, name: str, details: str, *, is_verbose: bool) -> _Told:
    """Tell of a defect: the message of an exception nobody expected may hold anything, so it takes a -v."""
    message = f"{name}: this is a defect of reconciler, not of your manifests"
    hint = "" if is_verbose else "run the same command with -v for the details, and report them"
    told = _Told.error(code, message, hint, details=details if is_verbose else None)
    return replace(told, text=f"{details.rstrip()}\n{told.text}") if is_verbose else told


def _lines(message: str, hint: str) -> str:
    """Return a line, and one of its hint: a name out of the account must not begin another."""
    from reconciler.render.words import visible  # noqa: PLC0415  (not needed where all goes well)

    return visible(message) + (f"\nhint: {visible(hint)}" if hint else "")


def _say(text: str) -> None:
    from reconciler.render.words import visible  # noqa: PLC0415  (not needed where all goes well)

    if text:
        sys.stderr.write("".join(f"{visible(line)}\n" for line in text.split("\n")))
        sys.stderr.flush()
