"""A workspace in, what to type to reach it and its account from the current folder out."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from reconciler.paths import is_inside
from reconciler.workspace import BASE_URL, SANDBOX_URL

if TYPE_CHECKING:
    from reconciler.workspace import Workspace


def way_to(workspace: Workspace) -> tuple[str, list[str]]:
    """Return what stands before a command (a `cd`, or nothing), and the flags that stand behind it."""
    here, root = (os.path.realpath(folder) for folder in (os.curdir, workspace.root))
    flags = [] if workspace.base_url == BASE_URL else [access_of(workspace.base_url)]
    if workspace.file and not is_inside(here, root):
        flags.append(f"--workspace {shlex.quote(workspace.file)}")
    elif not workspace.file and here != root:
        return f"cd {shlex.quote(root)} && ", flags
    return "", flags


def access_of(base_url: str) -> str:
    """Return the flag that reaches an address."""
    return "--sandbox" if base_url == SANDBOX_URL else f"--base-url {base_url}"
