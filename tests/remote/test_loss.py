"""The store goes away in mid-apply: the work goes on, and what was done is written down somewhere."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from reconciler.state.objects import Overtaken
from tests.remote.stores import Bucket
from tests.world import ACME

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.cli.shell import Shell
    from tests.remote.stores import Moto
    from tests.remote.team import Team

APPLY = ("apply", "--auto-approve")
NAMES = [f"incident-{number}" for number in range(8)]


def begun(shell: Shell, *flags: str) -> subprocess.Popen[str]:
    """Start an apply, and return when it has told its first outcome."""
    process = shell.start(*APPLY, *flags)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("created")
    return process


@pytest.fixture
def down(team: Team) -> Iterator[Team]:
    """A team whose store is down when a test ends at the latest."""
    yield team
    team.server.down()
    team.server.up()


def test_a_store_that_comes_back_gets_the_state(s3_team: Team, moto: Moto) -> None:
    """It was away for a moment in mid-apply: nobody notices."""
    s3_team.lease = 20
    alice = s3_team.machine("alice", *NAMES)
    with begun(alice, "--parallelism", "2") as run:
        moto.down()
        time.sleep(1)
        moto.up()
        _, told = run.communicate(timeout=60)

    assert run.returncode == 0, told
    assert s3_team.state["serial"] == 1
    s3_team.assert_each_once(*NAMES)


def test_a_store_that_stays_away_leaves_a_file_that_the_next_run_takes_up(down: Team) -> None:
    """All work that the lock still covers is done; where the file is, and the next thing to type, is said."""
    down.lease = 10
    alice = down.machine("alice", *NAMES)
    with begun(alice) as run:
        down.server.down()
        said, told = run.communicate(timeout=60)
    down.server.up()

    assert run.returncode == 5, told
    assert "24 done, 0 failed" in said
    file = re.search(r"what this run did is kept in (\S+)$", told, re.MULTILINE)
    assert file
    assert f"`reconciler state recover {file[1]} --base-url {down.url}`" in told
    assert oct((alice.folder / file[1]).stat().st_mode)[-3:] == "600"
    plan = alice.run("plan", "--detailed-exitcode")
    again = alice.run(*APPLY, "--lock-timeout", "20")
    assert plan.code == 0, plan.stdout
    assert again.code == 0, again.stderr
    assert f"taking up {file[1]}" in again.stderr
    assert not (alice.folder / file[1]).exists()
    assert len(down.state["resources"]) == 24
    down.assert_each_once(*NAMES)


def test_the_file_can_be_recovered_on_another_machine(s3_team: Team, moto: Moto) -> None:
    """A job's disk is gone after it; the file is what it leaves."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    with begun(alice) as run:
        moto.failing = 503
        run.communicate(timeout=60)
    moto.failing = 0
    (file,) = alice.folder.glob(".reconciler/*/rescue-*.json")

    recovered = bob.run("state", "recover", str(file), "--lock-timeout", "20")

    assert recovered.code == 0, recovered.stderr
    assert recovered.stdout.startswith("recovered: s3://")
    made = len(s3_team.state["resources"])
    assert made > 0
    assert bob.run(*APPLY).code == 0
    s3_team.assert_each_once(*NAMES)


def test_a_file_that_others_overtook_is_not_recovered_but_by_force(s3_team: Team, moto: Moto) -> None:
    """It would undo what they did; by force, only what they do not know is added."""
    alice, bob = s3_team.machine("alice", "one", "two"), s3_team.machine("bob", "one")
    with begun(alice, "--parallelism", "1") as run:
        moto.failing = 500
        run.communicate(timeout=60)
    moto.failing = 0
    (file,) = alice.folder.glob(".reconciler/*/rescue-*.json")
    assert bob.run(*APPLY, "--lock-timeout", "20").code == 0

    refused = bob.run("state", "recover", str(file))
    forced = bob.run("state", "recover", str(file), "--force")

    assert refused.code == 4
    assert "rests on serial 0, and the state is at 1 since" in refused.stderr
    assert "--force" in refused.stderr
    assert forced.code == 0, forced.stderr
    assert s3_team.state["serial"] == 2
    assert alice.run(*APPLY).code == 0
    s3_team.assert_each_once("one", "two")


