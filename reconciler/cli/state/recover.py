"""`reconciler state recover`: a state that lies in a file, put into the bucket where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, waits_for_lock
from reconciler.cli.state.keys import store_of
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access


@click.command(short_help="Put what a run had to rescue, or a local state, into the bucket.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Where others have written since, add what they do not know.")
@finds_state
@waits_for_lock
def recover(*, file: str, force: bool, access: Access) -> int:
    """Put FILE in the place of the state in the bucket.

    It is what a run put aside as the bucket was out of reach (rescue-….json), or the state that lay on a machine before
    it was shared (.reconciler/state.json, with the journal beside it).
    """
    from reconciler import guards  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.errors import Refused  # noqa: PLC0415
    from reconciler.state.leftovers import Rescue  # noqa: PLC0415
    from reconciler.state.remote import RemoteStore  # noqa: PLC0415

    workspace = access.load()
    store = store_of(access, workspace)
    if not isinstance(store, RemoteStore):
        raise Refused(
            "the state of this workspace is a file, and nothing was put aside", "see `state:` in reconciler.yaml"
        )
    rescue = Rescue.read(Path(file), "name a file rescue-….json, or a state.json")
    guards.check_rescued(workspace, rescue.memory, file)
    with store.locked():
        store.recover(rescue, force=force)
        count = len(store.read().state.records)
    tell(f"recovered: {store.address} knows {count:,} resources and updates")
    return 0
