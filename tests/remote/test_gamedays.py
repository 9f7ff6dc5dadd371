"""Runs of game days beside a shared state: another machine goes on with them, and none plays along."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.shell import Shell
    from tests.remote.team import Team

DAY = """\
apiVersion: reconciler/v1
kind: GameDay
metadata: {name: drill}
spec:
  title: Drill
  incidents:
    outage: {name: Checkout is down, severity: Major}
  script:
    - {at: 0s, declare: outage}
    - {at: 1s, update: {incident: outage, id: first-notice, message: Customers cannot pay.}}
    - {at: 4s, update: {incident: outage, id: cause-found, message: A bad deploy., status: Fixing}}
    - {at: 9s, close: outage}
"""
RUN = ("gameday", "run", "drill.yaml", "--run-id", "drill-1", "--auto-approve")


def machine(team: Team, name: str) -> Shell:
    """Return somebody's machine with the game day."""
    shell = team.machine(name)
    shell.write("drill.yaml", DAY)
    return shell


def test_another_machine_goes_on_with_a_run_that_was_killed(s3_team: Team) -> None:
    """The run's journal lies beside the state within seconds; its lock ends by itself, and nothing is posted twice."""
    alice, bob = machine(s3_team, "alice"), machine(s3_team, "bob")
    journal = s3_team.name.replace(".json", ".gameday-drill-1.json.run.jsonl")
    with alice.start(*RUN) as run:
        s3_team.wait_for(lambda: b'"step":"update-outage-first-notice","state":"done"' in _text(s3_team, journal))
        run.kill()
    listed = bob.run("gameday", "list")

    done = bob.run(*RUN, "--lock-timeout", "30")

    assert "drill-1" in listed.stdout
    assert done.code == 0, done.stderr
    assert s3_team.incidents == {"Checkout is down": 1}
    assert s3_team.updates == 2
    assert "over" in alice.run("gameday", "status", "drill-1").stdout


def test_a_second_host_on_another_machine_is_told_who_hosts_a_run(s3_team: Team) -> None:
    """The lock of a run is held from its beginning to its end, by one machine."""
    alice, bob = machine(s3_team, "alice"), machine(s3_team, "bob")
    with alice.start(*RUN) as run:
        s3_team.wait_for(lambda: s3_team.updates == 1)
        refused = bob.run(*RUN)
        run.terminate()
        run.wait()

    assert refused.code == 4
    assert "run `drill-1` is hosted already: " in refused.stderr
    assert "reconciler gameday" in refused.stderr
    assert s3_team.incidents == {"Checkout is down": 1}
    assert "closed" in {one["incident_status"]["category"] for one in _incidents(s3_team)}


def test_a_host_whose_lock_is_gone_sends_nothing_more(s3_team: Team) -> None:
    """Without the lock another machine may host the run: this one ends, and that one goes on."""
    alice, bob = machine(s3_team, "alice"), machine(s3_team, "bob")
    with alice.start(*RUN) as run:
        s3_team.wait_for(lambda: s3_team.updates == 1)
        s3_team.drop(s3_team.name.replace(".json", ".gameday-drill-1.json.lock"))
        assert run.stderr is not None
        told = run.stderr.read()
        code = run.wait()

    done = bob.run(*RUN)

    assert code == 5, told
    assert "nothing more is sent" in told
    assert done.code == 0, done.stderr
    assert s3_team.updates == 2
    assert s3_team.incidents == {"Checkout is down": 1}


def _text(team: Team, name: str) -> bytes:
    return team.bucket.text(name) or b""


def _incidents(team: Team) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = team.get("/v2/incidents?mode[one_of]=test")["incidents"]
    return found
