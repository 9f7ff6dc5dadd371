"""Watching a run: what people do in an account becomes verdicts, with few requests."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.api import Client
from reconciler.errors import Forbidden, Unauthorised
from reconciler.gameday.events import Away, Back, State, StepTold, Verdict
from reconciler.gameday.script import (
    FieldFilled,
    RoleAssigned,
    SeverityAtLeast,
    StatusReached,
    TaskCreated,
    UpdatePosted,
)
from tests.gameday import scenes
from tests.gameday.watchpost import post

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.api.answers import Answer
    from reconciler.gameday.script import Condition
    from tests.gameday.watchpost import Post
    from tests.world import World

PERSON, SCRIPT = "bob@example.com", ""
LEAD = RoleAssigned("Incident Lead")


def fill(one: Post, who: str) -> None:
    """Fill a custom field in."""
    found = one.world.listed("/v2/custom_fields", "custom_fields")["Root cause"]["id"]
    one.edit(who=who, custom_field_entries=[{"custom_field_id": found, "values": [{"value_text": "DNS"}]}])


def task(path: str, **fields: str) -> Callable[[Post, str], None]:
    """Return how somebody creates an action or a follow-up."""
    return lambda one, who: one.person("POST", path, {"incident_id": one.ids["outage"], **fields}, who)


DEEDS: dict[str, tuple[Condition, Callable[[Post, str], Any]]] = {
    "role": (LEAD, lambda one, who: one.assign(who=who, to="bob@example.com")),
    "update": (UpdatePosted(), lambda one, who: one.post("We look into it.", who=who)),
    "message": (
        UpdatePosted("customers? .*affected"),
        lambda one, who: one.post("All **Customers** are\naffected", who=who),
    ),
    "severity": (
        SeverityAtLeast("major"),
        lambda one, who: one.edit(who=who, severity_id=one.world.severity("Critical")),
    ),
    "status": (
        StatusReached("monitoring"),
        lambda one, who: one.edit(who=who, incident_status_id=one.world.status("Monitoring")),
    ),
    "field": (FieldFilled("root cause"), fill),
    "action": (TaskCreated("action", "roll ?back"), task("/v3/actions", description="Rollback of 4821")),
    "follow-up": (TaskCreated("follow_up"), task("/v3/follow_ups", title="Add an alert")),
}


@pytest.mark.parametrize("rewrites", [False, True])
@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_person_does_in_time_holds(world: World, deed: str, rewrites: bool) -> None:
    """Whatever can be expected is found in the account, with who did it and how long it took.

    Also where the account writes texts anew.
    """
    world.behaviour = replace(world.behaviour, rewrites=rewrites, long_ids=rewrites)
    condition, do = DEEDS[deed]
    step = scenes.expected(60, condition)
    with post(world, scenes.day(step)) as one:
        one.forward(100)
        do(one, PERSON)
        one.forward(20)

    judged = one.verdict(step.id)
    assert (judged.verdict, judged.after, judged.who) == (Verdict.HELD, 40, "Bob Baker")


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_key_does_is_nobodys(world: World, deed: str) -> None:
    """The script's own writes, and those of any key, never count as people's; the report says who it was."""
    condition, do = DEEDS[deed]
    step = scenes.expected(60, condition)
    with post(world, scenes.day(step)) as one:
        one.forward(100)
        do(one, SCRIPT)
        one.forward(270)

    assert one.verdict(step.id).verdict is Verdict.FAILED
    assert one.verdict(step.id).detail == "done by API key sandbox, not by a person"
    assert not one.story.seen


@pytest.mark.parametrize("deed", DEEDS)
def test_what_must_never_happen_fails_as_soon_as_it_is_seen(world: World, deed: str) -> None:
    """A violation is told within seconds, long before the window ends."""
    condition, do = DEEDS[deed]
    step = scenes.expected(60, condition, 1200, never=True)
    with post(world, scenes.day(step)) as one:
        one.forward(100)
        do(one, PERSON)
        one.forward(20)

    assert one.verdict(step.id).verdict is Verdict.FAILED
    assert one.verdict(step.id).after == 40


@pytest.mark.parametrize("never", [False, True])
def test_what_does_not_happen_is_told_at_the_end_of_the_window(world: World, never: bool) -> None:
    """Not before, and at once then."""
    step = scenes.expected(60, LEAD, never=never)
    with post(world, scenes.day(step)) as one:
        one.forward(299)
        assert step.id not in one.story.verdicts
        one.forward(65)

    assert one.verdict(step.id).verdict is (Verdict.HELD if never else Verdict.FAILED)
    assert one.verdict(step.id).at <= 362


def test_what_people_did_too_late_is_too_late(world: World) -> None:
    """By the account's time: a look that is late itself changes nothing."""
    step = scenes.expected(60, LEAD, 60)
    with post(world, scenes.day(step)) as one:
        one.forward(119)
        one.at = 121
        one.assign()
        one.forward(10)

    assert one.verdict(step.id).verdict is Verdict.FAILED
    assert one.verdict(step.id).detail == "people did it too late"


