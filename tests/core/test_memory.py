"""State, journal and lock: what is remembered survives anything, and what cannot be used is refused with words."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import reconcile
from reconciler.errors import Refused
from reconciler.model import Failed, Key, Step, Unknown
from reconciler.state.local import LocalStore
from tests.core import told
from tests.world import ACME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.state import Journal
    from tests.world import World

CHECKOUT = Key("Incident", "checkout")
MANIFEST = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor%s}
"""
UPDATES = ", updates: [{id: first, message: Hello}, {id: second, message: Again}]"


def journal(world: World) -> Path:
    """Return where the journal lies."""
    return world.store.journal


def left_open(world: World) -> bytes:
    """Let a run die in its second write, and return the journal that it leaves when it cannot even save."""
    world.write(MANIFEST % UPDATES)
    world.apply(["drop-before:2-:write"])
    return journal(world).read_bytes()


def test_an_end_in_peace_leaves_no_journal(world: World) -> None:
    """Everything stands in the state then."""
    world.write(MANIFEST % UPDATES)
    world.settle()

    assert not journal(world).exists()
    assert json.loads(world.workspace.state.read_text())["serial"] == 1
    assert oct(world.workspace.state.stat().st_mode)[-3:] == "600"


def test_two_states_in_one_folder_have_journals_and_locks_of_their_own(world: World) -> None:
    """Somebody keeps the states of several workspaces side by side: what one died in is never another's."""
    here, there = (LocalStore(world.folder / name, name) for name in ("one.json", "two.json"))

    with here.locked(), there.locked():
        here.open_journal().close()

    assert here.journal != there.journal
    assert there.read().pending == {}
    assert {path.name for path in world.folder.glob("*.json.*")} == {
        "one.json.journal",
        "one.json.lock",
        "two.json.lock",
    }


@pytest.mark.parametrize("taken", ["all", "journal"])
def test_a_folder_that_is_taken_away_while_a_run_writes_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    """A cache job or a `git clean` beside it: what was known, and what was done since, is in the state all the same."""
    world.write(MANIFEST % UPDATES)
    world.settle()
    world.write(MANIFEST % UPDATES.replace("}]", "}, {id: third, message: More}]"))
    real = LocalStore.open_journal

    def open_and_take_away(store: LocalStore) -> Journal:
        opened = real(store)
        for path in (opened.path, store.path) if taken == "all" else (opened.path,):
            path.unlink()
        return opened

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "open_journal", open_and_take_away)
        outcomes = world.settle()

    assert len(outcomes) == 1
    assert {str(key) for key in world.memory.state.records} == {
        "Incident/checkout",
        *(f"Incident/checkout/update/{one}" for one in ("first", "second", "third")),
    }
    told.assert_quiet(world)


def test_a_journal_of_another_workspace_is_refused(world: World) -> None:
    """A run died before its first state was written; then somebody names that file in another workspace."""
    left_open(world)
    world.workspace.state.unlink()
    world.write_raw(ACME % "", "reconciler.yaml")

    with pytest.raises(Refused, match="journal: belongs to workspace `default`, not to `acme`"):
        world.plan()


def test_what_a_killed_save_left_is_swept_away(world: World) -> None:
    """By the next run that holds the lock, and nothing else of the folder."""
    world.write(MANIFEST % "")
    folder = journal(world).parent
    folder.mkdir(parents=True)
    for name in (".state.json.k1ll3d", ".journal.k1ll3d", "notes"):
        (folder / name).write_text("half", encoding="utf-8")

    world.settle()

    assert {path.name for path in folder.iterdir() if not path.name.startswith("data.db")} == {
        "state.json",
        "lock",
        "notes",
    }


def test_a_state_has_a_line_for_each_resource(world: World) -> None:
    """So that it can be looked through, and compared with another."""
    world.write(MANIFEST % UPDATES)

    world.settle()

    lines = world.workspace.state.read_text(encoding="utf-8").splitlines()
    assert [line.split('"')[1] for line in lines if line.startswith(' "Incident/')] == [
        "Incident/checkout",
        "Incident/checkout/update/first",
        "Incident/checkout/update/second",
    ]


def test_open_intents_outlive_the_run(world: World) -> None:
    """What was asked for and not answered is in the journal that the next run begins with, body and all."""
    head, line = left_open(world).splitlines()

    intent = json.loads(line)
    assert json.loads(head) == {"workspace": "default"}

    assert intent["intent"] == ["post", "Incident/checkout/update/first"]
    assert intent["body"]["message"] == "Hello"
    assert intent["body"]["incident_id"] == world.incidents()[0]["id"]


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_is_passed_over(world: World, cut: int) -> None:
    """The machine died while a line was written: the rest counts, and the next run's lines are not torn with it."""
    world.write(MANIFEST % "")
    world.settle()
    outcome = json.dumps({"outcome": ["edit", str(CHECKOUT)], "records": {}}).encode()
    journal(world).write_bytes(outcome + b"\n" + (outcome * 3)[:-cut])
    world.write(MANIFEST % UPDATES)

    world.settle()

    assert world.updates(world.incidents()[0]["id"]) == ["Hello", "Again"]
    assert world.memory.record(CHECKOUT.of("update", "first")) is not None
    told.assert_quiet(world)


