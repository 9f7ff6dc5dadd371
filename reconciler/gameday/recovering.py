"""A run's journal, and a state that forgot what it declared → its incidents, known again in the account. GETs only."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler import identity
from reconciler.alike import is_called
from reconciler.gameday.events import State
from reconciler.gameday.fates import ENDED
from reconciler.gameday.unfolding import key_of
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.spec import observe
from reconciler.live import EVERY_MODE
from reconciler.model import EDIT, Create, Step
from reconciler.state import Record, neighbours, remember

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from reconciler.api import Client
    from reconciler.gameday.events import Begun
    from reconciler.gameday.story import Story
    from reconciler.model import Key, Leaves
    from reconciler.state import Memory, Store
    from reconciler.workspace import Workspace

DATED_TO = 1.0
"""Seconds: the API dates what it makes to the second."""


@dataclass(slots=True)
class Recovered:
    """What is known of forgotten incidents: those that were `found`, and why of some nothing is known for sure."""

    found: dict[Key, Record] = field(default_factory=dict)
    unclear: dict[str, str] = field(default_factory=dict)


def recover(workspace: Workspace, client: Client, store: Store, story: Story) -> Mapping[str, str]:
    """Put into the state what it forgot of what the run declared; return why some of it cannot be known again.

    The lock is held. Nothing is asked where the state knows everything. Raises `ApiError`, and `Refused` where the
    disk does not take it.
    """
    memory = store.read()
    if not story.begun or not (names := forgotten(story, memory)):
        return {}
    made = list(_made_since(client, story.begun.time - DATED_TO))
    # Read after the account was: whatever is there was noted before.
    others = neighbours(workspace).managed | {record.id for record in memory.state.records.values()}
    known = _Account(workspace, story, tuple(one for one in made if one["id"] not in others))
    recovered = known.recovered(names)
    if recovered.found:
        with closing(store.open_journal()) as journal:
            for key, record in recovered.found.items():
                journal.outcome(Step(Create.verb, key), {key: record})
    return recovered.unclear


def forgotten(story: Story, memory: Memory) -> list[str]:
    """Return the incidents whose declaring the journal tells of, and the state nothing. Pure."""
    records, pending = memory.state.records, {step.key for step in memory.pending if step.verb != EDIT}
    names = [name for name in story.declared if key_of(name) not in records and key_of(name) not in pending]
    surely = [name for name in names if _told(story, name)[0] is State.DONE or _told(story, name)[1]]
    # One that was begun, or was refused, is in no state either: it is missed only where everything is.
    return names if surely or not (records or pending) else []


def _told(story: Story, name: str) -> tuple[State | None, str]:
    """Return what became of an incident's declaring, and the reference by which the journal tells of it."""
    steps = [one for one in (story.begun.steps if story.begun else ()) if one.incident == name]
    told = [story.steps[one.id] for one in steps if one.id in story.steps]
    state = next((story.state(one.id) for one in steps if one.verb == "declare"), None)
    return state, next((one.reference for one in told if one.reference), "")


def _made_since(client: Client, floor: float) -> Iterator[Mapping[str, Any]]:
    """Yield the incidents that an API key declared since a Unix time."""
    since = datetime.fromtimestamp(max(floor, 0.0), UTC)
    for page in client.pages(INCIDENT.path, INCIDENT.items, EVERY_MODE):
        for one in page.items:
            if datetime.fromisoformat(one["created_at"]) < since:
                return
            if "api_key" in (one.get("creator") or {}):
                yield one


@dataclass(frozen=True, slots=True)
class _Account:
    """What the account holds since the run began, and nobody else manages."""

    workspace: Workspace
    story: Story
    incidents: tuple[Mapping[str, Any], ...]

    def recovered(self, names: list[str]) -> Recovered:
        """Return what is known of these incidents."""
        recovered = Recovered()
        referred = {reference for name in names if (reference := _told(self.story, name)[1])}
        for name in names:
            state, reference = _told(self.story, name)
            if reference:
                self._by_reference(name, reference, recovered)
            elif alike := [one for one in self.incidents if one["reference"] not in referred and self._fits(name, one)]:
                recovered.unclear[name] = _doubt(alike)
            elif state is State.DONE:
                recovered.unclear[name] = "the state that knew which incident it is was lost"
        return recovered

    def _by_reference(self, name: str, reference: str, recovered: Recovered) -> None:
        one = next((one for one in self.incidents if one["reference"] == reference), None)
        if one is None:
            told = f"{reference} is none that an API key declared since the run began"
            recovered.unclear[name] = f"the state that knew it was lost, and {told}"
        elif not self._looks(name, one):
            told = f"{reference} does not look like it any more"
            recovered.unclear[name] = f"the state that knew it was lost, and {told}"
        else:
            key = key_of(name)
            own = identity.idempotency_key(self.workspace.namespace, key, self.workspace.run)
            recovered.found[key] = record_of(one, own, self.workspace.run)

    def _fits(self, name: str, one: Mapping[str, Any]) -> bool:
        """Tell whether an incident may be one that was asked for, and is still open."""
        return self._looks(name, one) and (one.get("incident_status") or {}).get("category") not in ENDED

    def _looks(self, name: str, one: Mapping[str, Any]) -> bool:
        """Tell whether an incident is of a mode that runs declare in, and is called as the script calls it."""
        begun = self.story.begun
        is_private = begun is not None and name in begun.private
        modes = {"test", *self.workspace.gameday_modes}
        if (one.get("mode") or "standard") not in modes or (one.get("visibility") == "private") is not is_private:
            return False
        # Of private incidents the journal has no titles.
        return is_private or (begun is not None and _is_called(begun, name, str(one["name"])))


def _is_called(begun: Begun, name: str, title: str) -> bool:
    """Tell whether an incident of the script is called so, from the start or since a step of it."""
    renamed = (one.text for one in begun.steps if one.incident == name and one.verb == "set")
    return is_called(title, begun.incidents.get(name, name)) or any(title in text for text in renamed)


def _doubt(alike: list[Mapping[str, Any]]) -> str:
    known = " and ".join(str(one["reference"]) for one in alike)
    verb = "looks" if len(alike) == 1 else "look"
    return f"the state that knew it was lost; {known} {verb} like it, and nothing tells whether this run declared it"


def record_of(raw: Mapping[str, object], idempotency_key: str, run_id: str) -> Record:
    """Return what is remembered of an incident that was found: enough to go on with it, and to close it."""
    title: Leaves = {("name",): observe(INCIDENT.fields, raw)["name",]}
    return Record(
        id=str(raw["id"]),
        how="key",
        idempotency_key=idempotency_key,
        generation=run_id,
        mode=str(raw.get("mode") or ""),
        on_remove="close",
        protect="no",
        reference=str(raw.get("reference", "")),
        link=str(raw.get("permalink", "")),
        fields=remember(title, title),
    )