def test_what_people_did_before_holds_at_once(world: World) -> None:
    """After no seconds; a role that was given up again before does not."""
    held, gone = scenes.expected(60, LEAD), scenes.expected(61, RoleAssigned("Communications Lead"))
    with post(world, scenes.day(held, gone)) as one:
        one.forward(10)
        one.assign()
        one.assign(role="Communications Lead")
        role = world.listed("/v2/incident_roles", "incident_roles")["Communications Lead"]["id"]
        one.edit(incident_role_assignments=[{"incident_role_id": role}])
        one.forward(360)

    assert (one.verdict(held.id).verdict, one.verdict(held.id).after) == (Verdict.HELD, 0)
    assert one.verdict(gone.id).verdict is Verdict.FAILED


def test_a_status_is_reached_also_when_people_have_gone_further(world: World) -> None:
    """A team that is faster than the looks, or than the script, has been there all the same."""
    early, seen = scenes.expected(60, StatusReached("Fixing")), scenes.expected(100, StatusReached("Monitoring"))
    with post(world, scenes.day(early, seen)) as one:
        one.forward(50)
        one.edit(incident_status_id=world.status("Fixing"))
        one.forward(5)
        one.edit(incident_status_id=world.status("Monitoring"))
        one.forward(50)

    assert one.verdict(early.id).verdict is Verdict.HELD
    assert one.verdict(seen.id).verdict is Verdict.HELD


def test_a_severity_that_people_raise_and_lower_again_was_raised(world: World) -> None:
    """What was done in the window counts, also when it was undone before anybody looked."""
    step = scenes.expected(60, SeverityAtLeast("Major"), 100)
    with post(world, scenes.day(step)) as one:
        one.forward(60)
        one.at = 90
        one.edit(severity_id=world.severity("Critical"))
        one.at = 100
        one.edit(severity_id=world.severity("Minor"))
        one.forward(80)

    assert (one.verdict(step.id).verdict, one.verdict(step.id).after) == (Verdict.HELD, 30)


def test_the_first_severity_of_an_incident_in_triage_is_a_persons(world: World) -> None:
    """It had none before, although no entry of its log says so."""
    step = scenes.expected(60, SeverityAtLeast("Major"))
    world.behaviour = replace(world.behaviour, triages=True)
    day = replace(scenes.day(step), incidents={"outage": scenes.template("outage", {"severity": None})})
    with post(world, day) as one:
        one.forward(70)
        one.edit(severity_id=world.severity("Critical"), incident_status_id=world.status("Investigating"))
        one.forward(20)

    assert one.verdict(step.id).verdict is Verdict.HELD


def test_a_severity_that_the_account_does_not_have_is_not_observed(world: World) -> None:
    """Nobody could have raised it so far."""
    step = scenes.expected(60, SeverityAtLeast("Apocalyptic"))
    with post(world, scenes.day(step)) as one:
        one.forward(70)

    assert one.verdict(step.id).verdict is Verdict.NOT_OBSERVED
    assert "no severity" in one.verdict(step.id).detail


def test_one_request_a_second_however_much_is_expected(world: World) -> None:
    """A hundred incidents with three hundred expectations, whose windows all end at once, cost no more."""
    names = tuple(f"noise-{number}" for number in range(100))
    conditions = (LEAD, UpdatePosted(), SeverityAtLeast("Critical"))
    steps = [scenes.expected(60, condition, 90, of=name) for name in names for condition in conditions]
    steps = [replace(step, id=f"{step.incident}-{number}") for number, step in enumerate(steps)]
    sent: list[float] = []
    with post(world, scenes.day(*steps, incidents=names)) as one:
        one.at = 61
        for name in names[::10]:
            one.assign(name)
        one.at = 0
        while one.at < 60 + 90 + 120:
            one.at += 0.25
            before = one.client.request_count
            one.look()
            sent += [one.at] * (one.client.request_count - before)

    verdicts = [judged.verdict for judged in one.story.verdicts.values()]
    assert all(later - earlier >= 1 for earlier, later in pairwise(sent))
    assert len(verdicts) == len(steps)
    assert (verdicts.count(Verdict.HELD), verdicts.count(Verdict.FAILED)) == (10, 290)


