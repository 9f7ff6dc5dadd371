"""Where an incident may go, where people brought it, and what is left alone then."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ApiError
from reconciler.model import Topic, Why
from reconciler.sandbox import Behaviour
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World


def manifest(spec: str = "", metadata: str = "") -> str:
    """Return a manifest of one incident; what `spec` states goes before the defaults here."""
    lines = {"mode": "mode: test", "severity": "severity: Minor"}
    rest = ", ".join(line for name, line in lines.items() if f"{name}:" not in spec)
    more = ", ".join(filter(None, (rest, spec)))
    return (
        f"kind: Incident\nmetadata: {{name: checkout{', ' + metadata if metadata else ''}}}\n"
        f"spec: {{name: Checkout slow, {more}}}\n"
    )


def status(world: World) -> str:
    """Return the name of the only incident's status."""
    (one,) = world.incidents()
    return str(one["incident_status"]["name"])


def move(world: World, name: str) -> None:
    """Let a person move the only incident."""
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status(name))


AT_ONCE = """
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {limits: {quiet_minutes: 0}}
"""
OPEN = "status: Fixing, updates: [{id: first, message: Hello}]"


@pytest.mark.parametrize("end", ["Closed", "Canceled", "Declined", "Merged", "Documenting"])
def test_what_people_finished_is_left_alone(world: World, end: str) -> None:
    """Neither change nor error: told every time with the two ways on, open updates not posted, the rest converged."""
    world.write(manifest(OPEN))
    world.settle()
    move(world, end)
    more = OPEN.replace("]", ", {id: second, message: Still here}]")
    world.write(manifest(f"{more}, summary: What is known"))

    world.settle()

    assert status(world) == end
    assert world.incidents()[0]["summary"] == "What is known"
    assert world.updates(world.incidents()[0]["id"]) == ["Hello"]
    plan = world.plan()
    assert plan.is_empty
    assert not plan.refusals
    (notice,) = [one for one in plan.notices if one.topic is Topic.FINISHED]
    done = "moved to Documenting" if end == "Documenting" else end.lower()
    says = "the manifest says Fixing; `second` is not posted"
    assert told.timeless(notice.message) == f"{done} by Bob Baker; {says}"
    assert notice.hint == f"write `status: {end}` to agree, or raise `metadata.generation` to declare it anew"
    assert (plan.summary["finished"], plan.summary["paused"]) == (1, 0)


TWO = OPEN.replace("]", ", {id: second, message: Still here}, {id: third, message: Better, status: Monitoring}]")
TWO = TWO.replace("status: Fixing, updates", "updates")


