"""A run may die at any byte and be taken up again with the same ID: it goes on, and nothing is posted twice."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.errors import Misused
from reconciler.gameday.events import State
from reconciler.gameday.hosting import Ask
from reconciler.gameday.script import Assign, Close, Declare, Note, Set, Timeline, Update
from tests.gameday import scenes
from tests.gameday.runs import Rehearsal, scene
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.gameday.events import Event
    from reconciler.gameday.script import GameDay

KILLED = 9
SPEED = 100.0


def whole() -> GameDay:
    """Return a game day that does everything that a script can, some of it at once."""
    step = scenes.step
    made = scene(
        step(0, Declare("outage")),
        step(0, Declare("noise")),
        step(30, Note("Watch the channel.")),
        step(60, Update("outage", "first", {"message": "Same words."})),
        step(60, Update("noise", "first", {"message": "Same words."})),
        step(90, Set("outage", {"severity": "Critical"})),
        step(120, Timeline("outage", "deploy", {"title": "Deploy 4821"})),
        step(150, Update("outage", "second", {"message": "Same words.", "status": "Monitoring"})),
        step(180, Assign("outage", "Incident Lead", "alice@example.com")),
        step(210, Set("outage", {"severity": "Major"})),
        step(240, Close("noise")),
        step(270, Note("The end.")),
        incidents=("outage", "noise"),
    )
    spec = {
        "call_url": "https://meet.example.com/abc",
        "updates": [{"id": "declared", "message": "It has begun."}],
        "timeline": [{"id": "alert", "at": "2026-11-20T09:05:00Z", "title": "An alert"}],
    }
    made.incidents["outage"].spec.update(spec)  # type: ignore[attr-defined]
    return made


WRITES, EVENTS = 14, 27
"""The writes and events of a whole run; a test below holds these numbers to the truth."""


def check(world: World, run: Rehearsal) -> None:
    """Each incident once, each update once and in order, all as the script says, everything closed, the run over."""
    by_name = {one["name"]: one for one in world.incidents()}
    assert len(world.incidents()) == len(by_name) == 2
    outage, noise = by_name["Title of outage"], by_name["Title of noise"]
    assert world.updates(outage["id"]) == ["It has begun.", "Same words.", "Same words."]
    assert world.updates(noise["id"]) == ["Same words."]
    items = world.ask("GET", f"/v2/incident_timeline_items?incident_id={outage['id']}")["incident_timeline_items"]
    assert Counter(one["title"] for one in items if not one.get("activity_log_id")) == {"An alert": 1, "Deploy 4821": 1}
    assert outage["severity"]["name"] == "Major"
    assert outage["call_url"] == "https://meet.example.com/abc"
    leads = [one["assignee"]["email"] for one in outage["incident_role_assignments"] if one.get("assignee")]
    assert "alice@example.com" in leads
    assert {one["incident_status"]["name"] for one in by_name.values()} == {"Closed"}
    assert run.story.is_over
    assert set(run.states().values()) == {State.DONE}


class Dying(httpx.BaseTransport):
    """Ends the whole process at a write: before it is carried out, or after."""

    def __init__(self, transport: httpx.BaseTransport, number: int, moment: str) -> None:
        self._transport, self._moment, self._numbers = transport, moment, itertools.count(1)
        self._number, self._lock = number, threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on, as long as this lives."""
        with self._lock:
            is_last = request.method != "GET" and next(self._numbers) == self._number
        if is_last and self._moment == "before":
            os._exit(KILLED)
        response = self._transport.handle_request(request)
        if is_last:
            os._exit(KILLED)
        return response


@dataclass
class Mortal(World):
    """A world in which the process that talks to the account dies at a write."""

    number: int = 0
    moment: str = ""

    def _transport(self, app: object) -> httpx.BaseTransport:
        return Dying(super()._transport(app), self.number, self.moment)  # type: ignore[arg-type]


