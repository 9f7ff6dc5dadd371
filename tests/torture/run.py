"""One run, told as a story: declare, then be killed, lied to, contradicted and robbed, be left alone, be judged."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tests.torture import authors, checks, machines, names, observed, operators, removed
from tests.torture.account import Account
from tests.torture.commands import Commands
from tests.torture.generate import drawn, scenes
from tests.torture.memory import Local, ids, is_in_journal, known, resources
from tests.torture.people import People
from tests.torture.reckoning import Reckoning, nowhere
from tests.torture.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.torture.bucket import Bucket
    from tests.torture.generate import Scene
    from tests.torture.memory import Memory
    from tests.torture.process import Ended

Json = dict[str, Any]
Result = TypeVar("Result")

LAST_TRIES = 8
"""Applies that may be needed once nothing goes wrong any more."""


@dataclass(slots=True)
class Run:
    """One run of a seed; everything in it is drawn from the two numbers."""

    seed: int
    number: int
    folder: Path
    bucket: Bucket | None = None
    """Where some of the runs keep their state; None where they cannot."""
    story: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    excuses: Counter[str] = field(default_factory=Counter)
    versions: list[tuple[int, dict[str, observed.Fields]]] = field(default_factory=list)
    """What the manifests stated from a step on, by what each incident was called first."""
    losses: list[int] = field(default_factory=list)
    """The steps at which something that was remembered was lost."""
    texts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """All that an update or a timeline item of an incident ever said."""
    called: dict[str, set[str]] = field(default_factory=dict)
    """All that each incident's manifest says that it was, by what it was called first."""
    moved: set[str] = field(default_factory=set)
    """The incidents whose manifests were renamed without a word, and moved in the state."""
    owners: dict[str, str] = field(default_factory=dict)
    """The idempotency key that made each incident."""
    scene: Scene = field(init=False)
    account: Account = field(init=False)
    memory: Memory = field(init=False)
    people: People = field(init=False)
    commands: Commands = field(init=False)
    prunes: bool = False
    chance: random.Random = field(init=False)

    @property
    def step(self) -> int:
        """Return the number of the next step."""
        return len(self.story)

    def tell(self, text: str, figure: str = "") -> None:
        """Add a step to the story; nothing where nothing was done."""
        if text:
            self.story.append(f"{self.step:3}  {text}")
            self.figures[figure] += bool(figure)

    def play(self) -> None:
        """Go through all of it; raises `checks.Broken` where a promise is not kept."""
        self.chance = random.Random(f"{self.seed}/{self.number}")
        self.scene = drawn(scenes(), self.chance.randrange(2**32))
        self.memory = self._chosen_memory()
        self.memory.work.mkdir(parents=True)
        (self.folder / "said").mkdir()
        self.prunes = self.chance.random() < 0.3
        if self.chance.random() < 0.4:
            removed.protect(self.scene, self.chance)
        self.tell(f"an account with {self.scene.behaviour}; reconciler.yaml: {self.scene.spec}")
        self.write()
        with Account(self.scene.behaviour, self.scene.sees_private) as self.account:
            self.people = People(self.account, self.chance)
            self.commands = Commands(self.account, self.memory, self.folder, self.chance, self.tell, self.figures)
            for number in range(self.chance.randint(2, 4)):
                if number:
                    self._meanwhile()
                self._applied(self.commands.tortured)
                if self.chance.random() < 0.1:
                    self.commands.read("drift")
            self._meanwhile()
            self._left_alone()
        self.figures["runs"] += 1

    def _chosen_memory(self) -> Memory:
        """Keep the state of one of three workspaces in a bucket, where there is one."""
        is_shared = self.chance.random() < 0.35
        work = self.folder / machines.FOLDERS[0]
        if self.bucket is None or self.scene.spec is None or not is_shared:
            return Local(work)
        self.bucket.open()
        self.figures["with a state in a bucket"] += 1
        found = Shared(work, self.bucket, f"run-{self.seed}-{self.number}")
        self.scene.spec |= found.spec
        return found

    def write(self) -> None:
        """Write the manifests as they are by now, and remember what they state."""
        self.scene.write(self.memory.work)
        fields = {
            names.first(one["metadata"]["name"]): observed.declared(one["spec"], self.scene.behaviour)
            for one in self.scene.of("Incident")
        }
        self.versions.append((self.step, fields))
        for one in self.scene.of("Incident"):
            name = one["metadata"]["name"]
            self.called.setdefault(names.first(name), set()).update(names.before(one))
            for child in [*one["spec"].get("updates", ()), *one["spec"].get("timeline", ())]:
                said = f"{child.get('at')} {child.get('title')} {child.get('message')}"
                self.texts.setdefault((names.first(name), child["id"]), set()).add(said)

    def _meanwhile(self) -> None:
        """Let people and authors do something, and lose something."""
        self._mend()
        for _ in range(self.chance.choice([0, 1, 1, 2, 3])):
            self.tell(self.people.act(self.step), "people's deeds")
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            told = authors.change(self.scene, self.chance)
            self.tell(told and f"authors {told}", "authors' changes")
            self.write()
        if self.chance.random() < 0.15:
            told = operators.act(self)
            self.tell(told and f"operators {told}", "operators' deeds")
            self.write()
        if isinstance(self.memory, Shared) and self.chance.random() < 0.35:
            self._perhaps_losing(partial(machines.change, self, self.memory))
        if self.chance.random() < 0.3:
            self.commands.listed()
        if self.chance.random() < 0.25:
            told = self._perhaps_losing(lambda: self.memory.lose(self.chance))
            self.tell(told, "losses of state")
            if self.scene.spec is not None and self.chance.random() < 0.3:
                self.commands.rebuild()

    def _perhaps_losing(self, doing: Callable[[], str]) -> str:
        """Do something, and note that something was lost where the next command can know less by it."""
        step, before = self.step, known(self.memory)
        told = doing()
        if before - known(self.memory):
            self.losses.append(step)
        return told

    def _left_alone(self) -> None:
        """Apply until nothing is left to do, or the same is refused twice; then judge."""
        before: Json = {}
        flags = ["--allow", "touched", "--allow", "delete=50", *(["--prune"] if self.prunes else [])]
        gone = removed.gone(self.scene, self.resources())
        for _ in range(LAST_TRIES):
            ended = self._applied(lambda: self.commands.apply([".", *flags, "--format", "json"]))
            outcomes = json.loads(ended.out)["outcomes"] if ended.out.strip() else []
            if self._mend():
                continue
            plan = self.commands.plan(*flags) | {"unknown": _unknown(outcomes)}
            if plan["code"] == 0 and ended.code == 0:
                break
            # What no run can do without a person's word is told again and again, and never done.
            is_stuck = not any(one["result"] == "done" for one in outcomes)
            if is_stuck and all(plan[name] == before.get(name) for name in ("refusals", "changes", "unknown")):
                break
            if plan["code"] == 2 and ended.code == 0 and not self.scene.behaviour.post_incident_pace:
                _check_second_plan(ended, plan)
            before = plan
        else:
            raise checks.Broken("it does not come to an end", json.dumps(plan, indent=1))
        if plan["changes"] and not plan["unknown"]:
            raise checks.Broken("nothing is done, and nobody says why", json.dumps(plan, indent=1))
        if self.prunes:
            self._check_pruned(gone, plan)
        Reckoning(self, plan).judge()

    def _applied(self, doing: Callable[[], Result]) -> Result:
        """Apply, and check that what no manifest declares was left alone, or ended as was asked."""
        before, begin = self.resources(), len(self.account.log())
        gone = removed.gone(self.scene, before)
        done = doing()
        self._own()
        for told in removed.lost(self.scene, before, ids(self.memory.state())):
            raise checks.Broken(told)
        seen = [one for one in self.account.log()[begin:] if one["key"] == "the runs"]
        for told in removed.broken(gone, seen, prunes=self.commands.prunes):
            raise checks.Broken(told)
        live = {one["id"]: one["incident_status"]["name"] for one in self.account.incidents()} if gone else {}
        for told in removed.forgotten(gone, self.resources(), live.__getitem__):
            raise checks.Broken(told)
        return done

    def _check_pruned(self, gone: list[removed.Gone], plan: Json) -> None:
        refused = {one["key"] for one in plan["refusals"]}
        for told in removed.left(gone, self.resources(), refused):
            raise checks.Broken(told)

    def _mend(self) -> bool:
        """Let authors mend each `was` that led nowhere; raises `Broken` where it led somewhere."""
        made = self.made()
        managed = self.commands.listed() if self.commands.nowhere else {}
        nowhere(self, self.commands.nowhere, made, managed)
        told = names.mend(self.scene, self.commands.nowhere, made, managed)
        self.commands.nowhere = []
        self.tell(told and f"authors {told}", "hints mended")
        if told:
            self.write()
        return bool(told)

    def made(self) -> dict[tuple[str, str], Json]:
        """Return the incidents that runs made, by what their manifests were called first, and the generation."""
        there = {one["id"]: one for one in self.account.incidents()}
        return {names.Whose.of(key).incident: there[one] for one, key in self.owners.items() if one in there}

    def resources(self) -> dict[str, Json]:
        """Return what the state remembers."""
        return resources(self.memory)

    def is_in_journal(self, key: str) -> bool:
        """Tell whether the journal names a resource."""
        return is_in_journal(self.memory, key)

    def remembered(self, key: str) -> str:
        """Return the ID that the state has for a resource."""
        return str(self.resources().get(key, {}).get("id", ""))

    def is_unrecorded(self, step: int) -> bool:
        """Tell whether something was lost and no apply has come to its end since, or something is lost later."""
        lost = max((loss for loss in self.losses if loss < step), default=None)
        is_forgotten = lost is not None and not self.has_applied(lost, step)
        return is_forgotten or any(loss > step for loss in self.losses)

    def has_applied(self, begin: int, end: int) -> bool:
        """Tell whether an apply came to its end between two steps: what it did is noted."""
        return any("  apply" in one and ": exit 0" in one for one in self.story[begin:end])

    def has_ended(self, begin: int, end: int) -> bool:
        """Tell whether an apply ended by itself between two steps: what stood where it was to write is noted."""
        ends = (": exit 0", ": exit 4", ": exit 5")
        return any("  apply" in one and any(code in one for code in ends) for one in self.story[begin:end])

    def was_told(self, field: str) -> bool:
        """Tell whether some apply said that it keeps a field."""
        name = field.partition(".")[2] or field
        said = (path.read_text(encoding="utf-8", errors="replace") for path in (self.folder / "said").iterdir())
        return any(name in line and " kept" in line for text in said for line in text.split("\n"))

    def _own(self) -> None:
        """Learn which key made which incident."""
        made = self.account.order("made")["made"]
        self.owners |= {identifier: key for kind, key, identifier in made if kind == "incident"}

    def forget(self) -> None:
        """Delete all files and objects of a run that went well."""
        self.memory.forget()
        shutil.rmtree(self.folder, ignore_errors=True)


def _unknown(outcomes: list[Json]) -> list[str]:
    """Return what an apply told that nobody knows, and the incidents that wait for it."""
    keys = [one["key"] for one in outcomes if one["result"] == "unknown"]
    return sorted({name for key in keys for name in (key, "/".join(key.split("/")[:2]))})


def _check_second_plan(ended: Ended, plan: Json) -> None:
    """After an apply, a plan is empty, but where that apply found that an earlier run had made something."""
    if not any(word in ended.out + ended.err for word in ("adopted", "an earlier run")):
        raise checks.Broken("an apply was done, and the plan after it is not empty", json.dumps(plan, indent=1))