class TestPaused:
    """What people paused may go on any minute: it is not finished, and waits."""

    @pytest.fixture
    def paused(self, world: World) -> World:
        """Give a world in which Bob paused the only incident."""
        world.write_raw(AT_ONCE, "reconciler.yaml")
        world.write(manifest(OPEN))
        world.settle()
        move(world, "Paused")
        return world

    @pytest.mark.parametrize("state", ["there", "lost"])
    def test_it_waits_and_is_told_so(self, paused: World, state: str) -> None:
        """Nothing is posted and the rest is brought up to date; nothing advises to declare it anew."""
        if state == "lost":
            paused.lose_state()
        paused.write(manifest(f"{TWO}, summary: What is known"))

        paused.settle()

        plan = paused.plan()
        assert (status(paused), paused.incidents()[0]["summary"]) == ("Paused", "What is known")
        assert paused.updates(paused.incidents()[0]["id"]) == ["Hello"]
        assert plan.is_empty
        assert not plan.refusals
        (notice,) = plan.notices
        assert notice.topic is Topic.PAUSED
        told_of = "paused by Bob Baker; the manifest says Monitoring; `second` and `third` are not posted"
        assert told.timeless(notice.message) == told_of
        assert notice.hint == (
            "its open updates are posted once people resume it; or write `status: Paused` into update `third` to agree"
        )
        assert (plan.summary["finished"], plan.summary["paused"]) == (0, 1)

    def test_once_people_resume_it_its_updates_are_posted(self, paused: World) -> None:
        """In order, with their moves, as if nobody had ever paused it."""
        paused.write(manifest(TWO))
        paused.settle()
        move(paused, "Fixing")

        paused.settle()

        assert paused.updates(paused.incidents()[0]["id"]) == ["Hello", "Still here", "Better"]
        assert status(paused) == "Monitoring"
        told.assert_quiet(paused)

    def test_adopted_while_paused_its_updates_are_posted_once_people_resume_it(self, paused: World) -> None:
        """Where it was before is not known then: it stays where people have it go on, and that is told."""
        paused.lose_state()
        paused.write(manifest(TWO))
        paused.settle()
        move(paused, "Fixing")

        paused.settle()

        assert paused.updates(paused.incidents()[0]["id"]) == ["Hello", "Still here", "Better"]
        assert status(paused) == "Fixing"
        assert told.notices(paused.plan(), Topic.KEPT) == [
            "status Fixing kept (Bob Baker); the manifest says Monitoring"
        ]

    def test_to_agree_posts_what_waits_and_leaves_it_paused(self, paused: World) -> None:
        """The hint can be followed."""
        paused.write(manifest(TWO.replace("Monitoring", "Paused")))

        paused.settle()

        assert paused.updates(paused.incidents()[0]["id"]) == ["Hello", "Still here", "Better"]
        assert status(paused) == "Paused"
        told.assert_quiet(paused)

    def test_it_is_not_declared_anew(self, paused: World) -> None:
        """A second incident would stand beside one that may go on any minute."""
        paused.write(manifest(OPEN, 'generation: "2"'))

        plan = paused.plan()

        assert plan.is_empty
        refusal = told.refusal(plan)
        assert refusal.why is Why.IMPOSSIBLE
        assert refusal.message == "its earlier generation is INC-1, which is not finished: Paused"
        assert refusal.hint == "people must close that one first, or put the earlier `generation:` back"

    @pytest.mark.parametrize("end", ["Closed", "Documenting"])
    def test_what_is_to_end_must_be_resumed_first(self, paused: World, end: str) -> None:
        """The API has no move out of a pause: told, and done once people resume it."""
        paused.write(manifest(OPEN.replace("Fixing", end)))

        plan = paused.plan()

        assert plan.is_empty
        (notice,) = plan.notices
        assert told.timeless(notice.message) == f"paused by Bob Baker; the manifest says {end}"
        assert notice.hint == (
            "the API moves no paused incident: people must resume it first, or bring it to "
            f"{end} themselves; or write `status: Paused` to agree"
        )
        move(paused, "Fixing")
        paused.settle()
        assert status(paused) == end
        told.assert_quiet(paused)

    def test_to_go_on_where_git_agreed_is_impossible_until_people_resume_it(self, paused: World) -> None:
        """The manifest asks for a move that the API does not have: refused whole, with what must come first."""
        paused.write(manifest(OPEN.replace("Fixing", "Paused")))
        paused.settle()
        paused.write(manifest(OPEN))

        refusal = told.refusal(paused.plan())

        assert refusal.why is Why.IMPOSSIBLE
        assert refusal.message == "the API does not move an incident from Paused (paused) to Fixing (live)"
        assert refusal.hint == "people must resume it first, or write `status: Paused`"
        move(paused, "Fixing")
        paused.settle()
        told.assert_quiet(paused)


def test_agreeing_with_people_ends_the_notice(world: World) -> None:
    """Writing the status that people chose is one of the two ways on."""
    world.write(manifest(OPEN))
    world.settle()
    move(world, "Closed")
    world.write(manifest(OPEN.replace("Fixing", "Closed")))

    told.assert_quiet(world)


