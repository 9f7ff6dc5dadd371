"""`reconciler state mv`: a resource, or a child, remembered under another name; offline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, waits_for_lock
from reconciler.cli.state.keys import known_key, require_name, store_of
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.model import Key
    from reconciler.state import Memory


@click.command(short_help="Remember one under another name.")
@click.argument("old")
@click.argument("new")
@finds_state
@waits_for_lock
def mv(*, old: str, new: str, access: Access) -> int:
    """Remember OLD as NEW (such as Incident/checkout), with its children and what is under way.

    It keeps the key that it was declared with. `metadata.was` does the same where it is reviewed with the manifests.
    """
    from reconciler.identity import claims  # noqa: PLC0415  (flags are told without reading anything)

    store = store_of(access)
    with store.locked():
        memory = store.read()
        source = known_key(memory, old)
        target = _target(memory, source, new)
        key = "" if source.child else claims.key_of(source, memory, memory.state.workspace)
        store.save(memory.renamed(source, target, key), memory.state.account)
    tell(f"{source} is {target} now")
    return 0


def _target(memory: Memory, source: Key, text: str) -> Key:
    """Return the key that a resource may be moved to; raises `Misused` and `Refused`."""
    from reconciler.errors import Misused, Refused  # noqa: PLC0415
    from reconciler.identity.claims import is_remembered  # noqa: PLC0415  (see above)
    from reconciler.model import Key  # noqa: PLC0415

    try:
        target = Key.parse(text)
    except ValueError:
        raise Misused(f"`{text}` is no name of a resource", f"write {source.kind}/NAME") from None
    if target == source:
        raise Misused(f"{source} is its name already", "write another one")
    if (target.kind, target.child[:-1]) != (source.kind, source.child[:-1]) or (
        source.child and target.parent != source.parent
    ):
        like = source.parent.of(*source.child[:-1], "ID") if source.child else Key(source.kind, "NAME")
        raise Misused(f"`{source}` cannot become `{target}`: only its last part changes", f"write {like}")
    if not source.child:
        require_name(target)
    if is_remembered(target, memory):
        raise Refused(f"{target} is managed already", f"`reconciler state rm {target}` forgets it first")
    return target
