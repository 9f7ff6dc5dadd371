"""What is told of runs from their journals: status, list, report and cleanup; from another terminal, offline, later."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from reconciler import state, workspace
from reconciler.gameday import log
from tests.gameday import scenes

if TYPE_CHECKING:
    from tests.cli.shell import Ended, Shell


def play(shell: Shell, name: str, run: str, *flags: str) -> Ended:
    """Play a small game day in the sandbox."""
    return shell.run(
        "gameday", "run", f"{name}.yaml", "--sandbox", "--auto-approve", "--speed", "600", "--run-id", run, *flags
    )


def left(shell: Shell, name: str, run: str, events: int) -> None:
    """Leave a run as if its host had died after so many events."""
    play(shell, name, run)
    journal = shell.folder / f".reconciler/sandbox/gamedays/{run}/run.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:events]))


def test_status_tells_of_the_newest_run(shell: Shell) -> None:
    """How it stands, its clock, its incidents, what came of what was expected, and what to type next."""
    play(shell, "quiet", "older")
    play(shell, "failover", "newer")
    ended = shell.run("gameday", "status", "--sandbox")

    assert ended.code == 0
    assert ended.stdout.startswith("failover: Failover of eu-west-1\nRun newer, begun ")
    assert "\nover\n10:00 of 10:00, 600 times as fast; 6 of 6 steps done\n" in ended.stdout
    assert "db-failover  already closed  Database failover in eu-west-1" in ended.stdout
    assert "Expectations  3 held, 0 failed, 0 open" in ended.stdout
    assert "`reconciler gameday report newer --sandbox` tells how it went" in ended.stderr


def test_status_of_a_run_that_was_left_says_what_comes_next(shell: Shell) -> None:
    """Whoever takes it up knows what they get into."""
    left(shell, "quiet", "gone", 3)
    ended = shell.run("gameday", "status", "gone", "--sandbox")

    assert "\nleft\n" in ended.stdout
    assert "next in 1m: update outage" in ended.stdout
    assert "`reconciler gameday run FILE --run-id gone --sandbox` goes on with it" in ended.stderr


def test_status_as_json_is_for_programs(shell: Shell) -> None:
    """Every fact under a name of its own."""
    play(shell, "watched", "seen", "--cast", "absent")
    told = json.loads(shell.run("gameday", "status", "seen", "--sandbox", "--format", "json").stdout)

    assert (told["format_version"], told["standing"], told["upcoming"], told["awaited"]) == (1, "over", None, [])
    assert told["expectations"]["failed"] == 8
    assert told["incidents"][0]["reference"] == "INC-1"


def test_status_takes_no_lock_and_writes_nothing(shell: Shell) -> None:
    """Who looks on must not get in the way."""
    play(shell, "quiet", "one")
    folder = shell.folder / ".reconciler"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for words in (["status"], ["list"], ["report"], ["report", "--format", "json"]):
        assert shell.run("gameday", *words, "--sandbox").code == 0

    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_status_works_where_nothing_may_be_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks on from a copy or as another user has no right to touch the lock, and needs none."""
    play(shell, "quiet", "one")
    lock = shell.folder / ".reconciler/sandbox/gamedays/one/lock"
    store = state.store_of(
        log.workspace_of(workspace.load(workspace=str(shell.folder / "reconciler.yaml"), sandbox=True), "one")
    )
    opened = os.open

    def refused(path: str | os.PathLike[str], flags: int, *more: int) -> int:
        if str(path) == str(lock) and flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, flags, *more)

    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        monkeypatch.setattr(os, "open", refused)
        assert store.claim()
    assert store.claim() is None


def test_list_has_a_line_for_each_run(shell: Shell) -> None:
    """The newest first, with how it stands and its score."""
    play(shell, "failover", "first")
    left(shell, "quiet", "second", 3)
    lines = shell.run("gameday", "list", "--sandbox").stdout.splitlines()
    told = json.loads(shell.run("gameday", "list", "--sandbox", "--format", "json").stdout)

    assert [line.split()[:2] for line in lines] == [["second", "left"], ["first", "over"]]
    assert "3 of 3 held" in lines[1]
    assert [one["run"] for one in told] == ["second", "first"]