def test_a_finished_incident_is_left_alone_when_it_is_adopted(world: World) -> None:
    """Without the state it is the same: adopted, its status left, nothing posted, and nothing refused."""
    world.write(manifest(OPEN))
    world.settle()
    move(world, "Closed")
    world.lose_state()
    world.write(manifest(OPEN.replace("]", ", {id: second, message: Still here}]")))

    world.settle()

    plan = world.plan()
    assert plan.is_empty
    assert told.notices(plan, Topic.FINISHED) == [
        "closed by Bob Baker; the manifest says Fixing; `second` is not posted"
    ]
    assert world.updates(world.incidents()[0]["id"]) == ["Hello"]


def test_another_open_status_does_not_reopen(world: World) -> None:
    """Whatever open status the manifest says next, the incident that people closed stays closed."""
    world.write(manifest("status: Fixing"))
    world.settle()
    move(world, "Closed")
    world.write(manifest("status: Monitoring"))

    plan = world.plan()

    assert plan.is_empty
    assert told.notices(plan, Topic.FINISHED) == ["closed by Bob Baker; the manifest says Monitoring"]


@pytest.mark.parametrize("wanted", ["Investigating", "Documenting"])
def test_reopening_is_impossible(world: World, wanted: str) -> None:
    """A move that a manifest asks anew and the API does not have: refused whole, at its line."""
    world.write(manifest("status: Closed"))
    world.settle()
    world.write(manifest(f"summary: More, status: {wanted}"))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.source.line == 4
    assert "from Closed (closed)" in refusal.message
    assert plan.is_empty


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("mode", "mode: test", "mode: retrospective"),
        ("visibility", "visibility: public", "visibility: private"),
        ("type", "type: Default", "type: Security"),
    ],
)
def test_what_is_fixed_at_creation_cannot_change(world: World, field: str, before: str, after: str) -> None:
    """Type, mode and visibility changed later are refused whole at their line, with what can be done."""
    world.write(manifest(before))
    world.settle()
    world.write(manifest(f"{after}, summary: More"))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.source.line == 4
    assert refusal.message.startswith(f"{field} cannot change after creation")
    assert "raise `metadata.generation`" in refusal.hint
    assert plan.is_empty


