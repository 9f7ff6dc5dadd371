"""Remote state: what one machine applied another knows, whatever became of the run, the lock and the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import Refused
from reconciler.state.address import Address
from reconciler.state.objects import Objects, StoreFailed, Version
from reconciler.state.record import Account
from reconciler.state.remote import RemoteStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.team import Team

APPLY = ("apply", "--auto-approve")


def test_what_one_machine_applied_another_knows(every_team: Team) -> None:
    """The state is in the bucket: a second machine has nothing to do, and manages the same objects."""
    team = every_team
    alice, bob = team.machine("alice", "one", "two"), team.machine("bob", "one", "two")
    done = alice.run(*APPLY)

    plan = bob.run("plan", "--detailed-exitcode")
    listed = bob.run("state", "list")

    assert done.code == 0, done.stderr
    assert plan.code == 0, plan.stdout + plan.stderr
    assert listed.stdout == alice.run("state", "list").stdout
    assert "Incident/one " in listed.stdout
    assert team.state["serial"] == 1
    assert team.lock["is_free"]
    team.assert_each_once("one", "two")


def test_a_run_leaves_nothing_on_its_machine(s3_team: Team) -> None:
    """Journal and state are in the bucket; another checkout is as good as this one."""
    alice = s3_team.machine("alice", "one")
    alice.run(*APPLY)

    left = [path for path in (alice.folder / ".reconciler").rglob("*") if path.is_file()]

    assert left == []


def test_a_plan_takes_no_lock_and_writes_nothing(s3_team: Team) -> None:
    """Neither in the bucket nor on this machine."""
    alice = s3_team.machine("alice", "one")

    plan = alice.run("plan")

    assert plan.code == 0, plan.stderr
    assert s3_team.state == s3_team.lock == {}
    assert not (alice.folder / ".reconciler").exists()


def test_forgetting_is_shared(every_team: Team) -> None:
    """`state rm` on one machine is known to the other; what is declared is found again and declared once."""
    team = every_team
    alice, bob = team.machine("alice", "one"), team.machine("bob", "one")
    alice.run(*APPLY)

    forgot = bob.run("state", "rm", "Incident/one")

    assert forgot.code == 0, forgot.stderr
    assert alice.run("state", "list").stdout == ""
    assert team.state["serial"] == 2
    assert alice.run(*APPLY).code == 0
    team.assert_each_once("one")


def test_sandbox_and_account_share_no_state(s3_team: Team) -> None:
    """The sandbox in the process keeps its state in a file; one on this machine has an object of its own."""
    alice = s3_team.machine("alice", "one")
    del alice.environ["INCIDENT_IO_BASE_URL"]

    ended = alice.run(*APPLY, "--sandbox")

    assert ended.code == 0, ended.stderr
    assert (alice.folder / ".reconciler/sandbox/state.json").exists()
    assert s3_team.bucket.text(s3_team.at.split("/", 3)[3]) is None
    assert s3_team.state == {}
    assert s3_team.name.endswith(".sandbox-127.0.0.1-" + s3_team.url.rpartition(":")[2] + ".json")


def test_a_state_that_somebody_wrote_meanwhile_is_not_written_over(s3_team: Team) -> None:
    """Not even without the lock, by hand: it is refused, and what this run did is kept and taken up later."""
    alice = s3_team.machine("alice", "one")
    with alice.start(*APPLY) as run:
        assert run.stderr is not None
        run.stderr.readline()
        s3_team.write_behind(serial=7)
        _, told = run.communicate(timeout=30)

    assert run.returncode == 5, told
    assert "somebody has written since, and the state is not written over it" in told
    assert s3_team.state["serial"] == 7
    (file,) = alice.folder.glob(".reconciler/*/rescue-*.json")
    assert oct(file.stat().st_mode)[-3:] == "600"
    again = alice.run(*APPLY)
    assert again.code == 0, again.stderr
    assert "is older than" in again.stderr
    assert not file.exists()
    s3_team.assert_each_once("one")
    assert "Incident/one " in alice.run("state", "list").stdout


def test_a_journal_whose_run_ended_well_holds_no_more_than_its_head(team: Team) -> None:
    """What people wrote stands in one place, the state, neither twice nor on this machine."""
    alice = team.machine("alice", "one")
    assert alice.run(*APPLY).code == 0

    journal = team.bucket.text(f"{team.name}.journal")
    assert journal is not None
    assert (journal.count(b"\n"), b"looking into it" in journal) == (1, False)
    assert list(alice.folder.glob(".reconciler/*/journal-*")) == []
    assert alice.run("plan", "--detailed-exitcode").code == 0
    assert alice.run(*APPLY).code == 0
    team.assert_each_once("one")


class Deaf(Objects):
    """A store that carries out what it is asked for and says nothing, where it is about a journal's head."""

    def put(self, name: str, text: bytes, over: Version | None, *, patience: float = 5.0) -> Version:
        """Write an object."""
        version = super().put(name, text, over, patience=patience)
        if name.endswith(".journal") and not patience:
            raise StoreFailed("the store is away", "wait", is_passing=True)
        return version


