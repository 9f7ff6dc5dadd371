"""A create or a post in, what became of it out: asked for, known for what it is, and noted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler import kinds, refs
from reconciler.alike import is_alike, is_called
from reconciler.diff.updates import MOVES, moved_by_people
from reconciler.errors import AnswerLost, ApiError, Interrupted, Rejected
from reconciler.kinds.incident import UPDATE
from reconciler.kinds.spec import observe
from reconciler.lifecycle import starts_in_triage
from reconciler.model import Create, Leaf, Post
from reconciler.sending import outcomes
from reconciler.sending.answered import Answered
from reconciler.sending.asking import Asking, adds_member
from reconciler.sending.outcomes import Result
from reconciler.state import CHANGED, FieldRecord, Record, path_text, remember

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import Key, Leaves, Path
    from reconciler.sending.run import Run
    from reconciler.state import Intent


MADE_BEFORE = "an earlier run made it"


def make(run: Run, change: Create | Post) -> Result:
    """Ask for what a change makes and note what came of it.

    Raises `Interrupted` where nothing was sent, `NotNoted`, and `OSError` of the journal.
    """
    request, sent = run.resolved(change.request), run.leaves(change.sent)
    intent = run.intend(change, request, sent, change.idempotency_key)
    try:
        told = Asking.of(run, change, request, intent).ask()
    except AnswerLost as error:
        return outcomes.unknown(change, error)
    except ApiError as error:
        if not _is_member(change, error):
            return run.failed(change, error)
        told = Answered({"id": request.body["user_id"]}, error.request_id)
    return _Made(change, told, sent, intent).noted(run)


def _is_member(change: Create | Post, error: ApiError) -> bool:
    """Return whether a refusal to add somebody says that they are a member already, which is all that was wanted."""
    return adds_member(change.key) and isinstance(error, Rejected) and "already" in error.message.lower()


@dataclass(frozen=True, slots=True)
class _Made:
    """What a create was answered with: `told`, and `sent` as leaves without `Ref`s."""

    change: Create | Post
    told: Answered
    sent: Leaves
    intent: Intent

    def noted(self, run: Run) -> Result:
        """Note what was made, if it is what was asked for, and return that it is done."""
        change, raw = self.change, self.told.raw
        there = observe(kinds.table(change.key).fields, raw)
        if isinstance(change, Create) and not change.key.child:
            if strange := self._strange(run, change):
                return strange
            differing = _differing(("name", "mode", "visibility"), self.sent, there) if change.idempotency_key else []
            carries_key = _carries_key(change.idempotency_key, self.sent, there)
            if differing and not carries_key:
                run.strange(self.intent, raw)
                return outcomes.stranger(change, raw, differing)
            if differing or self._is_older(there):
                return self._adopted(run, change, there)
        if change.key.child and (other := self._of_another(run)):
            return other
        is_older = self._is_older(there)
        sent = self._standing(there) if is_older else self.sent
        records = {change.key: self._record(sent, there).learn(self._found(run, there))}
        if isinstance(change, Post):
            records[change.key.parent] = _moved(change, raw, sent, there, run.ids)
        run.made(change, raw, records)
        note = self._made_before(there) if is_older else ""
        return Result(run.done(change, raw["id"], self.told.request_id, note, adopted=is_older))

    def _made_before(self, there: Leaves) -> str:
        """Return what is worth knowing of what an earlier run made: what the next plan will show of it."""
        standing = self._standing(there)
        others = [str(path[0]) for path in self.sent if path in there and path not in standing]
        return f"{MADE_BEFORE}; other {' and '.join(others)} by now: plan again" if others else MADE_BEFORE

    def _of_another(self, run: Run) -> Result | None:
        """Return that the key of a part made one of another incident, or one that is declared under another ID."""
        change, raw, owner = self.change, self.told.raw, run.id_of(self.change.key.parent)
        if raw.get("incident_id", owner) != owner:
            return outcomes.elsewhere(change, raw)
        if isinstance(change, Create) and change.idempotency_key and raw["id"] in run.others():
            return outcomes.another_part(change, raw)
        return None

    def _strange(self, run: Run, change: Create) -> Result | None:
        """Return that the key made what this is not: the manifest rules it out, or another resource is it."""
        raw = self.told.raw
        holder = run.holder(raw["id"], change.key)
        if not {raw["id"], raw.get("reference")}.isdisjoint(change.not_these):
            result = outcomes.excluded(change, raw)
        elif holder and change.idempotency_key:
            result = outcomes.held(change, raw, holder)
        else:
            return None
        run.strange(self.intent, raw)
        return result

    def _is_older(self, there: Leaves) -> bool:
        """Return whether an earlier request made it: by the dates, and where none tells, by what stands there."""
        return _is_edited(self.sent, there) if self.told.is_older is None else self.told.is_older

    def _adopted(self, run: Run, change: Create, there: Leaves) -> Result:
        """Note what an earlier run made: only what stands as it was asked for counts as sent."""
        raw = self.told.raw
        updates = self._updates(run)
        moved, who = self._moved(there, updates)
        # What people moved back to where it began was not left so by us.
        standing = {path: leaf for path, leaf in self._standing(there).items() if path[0] not in moved}
        run.made(change, raw, {change.key: replace(self._record(standing, there), how="key")})
        note = f"adopted: an earlier run made it as {raw.get('reference', raw['id'])}"
        why = f"{who} moved its {' and '.join(moved)}" if moved else ""
        # Which of them are declared is known once they are compared: their keys may be forgotten.
        if not why and change.key in run.posting and any(map(_is_posted, updates or ())):
            why = "updates were posted to it"
        hold = f"{change.key} existed, and {why}: plan again" if why else ""
        return Result(run.done(change, raw["id"], self.told.request_id, note, adopted=True), hold=hold)

    def _moved(self, there: Leaves, updates: Sequence[Mapping[str, Any]] | None) -> tuple[list[str], str]:
        """Return what was moved since it was made, and by whom: people may have moved it back to where it began.

        Where that cannot be read, nothing is taken for certain.
        """
        declared = [str(path[0]) for path in MOVES if path in self.sent]
        differing = _differing(("status", "severity"), self.sent, there)
        if updates is None:
            return differing or declared, "somebody"
        in_triage = starts_in_triage(self.told.raw)
        begun = {path: leaf for path, leaf in self.sent.items() if not (in_triage and path == ("status",))}
        by_people = {str(path[0]) for path in moved_by_people(updates, begun)}
        who = "an API key" if differing and by_people.isdisjoint(differing) else "people"
        return differing or [name for name in declared if name in by_people], who

    def _updates(self, run: Run) -> Sequence[Mapping[str, Any]] | None:
        """Read the timeline of what was made, oldest first; None where that cannot be done."""
        try:
            updates = run.client.list(UPDATE.path, UPDATE.items, {UPDATE.parent: self.told.raw["id"]}, page_size=250)
        except (ApiError, Interrupted):
            return None
        return sorted(updates, key=lambda one: (one["created_at"], one["id"]))

    def _standing(self, there: Leaves) -> Leaves:
        """Return what stands there as it was asked for; of an update, which nobody can edit, all as it stands."""
        same = {
            path: leaf for path, leaf in self.sent.items() if path in there and is_alike(there[path].value, leaf.value)
        }
        if isinstance(self.change, Post):
            return {path: same.get(path, there[path]) for path in self.sent if path in there}
        return same

    def _found(self, run: Run, there: Leaves) -> Mapping[str, FieldRecord]:
        """Return what stands in the fields that an edit is to set first: what people do to them then is theirs."""
        found = {path: there[path] for path in run.late.get(self.change.key, ()) if path in there}
        return remember(found, found)

    def _record(self, sent: Leaves, there: Leaves) -> Record:
        change, raw = self.change, self.told.raw
        return Record(
            id=raw["id"],
            idempotency_key=change.idempotency_key,
            generation=change.generation if isinstance(change, Create) else "1",
            mode=str(sent.get(("mode",), Leaf("")).value or ""),
            on_remove=change.on_remove if isinstance(change, Create) else "",
            protect=change.protect if isinstance(change, Create) else "",
            reference=raw.get("reference", ""),
            link=raw.get("permalink", ""),
            fields=remember(sent, there),
        )


def _moved(change: Post, raw: Mapping[str, Any], sent: Leaves, there: Leaves, ids: Mapping[Key, str]) -> Record:
    """Return what an update leaves of its incident's status and severity, as far as it moved them."""
    moves: Leaves = {path: leaf for path, leaf in sent.items() if path != ("message",)}
    # What was declared beside may only come to be after this update, which goes without it.
    kept = {
        path_text(path): FieldRecord(refs.replace(said.value, ids), live.value)
        for path, said, live in change.kept
        if all(ref.key in ids for ref in refs.find([said.value]))
    }
    return Record(raw["incident_id"], CHANGED, fields=remember(moves, there) | kept)


def _is_posted(update: Mapping[str, Any]) -> bool:
    """Return whether an update may be one of a manifest's: what moves an incident without words need not be one."""
    return "api_key" in update["updater"] and bool(update.get("message"))


def _carries_key(key: str, sent: Leaves, there: Leaves) -> bool:
    """Return whether an incident carries the very key in the field that it was to be sent in."""
    carried = [{"value_text": key}]
    return any(leaf.value == carried and path in there and there[path].value == carried for path, leaf in sent.items())


def _differing(names: tuple[str, ...], sent: Leaves, there: Leaves) -> list[str]:
    """Return those fields of which the object has another value than was sent."""
    paths: list[tuple[str, Path]] = [(name, (name,)) for name in names]
    return [
        name
        for name, path in paths
        if path in sent and path in there and not is_called(sent[path].value, there[path].value)
    ]


def _is_edited(sent: Leaves, there: Leaves) -> bool:
    """Return whether something else stands there than was sent; a status may be the server's choice."""
    return any(
        not is_alike(there[path].value, leaf.value)
        for path, leaf in sent.items()
        if path in there and path not in {("status",), ("severity",)}
    )
