"""A game day whose host is killed at random moments, taken up again, and cleaned up: checked against the sandbox's log.

`python -m tests.gameday.kills --runs N --seed S` plays N of them; a seed and a number play one again.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.processes import RECONCILER, environment, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "drill"
PATIENCE = 60.0
"""Seconds that a process may take once nobody kills it."""
MOST_KILLS = 6
STANDARD = "standing before"
"""The name of an incident that is none of the run's."""


@dataclass(slots=True)
class Drill:
    """One game day: what it plays is drawn from the seed and the number."""

    seed: int
    number: int
    folder: Path
    kills: int = 0
    signals: Counter[str] = field(default_factory=Counter)

    def play(self) -> None:
        """Play it until it is over; raises `AssertionError` where a promise is broken."""
        chance = random.Random(f"{self.seed} {self.number}")
        is_real = chance.random() < 0.3
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "day.yaml").write_text(self._text(chance, is_real=is_real), encoding="utf-8")
        idempotency = chance.choice(["return", "conflict", "forget"])
        faults = chance.sample(["drop-after:7%:POST", "503-after:5%:POST", "drop-before:5%", "503-before:5%"], 2)
        flags = [part for fault in faults for part in ("--fault", fault)]
        with serving(self.folder, "--idempotency", idempotency, "--latency", "5ms", *flags) as url:
            self._declare_beside(url)
            self._host(chance, url, is_real=is_real)
            self._check(url, is_real=is_real)

    def _text(self, chance: random.Random, *, is_real: bool) -> str:
        """Return a script: incidents, then steps in order; each update says its number within its incident."""
        span = 0.1 if is_real else 40.0
        names = [f"incident-{number}" for number in range(chance.randint(1, 4))]
        steps, at = [], 0.0
        lines = [f"    - {{at: 0s, declare: {name}}}" for name in names]
        for number in range(chance.randint(4, 16)):
            at = round(at + chance.uniform(0, span), 1)
            name = chance.choice(names)
            steps.append(f"    - {{at: {at}s, {self._deed(chance, name, number)}}}")
        incidents = "\n".join(
            f"    {name}: {{name: Drill {name}, severity: Minor, summary: A drill.}}" for name in names
        )
        # A speed other than 1 has a clock of its own; in real time what comes too late is missed.
        return "\n".join(
            [
                "apiVersion: reconciler/v1\nkind: GameDay\nmetadata: {name: drill}\nspec:",
                f"  title: A drill\n  catch_up: {'1s' if is_real else '2m'}\n  incidents:\n{incidents}\n  script:",
                *lines,
                *steps,
                "",
            ]
        )

    def _deed(self, chance: random.Random, name: str, number: int) -> str:
        match chance.choice(["update", "update", "update", "set", "timeline", "assign"]):
            case "update":
                move = chance.choice(["", "", ", status: Fixing", ", severity: Major"])
                return f"update: {{incident: {name}, id: u{number}, message: Update {number} of {name}{move}}}"
            case "set":
                return f"set: {{incident: {name}, summary: Summary {number}}}"
            case "timeline":
                return f"timeline: {{incident: {name}, id: t{number}, title: Item {number} of {name}}}"
            case _:
                return f"assign: {{incident: {name}, role: Incident Lead, to: bob@example.com}}"

    def _declare_beside(self, url: str) -> None:
        """Declare an incident as a person: what the run did not declare, it never closes."""
        body = {"idempotency_key": "beside", "visibility": "public", "mode": "test", "name": STANDARD}
        severity = _get(url, "/v1/severities")["severities"][0]["id"]
        while True:
            try:
                answer = httpx.post(
                    f"{url}/v2/incidents", json=body | {"severity_id": severity}, headers=_AS_BOB, trust_env=False
                )
            except httpx.HTTPError:
                continue
            if answer.status_code < httpx.codes.BAD_REQUEST:
                return

    def _host(self, chance: random.Random, url: str, *, is_real: bool) -> None:
        """Host it: killed, interrupted, taken up again; in the end nobody disturbs it."""
        speed = [] if is_real else ["--speed", "100"]
        command = [*RECONCILER, "gameday", "run", "day.yaml", "--base-url", url, "--run-id", RUN]
        command += [*speed, "--auto-approve"]
        for _ in range(chance.randint(1, MOST_KILLS)):
            (number,) = chance.choices([signal.SIGKILL, signal.SIGHUP, signal.SIGTERM], [8, 2, 1])
            before = len(self._journal())
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while process.poll() is None and len(self._journal()) == before:
                time.sleep(0.005)
            time.sleep(chance.choice([0.01, 0.1, 1.0]) * chance.random())
            if process.poll() is not None:
                break
            process.send_signal(number)
            process.wait(PATIENCE)
            self.kills += 1
            self.signals[number.name] += 1
        for _ in range(20):
            if self._is_over():
                return
            subprocess.run(
                command, cwd=self.folder, env=environment(), capture_output=True, timeout=PATIENCE, check=False
            )
            if self._is_over():
                return
            subprocess.run(
                [*RECONCILER, "gameday", "cleanup", RUN, "--base-url", url, "--auto-approve"],
                cwd=self.folder,
                env=environment(),
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        raise AssertionError("the run is never over")

    def _journal(self) -> list[dict[str, Any]]:
        import json  # noqa: PLC0415

        lines = [line for path in self.folder.rglob("run.jsonl") for line in path.read_text("utf-8").splitlines()]
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def _is_over(self) -> bool:
        return any(line["event"] == "over" for line in self._journal())

    def _check(self, url: str, *, is_real: bool) -> None:
        """Check what stands in the account: each thing once, in order, and closed; and nothing else touched."""
        day = (self.folder / "day.yaml").read_text(encoding="utf-8")
        incidents = _get(url, "/v2/incidents?page_size=250&mode[one_of]=test")["incidents"]
        names = Counter(one["name"] for one in incidents)
        wanted = {f"Drill incident-{number}" for number in range(day.count("declare: "))}
        assert set(names) <= wanted | {STANDARD}, names
        assert max(names.values()) == 1, names
        states = self._states()
        for one in incidents:
            is_beside = one["name"] == STANDARD
            category = one["incident_status"]["category"]
            assert (category == "closed") is not is_beside, (one["name"], category)
        for one in (one for one in incidents if one["name"] != STANDARD):
            told = [each["message"] for each in reversed(_updates(url, one["id"])) if each.get("message")]
            numbers = [int(text.split()[1]) for text in told if text.startswith("Update ")]
            assert numbers == sorted(set(numbers)), told
            name = one["name"].removeprefix("Drill ")
            done = self._done(states, day, name)
            assert done <= set(numbers), (done, numbers)
            if not is_real and not self.signals["SIGTERM"]:
                # Its own clock stands while nobody hosts it: nothing is ever too late.
                every = {int(part.split(",")[0]) for part in day.split(f"incident: {name}, id: u")[1:]}
                assert every == set(numbers), (every, numbers)

    def _states(self) -> dict[str, str]:
        return {line["step"]: line["state"] for line in self._journal() if line["event"] == "step"}

    def _done(self, states: dict[str, str], day: str, name: str) -> set[int]:
        """Return the numbers of the updates of an incident that the journal says were posted."""
        begun = next(line for line in self._journal() if line["event"] == "begun")
        by_incident = defaultdict(set)
        order = [one for one in begun["steps"] if one["verb"] == "update"]
        texts = [line for line in day.splitlines() if "update: {" in line]
        for planned, line in zip(order, texts, strict=True):
            if states.get(planned["id"]) == "done":
                by_incident[planned["incident"]].add(int(line.split("id: u")[1].split(",")[0]))
        return by_incident[name]


_AS_BOB = {"Authorization": "Bearer sandbox", "X-Sandbox-Actor": "bob@example.com"}


def _get(url: str, path: str) -> dict[str, Any]:
    """Read a list of the account, however often the sandbox fails."""
    for _ in range(50):
        try:
            answer = httpx.get(f"{url}{path}", headers={"Authorization": "Bearer sandbox"}, trust_env=False)
        except httpx.HTTPError:
            continue
        if answer.status_code == httpx.codes.OK:
            found: dict[str, Any] = answer.json()
            return found
    raise AssertionError(path)


def _updates(url: str, incident: str) -> list[dict[str, Any]]:
    """Return an incident's updates, newest first."""
    found: list[dict[str, Any]] = _get(url, f"/v2/incident_updates?incident_id={incident}&page_size=250")[
        "incident_updates"
    ]
    return found


def drills(seed: int, runs: int, base: Path) -> Iterator[Drill]:
    """Yield each drill when it was played."""
    for number in range(runs):
        drill = Drill(seed, number, base / f"drill-{seed}-{number}")
        drill.play()
        yield drill


def main() -> int:
    """Play them all, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.gameday.kills", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", type=int, help="this one alone")
    asked = parser.parse_args()
    base = Path(tempfile.mkdtemp(prefix="drills-"))
    numbers = range(asked.runs) if asked.run is None else [asked.run]
    failed, kills, signals = 0, 0, Counter[str]()
    for number in numbers:
        drill = Drill(asked.seed, number, base / f"drill-{asked.seed}-{number}")
        try:
            drill.play()
        except Exception as error:  # noqa: BLE001  (whatever it is, the others are played)
            failed += 1
            print(f"BROKEN: --seed {asked.seed} --run {number} in {drill.folder}: {error!r}", flush=True)
        kills += drill.kills
        signals += drill.signals
    print(f"{len(numbers)} game days, {kills} killed or interrupted ({dict(signals)}), {failed} broken")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
