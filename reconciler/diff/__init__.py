"""Stage 5: desired x live x last applied → what to do with each resource, each difference with its cause. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.diff.creation import declare
from reconciler.diff.existing import converge
from reconciler.diff.rules import Around, Diff, Rules
from reconciler.identity import Absent, Ambiguous, Matched, OutOfSight, Taken
from reconciler.loopback import leads_to_this_machine
from reconciler.model import Refusal, Why

if TYPE_CHECKING:
    from reconciler.identity import Match
    from reconciler.model import Desired

__all__ = ["Around", "Diff", "Rules", "compare"]


def compare(desired: Desired, match: Match, around: Around, rules: Rules) -> Diff:
    """Return the steps that make one resource what it should be, or the reason to leave it alone."""
    match match:
        case Matched():
            return converge(desired, match, around, rules)
        case Absent():
            return declare(desired, rules)
        case OutOfSight(identifier):
            return Diff(refusals=[_out_of_sight(desired, identifier, rules)])
        case Taken(raw, holder):
            at = desired.manifest.document.at("metadata", "id")
            message = f"{raw.get('reference', raw['id'])} is managed by {holder}"
            hint = f"take `id:` out, or forget the other: `reconciler state rm {holder}`"
            return Diff(refusals=[Refusal(Why.AMBIGUOUS, desired.key, at, message, hint)])
        case Ambiguous(candidates, reason):
            told = ", ".join(
                f"{one.get('reference', one['id'])} ({one['name']}, {one['created_at'][:10]})" for one in candidates
            )
            references = " or ".join(f"`id: {one.get('reference', one['id'])}`" for one in candidates)
            others = ", ".join(one.get("reference", one["id"]) for one in candidates)
            hint = f"write {references} below `metadata:` if it is that one; if it is none, `not: [{others}]`"
            return Diff(refusals=[_refusal(Why.AMBIGUOUS, desired, f"{reason}: {told}", hint)])


def _out_of_sight(desired: Desired, identifier: str, rules: Rules) -> Refusal:
    kind = kinds.KINDS[desired.key.kind]
    stated = desired.manifest.metadata.get("id") == identifier
    if stated:
        return Refusal(
            Why.OUT_OF_SIGHT,
            desired.key,
            desired.manifest.document.at("metadata", "id"),
            f"the account shows no {kind.noun} `{identifier}` to this key",
            "correct `metadata.id`; a private incident takes a key with the role global_access",
        )
    cause = "deleted, or private to this key" if not kind.natural_key else "deleted outside"
    more = "; a private incident takes a key with the role global_access" if not kind.natural_key else ""
    if leads_to_this_machine(rules.memory.state.account.base_url):
        more += "; a sandbox that was reset, or ended without --data, has forgotten it"
    return _refusal(
        Why.OUT_OF_SIGHT,
        desired,
        f"managed as {identifier}, which the account does not show: {cause}",
        f"if it is gone for good: `reconciler state rm {desired.key}`{more}",
    )


def _refusal(why: Why, desired: Desired, message: str, hint: str) -> Refusal:
    return Refusal(why, desired.key, desired.source, message, hint)
