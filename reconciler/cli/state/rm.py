"""`reconciler state rm`: a resource and its children forgotten; offline, and nothing is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, waits_for_lock
from reconciler.cli.state.keys import known_key, store_of
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.model import Key


@click.command(short_help="Forget one and its children.")
@click.argument("key")
@finds_state
@waits_for_lock
def rm(*, key: str, access: Access) -> int:
    """Forget KEY and its children; nothing is deleted. While it is declared, the next plan looks for it again.

    What is not managed any more, as it was abandoned, is forgotten for good. So is what a run that died asked for
    without learning the answer: look first whether it is in the account, where the next plan finds it by its looks.
    """
    store = store_of(access)
    with store.locked():
        memory = store.read()
        name = known_key(memory, key, every=True)
        gone = [known for known in memory.state.records if _is_part(known, name)]
        asked = {step.key for step in memory.pending if _is_part(step.key, name)}
        kept = {known: record for known, record in memory.state.records.items() if known not in gone}
        pending = {step: intent for step, intent in memory.pending.items() if step.key not in asked}
        # Earlier generations of what is managed stay: none of them may be taken for what looks like it.
        buried = () if gone or asked else memory.state.tombstones[name]
        stones = {known: every for known, every in memory.state.tombstones.items() if not buried or known != name}
        state = replace(memory.state, records=kept, tombstones=stones)
        store.save(replace(memory, state=state, pending=pending), state.account)
    for known in gone:
        tell(f"forgot {known}")
    for known in sorted(asked - set(gone)):
        tell(f"forgot that {known} was asked for")
    for stone in buried:
        tell(f"forgot {name}, which was {stone.reference or stone.id}")
    return 0


def _is_part(known: Key, name: Key) -> bool:
    """Return whether something is what is named, or a child of that."""
    return known == name or (not name.child and known.parent == name)
