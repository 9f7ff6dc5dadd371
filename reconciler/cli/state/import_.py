"""`reconciler state import`: an object of the account remembered as a resource; it is read, and nothing is sent."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import reaches_account, shows_texts, waits_for_lock
from reconciler.cli.state.keys import require_name
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.importing import Imported
    from reconciler.model import Key, Manifest
    from reconciler.workspace import Workspace


@click.command("import", short_help="Remember an object of the account.")
@click.argument("key")
@click.argument("object_", metavar="REFERENCE|ID")
@shows_texts
@reaches_account
@waits_for_lock
def import_(*, key: str, object_: str, show_private: bool, access: Access) -> int:
    """Remember an object of the account as KEY: `state import Incident/checkout INC-142`.

    Configuration may also be named by what people call it. The next plan shows what of its manifest differs.
    """
    from reconciler import guards, importing  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.cli.session import connected  # noqa: PLC0415
    from reconciler.identity import DEFAULT_GENERATION  # noqa: PLC0415
    from reconciler.live import read_identity  # noqa: PLC0415
    from reconciler.state import Account, merge  # noqa: PLC0415

    name, workspace = _parsed(key), access.load()
    manifest = _manifest(workspace, name)
    generation = str(manifest.metadata.get("generation", DEFAULT_GENERATION)) if manifest else DEFAULT_GENERATION
    with connected(workspace, access, read_only=True) as session:
        dashboard = read_identity(session.client).dashboard_url
        imported = importing.Imported(name, importing.find(session.client, name, object_), generation)
        with session.store.locked():
            memory = session.store.read()
            guards.check_account(workspace, memory, dashboard)
            importing.check(imported, memory)
            state = merge(memory.state, {name: imported.record})
            session.store.save(replace(memory, state=state), Account(workspace.base_url, dashboard))
    tell(_told(imported, shows=show_private or sys.stdout.isatty()))
    if manifest is None:
        tell(f"warning: no manifest declares {name}; `reconciler plan` tells it as no longer declared", err=True)
    return 0


def _parsed(text: str) -> Key:
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)
    from reconciler.model import Key  # noqa: PLC0415

    try:
        key = Key.parse(text)
    except ValueError:
        raise Misused(f"`{text}` is no name of a resource", "write it like Incident/checkout") from None
    if not key.child:
        require_name(key)
    return key


def _manifest(workspace: Workspace, key: Key) -> Manifest | None:
    """Return the manifest of a key; None where there is none, or where manifests cannot be read."""
    from reconciler import manifest  # noqa: PLC0415  (see above)

    read = manifest.read(workspace.manifests, str(workspace.root), workspace.environ, defaults=workspace.defaults)
    return next((one for one in read.items if one.key == key), None)


def _told(imported: Imported, *, shows: bool) -> str:
    """Return which object a key means now; the name of a private incident is for terminals."""
    from reconciler.render.words import visible  # noqa: PLC0415  (see above)

    raw = imported.raw
    status, severity = raw.get("incident_status"), raw.get("severity")
    is_hidden = raw.get("visibility") == "private" and not shows
    facts = [
        "(private)" if is_hidden else raw.get("name", ""),
        status["name"] if status else "",
        severity["name"] if severity else "",
        f"since {raw['created_at'][:10]}" if raw.get("created_at") else "",
    ]
    return f"{imported.key} is {imported.known_as} now: {visible(', '.join(filter(None, facts)))}"
