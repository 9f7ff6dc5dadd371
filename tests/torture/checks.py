"""What every run must keep, held against the sandbox's own log and data: at each end, and in one reckoning at last."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.rewriting import form
from tests.torture import members, names, observed
from tests.torture.account import CANARY
from tests.torture.excuses import Excuse
from tests.torture.generate import LEARNING, LIVE
from tests.torture.names import Whose

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.torture.account import Trap
    from tests.torture.people import Deed
    from tests.torture.process import Ended
    from tests.torture.run import Run

Json = dict[str, Any]

INTERRUPTED = 130


class Broken(AssertionError):
    """A promise that was not kept, and what shows it."""

    def __init__(self, told: str, shown: object = "") -> None:
        super().__init__(f"{told}\n{shown}" if shown else told)


def ended(
    one: Ended, trap: Trap | None, codes: Collection[int], kinds: Collection[str] = (), *, is_alone: bool = True
) -> None:
    """Check how a command ended, and what it said; `codes` are those of one that nobody stopped.

    `kinds` are those of the faults that struck meanwhile.
    """
    # A field of a type that nobody knows yet is not the text field that a manifest or a workspace needs.
    allowed = {*codes} | ({3} if "unknown-enum" in kinds else set())
    for name in trap.signals if trap else ():
        allowed |= {-9} if name == "SIGKILL" else {INTERRUPTED}
        # The request of another one may be what it is hit at when it has ended already.
        allowed |= set() if is_alone else {-signal.Signals[name]}
    said = one.out + one.err
    if one.code not in allowed:
        raise Broken(f"exit code {one.code} of {' '.join(one.arguments)}", said[-3000:])
    if "Traceback" in said or "defect of reconciler" in said:
        raise Broken("a defect shows", said[-3000:])
    if CANARY in said:
        raise Broken("the key is in the output", said)


def files(folder: Path) -> None:
    """Check that no file holds the key, and that nobody else may read what is remembered."""
    for path in folder.rglob("*"):
        if path.is_file():
            if CANARY.encode() in path.read_bytes():
                raise Broken(f"the key is in {path}")
            if (
                path.name in {"state.json", "journal", "plan.json"} or "backup" in path.name
            ) and path.stat().st_mode & 0o077:
                raise Broken(f"others can read {path}")


def told_true(one: Ended, seen: Sequence[Json]) -> None:
    """Check that what a run that ended by itself calls done is what the account carried out."""
    counts = _counts(one)
    if counts is None:
        return
    changed = [entry for entry in seen if entry["changed"]]
    idle = [entry for entry in seen if entry["method"] != "GET" and not entry["changed"] and entry["status"] < 300]
    done = counts["done"] - counts["adopted"]
    told = f"{dict(counts)} against {len(changed)} writes, and {len(idle)} that changed nothing"
    if done > len(changed) + len(idle):
        raise Broken(f"more is called done than was done: {told}", one.out)
    if len(changed) > counts["done"] + counts["unknown"]:
        raise Broken(f"more was done than is told: {told}", one.out)


def _counts(one: Ended) -> Counter[str] | None:
    if one.code < 0:
        return None
    if "json" in one.arguments:
        if not one.out.strip():
            return None
        outcomes = json.loads(one.out)["outcomes"]
        counts = Counter(outcome["result"] for outcome in outcomes)
        counts["adopted"] = sum(
            outcome["action"] in {"adopt", "forget"} or "an earlier run" in outcome["message"] for outcome in outcomes
        )
        return counts
    found = re.search(r"^Apply: (.*)\.$", one.out, re.MULTILINE)
    if not found:
        return None
    counts = Counter({word: int(number) for number, word in (part.split() for part in found[1].split(", "))})
    counts["adopted"] = len(re.findall(r"^adopted |^forgot |\(an earlier run", one.err, re.MULTILINE))
    return counts


def _origin(deeds: list[Deed]) -> Any:
    """Return what a field was before the last deeds that nothing of ours came between."""
    origin = deeds[-1].before
    for deed in reversed(deeds[:-1]):
        if deed.after != origin:
            break
        origin = deed.before
    return origin


def nowhere(run: Run, paths: Sequence[str], made: Mapping[tuple[str, str], Json], resources: Collection[str]) -> None:
    """Check that each `was` that led nowhere did: what it names, or what carries its key, is known."""
    for path in paths:
        one = run.scene.manifests[path]
        metadata, managed = one["metadata"], names.known(resources, path)
        names_told = {metadata["name"], metadata["was"]}
        live = made.get((names.first(metadata["name"]), metadata.get("generation", "1")))
        is_known = bool(names_told & {*managed})
        if one["kind"] == "Incident" and live:
            carried = observed.live(live).get("custom_fields.Reconciler key", []) if run.scene.has_marker else []
            is_known = is_known or any(Whose.of(text).name in names_told for text in carried)
            is_asked_for = run.is_in_journal(f"Incident/{metadata['was']}")
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
        self._configuration()

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
                if not (self.run.losses and is_untold):
                    raise Broken(f"{name}.{generation} has keys of {sorted(called)}")
                self.excuse(Excuse.RENAMED if is_declared_once else Excuse.DUPLICATE)

    def _is_untraced(self, name: str) -> bool:
        """Tell whether neither a manifest, nor state, nor its looks tell an incident: it was moved, lost, renamed."""
        is_lost = name in self.run.moved and self.run.losses and not self.scene.has_marker
        return bool(is_lost) and self._was_renamed(name)

    def _known_by_present_names(self) -> None:
        """State has what was renamed under its present name, and under no other."""
        for path in self.scene.manifests:
            known = names.known(self.run.resources(), path)
            if {*known} - {path.partition("/")[2]}:
                raise Broken(f"{path} is known as {known}")

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
        """A declared field is as declared, or as the policy leaves it; and nobody was fought."""
        path, policy = f"Incident/{name}", self.scene.policy("Incident", observed.table(field))
        mine = [deed for deed in self.run.people.deeds if (deed.incident, deed.field) == (identifier, field)]
        if shown == wanted:
            self._not_fought(path, name, field, wanted, mine, policy)
            return
        why = self._why(
            name, field, {str(shown), str(wanted)}, policy, is_peoples=bool(mine) and mine[-1].after == shown
        )
        if observed.table(field) in spec.get("ignore_changes", ()):
            why = why or Excuse.IGNORED
        earlier = {str(stated[field]) for _, stated in self._stated(name) if field in stated}
        # An incident without a status of its own begins in the first live one.
        earlier |= {LIVE[0]} if field == "status" else set()
        if policy == "keep" and self.run.losses and self.run.was_told(field) and (str(shown) in earlier or mine):
            why = why or Excuse.UNRECORDED
        if why is None:
            people = [f"{deed.step}: {deed.before!r} -> {deed.after!r}" for deed in mine]
            raise Broken(f"{path}: {field} is {shown!r}, the manifest says {wanted!r} ({policy}); people: {people}")
        self.excuse(why)

    def _why(self, name: str, field: str, values: set[str], policy: str, *, is_peoples: bool) -> Excuse | None:
        """Return why a field may be otherwise than declared, as far as the plan's own words tell."""
        path = f"Incident/{name}"
        told, is_status = self.notices[path], field == "status"
        is_moving = self.scene.behaviour.post_incident_pace is not None and bool(values & set(LEARNING))
        excuses = (
            (path in self.refused, Excuse.REFUSED),
            (is_status and "finished" in told, Excuse.FINISHED),
            (is_status and "paused" in told, Excuse.PAUSED),
            (is_status and "in triage" in told, Excuse.TRIAGE),
            (is_status and (values <= set(LEARNING) or is_moving), Excuse.SETTLED),
            (is_peoples and policy != "overwrite" and "kept" in told, Excuse.KEPT),
            (is_peoples and policy == "keep" and self.run.was_told(field), Excuse.KEPT_ONCE),
        )
        return next((excuse for holds, excuse in excuses if holds), None)

    def _not_fought(self, path: str, name: str, field: str, wanted: Any, mine: list[Deed], policy: str) -> None:
        """What people moved is not moved back, unless the manifest asks for it anew."""
        if (
            policy == "overwrite"
            or self.run.commands.overwrites
            or not mine
            or mine[-1].after in (wanted, _origin(mine))
        ):
            return
        if field == "status" and mine[-1].after in LEARNING and self.scene.behaviour.post_incident_pace is not None:
            self.excuse(Excuse.SETTLED)
            return
        values = [(step, stated.get(field)) for step, stated in self._stated(name)]
        since = {str(value) for step, value in values if step > mine[-1].step}
        before = [str(value) for step, value in values if step <= mine[-1].step]
        if not since <= set(before[-1:]):
            return
        first_asked = next((step for step, value in values if value is not None), 0)
        if not _origin(mine) and not self.run.has_ended(first_asked, mine[-1].step):
            self.excuse(Excuse.UNNOTED)
            return
        if not mine[-1].after and self.run.is_unrecorded(mine[-1].step):
            self.excuse(Excuse.UNSET)
            return
        raise Broken(
            f"{path}: people set {field} to {mine[-1].after!r} in step {mine[-1].step}, and under {policy} it was "
            f"set back to {wanted!r}"
        )

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

    def _configuration(self) -> None:
        """What the organisation has is there once, as declared."""
        kept = form(self.scene.behaviour)
        for kind, where, name in (
            ("Severity", "/v1/severities", "severities"),
            ("IncidentStatus", "/v1/incident_statuses", "incident_statuses"),
            ("IncidentRole", "/v2/incident_roles", "incident_roles"),
            ("CustomField", "/v2/custom_fields", "custom_fields"),
        ):
            listed = self.run.account.get(where)[name]
            for one in self.scene.of(kind):
                self._configured(kind, one, [live for live in listed if live["name"] == kept.name(one["spec"]["name"])])

    def _configured(self, kind: str, one: Json, there: list[Json]) -> None:
        path = f"{kind}/{one['metadata']['name']}"
        if path in self.refused:
            self.excuse(Excuse.REFUSED)
            return
        if len(there) != 1:
            raise Broken(f"{path} is there {len(there)} times", there)
        kept = form(self.scene.behaviour)
        for field in ("description", "rank", "instructions"):
            if field in one["spec"]:
                wanted = one["spec"][field]
                wanted = kept.prose(observed.plain(wanted)) if isinstance(wanted, str) else wanted
                if there[0].get(field, "") != wanted:
                    self._unconfigured(path, kind, field, there[0].get(field), wanted)
        if "options" in one["spec"]:
            values = [option["value"] for option in self._options(there[0]["id"])]
            for option in one["spec"]["options"]:
                if values.count(option) != 1:
                    raise Broken(f"{path}: option {option!r} is there {values.count(option)} times", values)

    def _unconfigured(self, path: str, kind: str, field: str, shown: Any, wanted: Any) -> None:
        if self.scene.policy(kind, field) == "keep" and self.run.losses and "kept" in self.notices[path]:
            self.excuse(Excuse.UNRECORDED)
            return
        raise Broken(f"{path}: {field} is {shown!r}, the manifest says {wanted!r}")

    def _options(self, identifier: str) -> Iterator[Json]:
        yield from self.run.account.listed(
            f"/v1/custom_field_options?custom_field_id={identifier}", "custom_field_options"
        )
