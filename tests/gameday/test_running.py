"""A run in a world: what is due is done in time and in order, once; what goes wrong on the way has a stated end."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler.errors import Exit, Misused, Refused, Unauthorised
from reconciler.gameday import log
from reconciler.gameday.events import Aborted, Begun, Cleaned, Ended, Left, State, StepTold
from reconciler.gameday.hosting import Ask
from reconciler.gameday.script import (
    Assign,
    Close,
    Declare,
    Note,
    Pause,
    Set,
    Timeline,
    Update,
)
from reconciler.sandbox import moments
from reconciler.state import store_of
from tests.gameday import scenes
from tests.gameday.runs import RUN, Rehearsal, Time, scene
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.gameday.events import Event

step = scenes.step
HOUR = 3600.0
DECLARE = step(0, Declare("outage"), "declare")
TITLE = "Title of outage"


def writes(world: World) -> list[tuple[str, str]]:
    """Return the writes that the account saw."""
    return [(one["method"], one["path"]) for one in world.requests() if one["method"] != "GET"]


def test_each_step_is_done_when_it_is_due(world: World) -> None:
    """At speed 1 a step begins at its moment of script time, and the incident ends up as the script says."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(60, Update("outage", "first", {"message": "We look.", "status": "Fixing"})),
            step(90, Set("outage", {"severity": "Critical", "custom_fields": {"Root cause": "DNS"}})),
            step(120, Assign("outage", "Incident Lead", "alice@example.com")),
            step(150, Timeline("outage", "deploy", {"title": "Deploy 4821", "description": "To eu-west-1."})),
            step(300, Close("outage")),
        ),
    )

    story = run.play()

    begun = [one.at for one in story.events if isinstance(one, StepTold) and one.state is State.BEGUN]
    assert begun == [0, 60, 90, 120, 150, 300]
    assert set(run.states().values()) == {State.DONE}
    assert story.is_over
    made = world.incident(TITLE)
    assert (made["mode"], made["severity"]["name"], made["incident_status"]["name"]) == ("test", "Critical", "Closed")
    assert world.updates(made["id"]) == ["We look."]


def test_steps_at_one_moment_keep_their_order(world: World) -> None:
    """What is written first is done first, and what is alike is done at once."""
    messages = [f"Number {number}" for number in range(5)]
    updates = [step(60, Update("outage", f"u{at}", {"message": text}), f"u{at}") for at, text in enumerate(messages)]
    run = Rehearsal(world, scene(DECLARE, *updates))

    run.play()

    assert world.updates(world.incident(TITLE)["id"]) == messages
    assert run.ordered() == ["declare", *(one.id for one in updates)]