def test_cleanup_closes_what_a_dead_host_left(shell: Shell) -> None:
    """Later, from the journal and the state of the run alone."""
    go = ("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--run-id", "dead")
    process = shell.start(*go)
    assert process.stdout is not None
    while "] declare outage (INC-1)" not in process.stdout.readline():
        pass
    process.kill()
    process.communicate(timeout=30)
    asked = shell.run("gameday", "cleanup", "dead", "--sandbox")
    cleaned = shell.run("gameday", "cleanup", "dead", "--sandbox", "--auto-approve")
    again = shell.run("gameday", "cleanup", "dead", "--sandbox")

    assert asked.code == 4
    assert "nothing was closed: there is no terminal to ask on" in asked.stderr
    assert "`reconciler gameday cleanup dead --sandbox --auto-approve` cleans up without asking" in asked.stderr
    assert cleaned.code == 0, cleaned.stderr
    assert "closed outage (INC-1)" in cleaned.stdout
    assert again.code == 0
    assert "run dead is over already" in again.stdout


def test_cleanup_tells_what_it_could_not_close(shell: Shell) -> None:
    """With the code that says that not all was done, and the command that tries again."""
    shell.environ["INCIDENT_API_KEY"] = "half"
    with shell.served("--key", "half=viewer,incident_creator") as url:
        go = ("gameday", "run", "quiet.yaml", "--base-url", url, "--auto-approve", "--speed", "600")
        run = shell.run(*go, "--run-id", "stuck")
        cleaned = shell.run("gameday", "cleanup", "stuck", "--base-url", url, "--auto-approve")

    assert run.code == 5
    assert "left open" in run.stdout
    assert cleaned.code == 5
    assert "could not close outage (INC-1)" in cleaned.stdout
    assert f"`reconciler gameday cleanup stuck --base-url {url}` tries again" in cleaned.stderr


def test_report_tells_how_people_answered(shell: Shell) -> None:
    """The newest run, without the account and without a key."""
    play(shell, "failover", "one")
    ended = shell.run("gameday", "report", "--sandbox")

    assert ended.code == 0
    assert "3 of 3 expectations held" in ended.stdout
    assert "Alice Archer" in ended.stdout


def test_report_compares_with_the_run_before(shell: Shell) -> None:
    """By default the last one of the same game day that came to its end; or with whichever is named, or none."""
    play(shell, "watched", "monday", "--cast", "absent")
    play(shell, "failover", "other")
    play(shell, "watched", "tuesday", "--cast", "quick")

    def comparison(*flags: str) -> dict[str, object] | None:
        told = json.loads(shell.run("gameday", "report", "tuesday", "--sandbox", "--format", "json", *flags).stdout)
        found: dict[str, object] | None = told["comparison"]
        return found

    assert "monday" in json.dumps(comparison())
    assert comparison("--compare", "none") is None
    wrong = shell.run("gameday", "report", "tuesday", "--sandbox", "--compare", "other")
    assert wrong.code == 3
    assert "only runs of one game day can be compared" in wrong.stderr


def test_a_report_compares_by_itself_only_what_was_played_to_the_end(shell: Shell) -> None:
    """A run that was cut short would make every later one better, one that goes on is worse than any."""
    play(shell, "failover", "whole")
    play(shell, "failover", "cut", "--until", "2m")
    play(shell, "failover", "last")
    left(shell, "failover", "open", 6)

    def compared(run: str, *flags: str) -> str:
        told = json.loads(shell.run("gameday", "report", run, "--sandbox", "--format", "json", *flags).stdout)
        return json.dumps(told["comparison"])

    assert "whole" in compared("last")
    assert compared("open") == "null"
    assert "cut" in compared("last", "--compare", "cut")


@pytest.mark.parametrize("name", ["out.pdf", "out.htlm"])
def test_a_file_whose_ending_says_nothing_is_no_report(shell: Shell, name: str) -> None:
    """A text in a file that is called otherwise is what nobody asked for."""
    play(shell, "quiet", "one")
    refused = shell.run("gameday", "report", "one", "--sandbox", "--out", name)
    meant = shell.run("gameday", "report", "one", "--sandbox", "--out", name, "--format", "text")

    assert refused.code == 3
    assert f"--out {name}: no form of a report ends in `{name[3:]}`" in refused.stderr
    assert "or say which it is with --format" in refused.stderr
    assert meant.code == 0
    assert (shell.folder / name).read_text().startswith("Game day quiet")


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!"), ("r.md", "#"), ("r.xml", "<?xml"), ("r.json", "{")])
def test_report_is_saved_in_the_form_of_its_file(shell: Shell, name: str, begins: str) -> None:
    """The ending says what a program will take it for; a flag says otherwise."""
    play(shell, "failover", "one")
    ended = shell.run("gameday", "report", "--sandbox", "--out", name)

    assert ended.code == 0, ended.stderr
    assert ended.stdout == ""
    assert f"saved {name}" in ended.stderr
    assert (shell.folder / name).read_text(encoding="utf-8").lstrip().startswith(begins)


