"""What was looked for and is not found for sure → why it is left alone, and the lines to choose from. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.identity import (
    Ambiguous,
    Astray,
    Earlier,
    Elsewhere,
    Forgotten,
    Marked,
    Mistaken,
    OutOfSight,
    Taken,
    Unfinished,
    Used,
)
from reconciler.lifecycle import PAUSED
from reconciler.loopback import leads_to_this_machine
from reconciler.model import Ref, Refusal, Why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.diff.rules import Rules
    from reconciler.model import Desired, Key

InDoubt = Ambiguous | Astray | Elsewhere | Mistaken
Unfound = Earlier | Forgotten | InDoubt | Marked | OutOfSight | Taken | Unfinished | Used


def unfound(desired: Desired, match: Unfound, rules: Rules) -> Refusal:
    """Return the reason to leave a resource alone: nothing is guessed, and nothing declared in its place."""
    match match:
        case OutOfSight(identifier):
            return _out_of_sight(desired, identifier, rules)
        case Taken(raw, holder):
            return _taken(desired, raw, holder, rules)
        case Earlier() | Unfinished():
            return _of_another_generation(desired, match)
        case Forgotten() | Marked() | Used():
            return _of_another(desired, match, rules)
        case Ambiguous() | Astray() | Elsewhere() | Mistaken():
            return _in_doubt(desired, match, rules)


def _in_doubt(desired: Desired, match: InDoubt, rules: Rules) -> Refusal:
    match match:
        case Ambiguous(candidates, reason):
            return _ambiguous(desired, candidates, reason)
        case Astray(names):
            return _astray(desired, names)
        case Elsewhere(raw, field):
            return _elsewhere(desired, raw, field, rules)
        case Mistaken(raw, other):
            return _mistaken(desired, raw, other)


def _mistaken(desired: Desired, raw: Mapping[str, Any], other: Key) -> Refusal:
    """Return why what `id:` names is not taken: it is another one by all that can be seen of it."""
    known, at = raw["reference"], desired.manifest.document.at("metadata", "id")
    told = f"`id:` names {known} ({raw['name']}), which looks like {other}"
    hint = f"correct `id:`; if it is this one all the same, write `not: [{known}]` below `metadata:` of {other}"
    return Refusal(Why.AMBIGUOUS, desired.key, at, told, hint)


def _astray(desired: Desired, names: Sequence[Key]) -> Refusal:
    """Return why what was renamed is not created: nobody knows what it was."""
    was, key = [one.name for one in names], desired.key
    neither = f"neither {names[0]} nor {key}" if len(names) == 1 else f"none of {', '.join(map(str, names))} and {key}"
    written = was[0] if len(was) == 1 else f"[{', '.join(was)}]"
    told = f"`was: {written}` leads nowhere: {neither} is managed, and none in the account is it"
    hint = "correct it, name the object with `id:`, or take it out to create another one"
    return Refusal(Why.AMBIGUOUS, key, desired.manifest.document.at("metadata", "was"), told, hint)


def _of_another(desired: Desired, match: Forgotten | Marked | Used, rules: Rules) -> Refusal:
    match match:
        case Forgotten(raw, holder):
            return _forgotten(desired, raw, holder)
        case Marked():
            return _marked(desired, match, rules)
        case Used():
            return _used(desired, match, rules)


def _of_another_generation(desired: Desired, match: Unfinished | Earlier) -> Refusal:
    match match:
        case Unfinished(identifier, raw, left):
            return _unfinished(desired, identifier, raw, left)
        case Earlier(raw, generation):
            return _earlier(desired, raw, generation)


def _ambiguous(desired: Desired, candidates: Sequence[Mapping[str, Any]], reason: str) -> Refusal:
    told = ", ".join(
        f"{one.get('reference', one['id'])} ({one['name']}, {one['created_at'][:10]})" for one in candidates
    )
    references = " or ".join(f"`id: {one.get('reference', one['id'])}`" for one in candidates)
    others = ", ".join(one.get("reference", one["id"]) for one in candidates)
    hint = f"write {references} below `metadata:` if it is that one; if it is none, `not: [{others}]`"
    names = {name for one in candidates for name in (one["id"], one.get("reference"))}
    if names & set(desired.manifest.metadata.get("not", ())):
        hint = f"take it out of `not:`, or let go of it: `reconciler state rm {desired.key}`"
    elif desired.manifest.metadata.get("id") in names:
        hint = "take `id:` out of all but one of them"
    return _refusal(Why.AMBIGUOUS, desired, f"{reason}: {told}", hint)


def _taken(desired: Desired, raw: Mapping[str, Any], holder: Key, rules: Rules) -> Refusal:
    stated = desired.manifest.metadata.get("id", "") in {raw["id"], raw.get("reference")}
    at = desired.manifest.document.at("metadata", "id") if stated else desired.source
    called = raw.get("reference") or f"the {kinds.KINDS[desired.key.kind].noun} `{raw['name']}`"
    message = f"{called} is managed by {holder}"
    hint = f"forget that: `reconciler state rm {holder}`"
    if stated:
        hint = f"take `id:` out, or {hint}"
    if holder not in rules.declared:
        message += ", which these manifests do not declare"
        another = f"`not: [{called}]`, or " if raw.get("reference") and not stated else ""
        hint = f"renamed? write `was: {holder.name}` below `metadata:`; else {another}{hint}"
    return Refusal(Why.AMBIGUOUS, desired.key, at, message, hint)


def _marked(desired: Desired, match: Marked, rules: Rules) -> Refusal:
    """Return why an incident that carries another key is left alone, and the lines to choose from."""
    owner, known = match.owner, match.raw["reference"]
    is_own = owner is not None and owner.key == desired.key
    whose = f"the key of {owner.key}" if owner else f"a key that is not of this workspace: {match.text}"
    whose = f"the key of generation {owner.generation} of {owner.key}" if owner and is_own else whose
    hint = _choice(desired, match, rules)
    if owner and not is_own and owner.key not in rules.declared:
        hint = f"renamed? write `was: {owner.key.name}` below `metadata:`; else {hint}"
    at = desired.manifest.document.at("metadata", "id") if match.is_stated else desired.source
    return Refusal(Why.AMBIGUOUS, desired.key, at, f"{known} carries {whose}", hint)


def _choice(desired: Desired, match: Marked, rules: Rules) -> str:
    """Return the lines by which a person says whether an incident is what its key says, or what it is taken for."""
    owner, known, forget = match.owner, match.raw["reference"], f"`reconciler state rm {desired.key}`"
    is_own = owner is not None and owner.key == desired.key
    # A key of this workspace, which nothing but a number speaks against, is not given up for that.
    taken = f"write `id: {known}` below `metadata:` to give it its own key"
    if owner and not match.is_recorded:
        taken = f"to take it all the same, empty its `{rules.called(rules.marker)}` in incident.io"
    if owner and match.is_stated:
        return (
            f'take `id:` out, or put `generation: "{owner.generation}"` back' if is_own else f"correct `id:`; {taken}"
        )
    if owner and not is_own and owner.key in rules.declared:
        leave = f"{forget}; else" if match.is_recorded else f"`not: [{known}]` below `metadata:`;"
        return f"if it is that one, {leave} {taken}"
    return f"{taken}; if it is not it, `not: [{known}]`" + (f", and {forget}" if match.is_recorded else "")


def _elsewhere(desired: Desired, raw: Mapping[str, Any], field: Mapping[str, Any], rules: Rules) -> Refusal:
    """Return why an incident is not declared beside one that carries its key in a field that people renamed."""
    known, name = raw["reference"], field["name"]
    told = f"{known} ({raw['name']}) carries its key in the field `{name}`, which is not the `identity_field`"
    hint = f"write `identity_field: {name}` below `spec:` in reconciler.yaml"
    if isinstance(rules.marker, Ref):
        told = f"{told}: people may have renamed that"
        hint = f"write `id: {field['id']}` below `metadata:` of {rules.marker.key}"
    return _refusal(Why.AMBIGUOUS, desired, told, f"{hint}; if {known} is not it, `not: [{known}]`")


def _forgotten(desired: Desired, raw: Mapping[str, Any], holder: Key) -> Refusal:
    """Return why an incident is not declared beside one that looks the same, runs still, and was forgotten."""
    known = raw["reference"]
    told = f"{known} looks the same and is not finished: it was {holder}, which is forgotten"
    hint = f"renamed? write `was: {holder.name}` below `metadata:`, or `id: {known}`; if it is not it, `not: [{known}]`"
    return _refusal(Why.AMBIGUOUS, desired, told, hint)


def _used(desired: Desired, match: Used, rules: Rules) -> Refusal:
    """Return why an incident is not asked for: its key would be answered with what it made before."""
    known = match.raw["reference"] if match.raw else match.id
    if match.holder:
        made = known or "what an earlier run asked for"
        now = f"is {match.holder} now" if match.is_declared or not known else f"was {match.holder}, and is forgotten"
        hint = ANOTHER_KEY
        if match.is_declared and match.holder not in rules.declared:
            now += ", and not declared any more"
            hint = f"renamed back? write `was: {match.holder.name}` below `metadata:`; else {hint}"
        return _refusal(Why.AMBIGUOUS, desired, f"its key belongs to {made}, which {now}", hint)
    if desired.manifest.metadata.get("not"):
        told = f"its key answers with {known}, which is not what it asks for"
        return _refusal(Why.AMBIGUOUS, desired, told, ANOTHER_KEY)
    told = f"its key answers with {known}"
    if match.raw:
        told += f" ({match.raw['name']}), which is not what it asks for: "
        told += "another workspace may use this name, or people renamed it"
    hint = f"if it is this incident, write `id: {known}` below `metadata:`; else {ANOTHER_KEY}"
    return _refusal(Why.AMBIGUOUS, desired, told, hint)


ANOTHER_KEY = "raise `metadata.generation`, or give the manifest another name"


def _earlier(desired: Desired, raw: Mapping[str, Any], generation: str) -> Refusal:
    """Return why what `id:` names is not taken for another generation of what it is."""
    at = desired.manifest.document.at("metadata", "id")
    told = f"`id:` names {raw['reference']}, which is generation {generation} of it"
    hint = f'take `id:` out to declare it anew, or write `generation: "{generation}"`'
    return Refusal(Why.IMPOSSIBLE, desired.key, at, told, hint)


def _unfinished(desired: Desired, identifier: str, raw: Mapping[str, Any] | None, left: str) -> Refusal:
    """Return why an incident is not declared anew: its earlier generation is not finished, as far as can be told.

    `left` is which one that was, where it is not managed any more: it can be again, or be left as it is.
    """
    at = desired.manifest.document.at("metadata", "generation")
    if raw is None:
        return Refusal(
            Why.OUT_OF_SIGHT,
            desired.key,
            at,
            f"its earlier generation is {identifier}, which the account does not show: deleted, or private to this key",
            f"if it is gone for good: `reconciler state rm {desired.key}`; "
            "a private incident takes a key with the role global_access",
        )
    message = f"its earlier generation is {raw['reference']}, which is not finished: {raw['incident_status']['name']}"
    if left:
        hint = f'`generation: "{left}"` adopts that one again; `not: [{raw["reference"]}]` below `metadata:` declares '
        hint += "another one beside it"
        return Refusal(Why.IMPOSSIBLE, desired.key, at, f"{message}, and forgotten", hint)
    # The API moves no paused incident.
    who = "people must " if raw["incident_status"]["category"] == PAUSED else ""
    hint = f"{who}close that one first, or put the earlier `generation:` back"
    return Refusal(Why.IMPOSSIBLE, desired.key, at, message, hint)


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
