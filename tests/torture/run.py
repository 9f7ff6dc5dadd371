"""One run, told as a story: declare, then be killed, lied to, contradicted and robbed, be left alone, be judged."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.torture import authors, checks, observed, process, violence
from tests.torture.account import Account
from tests.torture.generate import drawn, scenes
from tests.torture.people import People

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.torture.account import Trap
    from tests.torture.generate import Scene
    from tests.torture.process import Ended

Json = dict[str, Any]

PAUSE = 2
"""Seconds that pass for the account after each apply: less than half of what keys live for, where they die."""
LAST_TRIES = 6
"""Applies that may be needed once nothing goes wrong any more."""


@dataclass(slots=True)
class Run:
    """One run of a seed; everything in it is drawn from the two numbers."""

    seed: int
    number: int
    folder: Path
    story: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)
    excuses: Counter[str] = field(default_factory=Counter)
    versions: list[tuple[int, dict[str, observed.Fields]]] = field(default_factory=list)
    """What the manifests stated from a step on, by incident."""
    losses: list[int] = field(default_factory=list)
    """The steps at which something that was remembered was lost."""
    texts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """All that an update or a timeline item of an incident ever said."""
    owners: dict[str, str] = field(default_factory=dict)
    """The idempotency key that made each incident."""
    scene: Scene = field(init=False)
    account: Account = field(init=False)
    people: People = field(init=False)
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
        self.work.mkdir(parents=True)
        (self.folder / "said").mkdir()
        self.tell(f"an account with {self.scene.behaviour}; reconciler.yaml: {self.scene.spec}")
        self._write()
        with Account(self.scene.behaviour) as self.account:
            self.people = People(self.account, self.chance)
            for number in range(self.chance.randint(2, 4)):
                if number:
                    self._meanwhile()
                self._tortured()
            self._meanwhile()
            self._left_alone()
        self.figures["runs"] += 1

    @property
    def work(self) -> Path:
        """Return the folder of the workspace."""
        return self.folder / "work"

    def _write(self) -> None:
        self.scene.write(self.work)
        fields = {
            one["metadata"]["name"]: observed.declared(one["spec"], self.scene.behaviour)
            for one in self.scene.of("Incident")
        }
        self.versions.append((self.step, fields))
        for one in self.scene.of("Incident"):
            for child in [*one["spec"].get("updates", ()), *one["spec"].get("timeline", ())]:
                said = f"{child.get('at')} {child.get('title')} {child.get('message')}"
                self.texts.setdefault((one["metadata"]["name"], child["id"]), set()).add(said)

    def _meanwhile(self) -> None:
        """Let people and authors do something, and lose something."""
        for _ in range(self.chance.choice([0, 1, 1, 2, 3])):
            self.tell(self.people.act(self.step), "people's deeds")
        for _ in range(self.chance.choice([0, 0, 1, 2])):
            told = authors.change(self.scene, self.chance)
            self.tell(told and f"authors {told}", "authors' changes")
            self._write()
        if self.chance.random() < 0.25:
            told = violence.lose(self.work, self.chance)
            if told:
                self.losses.append(self.step)
            self.tell(told, "losses of state")

    def _tortured(self) -> None:
        """Apply while things go wrong; now and then twice at a time."""
        faults = violence.faults(self.chance)
        self.account.ask("PUT", "/_sandbox/faults", {"seed": self.chance.randrange(1000), "faults": faults})
        trap = violence.trap(self.chance)
        is_double = self.chance.random() < 0.08
        is_fresh = self.chance.random() < 0.05
        self.apply(trap, count=2 if is_double else 1, is_fresh=is_fresh, faults=faults)
        struck = self.account.get("/_sandbox/faults")["faults"]
        self.figures["faults struck"] += sum(one["struck"] for one in struck)
        self.account.ask("DELETE", "/_sandbox/faults")

    def apply(
        self,
        trap: Trap | None = None,
        *,
        count: int = 1,
        is_fresh: bool = False,
        is_json: bool = False,
        faults: Sequence[Json] = (),
    ) -> Ended:
        """Apply once, or twice at a time, and check what can be checked at once."""
        before = len(self.account.log())
        arguments = ["apply", ".", "--auto-approve", "--base-url", self.account.url]
        # Left alone, it may do all: whether it keeps within limits was seen before.
        arguments += ["--allow", "touched"] if is_json or self.chance.random() < 0.8 else []
        arguments += ["--parallelism", str(self.chance.choice([1, 2, 10]))]
        arguments += ["--format", "json"] if is_json or self.chance.random() < 0.7 else []
        commands: list[process.Command] = []
        for _ in range(count):
            self.figures["applies"] += 1
            texts = self.folder / "said" / f"{self.step:03}-{len(commands)}"
            commands.append(process.start(arguments, self.work, texts, is_fresh=is_fresh))
        traps = [[commands[0].pid, trap.at, trap.moment, trap.signals, trap.pause]] if trap else []
        self.account.order("trap", set=traps)
        for command in commands:
            command.begin()
        ended = [command.wait() for command in commands]
        self.figures["requests"] += int(self.account.order("idle")["seen"])
        self.account.order("later", seconds=PAUSE)
        self.figures["killed"] += sum(one.code == -9 for one in ended)
        self.figures["interrupted"] += sum(one.code == 130 for one in ended)
        self.figures["fresh interpreters"] += is_fresh
        told = " and ".join(str(one.code) for one in ended)
        hit = f"; {trap}" if trap else ""
        self.tell(f"{'two applies' if count > 1 else 'apply'}: exit {told}{hit}; faults {json.dumps(list(faults))}")
        log = self.account.log()
        made = self.account.order("made")["made"]
        self.owners |= {identifier: key for kind, key, identifier in made if kind == "incident"}
        for one in ended:
            checks.ended(
                one, trap if one is ended[0] else None, {fault["kind"] for fault in faults}, is_alone=count == 1
            )
        if count == 1:
            checks.told_true(ended[0], [one for one in log[before:] if one["key"] == "the runs"])
        checks.files(self.work)
        return ended[0]

    def _left_alone(self) -> None:
        """Apply until nothing is left to do, or the same is refused twice; then judge."""
        before: Json = {}
        for _ in range(LAST_TRIES):
            ended = self.apply(is_json=True)
            outcomes = json.loads(ended.out)["outcomes"] if ended.out.strip() else []
            plan = self.plan() | {"unknown": _unknown(outcomes)}
            if plan["code"] == 0 and ended.code == 0:
                break
            # What no run can do without a person's word is told again and again, and never done.
            is_stuck = not any(one["result"] == "done" for one in outcomes)
            if is_stuck and all(plan[name] == before.get(name) for name in ("refusals", "changes", "unknown")):
                break
            if plan["code"] == 2 and ended.code == 0 and not self.scene.behaviour.post_incident_pace:
                self._check_second_plan(ended, plan)
            before = plan
        else:
            raise checks.Broken("it does not come to an end", json.dumps(plan, indent=1))
        if plan["changes"] and not plan["unknown"]:
            raise checks.Broken("nothing is done, and nobody says why", json.dumps(plan, indent=1))
        checks.Reckoning(self, plan).judge()

    def _check_second_plan(self, ended: Ended, plan: Json) -> None:
        """After an apply, a plan is empty, but where that apply found that an earlier run had made something."""
        if not any(word in ended.out + ended.err for word in ("adopted", "an earlier run")):
            raise checks.Broken("an apply was done, and the plan after it is not empty", json.dumps(plan, indent=1))

    def plan(self) -> Json:
        """Return the plan as JSON, with its exit code."""
        texts = self.folder / "said" / f"{self.step:03}-plan"
        arguments = ["plan", ".", "--detailed-exitcode", "--format", "json", "--base-url", self.account.url]
        arguments += ["--allow", "touched"]
        command = process.start(arguments, self.work, texts)
        command.begin()
        ended = command.wait()
        self.tell(f"plan: exit {ended.code}")
        checks.ended(ended, None)
        if ended.code not in {0, 2, 4}:
            raise checks.Broken(f"plan ended with {ended.code}", ended.err)
        plan: Json = json.loads(ended.out)
        return plan | {"code": ended.code}

    def was_told(self, field: str) -> bool:
        """Tell whether some apply said that it keeps a field."""
        name = field.partition(".")[2] or field
        said = (path.read_text(encoding="utf-8", errors="replace") for path in (self.folder / "said").iterdir())
        return any(name in line and " kept" in line for text in said for line in text.split("\n"))

    def forget(self) -> None:
        """Delete all files of a run that went well."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _unknown(outcomes: list[Json]) -> list[str]:
    """Return what an apply told that nobody knows, and the incidents that wait for it."""
    keys = [one["key"] for one in outcomes if one["result"] == "unknown"]
    return sorted({name for key in keys for name in (key, "/".join(key.split("/")[:2]))})