def test_what_people_change_afterwards_stays(world: World) -> None:
    """A step writes the fields that it names, once; what nobody names is left as people have it."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(60, Set("outage", {"severity": "Critical"})),
            step(180, Set("outage", {"summary": "It is worse."})),
            step(240, Update("outage", "more", {"message": "More."})),
        ),
    )

    def meddle(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.DONE and event.step == "set-outage-60":
            world.edit(world.incident(TITLE)["id"], severity_id=world.severity("Minor"), name="Renamed")

    run.play(on_tell=meddle)

    made = world.incident("Renamed")
    assert (made["severity"]["name"], made["summary"]) == ("Minor", "It is worse.")
    assert set(run.states().values()) == {State.DONE}


def test_a_step_writes_what_it_names_over_what_people_did(world: World) -> None:
    """The script's own event happens, whoever moved the incident before."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(60, Set("outage", {"severity": "Critical"})),
            step(90, Update("outage", "moved", {"message": "Moved.", "status": "Monitoring"})),
            step(120, Note("The end.")),
        ),
    )

    def meddle(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.DONE and event.step == "declare":
            one = world.incident(TITLE)["id"]
            world.edit(one, severity_id=world.severity("Major"), incident_status_id=world.status("Fixing"))

    run.play((95.0, Ask.LEAVE), on_tell=meddle)

    made = world.incident(TITLE)
    assert (made["severity"]["name"], made["incident_status"]["name"]) == ("Critical", "Monitoring")


def test_of_a_map_only_the_named_part_is_written(world: World) -> None:
    """A step that sets one custom field leaves those that people filled meanwhile."""
    fields = {"custom_fields": {"Root cause": "Unknown", "Customers affected": 10}}
    day = scene(DECLARE, step(60, Set("outage", {"custom_fields": {"Customers affected": 20}})))
    day.incidents["outage"].spec.update(fields)  # type: ignore[attr-defined]
    run = Rehearsal(world, day)

    def meddle(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.DONE and event.step == "declare":
            found = world.listed("/v2/custom_fields", "custom_fields")["Root cause"]["id"]
            values = [{"custom_field_id": found, "values": [{"value_text": "DNS"}]}]
            world.edit(world.incident(TITLE)["id"], custom_field_entries=values)

    run.play(on_tell=meddle)

    held = {
        one["custom_field"]["name"]: next(iter(one["values"][0].values()))
        for one in world.incident(TITLE)["custom_field_entries"]
        if one["values"]
    }
    assert held == {"Root cause": "DNS", "Customers affected": "20"}


# Bad luck


def test_an_hour_of_sleep_is_missed_and_closes_are_done(world: World) -> None:
    """A laptop that sleeps for an hour in the middle does nothing in a burst: what was due is missed."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(60, Update("outage", "first", {"message": "Early."}), "first"),
            step(600, Update("outage", "second", {"message": "Slept through."}), "second"),
            step(900, Close("outage"), "close"),
            step(HOUR + 300, Note("Late."), "note"),
        ),
    )
    slept: list[float] = []

    def sleep(now: float) -> None:
        if now > 120 and not slept:
            slept.append(now)
            run.time.now += HOUR

    run.play(on_wait=sleep)

    expected = {"declare": "done", "first": "done", "second": "missed", "close": "done", "note": "done"}
    assert run.states() == expected
    assert run.story.steps["second"].detail.endswith("late")
    assert run.ordered() == ["declare", "first", "second", "close", "note"]
    assert world.updates(world.incident(TITLE)["id"]) == ["Early."]


def test_what_was_due_while_nobody_ran_it_is_missed(world: World) -> None:
    """A run that is taken up again goes on where the clock is now."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(300, Update("outage", "first", {"message": "Missed."}), "first"),
            step(590, Update("outage", "second", {"message": "Just in time."}), "second"),
            step(900, Update("outage", "third", {"message": "Later."}), "third"),
        ),
    )
    run.play((10.0, Ask.LEAVE))
    run.time.now += 600

    run.play()

    assert run.states() == {"declare": "done", "first": "missed", "second": "done", "third": "done"}
    assert [one.at for one in run.story.events if isinstance(one, StepTold) and one.step == "third"] == [900, 900]


