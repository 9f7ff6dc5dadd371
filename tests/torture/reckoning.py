"""The last judgement of a run, against the sandbox's own log and data."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.rewriting import form
from tests.torture import members, names, observed
from tests.torture.checks import Broken
from tests.torture.configured import Configured
from tests.torture.excuses import Excuse
from tests.torture.field import Field
from tests.torture.names import Whose

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.torture.run import Run

Json = dict[str, Any]


def nowhere(run: Run, paths: Sequence[str], made: Mapping[tuple[str, str], Json], resources: Collection[str]) -> None:
    """Check that each `was` that led nowhere did: what it names, or what carries its key, is known."""
    for path in paths:
        one = run.scene.manifests[path]
        metadata, managed = one["metadata"], names.known(resources, path)
        names_told = {metadata["name"], *names.before(one)}
        live = made.get((names.first(metadata["name"]), metadata.get("generation", "1")))
        is_known = bool(names_told & {*managed})
        if one["kind"] == "Incident" and live:
            carried = observed.live(live).get("custom_fields.Reconciler key", []) if run.scene.has_marker else []
            is_known = is_known or any(Whose.of(text).name in names_told for text in carried)
            is_asked_for = any(run.is_in_journal(f"Incident/{name}") for name in names.before(one))
            is_known = is_known or (is_asked_for and not managed and not run.losses)
        if is_known:
            raise Broken(f"`was` of {path} leads nowhere, and it is known", live)
        run.excuses[Excuse.NOWHERE.name] += 1


class Reckoning:
    """The last judgement of one run: what the account holds, against all that was declared, done and told."""

    def __init__(self, run: Run, plan: Json) -> None:
        self.run, self.plan, self.scene = run, plan, run.scene
        account = run.account
        self.log = [entry for entry in account.log() if entry["changed"] and entry["key"] == "the runs"]
        made = account.order("made")["made"]
        self.made = {(kind, key): identifier for kind, key, identifier in made}
        self.incidents = {one["id"]: one for one in account.incidents()}
        self.updates: dict[str, list[Json]] = defaultdict(list)
        for one in reversed(account.listed("/v2/incident_updates", "incident_updates")):
            self.updates[one["incident_id"]].append(one)
        self.refused = {one["key"] for one in plan["refusals"]} | set(plan["unknown"])
        self.notices: dict[str, set[str]] = defaultdict(set)
        for one in plan["notices"]:
            self.notices[one["key"]].add(one["topic"])

    def excuse(self, one: Excuse) -> None:
        """Count an excuse."""
        self.run.excuses[one.name] += 1

    def judge(self) -> None:
        """Check everything; raises `Broken` at the first promise that was not kept."""
        self._each_key_once()
        self._keys_are_of_one_name()
        self._known_by_present_names()
        for one in self.scene.of("Incident"):
            self._incident(one["metadata"]["name"], one["spec"], one["metadata"].get("generation", "1"))
        self._people()
        Configured(self).judge()

    def _each_key_once(self) -> None:
        """One incident, update or timeline item per key, ever."""
        counts = Counter((entry["path"], entry["idempotency_key"]) for entry in self.log if entry["idempotency_key"])
        for (path, key), count in counts.items():
            if count > 1 and not self._may_be_twice(key):
                raise Broken(f"{count} times POST {path} with {key}")

    def _keys_are_of_one_name(self) -> None:
        """Each key is made as the design says; an incident and its children keep the name it was declared with.

        However often a manifest was renamed, and whatever was lost: it was declared once.
        """
        seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        for text in sorted({entry["idempotency_key"] for entry in self.log} - {None, ""}):
            whose = Whose.of(text)
            if text not in whose.keys(self.scene.namespace):
                raise Broken(f"{text} is no key of {whose.name}")
            seen[whose.incident].add(whose.name)
        for (name, generation), called in seen.items():
            if len(called) > 1:
                is_declared_once = len({Whose.of(key).name for key in self._owned((name, generation))}) < 2
                if not is_declared_once and not self._is_untraced(name):
                    raise Broken(f"{name}.{generation} was declared as {sorted(called)}")
                # A marker carries the present name, and `was` the one before it: together they tell two names.
                is_untold = bool(self.run.called[name] - {"", name}) or self.scene.has_marker or name in self.run.moved
                if not (is_untold and (self.run.losses or not self._was_noted(name))):
                    raise Broken(f"{name}.{generation} has keys of {sorted(called)}")
                self.excuse(Excuse.RENAMED if is_declared_once else Excuse.DUPLICATE)

    def _was_noted(self, name: str) -> bool:
        """Tell whether a run came to its end before an incident was renamed first: what it declared was known then."""
        told = f" Incident/{name} to "
        renamed = next((step for step, line in enumerate(self.run.story) if told in line), len(self.run.story))
        return self.run.has_ended(0, renamed)

    def _is_untraced(self, name: str) -> bool:
        """Tell whether neither a manifest, nor state, nor its looks tell an incident: it was moved, lost, renamed.

        A marker tells the name that it was moved to from the next apply on.
        """
        moves = (step for step, line in enumerate(self.run.story) if f"state mv Incident/{name}" in line)
        moved = next(moves, None)
        lost = next((loss for loss in self.run.losses if moved is not None and loss > moved), None)
        if moved is None or lost is None or (self.scene.has_marker and self.run.has_ended(moved, lost)):
            return False
        return self._was_renamed(name)

    def _known_by_present_names(self) -> None:
        """State has what was renamed under its present name, and under no other, unless a person must say so first."""
        for path in self.scene.manifests:
            known = names.known(self.run.resources(), path)
            if not {*known} - {path.partition("/")[2]}:
                continue
            if path not in self.refused:
                raise Broken(f"{path} is known as {known}")
            self.excuse(Excuse.REFUSED)

    def _may_be_twice(self, key: str) -> bool:
        if not self._forgets():
            return False
        if self.run.losses and self._was_reworded(key):
            self.excuse(Excuse.FORGOTTEN)
            return True
        # A second incident of a name has updates and timeline items of its own.
        if self.scene.has_marker or not self._was_renamed(Whose.of(key).name):
            return False
        self.excuse(Excuse.DUPLICATE)
        return True

    def _was_reworded(self, key: str) -> bool:
        """Tell whether an update or a timeline item said something else at another time."""
        whose = Whose.of(key)
        return len(self.run.texts.get((names.first(whose.name), whose.child), ())) > 1

    def _forgets(self) -> bool:
        behaviour = self.scene.behaviour
        has_fault = any("forgotten-key" in line for line in self.run.story)
        return behaviour.idempotency == "forget" or behaviour.key_lifetime is not None or has_fault

    def _was_renamed(self, name: str) -> bool:
        if self.run.people.private or not self.scene.sees_private:
            return True  # one that looks otherwise, or that this key may not see, is not found either
        called = {stated["name"] for _, stated in self._stated(name) if stated}
        return len(called) > 1 or any(deed.field == "name" for deed in self.run.people.deeds)

    def _stated(self, name: str) -> list[tuple[int, observed.Fields]]:
        """Return what the manifest stated from each step on, whatever it was called; nothing where it was not there."""
        return [(step, fields.get(names.first(name), {})) for step, fields in self.run.versions]

    def _incident(self, name: str, spec: Json, generation: str) -> None:
        path = f"Incident/{name}"
        identifier = self._managed(name, generation)
        if identifier is None or identifier not in self.incidents:
            if path not in self.refused:
                raise Broken(f"{path} was not declared, and nobody said so")
            self.excuse(Excuse.REFUSED)
            return
        live = self.incidents[identifier]
        self._told_by_its_name(path, live["incident_status"]["category"])
        self._updates(name, generation, spec)
        self._timeline(name, spec, identifier)
        self._members(name, spec, identifier)
        shown = observed.live(live)
        for field, wanted in observed.declared(spec, self.scene.behaviour).items():
            self._field(name, field, wanted, shown.get(field, ""), identifier, spec)

    def _told_by_its_name(self, path: str, category: str) -> None:
        """What people paused is not called finished, and nothing else is called paused."""
        told = self.notices[path] & {"finished", "paused"}
        if told - {"paused" if category == "paused" else "finished"}:
            raise Broken(f"{path} is told to be {sorted(told)}, and its status is of the category {category}")

    def _managed(self, name: str, generation: str) -> str | None:
        """Return the incident of a manifest: what its key made, and of several that did, the one that is managed."""
        begin = names.first(name)
        mine = [one for one in self.incidents if self._owner(one)[0] == begin]
        remembered = self.run.remembered(f"Incident/{name}")
        if len(mine) > 1 and remembered in mine:
            return remembered
        made = [one for one in mine if self._owner(one) == (begin, generation)]
        if made or not mine or f"Incident/{name}" in self.refused:
            return made[-1] if made else None
        # A look-alike that is not finished is adopted as a later generation.
        self.excuse(Excuse.EARLIER)
        return str(mine[-1])

    def _owned(self, incident: tuple[str, str]) -> list[str]:
        return [key for key in self.run.owners.values() if Whose.of(key).incident == incident]

    def _owner(self, identifier: str) -> tuple[str, str]:
        key = self.run.owners.get(identifier)
        return Whose.of(key).incident if key else ("", "")

    def _updates(self, name: str, generation: str, spec: Json) -> None:
        """Each declared update once, in the declared order."""
        declared = [update["id"] for update in spec.get("updates", ())]
        keys = [Whose.of(one["idempotency_key"]) for one in self.log if one["path"] == "/v2/incident_updates"]
        mine = [one for one in keys if one.incident[0] == names.first(name) and int(one.generation) <= int(generation)]
        # One that may be there twice has its updates twice; that is judged by the keys.
        posted = list(dict.fromkeys(one.child for one in mine if one.child in declared))
        if posted != [one for one in declared if one in posted]:
            raise Broken(f"Incident/{name}: the updates were posted as {posted}, and declared as {declared}")
        for one in declared:
            if one not in posted:
                self._not_posted(name, one, spec)

    def _not_posted(self, name: str, one: str, spec: Json) -> None:
        path = f"Incident/{name}"
        if path in self.refused:
            self.excuse(Excuse.REFUSED)
        elif "finished" in self.notices[path]:
            self.excuse(Excuse.FINISHED)
        elif "paused" in self.notices[path]:
            self.excuse(Excuse.PAUSED)
        elif "kept" in self.notices[f"{path}/update/{one}"]:
            self.excuse(Excuse.UNSAID)
        elif "message" not in next(u for u in spec["updates"] if u["id"] == one):
            self.excuse(Excuse.POSTED_WITHOUT)
        else:
            raise Broken(f"{path}: update {one} was not posted, and nobody said why")

    def _timeline(self, name: str, spec: Json, identifier: str) -> None:
        """Each declared timeline item once, as declared."""
        path = f"Incident/{name}"
        if path in self.refused or not spec.get("timeline"):
            return
        listed = self.run.account.listed(
            f"/v2/incident_timeline_items?incident_id={identifier}", "incident_timeline_items"
        )
        own = [one for one in listed if not one.get("activity_log_id")]
        kept = form(self.scene.behaviour)
        for item in spec["timeline"]:
            title = kept.title(item["title"])
            there = [
                one for one in own if one["title"] == title and observed.is_same_moment(one["timestamp"], item["at"])
            ]
            if len(there) != 1:
                raise Broken(f"{path}: timeline item {item} is there {len(there)} times", own)
            if "description" in item and there[0].get("description", "") != kept.prose(
                observed.plain(item["description"])
            ):
                raise Broken(f"{path}: timeline item {item} reads otherwise", there)

    def _members(self, name: str, spec: Json, identifier: str) -> None:
        """Whoever is declared was let in, and nobody ever turned away."""
        for told in members.turned_away(self.log):
            raise Broken(told)
        missing = members.missing(self.run.account, identifier, spec.get("members", ()))
        if missing and f"Incident/{name}" not in self.refused:
            raise Broken(f"Incident/{name}: {sorted(missing)} were not let in")

    def _field(self, name: str, field: str, wanted: Any, shown: Any, identifier: str, spec: Json) -> None:
        path = f"Incident/{name}"
        mine = [deed for deed in self.run.people.deeds if (deed.incident, deed.field) == (identifier, field)]
        stated, told = self._stated(name), self.notices[path]
        why = Field(self.run, path, field, wanted, shown, mine, stated, told, path in self.refused).judge(spec)
        if why:
            self.excuse(why)

    def _people(self) -> None:
        """What people did to fields that no manifest declares, and what they told, stands."""
        stated: dict[str, set[str]] = defaultdict(set)
        for _, fields in self.run.versions:
            for name, values in fields.items():
                stated[name] |= values.keys()
        last = {(deed.incident, deed.field): deed for deed in self.run.people.deeds}
        for (identifier, field), deed in last.items():
            name = self._owner(identifier)[0]
            if field in stated.get(name, ()) or field in {"status", "severity"}:
                continue
            shown = observed.live(self.incidents[identifier]).get(field, "")
            if shown != deed.after:
                raise Broken(f"{name}: {field} is {shown!r}, and people set it to {deed.after!r}")
        told = Counter(
            (one["incident_id"], one["message"])
            for updates in self.updates.values()
            for one in updates
            if "user" in one["updater"] and one.get("message")
        )
        kept = form(self.scene.behaviour)
        if told != Counter((incident, kept.prose(message)) for incident, message in self.run.people.messages):
            raise Broken("the messages of people are not as they were", told)