def test_a_local_state_is_brought_into_the_bucket(s3_team: Team) -> None:
    """What one machine remembered is told where it lies, and one command brings it there, if no other state is."""
    alice = s3_team.machine("alice", "one", "two")
    shared = (alice.folder / "reconciler.yaml").read_text(encoding="utf-8")
    alice.write("reconciler.yaml", ACME % "manifests: [incidents]")
    assert alice.run(*APPLY).code == 0
    (file,) = (one.relative_to(alice.folder) for one in alice.folder.rglob("state.json"))
    remembered = json.loads((alice.folder / file).read_text(encoding="utf-8"))["resources"]
    alice.write("reconciler.yaml", shared)

    plan = alice.run("plan")
    recovered = alice.run("state", "recover", str(file))
    again = alice.run("plan", "--detailed-exitcode")
    twice = alice.run("state", "recover", str(file))

    command = f"`reconciler state recover {file} --base-url {s3_team.url}`"
    assert f"holds no state yet, and {file} does: {command} brings it there" in plan.stderr
    assert recovered.code == 0, recovered.stderr
    assert s3_team.state["resources"] == remembered
    assert (again.code, again.stderr) == (0, "")
    assert twice.code == 4
    assert "holds a state already, at serial 1" in twice.stderr


NO_STATES = ('{"rows": []}', "", "kind: Incident", "[]", '{"serial": 1, "format_', '{"serial": 3}', '{"run": 1}', "\0")


def test_what_is_no_state_is_not_brought_into_the_bucket(s3_team: Team) -> None:
    """It is another file that is wanted: this one need not be moved away."""
    alice = s3_team.machine("alice", "one")
    for number, text in enumerate(NO_STATES):
        alice.write("other.json", text)

        ended = alice.run("state", "recover", "other.json")

        assert ended.code == 4, number
        assert ended.stderr.startswith("error: other.json: not "), number
        assert ended.stderr.endswith("\nhint: name a file rescue-….json, or a state.json\n"), number
    assert s3_team.state == {}


STATE = {"format_version": 1, "workspace": "acme", "serial": 3, "resources": {}, "tombstones": {}}
THEIRS = {"base_url": "https://api.incident.io", "dashboard_url": "https://app.incident.io/umbrella"}


def test_a_state_of_another_workspace_is_not_brought_into_the_bucket(s3_team: Team) -> None:
    """With the ways out that other commands tell."""
    alice = s3_team.machine("alice", "one")
    alice.write("theirs.json", json.dumps({**STATE, "workspace": "umbrella", "account": THEIRS}))

    ended = alice.run("state", "recover", "theirs.json")

    assert ended.code == 4
    assert "theirs.json: belongs to workspace `umbrella`, not to `acme`\nhint: " in ended.stderr
    assert s3_team.state == {}


def test_a_state_of_another_organisation_is_not_brought_into_the_bucket(s3_team: Team) -> None:
    """Nothing could be planned by it, and nothing but a deletion by hand would make room for the right one."""
    alice = s3_team.machine("alice", "one")
    del alice.environ["INCIDENT_IO_BASE_URL"]
    organisation = ("{name: acme}\nspec: {", "{name: acme}\nspec: {organisation: https://app.incident.io/acme, ")
    text = (alice.folder / "reconciler.yaml").read_text(encoding="utf-8").replace(*organisation)
    alice.write("reconciler.yaml", text)
    alice.write("theirs.json", json.dumps({**STATE, "account": THEIRS}))

    ended = alice.run("state", "recover", "theirs.json", "--force")

    assert ended.code == 4
    assert ended.stderr == (
        "error: theirs.json: belongs to https://app.incident.io/umbrella, and this workspace to "
        "https://app.incident.io/acme\n"
        "hint: name a state of that organisation, or correct `organisation:` in reconciler.yaml\n"
    )


def test_a_state_of_another_organisation_is_not_added_to_one_by_force(s3_team: Team) -> None:
    """Where the workspace does not say whose it is, the state in the bucket does."""
    alice = s3_team.machine("alice", "one")
    assert alice.run(*APPLY).code == 0
    before = s3_team.state
    alice.write("theirs.json", json.dumps({**STATE, "account": THEIRS}))

    ended = alice.run("state", "recover", "theirs.json", "--force")

    assert ended.code == 4
    assert "theirs.json: belongs to https://app.incident.io/umbrella, and the state in s3://" in ended.stderr
    assert s3_team.state == before