def test_what_needs_what_was_missed_is_skipped(world: World) -> None:
    """An incident that was never declared gets no steps, and cleanup has nothing to close."""
    run = Rehearsal(
        world,
        scene(
            step(0, Note("Hello.")),
            step(60, Declare("outage"), "declare"),
            step(600, Update("outage", "first", {"message": "Of what?"}), "first"),
            step(700, Close("outage"), "close"),
        ),
    )
    run.play((10.0, Ask.LEAVE))
    run.time.now += 500

    run.play()

    assert run.states() | {"note-0": "done"} == {
        "note-0": "done",
        "declare": "missed",
        "first": "skipped",
        "close": "skipped",
    }
    assert run.story.steps["first"].detail == "outage was not declared"
    assert not world.incidents()
    assert run.story.is_over
    assert not run.story.cleaned


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_a_clock_that_jumps_does_no_harm(world: World, jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own clock may be set at any time: script time goes by one that never jumps."""
    import time as machine  # noqa: PLC0415  (it is the one that jumps)

    real = machine.time
    run = Rehearsal(world, scene(DECLARE, step(60, Update("outage", "first", {"message": "On time."}), "first")))
    run.play((10.0, Ask.LEAVE))
    monkeypatch.setattr(machine, "time", lambda: real() + jump)

    run.play()

    assert run.states() == {"declare": "done", "first": "done"}


def test_a_clock_that_was_set_back_before_a_resume_brings_nothing_back(world: World) -> None:
    """Where the API's clock is behind what was noted last, the run goes on from there."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("On time."), "note"), step(120, Note("Later."), "later")))
    run.play((90.0, Ask.LEAVE))
    run.time.start -= HOUR

    run.play()

    assert run.states() == {"declare": "done", "note": "done", "later": "done"}
    assert run.story.steps["later"].at == 120


@dataclass
class Away(World):
    """An account that cannot be reached for a while of a run's time."""

    time: Time = field(default_factory=Time)
    since: float = 0.0
    until: float = 0.0

    def _transport(self, app: Any) -> httpx.BaseTransport:
        return _Gate(super()._transport(app), self)


class _Gate(httpx.BaseTransport):
    def __init__(self, transport: httpx.BaseTransport, world: Away) -> None:
        self._transport, self._world = transport, world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._world.since <= self._world.time.now < self._world.until:
            raise httpx.ConnectError("nobody there")
        return self._transport.handle_request(request)


def away(folder: Path, since: float, until: float, *steps: Any) -> Rehearsal:
    """Return a run whose account is away for a while."""
    time = Time()
    return Rehearsal(Away(folder, time=time, since=since, until=until), scene(*steps), time=time)


def test_an_api_that_is_away_for_five_minutes_does_not_end_a_run(tmp_path: Path) -> None:
    """What is late by no more than catch_up when it is back is done; what is later is missed; the run goes on."""
    run = away(
        tmp_path,
        100,
        400,
        DECLARE,
        step(120, Update("outage", "first", {"message": "Too late."}), "first"),
        step(350, Update("outage", "second", {"message": "In time."}), "second"),
        step(600, Close("outage"), "close"),
    )

    story = run.play()

    assert run.states() == {"declare": "done", "first": "missed", "second": "done", "close": "done"}
    assert story.is_over
    assert run.world.updates(run.world.incident(TITLE)["id"]) == ["In time."]


def test_cleanup_waits_for_an_api_that_is_away(tmp_path: Path) -> None:
    """What a run declared is closed once the account can be reached again; that it waits is told."""
    run = away(tmp_path, 100, 400, DECLARE, step(120, Note("The end.")))

    story = run.play()

    assert story.is_over
    assert run.time.now >= 400
    assert run.world.incident(TITLE)["incident_status"]["name"] == "Closed"
    assert [event.word for event in story.events].count("away") == 1


def test_cleanup_gives_up_after_ten_minutes_and_can_be_repeated(tmp_path: Path) -> None:
    """Where the account stays away, what is left open is told, and the run is not over."""
    run = away(tmp_path, 100, 10_000, DECLARE, step(120, Note("The end.")))

    story = run.play()

    assert not story.is_over
    assert story.cleaned["outage"].outcome == "failed"
    run.time.now = 20_000
    assert run.play().is_over
    assert run.world.incident(TITLE)["incident_status"]["name"] == "Closed"


def test_a_close_that_the_api_was_away_for_is_done_when_it_is_back(tmp_path: Path) -> None:
    """A close is never missed."""
    run = away(tmp_path, 100, 400, DECLARE, step(120, Close("outage"), "close"), step(600, Note("The end.")))

    run.play()

    assert run.states()["close"] == "done"
    assert 400 <= run.story.steps["close"].at < 420


def test_what_people_closed_is_overtaken(world: World) -> None:
    """A participant who closes an incident early ends what the script had for it, and nothing is sent to it."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(60, Update("outage", "first", {"message": "Anybody?"}), "first"),
            step(90, Set("outage", {"severity": "Critical"}), "raise"),
            step(120, Close("outage"), "close"),
        ),
    )

    def close(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.DONE and event.step == "declare":
            world.edit(world.incident(TITLE)["id"], incident_status_id=world.status("Closed"))

    story = run.play(on_tell=close)

    assert run.states() == {"declare": "done", "first": "overtaken", "raise": "overtaken", "close": "done"}
    assert story.steps["first"].detail == "INC-1 is Closed already"
    assert story.steps["close"].detail == "it was Closed already"
    assert len(writes(world)) == 2, "the declaring, and the person's close"
    assert story.is_over


def test_a_step_that_the_account_refuses_fails_alone(world: World) -> None:
    """A name that the account does not know fails its step and no other."""
    run = Rehearsal(
        world,
        scene(
            DECLARE,
            step(0, Declare("noise"), "noise"),
            step(60, Assign("outage", "Nobody", "alice@example.com"), "wrong"),
            step(60, Assign("noise", "Incident Lead", "alice@example.com"), "right"),
            step(90, Update("outage", "first", {"message": "Going on."}), "first"),
            incidents=("outage", "noise"),
        ),
    )

    run.play()

    assert run.states() == {"declare": "done", "noise": "done", "wrong": "failed", "right": "done", "first": "done"}
    assert "Nobody" in run.story.steps["wrong"].detail


def test_a_key_that_is_refused_ends_the_run(world: World, tmp_path: Path) -> None:
    """Without a key nothing can be done: the run is aborted, says so, and may be cleaned up later."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("Never reached."))))

    class Refused401(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "GET" and request.url.path == "/v1/identity":
                return self.inner.handle_request(request)
            body = {"type": "authentication_error", "status": 401, "request_id": "x", "errors": []}
            return httpx.Response(401, json=body)

    @dataclass
    class Locked(World):
        def _transport(self, app: Any) -> httpx.BaseTransport:
            return Refused401(super()._transport(app))

    run.world = Locked(tmp_path)

    with pytest.raises(Unauthorised):
        run.play()

    assert any(isinstance(one, Aborted) for one in run.story.events)
    assert not run.story.is_ended


def test_a_full_disk_ends_the_run_and_closes_what_is_known(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be noted is not done: the run says so, and closes what it declared."""
    run = Rehearsal(world, scene(DECLARE, step(60, Update("outage", "first", {"message": "Not noted."}), "first")))
    real = log.RunLog._write

    def full(self: Any, line: bytes) -> None:
        if b'"step":"first"' in line or b"aborted" in line or b"cleaned" in line:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(self, line)

    monkeypatch.setattr(log.RunLog, "_write", full)

    with pytest.raises(Refused, match="No space left on device") as refused:
        run.play()

    assert "gameday cleanup rehearsal-1" in refused.value.hint
    assert refused.value.exit_code == Exit.NOT_ALL_DONE
    assert world.incident(TITLE)["incident_status"]["name"] == "Closed"
    assert not world.updates(world.incident(TITLE)["id"])
    assert any(isinstance(one, Cleaned) for one in run.host.told)


# Two hosts, and runs that cannot be taken up


def test_a_second_host_of_a_run_is_told_who_hosts_it(world: World) -> None:
    """Two hosts who start the same run ID: the second is refused, and nothing of it is sent."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))))
    refusals: list[Refused] = []

    def start_again(event: Event) -> None:
        if isinstance(event, StepTold) and event.state is State.DONE and event.step == "declare":
            with pytest.raises(Refused) as refused:
                Rehearsal(world, run.day).play()
            refusals.append(refused.value)

    run.play(on_tell=start_again)

    assert f"run `{RUN}` is hosted already" in str(refusals[0])
    assert f"pid {os.getpid()}" in str(refusals[0])
    assert len(world.incidents()) == 1


def test_a_run_that_is_over_is_never_taken_up(world: World) -> None:
    """After cleanup a run is over."""
    run = Rehearsal(world, scene(DECLARE))
    run.play()

    with pytest.raises(Misused, match="is over") as misused:
        run.play()

    assert "--run-id" in misused.value.hint
    assert len(writes(world)) == 2


def test_a_run_is_not_taken_up_with_another_script(world: World) -> None:
    """The file is part of what a run is; another one takes another run ID."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))))
    run.play((10.0, Ask.LEAVE))
    run.day = replace(run.day, digest="another")

    with pytest.raises(Misused, match="began with another script") as misused:
        run.play()

    assert "gameday cleanup rehearsal-1" in misused.value.hint


def test_a_run_keeps_its_speed(world: World) -> None:
    """The clock of a run is of one kind from its beginning to its end."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))), speed=10)
    run.play((5.0, Ask.LEAVE))
    run.speed = 1

    with pytest.raises(Misused, match="begun at speed 10") as misused:
        run.play()

    assert misused.value.hint == "go on with --speed 10"


def test_only_a_sandbox_is_played_faster(world: World) -> None:
    """People live at speed 1."""
    run = Rehearsal(world, scene(DECLARE), speed=2)
    real = replace(world.workspace, is_sandbox=False, base_url="https://api.incident.io")
    own = log.workspace_of(real, RUN)

    with pytest.raises(Misused, match="for sandboxes"):
        run.play(workspace=own)


def test_runs_with_one_script_do_not_meet(world: World) -> None:
    """Titles repeat between runs: each run declares its own incidents, and closes no others."""
    first = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))), run_id="first")
    first.play((10.0, Ask.LEAVE))

    second = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))), run_id="second")
    second.play()

    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live", "closed"]
    assert log.runs(world.workspace) == ["second", "first"]