def test_report_as_junit_fails_a_pipeline(shell: Shell) -> None:
    """An expectation that failed is a test that failed, and `--detailed-exitcode` says so as well."""
    play(shell, "watched", "slow", "--cast", "absent")
    ended = shell.run("gameday", "report", "--sandbox", "--format", "junit", "--detailed-exitcode")

    assert ended.code == 2
    assert len(ET.fromstring(ended.stdout).findall(".//failure")) == 8


def test_report_says_where_it_cannot_be_saved(shell: Shell) -> None:
    """As a plan does."""
    play(shell, "quiet", "one")
    ended = shell.run("gameday", "report", "--sandbox", "--out", "no/such/folder.html")

    assert ended.code == 4
    assert "no/such/folder.html: the report cannot be saved: there is no such folder" in ended.stderr


@pytest.mark.parametrize("name", ["quiet.yaml", "link.html", "pipe.html"])
def test_a_report_takes_the_place_of_nothing_else(shell: Shell, name: str) -> None:
    """A slip of the hand must not cost the game day's own file, nor what a link leads to; no pipe becomes a file."""
    play(shell, "quiet", "one")
    os.mkfifo(shell.folder / "pipe.html")
    (shell.folder / "link.html").symlink_to("quiet.yaml")
    before = (shell.folder / "quiet.yaml").read_bytes()
    ended = shell.run("gameday", "report", "--sandbox", "--out", name, "--format", "html")

    assert ended.code == 4
    told = (
        "the report cannot be saved: it is a device or a pipe"
        if name == "pipe.html"
        else "this is no report of a game day, and would be lost\nhint: name another file behind --out"
    )
    assert f"error: {name}: {told}" in ended.stderr
    assert (shell.folder / "quiet.yaml").read_bytes() == before
    assert (shell.folder / "pipe.html").is_fifo()


def test_a_report_takes_the_place_of_an_older_one(shell: Shell) -> None:
    """In whatever form that was, and where a link leads."""
    play(shell, "quiet", "one")
    (shell.folder / "latest").symlink_to("kept.html")
    for form, begins in (("html", "<!"), ("junit", "<?xml"), ("text", "Game day"), ("markdown", "## "), ("json", "{")):
        ended = shell.run("gameday", "report", "--sandbox", "--out", "latest", "--format", form)

        assert ended.code == 0, ended.stderr
        assert (shell.folder / "kept.html").read_text(encoding="utf-8").lstrip().startswith(begins)
    assert (shell.folder / "latest").is_symlink()


def test_texts_of_private_incidents_stay_private_everywhere(shell: Shell) -> None:
    """Preview, lines, journal, status and reports of a private incident hold none of its texts."""
    private = scenes.QUIET.replace("severity: Major}", "severity: Major, visibility: private, type: Security}")
    shell.write(
        "secret.yaml", private.replace("Checkout is down", "Leaked title").replace("A bad deploy.", "Leaked text")
    )
    shown = play(shell, "secret", "hush")
    as_json = play(shell, "secret", "hush-2", "--format", "json")
    told = [shell.run("gameday", *words, "--sandbox").stdout for words in (["status"], ["report"], ["list"])]
    told += [shell.run("gameday", "status", "--sandbox", "--format", "json").stdout, as_json.stdout, as_json.stderr]

    assert shown.code == 0, shown.stderr
    assert "Leaked" not in "".join([shown.stdout, shown.stderr, *told])


SECRETIVE = """
apiVersion: reconciler/v1
kind: GameDay
metadata: {name: leak}
spec:
  title: A leak
  parameters:
    team: {default: payments}
    credential: {description: What leaked.}
    canary: {default: CANARYDEFAULT}
  incidents:
    leak: {name: Something private, visibility: private, severity: Minor, summary: "${param:credential} leaked"}
  script:
    - {at: 0s, note: "Team ${param:team}, hand out ${param:canary}."}
    - {at: 0s, declare: leak}
    - {at: 1m, expect: {incident: leak, never: {message: "${param:canary}"}, within: 1m}}
"""


