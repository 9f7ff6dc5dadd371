"""What is remembered and no manifest declares any more, with its live object, in; what people did to it out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.diff.pair import settled
from reconciler.model import NO_MANIFEST, Cause, Drifted, Fate, Leaf, Refusal, Why
from reconciler.state import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from reconciler.lifecycle import Lifecycle
    from reconciler.model import Path
    from reconciler.removal.undeclared import Gone


def drifted(gone: Iterable[Gone], lifecycle: Lifecycle, called: Callable[[Any], Any]) -> Iterator[Drifted]:
    """Yield what people changed of it since it was last written: no apply puts it back."""
    for one in gone:
        record = settled(one.record, one.live, lifecycle) if one.live and not one.holder else None
        if one.live is None or record is None:
            continue
        fields = kinds.KINDS[one.key.kind].fields
        live = {path_text(path): (path, leaf) for path, leaf in one.live.leaves.items()}
        for text, known in record.fields.items():
            name, _, part = text.partition("/")
            path: Path = (name, part) if part else (name,)
            path, leaf = live.get(text, (path, Leaf(None)))
            if name not in fields or fields[name].live is None or leaf.value == known.answered:
                continue
            label = leaf.label or (str(called(part)) if part else "")
            yield Drifted(
                key=one.key,
                source=NO_MANIFEST,
                path=path,
                name=".".join(filter(None, (name, label))),
                field=name,
                left=called(known.answered),
                live=leaf.text,
                desired=called(known.answered),
                cause=Cause.DRIFT,
                fate=Fate.KEPT,
                is_set=leaf.value is not None,
            )


def lost(gone: Iterable[Gone]) -> Iterator[Refusal]:
    """Yield what the account does not show any more."""
    for one in gone:
        if one.live is None and not one.holder:
            message = f"{one.known} has no manifest, and the account does not show it: deleted, or private to this key"
            hint = f"if it is gone for good: `reconciler state rm {one.key}`"
            yield Refusal(Why.OUT_OF_SIGHT, one.key, NO_MANIFEST, message, hint)