def test_two_incidents_of_one_title_are_two(world: World) -> None:
    """Whatever they are called, and whatever marks them: a script's incidents are told apart by their names in it."""
    world.write_raw(
        "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {identity_field: Root cause}\n",
        "reconciler.yaml",
    )
    day = scene(
        DECLARE,
        step(0, Declare("noise"), "noise"),
        step(60, Set("outage", {"severity": "Critical"}), "raise"),
        step(60, Update("noise", "first", {"message": "Noise."}), "first"),
        incidents=("outage", "noise"),
    )
    day.incidents["noise"].spec["name"] = TITLE  # type: ignore[index]
    run = Rehearsal(world, day)

    run.play()

    assert set(run.states().values()) == {"done"}
    assert sorted(one["severity"]["name"] for one in world.incidents()) == ["Critical", "Minor"]
    assert sorted(len(world.updates(one["id"])) for one in world.incidents()) == [0, 1]
    assert [one["incident_status"]["name"] for one in world.incidents()] == ["Closed", "Closed"]


def test_a_run_that_died_in_its_first_line_began_nothing(world: World) -> None:
    """It is not listed, and its ID is free."""
    run = Rehearsal(world, scene(DECLARE))
    path = world.folder / f".reconciler/sandbox/gamedays/{RUN}/run.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"event":"begun","at":0.0,"ti')

    assert log.runs(world.workspace) == []
    assert run.play().is_over
    assert log.runs(world.workspace) == [RUN]


