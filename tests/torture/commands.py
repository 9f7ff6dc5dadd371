"""The commands of one run: each a real process with faults around it and perhaps a trap in it, checked as it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.torture import checks, names, process, violence

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.torture.account import Account
    from tests.torture.process import Ended
    from tests.torture.traps import Trap

Json = dict[str, Any]

PAUSE = 2
"""Seconds that pass for the account after each apply: less than half of what keys live for, where they die."""
WRITES = {0, 4, 5, 7}
"""Exit codes of what writes; what only reads says 2 as well, of changes or of drift."""
WRONG = 3
"""The exit code where manifests are wrong: they are not, but where a `was` leads nowhere."""


@dataclass(slots=True)
class Commands:
    """Runs `reconciler` in a folder against an account, and tells what came of it."""

    account: Account
    folder: Path
    chance: random.Random
    tell: Callable[[str], None]
    figures: Counter[str]
    overwrites: list[int] = field(default_factory=list)
    """After how many commands the drift policy was `overwrite` for a run, whatever the workspace says."""
    nowhere: list[str] = field(default_factory=list)
    """The manifests whose `was` led nowhere, as the last command said that told anything."""
    prunes: bool = False
    """Whether the last apply took away what is not declared."""
    count: int = 0

    @property
    def work(self) -> Path:
        """Return the folder of the workspace."""
        return self.folder / "work"

    def tortured(self) -> None:
        """Apply while things go wrong; now and then twice at a time, or what a plan file holds."""
        faults = violence.faults(self.chance)
        is_saved = self.chance.random() < 0.15
        if is_saved:
            self.read("plan", "--out", "../plan.json")
            is_saved = (self.folder / "plan.json").exists()
        self.account.ask("PUT", "/_sandbox/faults", {"seed": self.chance.randrange(1000), "faults": faults})
        flags = ["--plan", "../plan.json"] if is_saved else self._flags()
        trap, times = violence.trap(self.chance), 2 if self.chance.random() < 0.08 else 1
        self.apply(flags, trap, times=times, is_fresh=self.chance.random() < 0.05, faults=faults)
        struck = self.account.get("/_sandbox/faults")["faults"]
        self.figures["faults struck"] += sum(one["struck"] for one in struck)
        self.account.ask("DELETE", "/_sandbox/faults")

    def _flags(self) -> list[str]:
        flags = ["."]
        flags += ["--allow", "touched"] if self.chance.random() < 0.8 else []
        flags += ["--prune"] if self.chance.random() < 0.25 else []
        if self.chance.random() < 0.12:
            policy = self.chance.choice(["overwrite", "keep", "fail"])
            flags += ["--on-drift", policy]
            if policy == "overwrite":
                self.overwrites.append(self.count)
        return flags

    def apply(
        self,
        flags: Sequence[str],
        trap: Trap | None = None,
        *,
        times: int = 1,
        is_fresh: bool = False,
        faults: Sequence[Json] = (),
    ) -> Ended:
        """Apply once, or twice at a time, and check what can be checked at once."""
        before = len(self.account.log())
        self.prunes = "--prune" in flags
        form = ["--format", "json"] if self.chance.random() < 0.7 else []
        parallelism = str(self.chance.choice([1, 2, 10]))
        arguments = ["apply", *flags, "--auto-approve", "--parallelism", parallelism, *form]
        commands = [self._start(arguments, is_fresh=is_fresh) for _ in range(times)]
        traps = [[commands[0].pid, trap.at, trap.moment, trap.signals, trap.pause]] if trap else []
        self.account.order("trap", set=traps)
        for command in commands:
            command.begin()
        ended = [command.wait() for command in commands]
        self.figures["requests"] += int(self.account.order("idle")["seen"])
        self.account.order("later", seconds=PAUSE)
        self._count(ended, is_fresh=is_fresh)
        told = " and ".join(str(one.code) for one in ended)
        hit = f"; {trap}" if trap else ""
        name = f"{'two applies' if times > 1 else 'apply'} {' '.join(flags)}"
        self.tell(f"{name}: exit {told}{hit}; faults {json.dumps(list(faults))}")
        kinds = {fault["kind"] for fault in faults}
        for one in ended:
            checks.ended(one, trap if one is ended[0] else None, self._codes(one), kinds, is_alone=times == 1)
        if times == 1:
            log = self.account.log()[before:]
            checks.told_true(ended[0], [entry for entry in log if entry["key"] == "the runs"])
        checks.files(self.folder)
        return ended[0]

    def _codes(self, one: Ended) -> set[int]:
        """Return the codes that a command may end with; learn whose `was` led nowhere."""
        nowhere = names.led_nowhere(one.err)
        if one.code == WRONG or one.code in WRITES:
            self.nowhere = nowhere
        return WRITES | ({WRONG} if nowhere else set())

    def _count(self, ended: Sequence[Ended], *, is_fresh: bool) -> None:
        self.figures["applies"] += len(ended)
        self.figures["killed"] += sum(one.code == -9 for one in ended)
        self.figures["interrupted"] += sum(one.code == checks.INTERRUPTED for one in ended)
        self.figures["fresh interpreters"] += is_fresh

    def read(self, *arguments: str) -> Ended:
        """Run a command that only reads, and check that it does."""
        before = len(self.account.log())
        command = self._start([*arguments[:1], ".", *arguments[1:]])
        command.begin()
        ended = command.wait()
        self.tell(f"{' '.join(arguments)}: exit {ended.code}")
        checks.ended(ended, None, self._codes(ended) | {2})
        asked = [one for one in self.account.log()[before:] if one["key"] == "the runs" and one["method"] != "GET"]
        if asked:
            raise checks.Broken(f"{arguments[0]} writes", asked)
        self.figures["readings"] += 1
        return ended

    def rebuild(self) -> None:
        """Find everything again by `state rebuild`."""
        command = self._start(["state", "rebuild", "--auto-approve", "--workspace", "reconciler.yaml"])
        command.begin()
        ended = command.wait()
        self.tell(f"state rebuild: exit {ended.code}")
        checks.ended(ended, None, self._codes(ended))
        checks.files(self.folder)
        self.figures["states rebuilt"] += 1

    def state(self, *arguments: str) -> Ended:
        """Run a command of `state` by itself: whoever types it sees to it that it can be done."""
        command = self._start(["state", *arguments])
        command.begin()
        ended = command.wait()
        checks.ended(ended, None, {0})
        checks.files(self.folder)
        return ended

    def listed(self) -> dict[str, Json]:
        """Return what is managed, by `state list`."""
        found: dict[str, Json] = json.loads(self.state("list", "--format", "json").out)
        return found

    def plan(self, *flags: str) -> Json:
        """Return the plan as JSON, with its exit code."""
        ended = self.read("plan", "--detailed-exitcode", "--format", "json", *flags)
        if ended.code not in {0, 2, 4}:
            raise checks.Broken(f"plan ended with {ended.code}", ended.err)
        plan: Json = json.loads(ended.out)
        return plan | {"code": ended.code}

    def _start(self, arguments: Sequence[str], *, is_fresh: bool = False) -> process.Command:
        self.count += 1
        texts = self.folder / "said" / f"{self.count:03}"
        return process.start([*arguments, "--base-url", self.account.url], self.work, texts, is_fresh=is_fresh)