def test_an_api_that_is_away_is_a_gap_and_no_error(world: World) -> None:
    """What people did meanwhile is found when it is back, with the time at which they did it."""
    step = scenes.expected(60, LEAD)
    with post(world, scenes.day(step), ["503-before:10-40"]) as one:
        one.forward(100)
        one.assign()
        one.forward(200)

    assert one.verdict(step.id).verdict is Verdict.HELD
    assert one.verdict(step.id).after == 40


def test_an_api_that_is_away_at_the_end_leaves_it_unobserved(world: World) -> None:
    """Nobody can tell, so it counts neither way; and no request is sent faster for it."""
    steps = [scenes.expected(60, LEAD), scenes.expected(61, LEAD, never=True)]
    with post(world, scenes.day(*steps), ["503-before:10-"]) as one:
        one.forward(500)
        sent = one.client.request_count

    assert [one.verdict(step.id).verdict for step in steps] == [Verdict.NOT_OBSERVED] * 2
    assert "503" in one.watch.trouble
    assert sent < 120


def test_a_host_who_sleeps_through_a_window_finds_what_people_did_in_it(world: World) -> None:
    """An hour later the account still tells when it was done; what was not done, nobody can be blamed for."""
    held, open_ = scenes.expected(60, LEAD), scenes.expected(60, UpdatePosted())
    with post(world, scenes.day(held, open_)) as one:
        one.forward(100)
        one.assign()
        one.at += 3600
        one.forward(5)

    assert (one.verdict(held.id).verdict, one.verdict(held.id).after) == (Verdict.HELD, 40)
    assert one.verdict(open_.id).verdict is Verdict.NOT_OBSERVED


def test_an_incident_out_of_sight_keeps_no_other_waiting(world: World) -> None:
    """What this key may not see is not observed; the rest is watched as ever."""
    steps = [scenes.expected(60, LEAD, 60, of=name) for name in ("outage", "noise")]
    steps = [replace(step, id=step.incident) for step in steps]
    with post(world, scenes.day(*steps, incidents=("outage", "noise"))) as one:
        one.ids["outage"] = "01NOBODYS"
        one.forward(65)
        one.assign("noise")
        one.forward(200)

    assert one.verdict("noise").verdict is Verdict.HELD
    assert one.verdict("outage").verdict is Verdict.NOT_OBSERVED


def test_a_gap_in_the_middle_leaves_open_what_must_never_be(world: World) -> None:
    """Longer than `catch_up`: somebody may have done it and nobody told."""
    step = scenes.expected(60, LEAD, 1000, never=True)
    with post(world, scenes.day(step)) as one:
        one.forward(300)
        one.at = 600
        one.forward(600)

    assert one.verdict(step.id).verdict is Verdict.NOT_OBSERVED


def test_a_host_who_takes_the_run_up_goes_on_where_the_other_left(world: World) -> None:
    """What was looked at stands in the journal; what was told is not told again."""
    never, lead = scenes.expected(60, SeverityAtLeast("Critical"), 1000, never=True), scenes.expected(60, LEAD, 1000)
    with post(world, scenes.day(never, lead)) as one:
        one.forward(200)
        one.post("We look into it.")
        one.forward(100)
        told = one.story.seen
        one.take_up()
        one.at += 60
        one.forward(800)

    assert [event.text for event in told] == ["We look into it."]
    assert one.story.seen == told
    assert one.verdict(never.id).verdict is Verdict.HELD
    assert one.verdict(lead.id).verdict is Verdict.FAILED


