"""A workspace or flags in, what to type to reach it and its account from the current folder out.

The one door of hints: whatever names a command for a person to type passes here, and then reaches what this run did.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.workspace import Workspace

T = TypeVar("T")
HINTS = frozenset(
    {"hint", "over_limits", "refusals", "notices", "plan", "stale", "already", "lost", "unjudged", "finished", "paused"}
)
"""Fields of what is told that are hints, or hold some."""
ACCOUNT, WORKSPACE = frozenset({"--sandbox", "--base-url"}), "--workspace"
_COMMAND = re.compile(r"`reconciler ([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class Way:
    """What stands before a command (a `cd`, or nothing), and the flags for account and workspace behind it."""

    before: str = ""
    account: str = ""
    workspace: str = ""

    @classmethod
    def given(cls, access: Access) -> Way:
        """Return the way that flags tell, before any workspace is read."""
        account = "--sandbox" if access.sandbox else f"--base-url {access.base_url}" if access.base_url else ""
        return cls("", account, f"{WORKSPACE} {shlex.quote(access.workspace)}" if access.workspace else "")

    @classmethod
    def to(cls, workspace: Workspace) -> Way:
        """Return the way to a workspace, and to the account that it stands for in this run."""
        from reconciler.workspace import file_above  # noqa: PLC0415  (flags are told without reading anything)

        account = account_of(workspace.base_url)
        if not workspace.file:
            here, root = (os.path.realpath(folder) for folder in (os.curdir, workspace.root))
            return cls("" if here == root else f"cd {shlex.quote(root)} && ", account)
        is_found = os.path.realpath(file_above(os.curdir)) == os.path.realpath(workspace.file)
        return cls("", account, "" if is_found else f"{WORKSPACE} {shlex.quote(workspace.file)}")

    def typed(self, text: str) -> str:
        """Return a text with each command as it reaches this very state; one that names an account keeps it."""
        return _COMMAND.sub(lambda found: f"`{self.command(found[1])}`", text)

    def command(self, words: str) -> str:
        """Return a command of this program as it is to be typed; `words` are those behind the program's name."""
        takes, said = _options(words), set(words.split())
        account = self.account if takes >= ACCOUNT and not said & ACCOUNT else ""
        workspace = self.workspace if WORKSPACE in takes and WORKSPACE not in said else ""
        before = self.before if WORKSPACE in takes else ""
        return before + " ".join(filter(None, ("reconciler", words, account, workspace)))

    def told(self, told: T) -> T:
        """Return what is told, be it a plan, an outcome or a report, with all hints in it `typed`."""
        return self._told(told)  # type: ignore[no-any-return]

    def _told(self, told: Any) -> Any:
        match told:
            case str():
                return self.typed(told)
            case tuple():
                return tuple(map(self._told, told))
            case dict():
                return {name: self._told(each) for name, each in told.items()}
            case _ if is_dataclass(told):
                names = [each.name for each in fields(told) if each.name in HINTS]
                return replace(told, **{name: self._told(getattr(told, name)) for name in names})  # type: ignore[type-var]
            case _:
                return told


def access_of(base_url: str) -> str:
    """Return the flag that reaches an address."""
    from reconciler.workspace import SANDBOX_URL  # noqa: PLC0415  (see above)

    return "--sandbox" if base_url == SANDBOX_URL else f"--base-url {base_url}"


def account_of(base_url: str) -> str:
    """Return the flag that a command takes to reach an address; nothing for the API's own."""
    from reconciler.workspace import BASE_URL  # noqa: PLC0415  (see above)

    return "" if base_url == BASE_URL else access_of(base_url)


def _options(words: str) -> set[str]:
    """Return the flags of the command that words begin with; none where there is no such command."""
    from reconciler.cli.commands import reconciler  # noqa: PLC0415  (the commands tell hints)

    command: click.Command | None = reconciler
    for word in words.split():
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    return {flag for option in command.params for flag in option.opts} if command else set()