def test_a_lost_answer_is_not_taken_for_that_of_an_earlier_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal minutes after another finds its own incident again, not the one of the same title."""
    time = Time()
    start = time.start
    monkeypatch.setattr(moments, "now", lambda: moments.from_microseconds(round((start + time.now) * 1_000_000)))
    day = scene(DECLARE, step(60, Update("outage", "first", {"message": "Mine."}), "first"), step(90, Note("The end.")))
    Rehearsal(world, day, run_id="first", time=time).play((70.0, Ask.LEAVE))
    second = Rehearsal(world, day, run_id="second", time=time)

    second.play(faults=["drop-after:1:POST:/v2/incidents"])

    assert set(second.states().values()) == {"done"}
    assert [one["incident_status"]["category"] for one in world.incidents()] == ["live", "closed"]
    assert [world.updates(one["id"]) for one in world.incidents()] == [["Mine."], ["Mine."]]


# What a host asks for


def test_a_pause_of_the_script_waits_for_the_host(world: World) -> None:
    """The clock stands until the host goes on, and what is due afterwards is due later."""
    run = Rehearsal(world, scene(DECLARE, step(60, Pause("Brief them."), "pause"), step(90, Note("On."), "note")))

    story = run.play((60.0, Ask.PAUSE))

    assert run.states() == {"declare": "done", "pause": "done", "note": "done"}
    assert story.steps["note"].at == 90
    assert next(one.why for one in run.host.shown if one.is_paused) == "Brief them."


def test_a_run_that_was_left_at_a_pause_still_stands_there(world: World) -> None:
    """Whoever takes it up goes on from the pause; the time in between counts for nothing."""
    run = Rehearsal(world, scene(DECLARE, step(60, Pause(), "pause"), step(90, Note("On."), "note")))
    run.play((60.0, Ask.LEAVE))
    run.time.now += HOUR

    story = run.play((60.0, Ask.PAUSE))

    assert run.states() == {"declare": "done", "pause": "done", "note": "done"}
    assert story.steps["note"].at == 90


def test_pauses_can_be_skipped(world: World) -> None:
    """Where nobody is there to go on, a script can be played without its pauses."""
    run = Rehearsal(world, scene(DECLARE, step(60, Pause(), "pause"), step(90, Note("On."), "note")))

    run.play(skip_pauses=True)

    assert run.states() == {"declare": "done", "pause": "skipped", "note": "done"}


def test_a_host_pauses_adds_a_minute_and_skips(world: World) -> None:
    """The clock stands where the host says, and the next step is passed over."""
    run = Rehearsal(
        world, scene(DECLARE, step(60, Update("outage", "one", {"message": "No."}), "one"), step(90, Note("On."), "on"))
    )
    run.play((10.0, Ask.PAUSE), (10.0, Ask.PAUSE), (20.0, Ask.ADD_MINUTE), (30.0, Ask.SKIP))

    assert run.states() == {"declare": "done", "one": "skipped", "on": "done"}
    assert run.story.steps["on"].at == pytest.approx(90, abs=0.01)
    assert run.time.now == pytest.approx(150, abs=1)


def test_an_abort_closes_everything(world: World) -> None:
    """Ended by the host, a run tells what was not reached, and cleans up."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("Never."), "note")))

    story = run.play((10.0, Ask.ABORT))

    assert run.states() == {"declare": "done", "note": "unreached"}
    assert (story.is_aborted, story.is_ended, story.is_over) == (True, False, True)
    assert world.incident(TITLE)["incident_status"]["name"] == "Closed"