def test_an_abort_leaves_open_windows_unobserved_and_judges_what_ended(world: World) -> None:
    """The last look reads what has ended, without a wait, and nothing else."""
    ended, going = scenes.expected(60, LEAD, 60), scenes.expected(70, UpdatePosted(), 600)
    with post(world, scenes.day(ended, going)) as one:
        one.forward(119)
        one.at = 120.5
        one.look(is_last=True)

    assert one.verdict(ended.id).verdict is Verdict.FAILED
    assert one.verdict(going.id).verdict is Verdict.NOT_OBSERVED
    assert "before its window" in one.verdict(going.id).detail


def test_an_incident_that_was_never_declared_is_not_observed(world: World) -> None:
    """At the end of the window, without further waiting."""
    step = scenes.expected(60, LEAD, 60, of="other")
    with post(world, scenes.day(step)) as one:
        one.forward(121)

    assert one.verdict(step.id).verdict is Verdict.NOT_OBSERVED
    assert "not declared" in one.verdict(step.id).detail


def test_what_the_host_skips_is_not_watched(world: World) -> None:
    """An expectation that was passed over has no verdict, and costs nothing."""
    step = scenes.expected(60, LEAD, 60)
    with post(world, scenes.day(step)) as one:
        one.note([StepTold(60, 60, step.id, State.SKIPPED)])
        one.forward(400)

    assert not one.story.verdicts


def test_everything_that_people_did_is_told_once(world: World) -> None:
    """Some of it while the run is watched, the rest by a last reading: each with who did it, and never twice."""
    step = scenes.expected(60, LEAD, 60)
    with post(world, scenes.day(step, incidents=("outage", "noise"))) as one:
        one.forward(70)
        one.assign(who="alice@example.com", to="bob@example.com")
        one.forward(60)
        one.post("Over soon.", "noise")
        one.edit("noise", summary="Nothing of note")
        task("/v3/actions", description="Restart it")(one, PERSON)
        one.post("Posted by the script.", who=SCRIPT)
        one.edit(incident_status_id=world.status("Closed"))
        one.sweep()
        again = one.sweep()

    assert sorted((event.incident, event.what, event.who, event.text, round(event.at)) for event in one.story.seen) == [
        ("noise", "other", "Bob Baker", "Summary changed", 130),
        ("noise", "update", "Bob Baker", "Over soon.", 130),
        ("outage", "action", "Bob Baker", "Restart it", 130),
        ("outage", "role", "Alice Archer", "Incident Lead: Bob Baker", 70),
        ("outage", "status", "Bob Baker", "Closed", 130),
    ]
    assert next(event.category for event in one.story.seen if event.what == "status") == "closed"
    assert not again


def test_the_last_reading_does_not_wait_for_an_api_that_is_away(world: World) -> None:
    """What was seen is told; the end of the run, and its cleanup, are not held up by a try for each incident."""
    names = [f"noise-{number}" for number in range(20)]
    steps = [replace(scenes.expected(60, LEAD, 30, of=name), id=name) for name in names]
    with post(world, scenes.day(*steps, incidents=names), ["503-before:5-"]) as one:
        one.forward(62)
        one.at = 91
        before = one.client.request_count
        one.look(is_last=True)
        one.sweep()
        assert one.client.request_count - before <= 4

    assert {judged.verdict for judged in one.story.verdicts.values()} == {Verdict.NOT_OBSERVED}


def test_of_a_private_incident_no_word_is_kept(world: World) -> None:
    """Who did what kind of thing and when, and no text: neither message nor title."""
    step = scenes.expected(60, UpdatePosted("hunter"), 60)
    day = scenes.day(step)
    day = replace(day, incidents={"outage": scenes.template("outage", {"visibility": "private"})})
    with post(world, day, visibility="private") as one:
        one.forward(70)
        one.post("The key is hunter2")
        one.forward(60)

    assert one.verdict(step.id).verdict is Verdict.HELD
    assert [(event.what, event.text) for event in one.story.seen] == [("update", "")]
    assert "hunter" not in repr(one.story.events)
    assert one.watch.shown()["outage"].title == "outage"


def test_the_incidents_are_shown_as_they_were_seen_last(world: World) -> None:
    """For the live view, without further requests, also while nothing is expected."""
    with post(world, scenes.day()) as one:
        one.forward(20)
        one.edit(incident_status_id=world.status("Fixing"), severity_id=world.severity("Critical"))
        one.forward(20)
        sent = one.client.request_count
        shown = one.watch.shown()["outage"]

    assert (shown.title, shown.status, shown.severity) == ("Title of outage", "Fixing", "Critical")
    assert shown.reference.startswith("INC-")
    assert sent <= 4


