"""A plan in, the same plan without the texts of private incidents out. Pure.

What stands for a text is its digest with a salt: that of a saved plan, else one that no other process has. So within
one output the same text gives the same words, and nobody can try what a text is: only who has a saved plan's file can.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.diff import telling
from reconciler.kinds.incident import MEMBER
from reconciler.model import Adopt, Create, Delete, Edit, Live, Post, Ref, Topic, Why
from reconciler.secrecy.discreet import OPEN

if TYPE_CHECKING:
    from reconciler.model import Change, Drifted, FieldChange, Leaf, Leaves, Notice, Observation, Plan, Refusal, Request

PEOPLE = frozenset({"assignee", "user"})
PERSON = frozenset({"user_id", "slack_user_id"})
"""Properties that tell who takes part."""
OPEN_PROPERTIES = frozenset({"id", "mode", "visibility", "idempotency_key", "timestamp"})


_SALT = secrets.token_bytes(32)


def digest(value: Any) -> str:
    """Return what stands for a text in all that this process tells: the same text gives the same words."""
    return f"(private, hmac {hmac.digest(_SALT, _bytes(value), hashlib.sha256).hex()[:8]}…)"


def salted(value: Any, salt: str) -> str:
    """Return what stands for a text in a plan with this salt, long enough to tell any two texts apart."""
    return f"(private, hmac {hmac.digest(salt.encode(), _bytes(value), hashlib.sha256).hex()[:32]})"


def _bytes(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode(errors="surrogatepass")


def veiled(plan: Plan, salt: str = "") -> Plan:
    """Return the plan with a digest in place of each text of a private incident."""
    return Veil(salt).plan(plan) if plan.private else plan


def veiled_property(name: str, value: Any) -> Any:
    """Return a property of a body: IDs and what tells how an incident stands as they are."""
    return Veil().property(name, value)


@dataclass(frozen=True, slots=True)
class Veil:
    """What puts digests in the place of texts; with a `salt`, those of one plan."""

    salt: str = ""

    def plan(self, plan: Plan) -> Plan:
        """Return a plan with all that tells of its private incidents veiled."""
        private = plan.private
        return replace(
            plan,
            changes=tuple(self.change(one) if one.key.parent in private else one for one in plan.changes),
            refusals=tuple(self.refusal(one) if one.key.parent in private else one for one in plan.refusals),
            notices=tuple(self.notice(one) if one.key.parent in private else one for one in plan.notices),
            observed={
                key: self.observation(seen) if key.parent in private else seen for key, seen in plan.observed.items()
            },
            live={key: _who(live) if key.parent in private else live for key, live in plan.live.items()},
            drifted=tuple(self.drifted(one) if one.key.parent in private else one for one in plan.drifted),
        )

    def drifted(self, one: Drifted) -> Drifted:
        """Return what somebody changed outside, veiled."""
        if one.name in OPEN:
            return one
        return replace(one, left=self._value(one.left), live=self._value(one.live), desired=self._value(one.desired))

    def digest(self, value: Any) -> str:
        """Return what stands for a text."""
        return salted(value, self.salt) if self.salt else digest(value)

    def change(self, change: Change) -> Change:
        """Return a change of a private incident, veiled."""
        match change:
            case Create():
                return replace(
                    change,
                    name=self.digest(change.name),
                    sent=self.leaves(change.sent),
                    request=self.request(change.request),
                )
            case Edit():
                fields = tuple(map(self.field, change.fields))
                live = _who(change.live) if change.live else None
                sent, request = self.leaves(change.sent), self.request(change.request)
                return replace(change, sent=sent, request=request, fields=fields, live=live)
            case Post():
                return replace(change, sent=self.leaves(change.sent), request=self.request(change.request))
            case Adopt() | Delete():
                return replace(change, live=_who(change.live))
            case _:
                return change

    def refusal(self, refusal: Refusal) -> Refusal:
        """Return a refusal without the titles of what it could be taken for."""
        if refusal.why is Why.AMBIGUOUS:
            return replace(refusal, message=self.digest(refusal.message))
        return replace(refusal, moved=tuple(map(self.drifted, refusal.moved)))

    def notice(self, notice: Notice) -> Notice:
        """Return a notice; one that tells what people made of a field says it of open fields alone."""
        if notice.moved:
            moved = self.drifted(notice.moved)
            return replace(notice, moved=moved, message=telling.notice(notice.topic, moved))
        if notice.key.child[:1] == (MEMBER.noun,):
            return replace(notice, message="a member is no longer stated; left as it is")
        is_open = notice.topic is not Topic.KEPT or notice.message.split(" ")[0] in {*OPEN, "update"}
        return notice if is_open else replace(notice, message=self.digest(notice.message))

    def observation(self, seen: Observation) -> Observation:
        """Return what a plan saw, veiled."""
        return replace(seen, declared=self.leaves(seen.declared), answered=self.leaves(seen.answered))

    def leaves(self, leaves: Leaves) -> Leaves:
        """Return leaves, those that are open as they are."""
        return {path: leaf if path[0] in OPEN else self._leaf(leaf) for path, leaf in leaves.items()}

    def _leaf(self, leaf: Leaf) -> Leaf:
        return replace(leaf, value=self._value(leaf.value), text=self._value(leaf.text))

    def _value(self, value: Any) -> Any:
        return None if value is None else self.digest(value)

    def field(self, change: FieldChange) -> FieldChange:
        """Return a field's change; an open one as it is."""
        if change.name in OPEN:
            return change
        added, removed = (tuple(map(self.digest, members)) for members in (change.added, change.removed))
        return replace(change, old=self._value(change.old), new=self._value(change.new), added=added, removed=removed)

    def request(self, request: Request) -> Request:
        """Return a request with its texts veiled."""
        return replace(request, body={name: self.property(name, value) for name, value in request.body.items()})

    def property(self, name: str, value: Any) -> Any:
        """Return a property of a body: IDs and what tells how an incident stands as they are."""
        match value:
            case None | bool() | Ref():
                return value
            case dict() if name in PEOPLE:
                return {below: None if item is None else self.digest(item) for below, item in value.items()}
            case _ if name not in PERSON and (name in OPEN_PROPERTIES or name.endswith("_id")):
                return value
            case dict():
                return {below: self.property(below, item) for below, item in value.items()}
            case list() | tuple():
                return [self.property(name, item) for item in value]
            case _:
                return self.digest(value)


def _who(live: Live) -> Live:
    """Return which object it is, and nothing of what it says."""
    return Live(live.id, {}, {}, live.reference, live.link)