def test_a_write_whose_answer_is_lost_is_known_for_ones_own(moto: Moto) -> None:
    """It is tried again, and then somebody has written there already: this very text, so it was we."""
    bucket = Bucket(moto, moto.address())
    moto.losing = 1
    made = bucket.objects.put("object", b"first", None)
    moto.losing = 1
    written = bucket.objects.put("object", b"second", made)

    assert bucket.text("object") == b"second"
    with pytest.raises(Overtaken):
        bucket.objects.put("object", b"third", made)
    bucket.objects.put("object", b"third", written)


ASIDE = re.compile(r"error: s3://\S+: (.*); what this run did is kept in (\S+)\nhint: (.*)\n")


def aside(team: Team, meanwhile: Callable[[], object]) -> tuple[str, str]:
    """Let something happen in mid-apply; return why the state was put aside, and what is to be typed."""
    team.lease = 10
    alice = team.machine("alice", "one")
    assert alice.run(*APPLY).code == 0
    team.machine("alice", *NAMES)
    with begun(alice, "--parallelism", "1") as run:
        meanwhile()
        _, told = run.communicate(timeout=60)
    assert run.returncode == 5, told
    found = ASIDE.search(told)
    assert found, told
    return found[1], found[3]


def typed(team: Team, hint: str) -> None:
    """Type on another machine what is to be typed elsewhere, and hold that nothing was lost."""
    command = re.search(r"elsewhere: `reconciler (state recover \S+.*)`", hint)
    assert command, hint
    bob = team.machine("bob", "one", *NAMES)
    (file,) = (team.folder / "alice").glob(".reconciler/*/rescue-*.json")
    words = [str(file) if word.endswith(".json") else word for word in command[1].split()]

    ended = bob.run(*words, "--lock-timeout", "20")

    assert ended.code == 0, ended.stderr
    file.unlink()
    assert bob.run(*APPLY).code == 0
    team.assert_each_once("one", *NAMES)


def test_a_lock_that_was_removed_is_told_as_that(s3_team: Team) -> None:
    """Nobody has written."""
    why, hint = aside(s3_team, lambda: s3_team.drop(f"{s3_team.name}.lock"))

    assert why == "the lock was removed, so the state is not written"
    typed(s3_team, hint)


def test_a_lock_that_was_taken_away_is_told_as_that(s3_team: Team) -> None:
    """`state unlock` writes no state."""
    bob = s3_team.machine("bob")
    why, hint = aside(s3_team, lambda: bob.run("state", "unlock", "--auto-approve"))

    assert re.fullmatch(r"the lock is held by \S+ \(.*state unlock\).*, so the state is not written", why)
    typed(s3_team, hint)


def test_a_state_that_was_removed_is_told_as_that(s3_team: Team) -> None:
    """And what this run knows goes in its place."""
    why, hint = aside(s3_team, lambda: s3_team.drop(s3_team.name))

    assert why == "it was removed while this run lasted, so the state is not written"
    typed(s3_team, hint)


def test_who_has_written_is_told_and_what_is_to_be_typed_then_works(s3_team: Team) -> None:
    """What the other does not know is added by force alone."""
    why, hint = aside(s3_team, lambda: s3_team.write_behind(serial=7, run="c0ffee"))

    assert why == "run c0ffee has written since, and the state is not written over it"
    typed(s3_team, hint)


def test_a_bucket_that_was_deleted_in_mid_apply_loses_nothing(s3_team: Team) -> None:
    """Of what was done: it is in the file, and the file knows it all."""
    s3_team.lease = 10
    alice = s3_team.machine("alice", "one", "two")
    with begun(alice) as run:
        s3_team.delete_bucket()
        _, told = run.communicate(timeout=60)

    assert run.returncode == 5, told
    assert "there is no such bucket" in told
    (file,) = alice.folder.glob(".reconciler/*/rescue-*.json")
    text = file.read_text()
    assert '"Incident/one"' in text
    assert '"Incident/two"' in text


def test_a_lock_that_cannot_be_renewed_runs_out_and_stops_the_run(s3_team: Team, moto: Moto) -> None:
    """Somebody else may hold it by then: nothing more is sent, and what was done is kept."""
    names = [f"incident-{number}" for number in range(30)]
    alice = s3_team.machine("alice", *names)
    with begun(alice, "--parallelism", "1") as run:
        moto.down()
        said, told = run.communicate(timeout=60)
    moto.up()

    assert run.returncode == 5, told
    assert "the lock ran out, as the state store did not answer for 2 s: nothing more is sent" in told
    assert re.search(r"\d+ done, 0 failed, [1-9]\d* skipped", said)
    assert alice.run(*APPLY, "--lock-timeout", "20").code == 0
    s3_team.assert_each_once(*names)
