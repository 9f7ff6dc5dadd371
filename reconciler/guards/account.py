"""Whose account a key belongs to in; a refusal of any other than the workspace's out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Refused

if TYPE_CHECKING:
    from reconciler.state import Memory
    from reconciler.workspace import Workspace


def check_account(workspace: Workspace, memory: Memory, dashboard_url: str) -> None:
    """Refuse any other account than the workspace's, and than the one that state remembers."""
    wanted = workspace.organisation.rstrip("/")
    if wanted and not workspace.is_practice and dashboard_url.rstrip("/") != wanted:
        raise Refused(
            f"the key belongs to {dashboard_url}, and this workspace to {wanted}",
            "use a key of that organisation, or correct `organisation:` in reconciler.yaml",
        )
    known = memory.state.account.dashboard_url
    if known and known != dashboard_url:
        raise Refused(
            f"the state belongs to {known}, and the key to {dashboard_url}",
            "use that organisation's key, or another state file (`state:` in reconciler.yaml)",
        )


def check_rescued(workspace: Workspace, memory: Memory, name: str) -> None:
    """Refuse the state in a file (`name`) where it belongs to another organisation than the workspace says."""
    wanted, known = workspace.organisation.rstrip("/"), memory.state.account.dashboard_url
    if wanted and known and not workspace.is_practice and known.rstrip("/") != wanted:
        raise Refused(
            f"{name}: belongs to {known}, and this workspace to {wanted}",
            "name a state of that organisation, or correct `organisation:` in reconciler.yaml",
        )
