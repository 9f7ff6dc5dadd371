"""The commands of one run: each a real process with faults around it and perhaps a trap in it, checked as it ends."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.torture import checks, names, process, violence
from tests.torture.memory import told
from tests.torture.turns import KEPT_OUT, WAITS, Turn, begins
from tests.torture.violence import Violence

if TYPE_CHECKING:
    import random
    from collections import Counter
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from tests.torture.account import Account
    from tests.torture.memory import Memory
    from tests.torture.process import Ended

Json = dict[str, Any]

PAUSE = 2
"""Seconds that pass for the account after each apply: less than half of what keys live for, where they die."""
WRITES = {0, 4, 5, 7}
"""Exit codes of what writes; what only reads says 2 as well, of changes or of drift."""
READ = {"list", "show"}
"""What only reads a state: no lock is asked for."""
CALM = Violence()
"""An apply in which nothing goes wrong."""


@dataclass(slots=True)
class Commands:
    """Runs `reconciler` in a folder against an account, and tells what came of it."""

    account: Account
    memory: Memory
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

    def tortured(self) -> None:
        """Apply while things go wrong; now and then twice at a time, or what a plan file holds."""
        is_saved = self.chance.random() < 0.15
        if is_saved:
            self.read("plan", "--out", "../plan.json")
            is_saved = (self.folder / "plan.json").exists()
        flags = ["--plan", "../plan.json"] if is_saved else self._flags()
        drawn = violence.drawn(self.chance, is_shared=bool(self.memory.spec))
        turn = self._turn(drawn.times, 0.6)
        faults = {"seed": self.chance.randrange(1000), "faults": drawn.faults}
        self.account.ask("PUT", "/_sandbox/faults", faults)
        self.apply(flags, drawn, turn)
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

    def _turn(self, times: int = 1, patience: float = 1.0) -> Turn:
        """Say what becomes of the lock that a dead run left: it is removed, its end is waited for, or it keeps out.

        Several at once wait for each other likewise: so many of them as `patience` says.
        """
        claim = self.memory.claim()
        if claim and self.chance.random() < 0.5:
            self._unlock(claim)
            claim = {}
        is_waiting = (bool(claim) or times > 1) and self.chance.random() < patience
        self.figures["dead locks waited for"] += bool(claim) and is_waiting
        return Turn(claim, WAITS if is_waiting else ())

    def apply(self, flags: Sequence[str], violence: Violence = CALM, turn: Turn | None = None) -> Ended:
        """Apply once, or twice at a time, and check what can be checked at once."""
        turn = turn or self._turn()
        before, said = len(self.account.log()), [*flags, *turn.flags]
        self.prunes = "--prune" in flags
        arguments = self._applying(said)
        commands = [self._start(arguments, is_fresh=violence.is_fresh) for _ in range(violence.times)]
        begun = time.monotonic()
        ended = self._carried_out(commands, violence)
        seconds = time.monotonic() - begun
        self._count(ended, violence)
        self._tell_ends(said, ended, violence)
        seen = [entry for entry in self.account.log()[before:] if entry["key"] == "the runs"]
        self._check(ended, violence, seen)
        holders = turn.holders(commands) if self.memory.spec else ()
        turn.check(ended, holders, seconds, is_written=any(entry["changed"] for entry in seen))
        return ended[0]

    def _applying(self, flags: Sequence[str]) -> list[str]:
        form = ["--format", "json"] if self.chance.random() < 0.7 else []
        parallelism = str(self.chance.choice([1, 2, 10]))
        return ["apply", *flags, "--auto-approve", "--parallelism", parallelism, *form]

    def _tell_ends(self, flags: Sequence[str], ended: Sequence[Ended], violence: Violence) -> None:
        """Tell how applies ended; what did not come to look at the account has noted nothing of it."""
        name = "two applies" if len(ended) > 1 else "apply"
        kept_out = "" if any(map(begins, ended)) else "kept out, "
        codes = " and ".join(str(one.code) for one in ended)
        self.tell(f"{name} {' '.join(flags)}: {kept_out}exit {codes}{violence}")

    def _carried_out(self, commands: Sequence[process.Command], violence: Violence) -> list[Ended]:
        """Let commands begin, with whatever goes wrong meanwhile, and wait for their ends."""
        trap, at_store, pid = violence.trap, violence.at_store, commands[0].pid
        self.account.order("trap", set=[[pid, trap.at, trap.moment, trap.signals, trap.pause]] if trap else [])
        self.memory.expect([(pid, at_store)] if at_store else [], violence.outage)
        for command in commands:
            command.begin()
        ended = [command.wait() for command in commands]
        self.figures["requests"] += int(self.account.order("idle")["seen"])
        self.account.order("later", seconds=PAUSE)
        self.memory.back()
        return ended

    def _check(self, ended: Sequence[Ended], violence: Violence, seen: Sequence[Json]) -> None:
        """Check how applies ended, and what they said and left; `seen` is what they asked of the account."""
        is_alone = len(ended) == 1
        for one in ended:
            signals = violence.signals if one is ended[0] else ()
            checks.ended(one, signals, self._codes(one), violence.kinds, is_alone=is_alone)
        if is_alone:
            checks.told_true(ended[0], seen)
        if not violence.outage and not any(one.code for one in ended) and (left := self.memory.left()):
            raise checks.Broken(f"it is all written, and {left} are left")
        checks.files(self.folder, self.memory.texts())

    def _codes(self, one: Ended) -> set[int]:
        """Return the codes that a command may end with; learn whose `was` led nowhere."""
        if one.code in WRITES:
            self.nowhere = names.led_nowhere(one.out)
        return WRITES

    def _count(self, ended: Sequence[Ended], violence: Violence) -> None:
        self.figures["applies"] += len(ended)
        self.figures["killed"] += sum(one.code == -9 for one in ended)
        self.figures["interrupted"] += sum(one.code == checks.INTERRUPTED for one in ended)
        self.figures["fresh interpreters"] += violence.is_fresh
        self.figures["outages of the bucket"] += violence.outage is not None
        self.figures["states put aside"] += sum("what this run did is kept in" in one.err for one in ended)
        self.figures["kept out by a lock"] += sum(KEPT_OUT in one.err for one in ended)

    def read(self, *arguments: str) -> Ended:
        """Run a command that only reads, and check that it does."""
        before = len(self.account.log())
        self.memory.expect([], None)
        command = self._start([*arguments[:1], ".", *arguments[1:]])
        command.begin()
        ended = command.wait()
        self.tell(f"{' '.join(arguments)}: exit {ended.code}")
        checks.ended(ended, (), self._codes(ended) | {2})
        asked = [one for one in self.account.log()[before:] if one["key"] == "the runs" and one["method"] != "GET"]
        if asked:
            raise checks.Broken(f"{arguments[0]} writes", asked)
        if self.memory.back():
            raise checks.Broken(f"{arguments[0]} writes into the bucket", ended.err)
        self.figures["readings"] += 1
        return ended

    def rebuild(self) -> None:
        """Find everything again by `state rebuild`."""
        self._free()
        command = self._start(["state", "rebuild", "--auto-approve", "--workspace", "reconciler.yaml"])
        command.begin()
        ended = command.wait()
        self.tell(f"state rebuild: exit {ended.code}")
        checks.ended(ended, (), self._codes(ended))
        checks.files(self.folder, self.memory.texts())
        self.figures["states rebuilt"] += 1

    def state(self, *arguments: str) -> Ended:
        """Run a command of `state` by itself: whoever types it sees to it that it can be done."""
        if arguments[0] not in READ:
            self._free()
        return self._state(arguments, {0})

    def _state(self, arguments: Sequence[str], codes: Collection[int]) -> Ended:
        command = self._start(["state", *arguments])
        command.begin()
        ended = command.wait()
        checks.ended(ended, (), codes)
        checks.files(self.folder, self.memory.texts())
        return ended

    def _free(self) -> None:
        """Remove the lock that a dead run left, if one did."""
        claim = self.memory.claim()
        if claim:
            self._unlock(claim)

    def _unlock(self, claim: Json) -> None:
        """Remove the lock of a run that died by `state unlock`, which shows whose it was."""
        ended = self._state(["unlock", "--auto-approve"], {0})
        self.tell("state unlock")
        self.figures["dead locks removed"] += 1
        if f"(pid {claim['holder']['pid']}, reconciler " not in ended.err or ended.out != "unlocked\n":
            raise checks.Broken("state unlock told of another one", f"{claim}\n{ended}")

    def recover(self, file: Path) -> Ended:
        """Bring a state that a run put aside into the bucket by `state recover`, now and then by force."""
        self._free()
        force = ["--force"] if self.chance.random() < 0.3 else []
        ended = self._state(["recover", f"../{file.relative_to(self.folder)}", *force], {0, 4})
        self.tell(f"{' '.join(['state recover', file.name, *force])}: exit {ended.code}")
        self.figures["states recovered"] += ended.code == 0
        return ended

    def listed(self) -> dict[str, Json]:
        """Return what is managed, by `state list`."""
        found: dict[str, Json] = json.loads(self.state("list", "--format", "json").out)
        if missing := told(self.memory) - found.keys():
            raise checks.Broken(f"state list does not tell {sorted(missing)}, and they are noted", found)
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
        line = [*arguments, "--base-url", self.account.url]
        return process.start(line, self.memory.work, texts, self.memory.environ, is_fresh=is_fresh)
