"""`reconciler state show`: what is remembered of one resource, per field; offline."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, shows_texts
from reconciler.cli.state.keys import known_key, store_of
from reconciler.cli.telling import tell_json

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.model import Key
    from reconciler.state import Memory, Record


@click.command(short_help="Show what is remembered of one.")
@click.argument("key")
@shows_texts
@finds_state
def show(*, key: str, show_private: bool, access: Access) -> int:
    """Show what is remembered of KEY (such as Incident/checkout): per field what was sent and what was answered."""
    memory = store_of(access).read()
    name = known_key(memory, key)
    record = memory.state.records[name]
    is_hidden = not (show_private or sys.stdout.isatty()) and _is_private(memory, name)
    tell_json({"key": str(name), **_told(record, is_hidden=is_hidden)})
    return 0


def _is_private(memory: Memory, key: Key) -> bool:
    owner = memory.record(key.parent)
    visibility = owner.fields.get("visibility") if owner else None
    return visibility is not None and "private" in (visibility.sent, visibility.answered)


def _told(record: Record, *, is_hidden: bool) -> dict[str, object]:
    from reconciler.secrecy.discreet import OPEN  # noqa: PLC0415  (flags are told without reading anything)
    from reconciler.secrecy.private import digest  # noqa: PLC0415

    told = record.to_json()
    told["fields"] = {
        path: dict(
            zip(
                ("sent", "answered"),
                [digest(value) if is_hidden and path not in OPEN and value is not None else value for value in pair],
                strict=True,
            )
        )
        for path, pair in told["fields"].items()
    }
    return told
