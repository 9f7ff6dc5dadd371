"""The flags that several commands share, each told once."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.voice import voice
from reconciler.cli.way import Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Selection:
    """Which manifests a command is about."""

    paths: tuple[str, ...]
    select: tuple[str, ...]
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """How the account is reached; `timeout` and `lock_timeout` are in seconds."""

    workspace: str = ""
    base_url: str = ""
    sandbox: bool = False
    timeout: float = 30.0
    lock_timeout: float = 0.0
    on_drift: str = ""

    def load(self, paths: Sequence[str] = ()) -> Workspace:
        """Return the workspace that the paths belong to; raises `Invalid` and `Misused`."""
        from reconciler import workspace  # noqa: PLC0415  (flags are told without reading anything)

        found = workspace.load(
            paths,
            workspace=self.workspace,
            base_url=self.base_url,
            sandbox=self.sandbox,
            on_drift=self.on_drift or "",
        )
        voice().way = Way.to(found)
        return found


_WORKSPACE = click.option(
    "--workspace", default="", metavar="FILE", help="The workspace file; else the reconciler.yaml above PATH."
)
_LOGS = (
    click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        help="Tell each request, and the details of a defect; -vv with headers and bodies.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(("text", "json")),
        default="text",
        show_default=True,
        expose_value=False,
        help="What stderr is: words, or an object of JSON each line.",
    ),
)
"""What these say is known before the others are read: `Voice`."""
_SELECTION = (
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    click.option(
        "--select",
        multiple=True,
        metavar="TERM",
        help="Only kind=KIND, label=KEY:VALUE, name=GLOB. Repeatable: one of each sort must hold.",
    ),
    click.option(
        "--exclude", multiple=True, metavar="TERM", help="Not what any such term takes, whoever needs it. Repeatable."
    ),
)
_ACCOUNT = (
    click.option("--base-url", default="", metavar="URL", help="The API's address, if not INCIDENT_IO_BASE_URL's."),
    click.option("--sandbox", is_flag=True, help="Use the sandbox of this workspace: no account, no key."),
)


def is_number(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    """Return a number of a flag, which is one, or none was given; `nan` passes every range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("it is no number")
    return value


def is_file_name(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Return the name of a file, empty where none was given; raises `click.BadParameter` for what names none."""
    match value:
        case "":
            raise click.BadParameter("it names no file\nhint: write a name behind it, or leave it out")
        case "-":
            told = "it takes a file, and `-` is none here\nhint: what is printed goes to stdout without it; a file of "
            raise click.BadParameter(f"{told}that name is `./-`")
        case _:
            return value or ""


LONGEST_TIMEOUT = 3600.0
"""Seconds."""
_TIMEOUT = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=LONGEST_TIMEOUT),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long an answer may take.",
    callback=is_number,
)
_LOCK_TIMEOUT = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0, max=LONGEST_TIMEOUT),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another run's end.",
    callback=is_number,
)
_ON_DRIFT = click.option(
    "--on-drift",
    type=click.Choice(["overwrite", "keep", "fail"]),
    help="What happens to what was changed outside, in this run, timeline items among it: they are read too then. "
    "Else as `drift:` in the workspace says.",
)
_SHOW_PRIVATE = click.option(
    "--show-private", is_flag=True, help="Show texts of private incidents where the output is no terminal, too."
)

_PRUNE = click.option(
    "--prune",
    is_flag=True,
    help="Take away what no manifest declares any more: incidents with `on_remove: close` are closed, configuration "
    "that this workspace created is deleted, all else is only forgotten.",
)
_PASSING = "Let this run pass a limit: create=N, edit=N, delete=N, percent=N, mode=MODE, paging, subscribers, touched."
_ALLOW = click.option("--allow", multiple=True, metavar="TERM", help=_PASSING)
# In which modes game days declare incidents is for the workspace alone to say.
_ALLOW_BUT_MODES = click.option("--allow", multiple=True, metavar="TERM", help=_PASSING.replace(" mode=MODE,", ""))


def reads_manifests(command: Callable[..., int]) -> Callable[..., int]:
    """Add PATH, --select and --exclude; the command gets them as `selection`."""

    @wraps(command)
    def given(*, paths: tuple[str, ...], select: tuple[str, ...], exclude: tuple[str, ...], **others: Any) -> int:
        return command(selection=Selection(paths, select, exclude), **others)

    return with_options(*_SELECTION)(given)


def reaches_account(command: Callable[..., int]) -> Callable[..., int]:
    """Add --workspace, --base-url, --sandbox, --timeout, -v and --log-format; the command gets them as `access`."""
    return with_options(_WORKSPACE, *_ACCOUNT, _TIMEOUT, *_LOGS)(_accessing(command))


def finds_state(command: Callable[..., int]) -> Callable[..., int]:
    """Add --workspace, --base-url, --sandbox, -v and --log-format: each account has a state.

    The command gets them as `access`.
    """
    return with_options(_WORKSPACE, *_ACCOUNT, *_LOGS)(_accessing(command))


def stays_offline(command: Callable[..., int]) -> Callable[..., int]:
    """Add --workspace, -v and --log-format; the command gets them as `access`."""
    return with_options(_WORKSPACE, *_LOGS)(_accessing(command))


def says_more(command: Callable[..., int]) -> Callable[..., int]:
    """Add -v and --log-format to a command that reaches nothing; what it says more of is a defect."""
    return with_options(*_LOGS)(command)


def stays_within_limits(command: Callable[..., int]) -> Callable[..., int]:
    """Add --allow, as `allow`."""
    return with_options(_ALLOW)(command)


def stays_within_limits_and_modes(command: Callable[..., int]) -> Callable[..., int]:
    """Add --allow, as `allow`, without modes."""
    return with_options(_ALLOW_BUT_MODES)(command)


def waits_for_lock(command: Callable[..., int]) -> Callable[..., int]:
    """Add --lock-timeout to a command that writes state; it stands in `access`."""
    return with_options(_LOCK_TIMEOUT)(command)


def prunes(command: Callable[..., int]) -> Callable[..., int]:
    """Add --prune, as `prune`."""
    return with_options(_PRUNE)(command)


def shows_texts(command: Callable[..., int]) -> Callable[..., int]:
    """Add --show-private, as `show_private`."""
    return with_options(_SHOW_PRIVATE)(command)


def settles_drift(command: Callable[..., int]) -> Callable[..., int]:
    """Add --on-drift, which goes into `access`: to stand above `reaches_account`."""
    return with_options(_ON_DRIFT)(command)


def takes_format(*formats: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add --format, as `form`; the first is what is shown without it."""
    choice = click.Choice(formats)
    option = click.option("--format", "form", type=choice, default=formats[0], show_default=True, help="What to print.")
    return with_options(option)


def _accessing(command: Callable[..., int]) -> Callable[..., int]:
    names = {field.name for field in fields(Access)}

    @wraps(command)
    def given(**flags: Any) -> int:
        access = Access(**{name: value for name, value in flags.items() if name in names})
        voice().way = Way.given(access)
        return command(access=access, **{name: value for name, value in flags.items() if name not in names})

    return given


def with_options(*options: Callable[[Any], Any]) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add options to a command, in this order."""

    def add(command: Callable[..., int]) -> Callable[..., int]:
        for option in reversed(options):
            command = option(command)
        return command

    return add