@pytest.mark.parametrize("torn", [b"", b"{", b'{"outcome', '{"intent":["é'.encode()[:-1]])
def test_what_is_noted_behind_a_torn_line_is_read(world: World, torn: bytes) -> None:
    """A journal that ends within a line is gone on with on a new one."""
    world.write(MANIFEST % "")
    world.workspace.state.parent.mkdir(parents=True, exist_ok=True)
    journal(world).write_bytes(torn)
    noted = world.store.open_journal()

    noted.outcome(Step("see", CHECKOUT), {})
    noted.close()

    lines = journal(world).read_bytes().splitlines()
    assert json.loads(lines[-1]) == {"outcome": ["see", "Incident/checkout"], "records": {}}
    assert world.memory.pending == {}


@pytest.mark.parametrize(
    "line", [b"[]", b"7", b'{"x": 1}', b'{"outcome": 1, "records": {}}', b'{"intent": ["create"]}', b'"text"']
)
def test_a_whole_line_of_something_else_is_refused(world: World, line: bytes) -> None:
    """That file is not ours: nothing is guessed, and nothing written."""
    world.write(MANIFEST % "")
    world.settle()
    journal(world).write_bytes(line + b"\n")

    with pytest.raises(Refused, match="journal:1: not a journal of this program") as told_:
        world.plan()

    assert "move the file away" in told_.value.hint


def damaged(world: World, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what stands in the state."""
    path = world.workspace.state
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda value: value.update(format_version=2), r"written by a newer version \(format 2\)"),
        (lambda value: value.update(workspace="acme"), "belongs to workspace `acme`, not to `default`"),
        (lambda value: value.pop("resources"), "not a state of this program"),
        (lambda value: value.update(resources=[]), "not a state of this program"),
        (lambda value: value.update(resources={"x": {}}), "not a state of this program"),
        (lambda value: value.update(account=None), "not a state of this program"),
        (lambda value: value.update(format_version="1"), "not a state of this program"),
    ],
)
def test_a_state_that_cannot_be_used_is_refused(
    world: World, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    """Of a newer format, of another workspace, of another program: said so, with what to do, and left as it is."""
    world.write(MANIFEST % "")
    world.settle()
    damaged(world, change)
    before = world.workspace.state.read_bytes()

    with pytest.raises(Refused, match=message) as told_:
        world.apply()

    assert told_.value.hint
    assert world.workspace.state.read_bytes() == before


@pytest.mark.parametrize("text", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_state_that_is_no_json_is_refused(world: World, text: bytes) -> None:
    """A merge conflict, a half copy, another file: refused in words."""
    world.write(MANIFEST % "")
    world.settle()
    world.workspace.state.write_bytes(text)

    with pytest.raises(Refused, match=r"not JSON|not a state of this program"):
        world.plan()


def test_state_keeps_a_tombstone_that_tells_no_more_than_an_id(world: World) -> None:
    """Earlier versions kept whatever stood there."""
    world.write(MANIFEST % "")
    world.settle()
    damaged(world, lambda value: value.update(tombstones={"Incident/old": {"id": "01OLD"}}))
    world.write(MANIFEST % UPDATES)

    world.settle()

    (stone,) = json.loads(world.workspace.state.read_text())["tombstones"]["Incident/old"]
    assert stone["id"] == "01OLD"
    assert world.memory.state.tombstones[Key("Incident", "old")][0].generation == "1"


HOLD = (
    "import sys, filelock\nwith filelock.FileLock(sys.argv[1]):\n    print('held', flush=True)\n    sys.stdin.read()\n"
)


def test_a_lock_held_by_another_process_refuses_an_apply(world: World) -> None:
    """Two at once: the second is told, at once, and sends nothing; plans go on."""
    world.write(MANIFEST % "")
    world.plan()
    lock = world.workspace.state.parent / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None
        assert held.stdout.readline() == b"held\n"
        since = len(world.requests())

        with pytest.raises(Refused, match="another run is writing here"):
            world.apply()

        assert told.writes(world, since) == []
        assert told.steps(world.plan()) == ["create Incident/checkout"]
        held.communicate()


def test_a_plan_that_another_run_overtook_is_refused(world: World) -> None:
    """What was planned rests on what was remembered then."""
    world.write(MANIFEST % "")
    plan, memory = world.plan(), world.memory
    world.settle()
    since = len(world.requests())

    with (
        world.client() as client,
        pytest.raises(Refused, match="written or removed since this plan was"),
    ):
        list(reconcile.apply(plan, client, world.store, memory=memory, base_url="x"))

    assert told.writes(world, since) == []


def full(monkeypatch: pytest.MonkeyPatch, allowed: int) -> None:
    """Let the disk be full after the journal's head, and some lines of it."""
    written: list[int] = []
    real = os.write

    def write(file: int, line: bytes) -> int:
        written.append(file)
        if len(written) > allowed + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, line)

    monkeypatch.setattr("reconciler.state.journal.os.write", write)


