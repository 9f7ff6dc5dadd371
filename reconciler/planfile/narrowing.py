"""A plan made just now and one that was shown in, the first without fields that the second does not write out. Pure.

What people changed of another field would be put back by the same edit: nobody was shown that, and it can wait.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.model import Edit, step
from reconciler.planfile import resting

if TYPE_CHECKING:
    from reconciler.kinds.types import Json
    from reconciler.model import Change, Leaves, Plan, Step


def narrowed(fresh: Plan, shown: Plan) -> tuple[Plan, tuple[Step, ...]]:
    """Return a plan whose edits write the fields that were shown, and the steps that would write more."""
    then = {step(one): one for one in shown.changes if isinstance(one, Edit)}
    changes = tuple(_narrowed(one, then.get(step(one))) for one in fresh.changes)
    more = tuple(step(was) for was, one in zip(fresh.changes, changes, strict=True) if was is not one)
    return replace(fresh, changes=changes), more


def _narrowed(change: Change, then: Edit | None) -> Change:
    if not isinstance(change, Edit) or then is None or change.key.child or not then.sent.keys() < change.sent.keys():
        return change
    sent = {path: leaf for path, leaf in change.sent.items() if path in then.sent}
    names = {resting.name(path, leaf) for path, leaf in sent.items()}
    fields = tuple(one for one in change.fields if one.name in names)
    return replace(change, sent=sent, fields=fields, request=replace(change.request, body=_body(change, sent)))


def _body(change: Edit, sent: Leaves) -> dict[str, Json]:
    """Return what a request carries with these fields alone, and with what stands around them."""
    kind, body = kinds.KINDS[change.key.kind], change.request.body
    if kind.whole:
        return kind.whole_body(change.live.raw if change.live else {}, sent)
    whole, fewer = kind.body(change.sent), kind.body(sent)
    return fewer if body == whole else {name: fewer if value == whole else value for name, value in body.items()}