def test_a_refused_key_is_told(world: World) -> None:
    """It will not be accepted later either."""
    step = scenes.expected(60, LEAD, 60)
    with post(world, scenes.day(step), key="nobodys") as one, pytest.raises(Unauthorised):
        one.forward(70)


def test_watching_only_reads(world: World) -> None:
    """Every other method would raise before it is sent."""
    step = scenes.expected(60, LEAD, 60)
    with post(world, scenes.day(step)) as one:
        before = len([each for each in world.requests() if each["method"] != "GET"])
        one.forward(130)
        one.sweep()
        assert len([each for each in world.requests() if each["method"] != "GET"]) == before


def test_a_long_log_is_read_to_its_end_at_the_same_pace(world: World) -> None:
    """Each page is a request of the budget."""
    step = scenes.expected(60, LEAD)
    with post(world, scenes.day(step)) as one:
        for number in range(260):
            one.post(f"Update {number}", who=SCRIPT)
        one.at = 65
        one.assign()
        sent = []
        for _ in range(8):
            one.forward(1)
            sent.append(one.client.request_count)

    assert one.verdict(step.id).verdict is Verdict.HELD
    assert sent[:3] == [1, 2, 3]


def test_a_short_catch_up_loses_no_window_that_was_watched(world: World) -> None:
    """However often the list is read while other windows end: what is dated is known for the whole window."""
    names = ("outage", *(f"noise-{number}" for number in range(40)))
    never = replace(scenes.expected(1, StatusReached("Closed"), 20, never=True), id="never")
    late = replace(scenes.expected(1, StatusReached("Closed"), 90, of="noise-1", never=True), id="late")
    ending = [replace(scenes.expected(1, LEAD, 5 + number // 2, of=of), id=of) for number, of in enumerate(names[1:])]
    with post(world, replace(scenes.day(never, late, *ending, incidents=names), catch_up=5.0)) as one:
        one.forward(150)

    verdicts = {name: one.verdict(name).verdict for name in ("never", "late", *names[1:])}
    assert verdicts == {"never": Verdict.HELD, "late": Verdict.HELD, **dict.fromkeys(names[1:], Verdict.FAILED)}


def test_a_script_that_waits_long_between_two_polls_has_no_gap(world: World) -> None:
    """Nobody slept: a read that fails once now and then, while the API is there, leaves nothing open."""
    step = scenes.expected(1, StatusReached("Closed"), 300, never=True)
    faults = [f"503-before:{number}" for number in range(3, 40, 5)]
    with post(world, replace(scenes.day(step), catch_up=5.0), faults) as one:
        one.forward(330)

    assert one.verdict(step.id).verdict is Verdict.HELD


@pytest.mark.parametrize(("seconds", "verdict"), [(40, Verdict.HELD), (100, Verdict.NOT_OBSERVED)])
def test_who_slept_for_longer_than_a_minute_cannot_tell(world: World, seconds: float, verdict: Verdict) -> None:
    """A shorter absence the account's own history makes up for, however short `catch_up` is."""
    step = scenes.expected(1, StatusReached("Closed"), 300, never=True)
    with post(world, replace(scenes.day(step), catch_up=5.0)) as one:
        one.forward(100)
        one.at += seconds
        one.forward(250)

    assert one.verdict(step.id).verdict is verdict


def mangled(patch: pytest.MonkeyPatch, path: str, mangle: Callable[[Any], Any], most: int = 10_000) -> None:
    """Let some answers of the API make no sense."""
    get, left = Client.get, [most]

    def answer(client: Client, asked: str, params: Any = None) -> Answer:
        told = get(client, asked, params)
        if asked != path or not left[0]:
            return told
        left[0] -= 1
        return replace(told, body={name: mangle(value) for name, value in told.body.items()})

    patch.setattr(Client, "get", answer)


MANGLED: dict[str, Callable[[Any], Any]] = {
    "without IDs": lambda value: [{**one, "id": None} for one in value] if isinstance(value, list) else value,
    "without anything": lambda value: [{} for _ in value] if isinstance(value, list) else value,
    "null": lambda _: None,
    "entries that are none": lambda value: [None for _ in value] if isinstance(value, list) else value,
    "nonsense inside": lambda value: [dict.fromkeys(one, 7) for one in value] if isinstance(value, list) else value,
}


@pytest.mark.parametrize("how", MANGLED)
@pytest.mark.parametrize(
    "path", ["/v2/incidents", "/v2/incident_activity_log_entries", "/v3/actions", "/v1/severities"]
)
def test_an_answer_that_makes_no_sense_is_a_gap_and_no_error(
    world: World, monkeypatch: pytest.MonkeyPatch, path: str, how: str
) -> None:
    """As long as it lasts nothing is known of what it should tell; then everything is found."""
    lead, lasting = scenes.expected(1, LEAD, 200), scenes.expected(1, UpdatePosted("nothing"), 30)
    severity = scenes.expected(1, SeverityAtLeast("Critical"), 200)
    with post(world, replace(scenes.day(lead, lasting, severity), catch_up=5.0)) as one:
        task("/v3/actions", description="Roll back")(one, PERSON)
        mangled(monkeypatch, path, MANGLED[how], most=12)
        one.forward(100)
        one.assign()
        one.watch.shown()
        one.forward(110)
        one.sweep()

    assert one.verdict(lead.id).verdict is Verdict.HELD
    assert one.verdict(lead.id).after == 99
    assert set(one.story.verdicts) == {lead.id, lasting.id, severity.id}


@pytest.mark.parametrize("how", ["without IDs", "without anything", "null", "nonsense inside"])
def test_a_history_that_never_makes_sense_is_not_observed(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """It counts neither way, and says why."""
    step = scenes.expected(1, LEAD, 30)
    with post(world, scenes.day(step)) as one:
        one.assign()
        mangled(monkeypatch, "/v2/incident_activity_log_entries", MANGLED[how])
        one.forward(300)

    assert one.verdict(step.id).verdict is Verdict.NOT_OBSERVED
    assert one.verdict(step.id).detail == "it could not be read: the answer cannot be understood"


@pytest.mark.parametrize("never", [False, True])
def test_words_that_this_key_may_not_read_are_not_observed(
    world: World, monkeypatch: pytest.MonkeyPatch, never: bool
) -> None:
    """Somebody created an action, and whether it was that one nobody can tell; that there is one counts."""
    matching = scenes.expected(1, TaskCreated("action", "roll ?back"), 30, never=never)
    created, other = scenes.expected(2, TaskCreated("action"), 30), scenes.expected(3, TaskCreated("follow_up"), 30)
    with post(world, scenes.day(matching, created, other)) as one:
        get = Client.get

        def refuse(client: Client, path: str, params: Any = None) -> Answer:
            if path == "/v3/actions":
                raise Forbidden("GET", path, status=403)
            return get(client, path, params)

        monkeypatch.setattr(Client, "get", refuse)
        one.forward(10)
        task("/v3/actions", description="Roll back")(one, PERSON)
        one.forward(60)

    told = one.verdict(matching.id)
    assert told.verdict is Verdict.NOT_OBSERVED
    assert told.detail == "what Bob Baker wrote is not known: this key may not read actions"
    assert one.verdict(created.id).verdict is Verdict.HELD
    assert one.verdict(other.id).verdict is Verdict.FAILED


def test_what_people_do_in_the_last_second_is_in_time(world: World) -> None:
    """Answers tell the API's time to the second: what seems a moment too late is not held against people."""
    lead, never = scenes.expected(60, LEAD, 60), scenes.expected(60, UpdatePosted(), 60, never=True)
    with post(world, scenes.day(lead, never)) as one:
        one.forward(119)
        one.at = 119.8
        one.post("We look into it.")
        one.at = 120.4
        one.assign()
        one.forward(10)

    assert (one.verdict(lead.id).verdict, one.verdict(lead.id).after) == (Verdict.HELD, 60)
    assert one.verdict(never.id).verdict is Verdict.HELD


def test_an_outage_is_told_once_as_it_begins_and_as_it_ends(world: World) -> None:
    """Whoever hosts a run hears that nobody sees what people do; one read that fails is not worth a word."""
    step = scenes.expected(1, LEAD)
    with post(world, scenes.day(step), ["503-before:2", "503-before:5-20"]) as one:
        one.forward(200)

    told = [event for event in one.story.events if isinstance(event, Away | Back)]
    assert [type(event) for event in told] == [Away, Back]
    assert isinstance(told[0], Away)
    assert "503" in told[0].why
    assert told[0].at < told[1].at - 60
    assert not one.story.away
