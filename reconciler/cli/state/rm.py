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


@click.command(short_help="Forget one and its children.")
@click.argument("key")
@finds_state
@waits_for_lock
def rm(*, key: str, access: Access) -> int:
    """Forget KEY and its children; nothing is deleted. While it is declared, the next plan looks for it again.

    What is not managed any more, as it was abandoned, is forgotten for good.
    """
    store = store_of(access)
    with store.locked():
        memory = store.read()
        name = known_key(memory, key, buried=True)
        gone = [known for known in memory.state.records if known == name or (not name.child and known.parent == name)]
        kept = {known: record for known, record in memory.state.records.items() if known not in gone}
        pending = {step: intent for step, intent in memory.pending.items() if step.key not in gone}
        # Earlier generations of what is managed stay: none of them may be taken for what looks like it.
        buried = () if gone else memory.state.tombstones[name]
        stones = {known: every for known, every in memory.state.tombstones.items() if gone or known != name}
        state = replace(memory.state, records=kept, tombstones=stones)
        store.save(replace(memory, state=state, pending=pending), state.account)
    for known in gone:
        tell(f"forgot {known}")
    for stone in buried:
        tell(f"forgot {name}, which was {stone.reference or stone.id}")
    return 0
