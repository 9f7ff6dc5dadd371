"""The game days that ship: each is hosted in a sandbox from its first step to its score, with every kind of cast."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler import workspace
from reconciler.gameday import cast, reading, schedule
from reconciler.gameday.answers import breaks
from reconciler.gameday.events import Acted, State, Verdict, events_of
from reconciler.gameday.script import Close, Expect, Set, SeverityAtLeast
from reconciler.gameday.story import Story, story_of
from tests.cli.shell import Shell
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.gameday.script import Act, Condition, GameDay, Timetable

EXAMPLES = Path(__file__).parents[2] / "examples" / "gamedays"
DAYS = ("region-failover", "secrets-leak", "storm")
PATIENCE = 300.0


@dataclass(frozen=True)
class Hosted:
    """A run that came to its end: its exit code, what its journal tells, and what the account holds."""

    code: int
    said: str
    story: Story
    statuses: frozenset[str]

    def happened(self, table: Timetable) -> set[str]:
        """Return the expectations about what people did: those that held, and those of what they never should."""
        never = expected(table, never=True)
        return (self.of(Verdict.HELD) - never) | (self.of(Verdict.FAILED) & never)

    def of(self, verdict: Verdict) -> set[str]:
        """Return the expectations that this came of."""
        return {step for step, one in self.story.verdicts.items() if one.verdict is verdict}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A copy of the examples, so that no run leaves anything in the tree."""
    folder = tmp_path / "gamedays"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(".reconciler"))
    return Shell(folder)


def hosted(shell: Shell, name: str, flag: str, *more: str) -> Hosted:
    """Host a game day as fast as it goes."""
    command = ["gameday", "run", f"{name}.yaml", "--sandbox", "--auto-approve", "--skip-pauses", "--speed", "1000"]
    process = shell.start(*command, "--run-id", "rehearsal", *(["--cast", flag] if flag else []), *more)
    out, err = process.communicate(timeout=PATIENCE)
    (journal,) = (shell.folder / ".reconciler").rglob("run.jsonl")
    incidents = World(shell.folder).incidents()
    return Hosted(
        process.returncode,
        out + err,
        story_of(events_of(journal.read_bytes())),
        frozenset(one["incident_status"]["category"] for one in incidents),
    )


def read(shell: Shell, name: str) -> tuple[GameDay, Timetable]:
    """Return a game day and when everything is due."""
    loaded = workspace.load([str(shell.folder)], sandbox=True, environ={})
    day = reading.read(str(shell.folder / f"{name}.yaml"), loaded, {}, run_id="rehearsal")
    return day, schedule.timetable(day)


def expected(table: Timetable, *, never: bool) -> set[str]:
    """Return the expectations of something to happen, or of something never to."""
    return {step.id for _, step in table.steps if isinstance(step.deed, Expect) and step.deed.never is never}


@pytest.mark.parametrize("flag", ["", "quick"])
@pytest.mark.parametrize("name", DAYS)
def test_a_team_that_answers_well_meets_every_expectation(shell: Shell, name: str, flag: str) -> None:
    """With its own cast and with a quick one each game day is played to its end, and all that is expected held."""
    _, table = read(shell, name)

    run = hosted(shell, name, flag, "--detailed-exitcode")

    assert run.code == 0, run.said
    assert run.of(Verdict.HELD) == expected(table, never=False) | expected(table, never=True)
    assert {one.state for one in run.story.steps.values()} <= {State.DONE, State.SKIPPED}
    assert [one.failed for one in run.story.events if isinstance(one, Acted) and one.failed] == []
    assert run.story.is_over
    assert run.statuses == {"closed"}


@pytest.mark.parametrize("name", DAYS)
def test_nobody_who_is_absent_meets_an_expectation(shell: Shell, name: str) -> None:
    """With nobody there only what must never happen holds; the command says so by its exit code."""
    _, table = read(shell, name)

    run = hosted(shell, name, "absent", "--detailed-exitcode")

    assert run.code == 2, run.said
    assert run.of(Verdict.HELD) == expected(table, never=True)
    assert run.of(Verdict.FAILED) == expected(table, never=False)
    assert run.statuses == {"closed"}


@pytest.mark.parametrize("flag", ["slow", "random:7"])
@pytest.mark.parametrize("name", DAYS)
def test_an_expectation_holds_where_somebody_answers_in_time(shell: Shell, name: str, flag: str) -> None:
    """What somebody does within a window holds, what nobody does by its end fails, and nothing is left unjudged."""
    day, table = read(shell, name)
    acts = cast.acts(day, table, flag)

    run = hosted(shell, name, flag)

    assert run.code == 0, run.said
    assert run.of(Verdict.NOT_OBSERVED) == set()
    told = [(step.id, *bounds(at, step.deed, acts)) for at, step in table.steps if isinstance(step.deed, Expect)]
    assert {step for step, is_done, _ in told if is_done} <= run.happened(table)
    assert {step for step, _, is_undone in told if is_undone} & run.happened(table) == set()
    assert run.happened(table)


def bounds(at: float, deed: Expect, acts: Sequence[tuple[float, Act]]) -> tuple[bool, bool]:
    """Return whether people surely did within its window what an expectation is about, and whether they did not."""
    end = at + deed.within
    done = [due for due, act in acts if act.incident == deed.incident and _is_about(act, deed.condition)]
    is_certain = not isinstance(deed.condition, SeverityAtLeast)
    return is_certain and any(at < due < end - cast.APART / 2 for due in done), all(due > end for due in done)


def _is_about(act: Act, condition: Condition) -> bool:
    if isinstance(condition, SeverityAtLeast):
        # Whether another severity is above it, the account alone knows.
        return isinstance(act.deed, Set) and "severity" in act.deed.fields
    return not isinstance(act.deed, Close) and breaks(act.deed, condition)


def test_people_act_in_a_sandbox_that_is_served(shell: Shell) -> None:
    """A rehearsal against a sandbox of another process, at its own rate, goes as one within the process."""
    with shell.served("--data", "served.db") as url:
        command = ["gameday", "run", "secrets-leak.yaml", "--base-url", url, "--auto-approve", "--skip-pauses"]
        process = Shell(shell.folder, {"INCIDENT_API_KEY": "sandbox"}).start(
            *command, "--speed", "1000", "--cast", "quick", "--run-id", "rehearsal", "--detailed-exitcode"
        )
        out, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0, out + err


def test_a_rehearsal_that_is_killed_and_taken_up_again_has_everybody_act_once(shell: Shell) -> None:
    """People who act while the run is killed, again and again, have done each thing once when it is over."""
    command = ["gameday", "run", "region-failover.yaml", "--sandbox", "--auto-approve", "--skip-pauses"]
    command += ["--speed", "200", "--run-id", "rehearsal"]
    for seconds in (1.5, 2.0, 1.2, 1.8):
        process = shell.start(*command)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=seconds)
        process.kill()
        process.communicate()

    ended = shell.start(*command)
    out, err = ended.communicate(timeout=PATIENCE)

    world = World(shell.folder)
    said = [text for one in world.incidents() for text in world.updates(one["id"])]
    actions = world.ask("GET", "/v3/actions?page_size=250&incident_mode=test")["actions"]
    assert ended.returncode == 0, out + err
    assert len(said) == len(set(said))
    assert "Checkout in eu-west-1 answers with errors. We are looking at the database first." in said
    assert len(actions) == 1
