"""Which sandbox a command is about: one on a port, one in a file, or that of a workspace; asked in the same words."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from reconciler.cli.options import Access, with_options
from reconciler.cli.sandbox.serve import PORT
from reconciler.loopback import leads_to_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIABLE = "INCIDENT_IO_BASE_URL"
DEFAULT = f"http://127.0.0.1:{PORT}"
_IN_PROCESS = "http://localhost"
_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--base-url",
        envvar=VARIABLE,
        metavar="URL",
        help=f"Where the sandbox is served; else {VARIABLE}, or {DEFAULT}.",
    ),
    click.option(
        "--data", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="The data file of a sandbox."
    ),
    click.option("--sandbox", is_flag=True, help="The sandbox of this workspace, as other commands use it."),
    click.option("--workspace", default="", metavar="FILE", help="The workspace file, for --sandbox."),
)


@dataclass(frozen=True, slots=True)
class Target:
    """The sandbox that was named."""

    base_url: str
    data: Path | None
    sandbox: bool
    workspace: str

    @contextmanager
    def opened(self) -> Iterator[Callable[..., Any]]:
        """Give a way to ask it, `ask(method, path, body=None)`; raises `Misused` where there is none."""
        from reconciler import api  # noqa: PLC0415  (flags are told without it)

        data = self._file()
        if data is None:
            yield lambda method, path, body=None: api.ask(self.base_url, method, path, body)
            return
        from reconciler.errors import Misused  # noqa: PLC0415
        from reconciler.sandbox import ConnectionDropped, NotASandboxError, create_app  # noqa: PLC0415

        try:
            app = create_app(data)
        except NotASandboxError as error:
            raise Misused(str(error)) from None
        transport = api.in_process(app, ConnectionDropped)
        try:
            yield lambda method, path, body=None: api.ask(_IN_PROCESS, method, path, body, transport=transport)
        finally:
            app.close()

    @property
    def name(self) -> str:
        """How it is called in a sentence."""
        if self.data:
            return str(self.data)
        return "the sandbox of this workspace" if self.sandbox else self.base_url

    def _file(self) -> Path | None:
        if not self.sandbox:
            return self.data
        from reconciler.errors import Misused  # noqa: PLC0415  (flags are told without it)

        data = Access(workspace=self.workspace, sandbox=True).load().sandbox_data
        if not data.exists():
            hint = "`reconciler apply --sandbox` makes it"
            raise Misused("this workspace has no sandbox yet", hint)
        return data


def names_sandbox(command: Callable[..., int]) -> Callable[..., int]:
    """Add --base-url, --data, --sandbox and --workspace; the command gets them as `target`."""

    @wraps(command)
    def given(*, base_url: str | None, data: Path | None, sandbox: bool, workspace: str, **others: Any) -> int:
        source = click.get_current_context().get_parameter_source("base_url")
        is_typed = source is ParameterSource.COMMANDLINE
        if is_typed + (data is not None) + sandbox > 1:
            raise click.UsageError("--base-url, --data and --sandbox each name a sandbox; leave all but one out")
        is_needed = not (is_typed or data or sandbox)
        if base_url and is_needed and not leads_to_this_machine(base_url):
            # It may be a real account's; to take another sandbox instead could empty the wrong one.
            message = f"{VARIABLE} is {base_url}, which is not on this machine; --base-url says which sandbox is meant"
            raise click.UsageError(message)
        return command(target=Target(base_url or DEFAULT, data, sandbox, workspace), **others)

    return with_options(*_OPTIONS)(given)
