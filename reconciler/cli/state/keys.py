"""What the commands of `reconciler state` share: the store that flags lead to, and the keys that it knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.model import Key
    from reconciler.state import Memory, Store
    from reconciler.workspace import Workspace


def store_of(access: Access, workspace: Workspace | None = None) -> Store:
    """Return where the state of the workspace and the account lies; `workspace` where it is loaded already."""
    from reconciler import state  # noqa: PLC0415  (flags are told without reading anything)

    workspace = workspace or access.load()
    return state.store_of(workspace, lock_timeout=access.lock_timeout, tell=lambda line: tell(line, err=True))


def known_key(memory: Memory, text: str, *, every: bool = False) -> Key:
    """Return the key of something that is managed; with `every` of whatever is remembered.

    That is what is no more than a tombstone as well, and what was asked for and never answered. Raises `Misused` with
    the nearest names for anything else.
    """
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)
    from reconciler.nearest import did_you_mean  # noqa: PLC0415

    others = (*memory.state.tombstones, *(step.key for step in memory.pending)) if every else ()
    keys: dict[str, Key] = {str(key): key for key in (*memory.state.records, *others)}
    if text not in keys:
        raise Misused(f"`{text}` is not managed{did_you_mean(text, list(keys))}", "`reconciler state list` lists all")
    return keys[text]


def require_name(key: Key) -> None:
    """Raise `Misused` for a resource whose name no manifest can have."""
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)
    from reconciler.kinds.schema import NAME, NAMING  # noqa: PLC0415

    if not re.fullmatch(NAME, key.name):
        raise Misused(f"`{key.name}` cannot be a name", f"a name is {NAMING}")