@pytest.mark.parametrize("wanted", ["Triage", "Paused", "Declined", "Canceled", "Merged"])
def test_no_incident_is_declared_where_only_people_bring_it(world: World, wanted: str) -> None:
    """The API declares in live, post-incident and closed statuses."""
    world.write(manifest(f"status: {wanted}"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert f"no incident can be declared as {wanted}" in refusal.message


def test_a_move_between_updates_is_checked_before_the_first_write(world: World) -> None:
    """An update that would reopen is told at its line, and not even the incident is declared."""
    world.write(manifest("updates: [{id: a, status: Closed}, {id: b, status: Fixing}]"))

    plan = world.plan()

    assert told.refusal(plan).why is Why.IMPOSSIBLE
    assert plan.is_empty


def test_an_active_incident_needs_a_severity(world: World) -> None:
    """The API would refuse it, so the plan does, and says what to write."""
    world.write("kind: Incident\nmetadata: {name: checkout}\nspec: {name: Checkout slow, mode: test}\n")

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.message == "an active incident needs a severity"
    assert refusal.hint == "give it a `severity:`"


def test_a_closed_incident_needs_no_severity(world: World) -> None:
    """A past incident can be imported without one."""
    world.write("kind: Incident\nmetadata: {name: old}\nspec: {name: Long ago, mode: retrospective, status: Closed}\n")

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


@pytest.mark.parametrize("end", ["Closed", "Documenting"])
def test_an_incident_that_ends_gets_its_updates_first(world: World, end: str) -> None:
    """Created in the first live status, told of in its updates, then moved."""
    world.write(manifest(f"status: {end}, updates: [{{id: first, message: Hello}}]"))

    plan = world.plan()

    assert told.steps(plan) == [
        "create Incident/checkout",
        "post Incident/checkout/update/first",
        "edit Incident/checkout",
    ]
    created = told.change(plan, "create", "Incident/checkout").request.body
    assert created["incident_status_id"] == world.status("Investigating")
    world.settle()
    assert status(world) == end
    told.assert_quiet(world)


@pytest.mark.parametrize("end", ["Closed", "Documenting"])
def test_an_incident_that_ends_without_updates_is_declared_so(world: World, end: str) -> None:
    """Nothing must happen before: one request."""
    world.write(manifest(f"status: {end}"))

    assert told.steps(world.plan()) == ["create Incident/checkout"]
    world.settle()
    assert status(world) == end
    told.assert_quiet(world)


def test_declare_as_is_only_what_it_is_created_with(world: World) -> None:
    """Created with one status and severity, brought to the others, and never compared with the first again."""
    world.write(manifest("declare_as: {status: Investigating, severity: Major}, status: Monitoring, severity: Minor"))

    created = told.change(world.plan(), "create", "Incident/checkout").request.body

    assert created["incident_status_id"] == world.status("Investigating")
    assert created["severity_id"] == world.severity("Major")
    world.settle()
    assert status(world) == "Monitoring"
    assert world.incidents()[0]["severity"]["name"] == "Minor"
    told.assert_quiet(world)


def test_what_only_declare_as_says_is_left_to_people(world: World) -> None:
    """A severity that is stated for the creation alone is nobody's business afterwards."""
    world.write(manifest("declare_as: {severity: Major}").replace("severity: Minor, ", ""))
    world.settle()
    world.edit(world.incidents()[0]["id"], severity_id=world.severity("Critical"))

    told.assert_quiet(world)


def test_an_incident_without_a_status_is_left_where_people_bring_it(world: World) -> None:
    """A status that no manifest states is not compared, and nothing is said of it."""
    world.write(manifest())
    world.settle()
    move(world, "Monitoring")

    told.assert_quiet(world)


def test_post_incident_statuses_are_as_good_as_each_other(world: World) -> None:
    """The server moves an incident through them by itself: no drift, and no fight, under any policy."""
    world.write_raw(OVERWRITE, "reconciler.yaml")
    world.write(manifest("status: Documenting"))
    world.settle()
    move(world, "Reviewing")

    told.assert_quiet(world)


@pytest.mark.parametrize("policy", ["overwrite", "keep"])
def test_post_incident_statuses_are_as_good_as_each_other_without_state(world: World, policy: str) -> None:
    """With the state lost, an incident that is somewhere in its post-incident flow is not pushed back."""
    world.write_raw(OVERWRITE.replace("overwrite", policy), "reconciler.yaml")
    world.write(manifest("status: Documenting"))
    world.settle()
    move(world, "Reviewing")
    world.lose_state()

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/checkout"]
    assert told.notices(plan) == []
    world.settle()
    told.assert_quiet(world)


def test_an_incident_that_the_server_moved_on_can_be_closed(world: World) -> None:
    """Closing from another post-incident status than the one written is no conflict."""
    world.write_raw(AT_ONCE, "reconciler.yaml")
    world.write(manifest("status: Documenting"))
    world.settle()
    move(world, "Reviewing")
    world.write(manifest("status: Closed"))

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


def test_an_update_closes_what_the_server_moved_on(world: World) -> None:
    """The same by an update: its move is sent, not kept back as if people had moved the incident."""
    world.write_raw(AT_ONCE, "reconciler.yaml")
    world.write(manifest("status: Documenting"))
    world.settle()
    move(world, "Reviewing")
    world.write(manifest("updates: [{id: end, message: Done, status: Closed}]"))

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


OVERWRITE = """
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {drift: {Incident: overwrite}}
"""


def test_an_open_move_by_people_is_put_back_under_overwrite(world: World) -> None:
    """The workspace says that the manifest decides."""
    world.write_raw(OVERWRITE, "reconciler.yaml")
    world.write(manifest("status: Fixing"))
    world.settle()
    move(world, "Monitoring")

    world.settle()

    assert status(world) == "Fixing"
    told.assert_quiet(world)


def begin_in_triage(world: World) -> None:
    """Let every incident of the default type begin in triage."""
    with world.sandbox() as app, app.store.writing() as transaction:
        (default,) = [one for one in transaction.organisation.all("incident_type") if one["is_default"]]
        transaction.configure("incident_type", default["id"], {**default, "create_in_triage": "always"})


def test_an_incident_in_triage_waits_for_a_person(world: World) -> None:
    """It starts in triage whatever is sent: told, its messages posted, its status left until someone accepts it."""
    begin_in_triage(world)
    spec = "type: Default, updates: [{id: first, message: Hello, status: Fixing}]"
    world.write(manifest(spec))

    plan = world.plan()

    assert told.notices(plan, Topic.TRIAGE) == [
        "incidents of type Default start in triage: a person must accept it",
    ]
    world.settle()
    assert status(world) == "Triage"
    assert world.updates(world.incidents()[0]["id"]) == ["Hello"]
    plan = world.plan()
    assert plan.is_empty
    assert told.notices(plan) == ["it is in triage, and a person must accept it; the manifest says Fixing"]
    move(world, "Fixing")
    told.assert_quiet(world)


@pytest.mark.parametrize("accepted", ["Investigating", "Fixing", "Declined"])
def test_an_account_that_triages_is_asked_once(world: World, accepted: str) -> None:
    """One incident by one request, however often it is applied; a person decides what follows."""
    world.behaviour = Behaviour(triages=True)
    world.write(manifest("status: Investigating"))
    world.settle()
    world.settle()
    waiting = told.notices(world.plan())
    move(world, accepted)

    world.settle()

    assert waiting == ["it is in triage, and a person must accept it; the manifest says Investigating"]
    assert status(world) == accepted
    # The other write is the person's.
    assert [one["path"] for one in world.requests() if one["changed"]][:-1] == ["/v2/incidents"]


def test_an_account_that_triages_is_asked_once_also_without_a_state(world: World) -> None:
    """What waits in triage is found again, not declared a second time, and stays where people accept it to."""
    world.behaviour = Behaviour(triages=True)
    world.write(manifest("status: Investigating"))
    world.settle()
    world.lose_state()

    world.settle()

    assert status(world) == "Triage"
    assert [one["path"] for one in world.requests() if one["changed"]] == ["/v2/incidents"]
    assert world.plan().is_empty
    move(world, "Fixing")
    assert told.notices(world.plan()) == ["status Fixing kept (Bob Baker); the manifest says Investigating"]
    world.settle()
    assert status(world) == "Fixing"


WAITED = {
    "updates": "updates: [{id: first, message: Hello}, {id: second, message: Found, status: Fixing}]",
    "declared otherwise": "status: Fixing, declare_as: {status: Investigating}",
    "an edit on the way": "status: Fixing",
}


@pytest.mark.parametrize("waited", WAITED)
def test_what_people_accept_an_incident_to_is_theirs(world: World, waited: str) -> None:
    """No status that was sent is taken in triage: the first one is people's, and nobody else has moved anything."""
    world.behaviour = Behaviour(triages=True)
    begun = WAITED[waited].replace("Fixing", "Monitoring" if waited == "an edit on the way" else "Fixing")
    world.write(manifest(begun))
    world.settle()
    move(world, "Investigating")
    world.write(manifest(WAITED[waited]))

    world.settle()

    assert status(world) == "Investigating"
    kept = ["status Investigating kept (Bob Baker); the manifest says Fixing"]
    assert told.notices(world.plan()) == kept
    world.write(manifest(f"{WAITED[waited]}, summary: Slow."))
    world.settle()
    assert world.incidents()[0]["summary"] == "Slow."
    assert told.notices(world.plan()) == kept


@pytest.mark.parametrize(("policy", "expected"), [("overwrite", "Fixing"), ("fail", "Investigating")])
def test_another_policy_decides_what_becomes_of_the_status_that_people_accepted(
    world: World, policy: str, expected: str
) -> None:
    """It is drift like any other."""
    world.behaviour = Behaviour(triages=True)
    world.write_raw(OVERWRITE.replace("overwrite", policy), "reconciler.yaml")
    world.write(manifest(WAITED["updates"]))
    world.settle()
    move(world, "Investigating")

    world.apply()

    assert status(world) == expected
    assert [one.why for one in world.plan().refusals] == ([Why.DRIFTED] if policy == "fail" else [])


@pytest.mark.parametrize("policy", ["keep", "overwrite", "fail"])
def test_updates_that_are_declared_once_people_accepted_an_incident_are_posted(world: World, policy: str) -> None:
    """Their own status gives way under keep, and is sent under overwrite."""
    world.behaviour = Behaviour(triages=True)
    world.write_raw(OVERWRITE.replace("overwrite", policy), "reconciler.yaml")
    world.write(manifest(WAITED["updates"]))
    world.settle()
    move(world, "Investigating")
    world.write(manifest(WAITED["updates"].replace("}]", "}, {id: third, message: Mended, status: Monitoring}]")))

    world.apply()

    assert status(world) == ("Monitoring" if policy == "overwrite" else "Investigating")
    said = world.updates(world.incidents()[0]["id"])
    assert said == ["Hello", "Found", *(["Mended"] if policy != "fail" else [])]
    assert [one.why for one in world.plan().refusals] == ([Why.CONFLICT] if policy == "fail" else [])


def test_what_is_asked_of_an_incident_after_people_accepted_it_is_left_to_a_person(world: World) -> None:
    """Theirs was seen and told before: by now both sides have changed it."""
    world.behaviour = Behaviour(triages=True)
    world.write(manifest(WAITED["updates"]))
    world.settle()
    move(world, "Investigating")
    world.settle()
    world.write(manifest(f"{WAITED['updates'].replace('Fixing', 'Monitoring')}"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.CONFLICT


@pytest.mark.parametrize("stated", ["type: Default, ", ""])
@pytest.mark.parametrize("updates", ["", ", updates: [{id: first, message: Hello}]"])
def test_an_incident_in_triage_can_be_closed(world: World, stated: str, updates: str) -> None:
    """From triage the API moves on to the end, so that one run is enough."""
    begin_in_triage(world)
    world.write(manifest(f"{stated}status: Closed{updates}"))
    assert told.notices(world.plan()) == []

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


def timestamp(world: World, name: str) -> str | None:
    """Return a timestamp of the only incident."""
    for one in world.incidents()[0]["incident_timestamp_values"]:
        if one["incident_timestamp"]["name"] == name:
            return str(one["value"]["value"]) if one.get("value") else None
    raise AssertionError(name)


PAST = "2026-11-01T10:00:00Z"


@pytest.mark.parametrize("updates", ["", "  updates:\n    - {id: first, message: It is over., status: Closed}\n"])
def test_what_was_declared_as_over_and_put_into_triage_is_still_closed(world: World, updates: str) -> None:
    """The run that declared it died before the edit that closes it; the next one does not take triage for an answer."""
    world.behaviour = Behaviour(triages=True)
    world.write(
        "kind: Incident\nmetadata: {name: checkout}\nspec:\n  name: Checkout slow\n  mode: test\n"
        "  severity: Minor\n" + (updates or "  status: Closed\n")
    )
    with suppress(ApiError):
        world.apply(["drop-before:1-:POST:/v2/incidents/*", "drop-after:1:POST:/v2/incident_updates"])

    world.settle()

    assert world.incidents()[0]["incident_status"]["name"] == "Closed"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_what_an_update_that_goes_as_it_was_asked_for_does_not_move_is_moved_behind_it(
    world: World, fault: str
) -> None:
    """In triage an update is asked for without its status; the run that died did not close the incident after it."""
    world.behaviour = Behaviour(triages=True)
    world.write(manifest("updates: [{id: first, message: It is over., status: Closed}]"))
    with suppress(ApiError):
        world.apply([f"{fault}:1-:POST:/v2/incident_updates", "drop-before:1-:POST:/v2/incidents/*"])

    world.settle()

    assert status(world) == "Closed"
    told.assert_quiet(world)


@pytest.mark.parametrize(
    ("then", "expected"), [("Monitoring", "Monitoring"), ("Closed", "Closed"), ("Investigating", "Investigating")]
)
def test_what_was_asked_for_is_posted_as_it_was_and_moved_on_from(world: World, then: str, expected: str) -> None:
    """The author gives the update another status before it is posted: one more run is enough."""
    world.write(manifest("updates: [{id: first, message: Hello., status: Fixing}]"))
    with suppress(ApiError):
        world.apply(["drop-before:1-:POST:/v2/incident_updates"])
    world.write(manifest(f"updates: [{{id: first, message: Hello., status: {then}}}]"))

    world.settle()

    assert status(world) == expected
    assert world.plan().is_empty


@pytest.mark.parametrize("updates", ["", ", updates: [{id: end, message: Done, status: Closed}]"])
def test_stated_timestamps_outlive_the_creation(world: World, updates: str) -> None:
    """The server sets lifecycle timestamps as an incident moves; what is stated is written after the move."""
    world.write(manifest(f"status: Closed, timestamps: {{Closed at: {PAST}, Reported at: {PAST}}}{updates}"))

    world.settle()

    assert timestamp(world, "Closed at") == PAST
    assert timestamp(world, "Reported at") == PAST
    told.assert_quiet(world)


@pytest.mark.parametrize("end", ["status: Closed", "updates: [{id: end, message: Done, status: Closed}]"])
def test_stated_timestamps_outlive_a_later_move(world: World, end: str) -> None:
    """Timestamps that were written before the incident closed are written again with the move, or behind it."""
    stated = f"timestamps: {{Closed at: {PAST}}}"
    world.write(manifest(stated))
    world.settle()
    world.write(manifest(f"{stated}, {end}"))

    world.settle()

    assert timestamp(world, "Closed at") == PAST
    told.assert_quiet(world)


def test_a_type_for_private_incidents_takes_no_public_one(world: World) -> None:
    """The API would refuse it, so the plan does, and says what to write."""
    world.write(manifest("type: Security"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.message == "incidents of type Security are private"
    world.write(manifest("type: Security, visibility: private"))
    world.settle()
    told.assert_quiet(world)


UPDATES = """
  updates:
    - {id: first, message: We are looking into it.}
    - {id: second, message: A bad deploy.}
    - {id: third, message: Rolled back., status: Fixing}
"""


def test_updates_that_a_finished_incident_never_gets_are_named(world: World) -> None:
    """With a hint that can be followed: the manifest is valid with it, and agrees with people."""
    base = "kind: Incident\nmetadata: {name: slow}\nspec:\n  name: Slow\n  mode: test\n  severity: Minor\n"
    world.write(base + "  status: Investigating\n  updates: [{id: first, message: We are looking into it.}]\n")
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Closed"))
    world.write(base + UPDATES.strip("\n") + "\n")

    (notice,) = [one for one in world.plan().notices if one.topic is Topic.FINISHED]

    assert told.timeless(notice.message) == (
        "closed by Bob Baker; the manifest says Fixing; `second` and `third` are not posted"
    )
    assert notice.hint.startswith("write `status: Closed` into update `third` to agree, or raise ")
    world.write(base + UPDATES.strip("\n").replace("status: Fixing", "status: Closed") + "\n")
    world.settle()
    told.assert_quiet(world)
    assert len(world.updates(world.incidents()[0]["id"])) == 3
    assert world.incidents()[0]["incident_status"]["name"] == "Closed"