def test_a_run_that_is_left_closes_nothing(world: World) -> None:
    """A host who leaves comes back, or cleans up later."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("Later."), "note")))

    story = run.play((10.0, Ask.LEAVE))

    assert isinstance(story.events[-1], Left)
    assert world.incident(TITLE)["incident_status"]["category"] == "live"


def test_a_script_can_end_early(world: World) -> None:
    """`--until` ends a script before its time; what comes later is not reached."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("In."), "in"), step(90, Note("Out."), "out")))

    story = run.play(until=60.0)

    assert run.states() == {"declare": "done", "in": "done", "out": "unreached"}
    assert any(isinstance(one, Ended) for one in story.events)
    assert story.is_over


# People


def test_a_cast_is_not_played_twice(world: World) -> None:
    """Who acted before a run was left does not act again."""
    cast = (scenes.act(30, Update("outage", "x", {"message": "Here."})),)
    run = Rehearsal(world, replace(scene(DECLARE, step(90, Note("The end."))), cast=cast))
    run.play((60.0, Ask.LEAVE))

    run.play()

    assert world.updates(world.incident(TITLE)["id"]) == ["Here."]


def test_a_begun_run_tells_what_it_plays(world: World) -> None:
    """Status and report need no file: the journal holds what the script is."""
    run = Rehearsal(world, scene(DECLARE, step(60, Note("The end."))))

    story = run.play()

    begun = story.begun
    assert isinstance(begun, Begun)
    assert (begun.run, begun.gameday, begun.digest, begun.end) == (RUN, "scene", "scene", 60)
    assert [one.id for one in begun.steps] == ["declare", "note-60"]
    assert begun.organisation == "https://app.incident.io/sandbox"
    assert store_of(log.workspace_of(world.workspace, RUN)).read().state.records