def in_a_process(do: Callable[[], object]) -> bool:
    """Do something in a process of its own, and return whether that was killed."""
    child = os.fork()
    if not child:
        try:
            do()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.parametrize(
    ("moment", "idempotency"),
    # What never arrived is the same whatever a repeated key would get.
    [("before", "return"), ("after", "return"), ("after", "conflict"), ("after", "forget")],
)
@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_a_run_killed_at_any_write_goes_on(tmp_path: Path, number: int, moment: str, idempotency: str) -> None:
    """Die right before a request is carried out, or right after; host the run again; nothing is there twice."""
    run = Rehearsal(World(tmp_path, idempotency), whole(), speed=SPEED)
    dying = Rehearsal(Mortal(tmp_path, idempotency, number=number, moment=moment), whole(), speed=SPEED)
    assert in_a_process(dying.play)

    run.play()

    check(run.world, run)


@pytest.mark.parametrize("number", range(1, EVENTS + 1))
def test_a_run_killed_after_any_line_goes_on(world: World, number: int) -> None:
    """Die between any two lines of the journal; the next host does what is left, and nothing else."""
    run = Rehearsal(world, whole(), speed=SPEED)
    told: list[Event] = []

    def die(event: Event) -> None:
        told.append(event)
        if len(told) == number:
            os._exit(KILLED)

    assert in_a_process(lambda: run.play(on_tell=die))
    if run.story.is_over:
        with pytest.raises(Misused):
            run.play()
    else:
        run.play()

    check(world, run)


def test_the_numbers_cover_a_whole_run(world: World) -> None:
    """As many writes and events are tried as a run has that nothing disturbs."""
    run = Rehearsal(world, whole(), speed=SPEED)

    run.play()

    writes = [one for one in world.requests() if one["method"] != "GET"]
    assert (len(writes), len(run.story.events)) == (WRITES, EVENTS)
    check(world, run)


def test_a_journal_cut_anywhere_is_gone_on_from(tmp_path: Path) -> None:
    """Lose the end of the journal at any byte, while everything was sent: it is known again, and posted once."""
    first = tmp_path / "first"
    first.mkdir()
    run = Rehearsal(World(first), whole(), speed=SPEED)
    run.play((269.0, Ask.LEAVE))
    text = _journal(first).read_bytes()
    ends = [at + 1 for at, byte in enumerate(text) if byte == ord("\n")]
    cuts = sorted({0, *ends, *(end - 1 for end in ends), *(end - 20 for end in ends), *(end + 7 for end in ends[:-1])})

    for cut in cuts:
        folder = tmp_path / f"cut-{cut}"
        shutil.copytree(first, folder)
        _journal(folder).write_bytes(text[:cut])
        again = Rehearsal(World(folder), whole(), speed=SPEED)
        again.play()
        check_posts(again.world)


def _journal(folder: Path) -> Path:
    return folder / ".reconciler/sandbox/gamedays/rehearsal-1/run.jsonl"


def check_posts(world: World) -> None:
    """Each incident and update once, whatever was told of it."""
    assert Counter(one["name"] for one in world.incidents()) == {"Title of outage": 1, "Title of noise": 1}
    outage = world.incident("Title of outage")
    assert world.updates(outage["id"]) == ["It has begun.", "Same words.", "Same words."]
    assert outage["incident_status"]["name"] == "Closed"


def test_what_people_changed_after_a_kill_is_not_written_again(world: World) -> None:
    """A step whose write was carried out, and whose end nobody noted, is not repeated over what people did since."""
    day = scene(
        scenes.step(0, Declare("outage")),
        scenes.step(60, Set("outage", {"severity": "Critical"}), "raise"),
        scenes.step(90, Note("The end.")),
    )
    run = Rehearsal(world, day, speed=SPEED)
    run.play((60.0, Ask.LEAVE))
    lines = _journal(world.folder).read_bytes().splitlines(keepends=True)
    begun = next(number for number, line in enumerate(lines) if b'"step":"raise","state":"begun"' in line)
    _journal(world.folder).write_bytes(b"".join(lines[: begun + 1]))
    world.edit(world.incident("Title of outage")["id"], severity_id=world.severity("Minor"))

    run.play()

    assert world.incident("Title of outage")["severity"]["name"] == "Minor"
    assert set(run.states().values()) == {State.DONE}