def test_a_disk_that_is_full_before_an_intent_sends_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be noted is not sent, and told as failed; what comes after is skipped."""
    world.write(MANIFEST % UPDATES)
    plan, since = world.plan(), len(world.requests())
    with monkeypatch.context() as patch:
        full(patch, 0)

        outcomes = told.carry_out(world, plan)

    assert isinstance(outcomes[0], Failed)
    assert "No space left on device" in outcomes[0].message
    assert "make room" in outcomes[0].hint
    assert len(outcomes) == 3
    assert told.writes(world, since) == []
    world.settle()
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("allowed", [1, 3, 5])
def test_a_disk_that_is_full_before_an_outcome_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, allowed: int, idempotency: str
) -> None:
    """It was sent and cannot be noted: told as unknown, found by the next run, and there once."""
    world.idempotency = idempotency
    world.write(MANIFEST % UPDATES)
    plan = world.plan()
    with monkeypatch.context() as patch:
        full(patch, allowed)

        outcomes = told.carry_out(world, plan)

    assert isinstance(outcomes[(allowed - 1) // 2], Unknown)
    world.settle()
    assert len(world.incidents()) == 1
    assert world.updates(world.incidents()[0]["id"]) == ["Hello", "Again"]
    told.assert_quiet(world)


def test_a_disk_that_takes_no_state_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state cannot be written at the end: said in words, and the journal has it all."""
    world.write(MANIFEST % UPDATES)
    plan = world.plan()

    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("reconciler.state.disk.tempfile.mkstemp", fails)
        with pytest.raises(Refused, match="No space left on device") as told_:
            told.carry_out(world, plan)

    assert "nothing that was done is lost" in told_.value.hint
    assert world.memory.record(CHECKOUT.of("update", "second")) is not None
    told.assert_quiet(world)


def test_a_disk_that_is_full_at_the_first_line_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan saw cannot be noted: refused in words before anything is sent."""
    world.write(MANIFEST % "")
    world.settle()
    world.lose_state()
    plan, since = world.plan(), len(world.requests())

    with monkeypatch.context() as patch:
        full(patch, 0)
        with pytest.raises(Refused, match="No space left on device"):
            told.carry_out(world, plan)

    assert told.writes(world, since) == []


def test_a_line_that_the_disk_takes_in_part_does_not_swallow_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short write is an error, and what is noted afterwards stands on a line of its own."""
    world.workspace.state.parent.mkdir(parents=True, exist_ok=True)
    noted = world.store.open_journal()
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(
            "reconciler.state.journal.os.write", lambda file, line: real(file, line[: max(1, len(line) // 2)])
        )
        with pytest.raises(OSError, match="No space"):
            noted.outcome(Step("see", CHECKOUT), {})

    noted.outcome(Step("see", CHECKOUT), {})
    noted.close()

    assert json.loads(journal(world).read_bytes().splitlines()[-1])["outcome"] == ["see", "Incident/checkout"]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file of a folder with its time and its bytes, but for the account's own."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
        if not path.name.startswith("data.db") and path.name != "sandbox"
    }


@pytest.mark.parametrize("key", ["sandbox", "sandbox-viewer"])
def test_a_plan_only_reads(world: World, key: str) -> None:
    """It sends GET and nothing else, writes no file, takes no lock, and works with a key that may only read."""
    world.write(MANIFEST % UPDATES)
    world.settle()
    world.write(MANIFEST % ", summary: More" + "---" + (MANIFEST % "").replace("heckout", "hange"))
    before, since = snapshot(world.folder), len(world.requests())

    with world.client(key=key, read_only=True) as client:
        plan = reconcile.plan(reconcile.load(world.workspace), client, world.memory)

    assert told.steps(plan) == ["edit Incident/checkout", "create Incident/change"]
    assert snapshot(world.folder) == before
    assert {one["method"] for one in world.requests()[since:]} == {"GET"}


def test_the_journal_starts_afresh_whole_or_not_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open intents are carried over in one stroke: dying there loses none of them."""
    before = left_open(world)
    memory = world.memory

    with monkeypatch.context() as patch:
        full(patch, 0)
        world.store.save(memory, memory.state.account)

    assert journal(world).read_bytes() == before