def test_what_fills_private_incidents_is_in_no_journal_and_no_report(shell: Shell) -> None:
    """A report goes to more people than a private incident does: the word `private` stands for such values."""
    shell.write("leak.yaml", SECRETIVE)
    ended = play(shell, "leak", "l1", "--set", "credential=PRIVCRED")
    folder = shell.folder / ".reconciler/sandbox/gamedays/l1"
    forms = [
        shell.run("gameday", "report", "l1", "--sandbox", "--format", form).stdout
        for form in ("text", "json", "markdown", "html", "junit")
    ]

    assert ended.code == 0, ended.stderr
    for told in (*forms, (folder / "run.jsonl").read_text(), shell.run("gameday", "status", "l1", "--sandbox").stdout):
        assert "PRIVCRED" not in told
        assert "CANARYDEFAULT" not in told
    assert "team = payments; credential = private; canary = private" in forms[0]
    assert "Team payments, hand out private." in (folder / "run.jsonl").read_text()


def test_a_run_that_is_taken_up_asks_again_for_what_its_journal_does_not_keep(shell: Shell) -> None:
    """What was typed and is veiled has to be typed again, as it was; what the file itself says has not."""
    shell.write("leak.yaml", SECRETIVE)
    play(shell, "leak", "l1", "--set", "credential=PRIVCRED")
    journal = shell.folder / ".reconciler/sandbox/gamedays/l1/run.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:2]))

    refused = play(shell, "leak", "l1")
    other = play(shell, "leak", "l1", "--set", "credential=OTHER")
    done = play(shell, "leak", "l1", "--set", "credential=PRIVCRED")

    assert refused.code == 3
    assert "run l1 fills private incidents with `credential`, and its journal keeps no copy of that" in refused.stderr
    assert "--set credential=…" in refused.stderr
    assert "or with other parameters" in other.stderr
    assert done.code == 0, done.stderr


def test_the_times_of_a_cleanup_follow_those_of_the_run(shell: Shell) -> None:
    """Answers are dated to the second, and what came later is told later all the same."""
    left(shell, "quiet", "gone", 5)
    ended = shell.run("gameday", "cleanup", "gone", "--sandbox", "--auto-approve", "--format", "json")

    assert ended.code == 0, ended.stderr
    journal = (shell.folder / ".reconciler/sandbox/gamedays/gone/run.jsonl").read_text().splitlines()
    times = [json.loads(one)["time"] for one in journal]
    assert times == sorted(times)
    assert journal[-len(ended.stdout.splitlines()) :] == ended.stdout.splitlines()


@pytest.mark.parametrize("kept", [0, 40])
def test_cleanup_closes_what_the_state_of_a_run_knows_where_its_journal_is_lost(shell: Shell, kept: int) -> None:
    """Gone, or cut within its first line: list and status say that it is broken, and nothing stays open."""
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with shell.served() as url:
        here = ("--base-url", url)
        go = ("gameday", "run", "quiet.yaml", *here, "--auto-approve", "--run-id", "torn")
        with shell.start(*go) as process:
            assert process.stdout is not None
            while "] declare outage (INC-1)" not in process.stdout.readline():
                pass
            process.kill()
        (journal,) = shell.folder.glob(".reconciler/sandbox/*/gamedays/torn/run.jsonl")
        text = journal.read_bytes()[:kept]
        journal.unlink()
        if text:
            journal.write_bytes(text)
        listed = shell.run("gameday", "list", *here)
        status = shell.run("gameday", "status", "torn", *here)
        report = shell.run("gameday", "report", "torn", *here)
        ended = shell.run("gameday", "cleanup", "torn", *here, "--auto-approve")
        after = shell.run("gameday", "status", "torn", *here)
        again = shell.run("gameday", "cleanup", "torn", *here, "--auto-approve")
        rerun = shell.run(*go)

    assert "torn  broken  -" in listed.stdout
    assert "broken: its journal is lost, and its report with it" in status.stdout
    assert "INC-1  outage  declared" in status.stdout
    assert "the journal of run `torn` is lost, and its report with it" in report.stderr
    assert ended.code == 0, ended.stderr
    assert "closed outage (INC-1)" in ended.stdout
    assert "the journal of run torn is lost" in ended.stderr
    assert "\nover" in after.stdout
    assert "is over already" in again.stdout
    assert rerun.code == 4