def test_a_journal_that_may_or_may_not_be_emptied_ends_no_run(s3_team: Team, tmp_path: Path) -> None:
    """A game day saves again and again under one lock; what stands there is looked at before the next journal."""
    address = Address.parse(s3_team.at)
    store = RemoteStore(Deaf(address, s3_team.server.environ), address, tmp_path / "kept", "acme", 30.0)

    with store.locked():
        for _ in range(2):
            store.open_journal().close()
            store.save(store.read(), Account("https://api.example.com", "https://app.example.com"))

    assert store.read().state.serial == 2


class Refusing(Objects):
    """A store that takes no state."""

    def put(self, name: str, text: bytes, over: Version | None, *, patience: float = 5.0) -> Version:
        """Write an object that is no state."""
        if name.endswith(".json"):
            raise StoreFailed("the store is away", "wait", is_passing=True)
        return super().put(name, text, over, patience=patience)


def test_what_was_put_aside_is_taken_up_also_where_its_journal_may_not_be_emptied(
    s3_team: Team, tmp_path: Path
) -> None:
    """The store goes away again just then: what it holds is read anew, and the run goes on."""
    address, account = Address.parse(s3_team.at), Account("https://api.example.com", "https://app.example.com")
    refusing, deaf = (
        RemoteStore(store(address, s3_team.server.environ), address, tmp_path / "kept", "acme", 30.0)
        for store in (Refusing, Deaf)
    )
    with refusing.locked():
        refusing.open_journal().close()
        with pytest.raises(Refused, match="the store is away"):
            refusing.save(refusing.read(), account)

    with deaf.locked():
        taken_up = deaf.read()

    assert taken_up.state.account == account
    assert deaf.read().state == taken_up.state
    assert not list((tmp_path / "kept").glob("rescue-*"))


@pytest.mark.parametrize("spoiled", ["state", "journal", "both"])
def test_a_shared_state_that_is_rubbish_is_found_again(s3_team: Team, spoiled: str) -> None:
    """As one in a file is; what lay there is kept on the machine that replaced it, and every other goes on."""
    alice, bob = s3_team.machine("alice", "one"), s3_team.machine("bob", "one")
    assert alice.run(*APPLY).code == 0
    rubbish = {"state": [""], "journal": [".journal"], "both": ["", ".journal"]}[spoiled]
    for ending in rubbish:
        s3_team.spoil(f"{s3_team.name}{ending}")

    refused = alice.run("plan")
    found = bob.run("state", "rebuild", "--auto-approve")

    assert refused.code == 4
    rebuild = f"`reconciler state rebuild --base-url {s3_team.url}`"
    assert f"hint: {rebuild} finds what it told again in the account" in refused.stderr
    assert found.code == 0, found.stderr
    assert "Incident/one  INC-1" in found.stdout
    for ending in rubbish:
        name = "journal" if ending else "state.json"
        (copy,) = bob.folder.glob(f".reconciler/*/{name}.backup-1")
        assert copy.read_bytes() == b"rubbish{\n"
    assert alice.run("plan", "--detailed-exitcode").code == 0
    assert alice.run(*APPLY).code == 0
    s3_team.assert_each_once("one")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"pending": 5}, "not a state"),
        ({"pending": [5]}, "not a journal"),
        ({"resources": None}, "not a state"),
        (None, "not a state"),
    ],
    ids=str,
)
def test_a_shared_state_with_rubbish_within_is_refused_in_words(
    s3_team: Team, fields: dict[str, Any] | None, told: str
) -> None:
    """It is JSON, and no state."""
    alice = s3_team.machine("alice", "one")
    assert alice.run(*APPLY).code == 0
    if fields:
        s3_team.write_behind(**fields)
    else:
        s3_team.spoil(s3_team.name, b"null")

    refused = alice.run("plan")

    assert refused.code == 4
    assert f"{told} of this program" in refused.stderr
    assert "`reconciler state rebuild" in refused.stderr
