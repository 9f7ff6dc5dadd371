"""`reconciler state`: what is remembered of the account, listed, shown and forgotten; offline."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import finds_state, shows_texts, takes_format

if TYPE_CHECKING:
    from reconciler.cli.options import Access
    from reconciler.model import Key
    from reconciler.state import Memory, Record, Store


@click.group("state")
def command() -> None:
    """Tell what is remembered of the account. It is a convenience: without it, everything is found again."""


@command.command("list")
@takes_format("text", "json")
@finds_state
def list_(*, form: str, access: Access) -> int:
    """List what is managed: key, reference or ID, and how it came to be."""
    from reconciler.render.fields import padded  # noqa: PLC0415  (flags are told without reading anything)

    records = _store(access).read().state.records
    if form == "json":
        told = {str(key): {"id": one.id, "reference": one.reference, "how": one.how} for key, one in records.items()}
        click.echo(json.dumps(dict(sorted(told.items())), indent=2, ensure_ascii=False))
        return 0
    rows = [(str(key), one.reference or one.id, one.how) for key, one in sorted(records.items())]
    widths = [max((len(row[at]) for row in rows), default=0) + 2 for at in range(2)]
    for key, known, how in rows:
        click.echo(f"{padded(key, widths[0])}{padded(known, widths[1])}{how}")
    if not rows:
        click.echo("nothing is managed yet", err=True)
    return 0


@command.command()
@click.argument("key")
@shows_texts
@finds_state
def show(*, key: str, show_private: bool, access: Access) -> int:
    """Show what is remembered of KEY (such as Incident/checkout): per field what was sent and what was answered."""
    memory = _store(access).read()
    name = _known(memory, key)
    record = memory.state.records[name]
    is_hidden = not (show_private or sys.stdout.isatty()) and _is_private(memory, name)
    click.echo(json.dumps({"key": str(name), **_told(record, is_hidden=is_hidden)}, indent=2, ensure_ascii=False))
    return 0


@command.command()
@click.argument("key")
@finds_state
def rm(*, key: str, access: Access) -> int:
    """Forget KEY and its children. Nothing is deleted; while it is declared, the next plan looks for it again."""
    store = _store(access)
    with store.locked():
        memory = store.read()
        name = _known(memory, key)
        gone = [known for known in memory.state.records if known == name or (not name.child and known.parent == name)]
        kept = {known: record for known, record in memory.state.records.items() if known not in gone}
        pending = {step: intent for step, intent in memory.pending.items() if step.key not in gone}
        state = replace(memory.state, records=kept)
        store.save(replace(memory, state=state, pending=pending), state.account)
    for known in gone:
        click.echo(f"forgot {known}")
    return 0


def _store(access: Access) -> Store:
    from reconciler.state import Store  # noqa: PLC0415  (flags are told without reading anything)

    workspace = access.load()
    return Store(workspace.state, workspace.namespace)


def _known(memory: Memory, text: str) -> Key:
    """Return the key of something that is remembered; raises `Misused` with the nearest names for anything else."""
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)
    from reconciler.nearest import did_you_mean  # noqa: PLC0415

    keys = {str(key): key for key in memory.state.records}
    if text not in keys:
        raise Misused(f"`{text}` is not managed{did_you_mean(text, list(keys))}", "`reconciler state list` lists all")
    return keys[text]


def _is_private(memory: Memory, key: Key) -> bool:
    owner = memory.record(key.parent)
    visibility = owner.fields.get("visibility") if owner else None
    return visibility is not None and "private" in (visibility.sent, visibility.answered)


def _told(record: Record, *, is_hidden: bool) -> dict[str, object]:
    from reconciler.render.private import OPEN, digest  # noqa: PLC0415  (see above)

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
