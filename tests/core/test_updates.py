"""Updates: each is posted once, ever, and what people did to the incident meanwhile is respected."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ApiError
from reconciler.model import Done, Key, Topic, Why
from reconciler.sandbox import Behaviour
from tests.core import told
from tests.world import ACME, World

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
kind: Incident
metadata: {name: checkout}
spec:
  name: Checkout slow
  mode: test
  declare_as: {severity: Minor}
  updates:
"""
FIRST = "    - {id: first, message: We are looking into it.}\n"
SECOND = "    - {id: second, message: A bad deploy., status: Fixing}\n"
THIRD = "    - {id: third, message: Rolled back.}\n"
KEPT = Topic.KEPT
WORKSPACE = ACME % "drift: {Incident: {status: %s, severity: %s}}"


def incident(world: World) -> str:
    """Return the ID of the only incident."""
    (one,) = world.incidents()
    return str(one["id"])


def moved(world: World, **moves: str) -> None:
    """Let a person move the incident."""
    ids = {"status": ("incident_status_id", world.status), "severity": ("severity_id", world.severity)}
    world.edit(incident(world), **{ids[name][0]: ids[name][1](value) for name, value in moves.items()})


def assert_kept_alone(world: World, message: str) -> None:
    """Assert that nothing is left to do, and only this is told."""
    plan = world.plan()
    assert plan.is_empty
    assert not plan.refusals
    assert told.notices(plan) == [message]


def post(world: World, message: str, *, person: str = "", key: str = "sandbox") -> None:
    """Let someone else post an update."""
    body = {"incident_id": incident(world), "idempotency_key": f"other {message}", "message": message}
    world.ask("POST", "/v2/incident_updates", body, person=person, key=key)


def now(world: World, *names: str) -> list[str]:
    """Return the names of the incident's status and severity."""
    one = world.incidents()[0]
    return [one["incident_status" if name == "status" else name]["name"] for name in names]


def test_an_update_that_is_added_is_posted_behind_the_others(world: World) -> None:
    """What was posted stays, and only the new one is posted, with its move."""
    world.write(HEAD + FIRST)
    world.settle()
    world.write(HEAD + FIRST + SECOND)

    assert told.steps(world.plan()) == ["post Incident/checkout/update/second"]
    world.settle()
    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy."]
    assert now(world, "status") == ["Fixing"]
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_posted_updates_are_recognised_without_a_record(world: World, idempotency: str) -> None:
    """With the state lost, those in the timeline are matched in order, and only what is missing is posted."""
    world.idempotency = idempotency
    world.write(HEAD + FIRST + SECOND)
    world.settle()
    world.lose_state()
    world.write(HEAD + FIRST + SECOND + THIRD)

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy.", "Rolled back."]
    told.assert_quiet(world)


@pytest.mark.parametrize("posted", [1, 2, 3])
def test_equal_texts_count_as_often_as_they_appear(world: World, posted: int) -> None:
    """Three updates with the same words are three updates, however many of them stand there already."""
    lines = [f"    - {{id: u{index}, message: Still looking.}}\n" for index in range(3)]
    world.write(HEAD + "".join(lines[:posted]))
    world.settle()
    world.lose_state()
    world.write(HEAD + "".join(lines))

    world.settle()

    assert world.updates(incident(world)) == ["Still looking."] * 3
    told.assert_quiet(world)


def test_an_update_with_the_words_of_an_earlier_one_is_posted_also_where_that_says_something_else_by_now(
    world: World,
) -> None:
    """What is declared behind all that was posted is no update that stands before them."""
    again = "    - {id: again, message: We are looking into it.}\n"
    last = "    - {id: last, message: We are looking into it.}\n"
    world.write(HEAD + FIRST + again + SECOND)
    world.settle()
    world.lose_state()
    world.write(HEAD + FIRST.replace("looking", "searching") + again + SECOND)
    world.settle()
    world.write(HEAD + FIRST.replace("looking", "searching") + again + SECOND + last)

    assert told.steps(world.plan()) == ["post Incident/checkout/update/last"]
    world.settle()
    assert world.updates(incident(world))[-1] == "We are looking into it."
    told.assert_quiet(world)


def test_what_stands_before_a_recognised_one_was_posted(world: World) -> None:
    """Updates are posted in order, so one whose text was edited since is not posted again."""
    world.write(HEAD + FIRST + SECOND)
    world.settle()
    world.lose_state()
    world.write(HEAD + FIRST.replace("looking", "searching") + SECOND)

    plan = world.plan()
    assert told.steps(plan) == ["adopt Incident/checkout"]
    assert "update `first` counts as posted, as one after it was, though it is not in sight" in told.notices(plan)
    world.settle()
    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy."]
    told.assert_quiet(world)
    world.write(HEAD + FIRST.replace("looking", "searching") + SECOND + THIRD)
    world.settle()
    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy.", "Rolled back."]


def test_an_update_without_a_message_is_recognised_by_its_move(world: World) -> None:
    """Where there are no words, status and severity tell which one it is."""
    world.write(HEAD + "    - {id: first, status: Fixing}\n    - {id: second, severity: Major}\n")
    world.settle()
    world.lose_state()

    world.settle()

    listed = world.ask("GET", f"/v2/incident_updates?incident_id={incident(world)}&page_size=250")
    assert len(listed["incident_updates"]) == 2
    told.assert_quiet(world)


def test_an_update_declared_before_a_posted_one_is_refused(world: World) -> None:
    """The timeline keeps its order: told at the update's line, and nothing is posted."""
    world.write(HEAD + FIRST)
    world.settle()
    world.write(HEAD + THIRD + FIRST)

    plan = world.plan()

    refusal = told.refusal(plan)
    assert (refusal.why, refusal.source.line) == (Why.IMPOSSIBLE, 9)
    assert refusal.message == "update `third` stands before one that was posted, and posted updates keep their order"
    assert plan.is_empty


def test_a_posted_update_whose_text_was_edited_is_frozen(world: World) -> None:
    """It cannot be edited: told each time, and nothing else."""
    world.write(HEAD + FIRST + SECOND)
    world.settle()
    world.write(HEAD + FIRST.replace("looking", "searching") + SECOND)

    plan = world.plan()

    assert plan.is_empty
    assert not plan.refusals
    assert told.notices(plan, Topic.FROZEN) == ["update `first` was posted and cannot be edited; its message stays"]
    assert plan.summary["frozen"] == 1


def test_an_update_that_is_taken_out_is_left(world: World) -> None:
    """Silence is not removal, and putting it back posts nothing."""
    world.write(HEAD + FIRST + SECOND)
    world.settle()
    world.write(HEAD + SECOND)
    world.settle()
    world.write(HEAD + FIRST + SECOND)

    assert world.plan().is_empty


def test_stray_updates_of_a_key_make_an_adoption_unknown(world: World) -> None:
    """An adopted incident with updates by a key that match nothing: which were posted cannot be told."""
    world.write(HEAD + FIRST)
    world.settle()
    post(world, "By another program")
    world.lose_state()
    world.write(HEAD + FIRST + SECOND)

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.UNKNOWN
    assert refusal.hint == "declare the updates as they stand in the timeline, then add new ones at the end"


def test_stray_updates_do_not_matter_where_everything_was_posted(world: World) -> None:
    """An adoption that has nothing to post has nothing to doubt."""
    world.write(HEAD + FIRST)
    world.settle()
    post(world, "By another program")
    world.lose_state()

    assert told.steps(world.plan()) == ["adopt Incident/checkout"]


class TestBots:
    """Other programs post into the same timeline, each with an API key of its own."""

    BOT = "sandbox-editor"

    def test_what_another_key_posted_is_nobodys_business(self, world: World) -> None:
        """Without the state the declared updates are known again, and the new one is posted behind the bot's."""
        world.write(HEAD + FIRST)
        world.settle()
        post(world, "Error rate 5 %", key=self.BOT)
        world.lose_state()
        world.write(HEAD + FIRST + SECOND)

        assert told.steps(world.plan()) == ["adopt Incident/checkout", "post Incident/checkout/update/second"]
        world.settle()
        assert world.updates(incident(world)) == ["We are looking into it.", "Error rate 5 %", "A bad deploy."]
        told.assert_quiet(world)

    def test_an_adopted_incident_of_a_person_gets_its_updates_beside_a_bots(self, world: World) -> None:
        """Nothing of ours is in it yet: whatever other keys posted before is no reason to say nothing."""
        world.write(HEAD)
        body = {
            "idempotency_key": "bob",
            "name": "Checkout slow",
            "visibility": "public",
            "mode": "test",
            "severity_id": world.severity("Minor"),
        }
        world.ask("POST", "/v2/incidents", body, person="bob@example.com")
        post(world, "Error rate 5 %", key=self.BOT)
        world.write((HEAD + FIRST).replace("name: checkout}", "name: checkout, id: INC-1}"))

        world.settle()

        assert world.updates(incident(world)) == ["Error rate 5 %", "We are looking into it."]
        told.assert_quiet(world)

    def test_the_key_that_created_the_incident_may_have_posted_for_us(self, world: World) -> None:
        """A key was replaced since: what the old one posted may be ours in other words."""
        world.write(HEAD + "    []\n")
        world.apply(key=self.BOT)
        post(world, "In the server's own words", key=self.BOT)
        world.lose_state()
        world.write(HEAD + FIRST)

        assert told.refusal(world.plan()).why is Why.UNKNOWN

    def test_a_key_that_posted_what_is_declared_may_have_posted_more_of_it(self, world: World) -> None:
        """The incident is of one key, its updates of another: what else that one posted may be ours."""
        world.write(HEAD + "    []\n")
        world.settle()
        post(world, "We are looking into it.", key="sandbox-editor")
        post(world, "In the server's own words", key="sandbox-editor")
        world.lose_state()
        world.write(HEAD + FIRST + SECOND)

        assert told.refusal(world.plan()).why is Why.UNKNOWN

    def test_the_key_that_runs_may_have_posted_into_an_incident_of_a_person(self, world: World) -> None:
        """Nothing else tells whose the words are."""
        self.test_an_adopted_incident_of_a_person_gets_its_updates_beside_a_bots(world)
        post(world, "In the server's own words")
        world.lose_state()
        world.write((HEAD + SECOND).replace("name: checkout}", "name: checkout, id: INC-1}"))

        assert told.refusal(world.plan()).why is Why.UNKNOWN


class TestOrder:
    """Two branches each added an update, each was applied, and they were merged the other way round."""

    @pytest.fixture
    def merged(self, world: World) -> World:
        """Give a world whose timeline has the updates in another order than the manifest."""
        world.write(HEAD + FIRST + SECOND + THIRD)
        world.settle()
        world.write(HEAD + FIRST + THIRD + SECOND)
        return world

    def test_it_means_nothing_where_state_knows_each(self, merged: World) -> None:
        """Nothing is to be done, so nothing is said; what comes next is posted."""
        told.assert_quiet(merged)
        merged.write(HEAD + FIRST + THIRD + SECOND + "    - {id: fourth, message: Over.}\n")

        assert told.steps(merged.plan()) == ["post Incident/checkout/update/fourth"]

    @pytest.mark.parametrize("more", ["", "    - {id: fourth, message: Over.}\n"])
    def test_without_state_it_is_told_as_what_it_is(self, merged: World, more: str) -> None:
        """All are declared, and their order is wrong: said with both names; put right, all are known again."""
        merged.lose_state()
        merged.write(HEAD + FIRST + THIRD + SECOND + more)

        refusal = told.refusal(merged.plan())

        assert refusal.why is Why.UNKNOWN
        assert refusal.message == (
            "the updates were posted in another order than declared: `second` stands before `third` in the timeline"
        )
        assert refusal.hint.startswith("put them in the order of the timeline")
        merged.write(HEAD + FIRST + SECOND + THIRD + more)
        merged.settle()
        assert len(merged.updates(incident(merged))) == 3 + bool(more)
        told.assert_quiet(merged)

    def test_one_that_stands_before_a_later_one_is_known_again(self, world: World) -> None:
        """What comes after them is posted, so they are; each is found, and nothing is said to be out of sight."""
        world.write(HEAD + FIRST + SECOND + THIRD + "    - {id: fourth, message: Over.}\n")
        world.settle()
        ids = {key.child: record.id for key, record in world.memory.state.records.items() if key.child}
        world.lose_state()
        world.write(HEAD + FIRST + THIRD + SECOND + "    - {id: fourth, message: Over.}\n")

        assert told.notices(world.plan()) == []
        world.settle()

        assert {key.child: record.id for key, record in world.memory.state.records.items() if key.child} == ids
        told.assert_quiet(world)

    def test_of_several_one_pair_is_told_at_a_time(self, world: World) -> None:
        """Until the order is that of the timeline."""
        lines = {name: f"    - {{id: {name}, message: Words of {name}.}}\n" for name in "abc"}
        world.write(HEAD + "".join(lines.values()))
        world.settle()
        world.lose_state()
        world.write(HEAD + lines["c"] + lines["b"] + lines["a"])

        assert "`b` stands before `c`" in told.refusal(world.plan()).message
        world.write(HEAD + lines["b"] + lines["c"] + lines["a"])
        assert "`a` stands before `b`" in told.refusal(world.plan()).message
        world.write(HEAD + lines["a"] + lines["b"] + lines["c"])
        assert told.steps(world.plan()) == ["adopt Incident/checkout"]


def test_what_people_post_is_never_taken_for_ours(world: World) -> None:
    """A person's update with the same words is not the declared one."""
    world.write(HEAD + FIRST)
    world.settle()
    post(world, "Rolled back.", person="bob@example.com")
    world.write(HEAD + FIRST + THIRD)
    world.lose_state()

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "Rolled back.", "Rolled back."]


@pytest.mark.parametrize(
    ("field", "theirs", "line"),
    [
        ("status", "Monitoring", SECOND),
        ("severity", "Critical", "    - {id: second, message: A bad deploy., severity: Major}\n"),
    ],
)
class TestWherePeopleMovedTheIncident:
    """An update's move is sent when the live value is still what the steps before it left."""

    def test_keep_posts_the_message_alone(self, world: World, field: str, theirs: str, line: str) -> None:
        """The message is posted, the move is not, and each plan says so from then on."""
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)

        plan = world.plan()

        wanted = "Fixing" if field == "status" else "Major"
        assert told.notices(plan, KEPT) == [f"{field} {theirs} kept (Bob Baker); update `second` says {wanted}"]
        assert "message" in told.change(plan, "post", "Incident/checkout/update/second").request.body
        world.settle()
        assert now(world, field) == [theirs]
        assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy."]
        assert_kept_alone(world, f"{field} {theirs} kept (Bob Baker); the manifest says {wanted}")

    @pytest.mark.parametrize("policy", ["overwrite", "keep", "fail"])
    def test_what_an_update_gave_way_to_stays_drift(
        self, world: World, field: str, theirs: str, line: str, policy: str
    ) -> None:
        """The update is posted, and its move is not forgotten: it is kept, enforced or refused as the policy says."""
        world.write_raw(WORKSPACE % ("keep", "keep"), "reconciler.yaml")
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)
        world.settle()
        world.write_raw(WORKSPACE % (policy, policy), "reconciler.yaml")

        plan = world.plan()

        wanted = "Fixing" if field == "status" else "Major"
        (one,) = plan.drifted
        assert (one.name, one.live, one.desired, str(one.mover).split(",")[0]) == (field, theirs, wanted, "Bob Baker")
        assert bool(told.notices(plan, KEPT)) == (policy == "keep")
        assert bool(plan.refusals) == (policy == "fail")
        world.apply()
        assert now(world, field) == [wanted if policy == "overwrite" else theirs]
        world.write_raw(WORKSPACE % ("fail", "fail"), "reconciler.yaml")
        assert bool(world.plan().refusals) == (policy != "overwrite")

    def test_an_update_that_gave_way_agrees_when_it_says_so(
        self, world: World, field: str, theirs: str, line: str
    ) -> None:
        """Writing into it what people chose ends the notice, and nothing is frozen: it was posted without a move."""
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)
        world.settle()
        world.write(HEAD + FIRST + line.replace("Fixing", theirs).replace("Major", theirs))

        told.assert_quiet(world)

    def test_overwrite_sends_it(self, world: World, field: str, theirs: str, line: str) -> None:
        """The policy says that the manifest decides."""
        world.write_raw(WORKSPACE % ("overwrite", "overwrite"), "reconciler.yaml")
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)

        world.settle()

        assert now(world, field) == ["Fixing" if field == "status" else "Major"]
        told.assert_quiet(world)

    def test_fail_refuses_the_incident(self, world: World, field: str, theirs: str, line: str) -> None:
        """The policy leaves it to a person, and nothing of the incident is touched."""
        world.write_raw(WORKSPACE % ("fail", "fail"), "reconciler.yaml")
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)

        plan = world.plan()

        assert told.refusal(plan).why is Why.CONFLICT
        assert plan.is_empty

    @pytest.mark.parametrize("policy", ["keep", "fail"])
    def test_the_same_move_is_no_conflict(self, world: World, field: str, theirs: str, line: str, policy: str) -> None:
        """People moved it to just where the update would: it is posted, and nobody is bothered."""
        world.write_raw(WORKSPACE % (policy, policy), "reconciler.yaml")
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line.replace("Fixing", theirs).replace("Major", theirs))

        world.settle()

        assert world.updates(incident(world))[-1] == "A bad deploy."
        told.assert_quiet(world)

    def test_what_is_asked_after_a_kept_move_is_asked_anew(
        self, world: World, field: str, theirs: str, line: str
    ) -> None:
        """The next update with a move starts from where people brought the incident, and is carried out."""
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.write(HEAD + FIRST + line)
        world.settle()
        world.write(HEAD + FIRST + line + line.replace("second", "third").replace("A bad", "Another bad"))

        world.settle()

        assert now(world, field) == ["Fixing" if field == "status" else "Major"]
        told.assert_quiet(world)

    def test_it_is_known_without_the_state(self, world: World, field: str, theirs: str, line: str) -> None:
        """Who moved it last stands in the timeline, so that the state may be lost."""
        world.write(HEAD + FIRST)
        world.settle()
        moved(world, **{field: theirs})
        world.lose_state()
        world.write(HEAD + FIRST + line)

        world.settle()

        assert now(world, field) == [theirs]
        assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy."]
        wanted = "Fixing" if field == "status" else "Major"
        assert_kept_alone(world, f"{field} {theirs} kept (Bob Baker); the manifest says {wanted}")


def test_a_move_by_people_between_two_updates_holds_back_the_rest(world: World) -> None:
    """Several waiting updates: each message is posted, none of their moves."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    world.write(HEAD + FIRST + SECOND + "    - {id: third, message: Again., status: Investigating}\n")

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy.", "Again."]
    assert now(world, "status") == ["Monitoring"]
    assert_kept_alone(world, "status Monitoring kept (Bob Baker); the manifest says Investigating")


@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("request_", [1, 2, 3])
def test_what_gave_way_gives_way_also_where_the_run_dies_on_the_way(
    tmp_path: Path, request_: int, moment: str, state: str
) -> None:
    """Whichever update it dies at: the rest was held back when it began, and is held back by the next run."""
    world = World(tmp_path)
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring", severity="Critical")
    asked = SECOND + "    - {id: third, message: Again., severity: Major}\n"
    world.write(HEAD + FIRST + asked + "    - {id: fourth, message: Over., status: Investigating}\n")
    deaths = {
        "before": [f"drop-before:{request_}-:POST:/v2/incident_updates", "drop-before:8-:GET"],
        "after": [
            f"drop-after:{request_}:POST:/v2/incident_updates",
            f"drop-before:{request_ + 1}-:POST:/v2/incident_updates",
            "drop-before:8-:GET",
        ],
    }
    with suppress(ApiError):
        world.apply(deaths[moment])
    assert len(world.updates(incident(world))) < 4 or (request_, moment) == (3, "after")
    if state == "lost":
        world.lose_state()

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "A bad deploy.", "Again.", "Over."]
    assert now(world, "status", "severity") == ["Monitoring", "Critical"]
    assert world.plan().is_empty


def test_a_move_that_gave_way_stays_so_where_an_update_before_it_said_what_people_chose(world: World) -> None:
    """People set it first, and then an update said the same: without the state that does not look like our own move."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, severity="Critical")
    agreeing = "    - {id: second, message: It is grave., severity: Critical}\n    - {id: third, severity: Minor}\n"
    world.write(HEAD + FIRST + agreeing)
    world.settle()
    assert now(world, "severity") == ["Critical"]
    world.lose_state()

    world.settle()

    assert now(world, "severity") == ["Critical"]
    assert world.plan().is_empty


def test_an_update_that_repeats_anothers_words_is_posted(world: World) -> None:
    """State knows the one that is there as the other's, declared or not: an ID is never used again, nor its update."""
    world.write(HEAD + FIRST)
    world.settle()
    world.write(HEAD + FIRST.replace("first", "tuesday"))

    (known,) = [one for one in world.plan().notices if one.topic is Topic.UNDECLARED]
    world.settle()

    moved_by_hand = "reconciler state mv Incident/checkout/update/first Incident/checkout/update/tuesday"
    assert known.hint == f"if `tuesday` is this one: `{moved_by_hand}`"
    assert world.updates(incident(world)) == ["We are looking into it."] * 2
    assert world.plan().is_empty


def test_an_update_to_an_incident_that_people_closed_is_told(world: World) -> None:
    """No status was ever stated that would hold it back: it is posted, and nobody is surprised."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Closed")
    world.write(HEAD + FIRST + THIRD)

    (warning,) = [one for one in world.plan().notices if one.topic is Topic.WARNING]
    world.settle()

    assert warning.message == "INC-1 is Closed, and `third` is posted to it"
    assert not world.plan().notices


def test_a_name_that_is_used_again_tells_that_its_incident_is_over(world: World) -> None:
    """The manifest of last month's was taken out, and nobody pruned it: another one would be renamed."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Closed")
    world.write((HEAD + FIRST).replace("Checkout slow", "Something else"))

    (warning,) = [one for one in world.plan().notices if one.topic is Topic.WARNING]

    assert warning.message == "INC-1 is Closed, and gets another name"
    assert warning.hint == "if it is another incident by now, raise `metadata.generation`"


@pytest.mark.parametrize("dies", [False, True], ids=["whole", "cut short"])
def test_a_move_that_is_passed_over_behind_one_that_gave_way_gives_way_as_well(world: World, *, dies: bool) -> None:
    """The last one without words says where the incident should be, and people hold it elsewhere: no edit moves it."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    world.write(
        HEAD + FIRST + SECOND + "    - {id: third, status: Investigating}\n    - {id: fourth, message: Over.}\n"
    )
    if dies:
        with suppress(ApiError):
            world.apply(["drop-before:2-:POST:/v2/incident_updates", "drop-before:8-:GET"])

    world.settle()

    assert world.updates(incident(world))[1:] == ["A bad deploy.", "Over."]
    assert world.plan().is_empty
    assert now(world, "status") == ["Monitoring"]


def test_what_is_declared_after_it_gave_way_is_asked_anew_also_where_the_run_died(tmp_path: Path) -> None:
    """What the manifest asked when people moved it is held back; what it asks since then is carried out."""
    world = World(tmp_path)
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    more = SECOND + "    - {id: third, message: Again., status: Investigating}\n"
    world.write(HEAD + FIRST + more)
    with suppress(ApiError):
        world.apply(["drop-before:2-:POST:/v2/incident_updates", "drop-before:8-:GET"])
    world.write(HEAD + FIRST + more + "    - {id: fourth, message: Over., status: Investigating}\n")

    world.settle()

    assert world.updates(incident(world))[1:] == ["A bad deploy.", "Again.", "Over."]
    assert now(world, "status") == ["Investigating"]
    told.assert_quiet(world)


def test_a_move_without_words_that_people_overtook_is_not_posted(world: World) -> None:
    """Nothing is left to say: told, and the incident stays where people brought it."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    world.write(HEAD + FIRST + "    - {id: second, status: Fixing}\n")

    plan = world.plan()

    assert plan.is_empty
    assert "update `second` is not posted: it has no message, and people moved the incident" in told.notices(plan)


def test_a_move_without_words_that_people_made_before_is_never_posted(world: World) -> None:
    """Nothing is left to say, and what an apply learns of where the incident is does not bring it back."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    world.write((HEAD + FIRST).replace("Checkout slow", "Checkout slower") + "    - {id: second, status: Monitoring}\n")

    world.settle()

    assert world.plan().is_empty
    assert world.updates(incident(world)) == ["We are looking into it."]


@pytest.mark.parametrize("state", ["kept", "lost"])
def test_what_people_overtook_stays_theirs_once_the_next_update_is_posted(world: World, state: str) -> None:
    """A move without words is passed over for good, and what it gave way to is kept: no edit makes the move later."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    if state == "lost":
        world.lose_state()
    world.write(HEAD + FIRST + "    - {id: second, status: Fixing}\n" + THIRD)

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "Rolled back."]
    assert now(world, "status") == ["Monitoring"]
    plan = world.plan()
    assert plan.is_empty
    assert not plan.refusals
    assert "status Monitoring kept (Bob Baker); the manifest says Fixing" in told.notices(plan)


def test_an_update_with_a_status_made_in_the_same_run_waits_for_it(world: World) -> None:
    """A status and a severity declared beside the incident exist before the update that names them."""
    world.write(
        HEAD
        + "    - {id: first, message: Hello., status: Verifying, severity: Grave}\n---\n"
        + "kind: IncidentStatus\nmetadata: {name: verifying}\n"
        + "spec: {name: Verifying, description: Watching, category: live}\n---\n"
        + "kind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: Bad}\n"
    )

    world.settle()

    assert now(world, "status", "severity") == ["Verifying", "Grave"]
    told.assert_quiet(world)


def test_the_record_of_an_update_is_its_id(world: World) -> None:
    """State knows each update by its ID, so that two with the same words stay two."""
    world.write(HEAD + FIRST)
    world.settle()

    record = world.memory.record(Key("Incident", "checkout", ("update", "first")))

    listed = world.ask("GET", f"/v2/incident_updates?incident_id={incident(world)}&page_size=250")
    assert record is not None
    assert record.id == listed["incident_updates"][0]["id"]


def test_an_update_reworded_while_its_answer_was_lost_is_known_by_its_old_words(tmp_path: Path) -> None:
    """What was asked for and never answered is asked for again as it was, also where the API has forgotten the key."""
    world = World(tmp_path, idempotency="forget")
    world.write(HEAD.replace("  updates:\n", ""))
    world.settle()
    world.write(HEAD + FIRST)
    world.apply(["drop-after:1:POST:/v2/incident_updates", "drop-before:2-:GET:/v2/incident_updates"])
    world.write(HEAD + FIRST.replace("looking into it", "on it"))

    (outcome,) = world.settle()

    assert world.updates(incident(world)) == ["We are looking into it."]
    assert isinstance(outcome, Done)
    assert outcome.note == "an earlier run made it"
    assert [notice.topic for notice in world.plan().notices] == [Topic.FROZEN]


TWO_MOVES = """
    - {id: first, message: It is bad., severity: Critical, status: Fixing}
    - {id: second, message: It is less bad., severity: Major, status: Monitoring}
"""


def dead_after_the_first(world: World) -> None:
    """Declare an incident, and die before the answer to its first update arrives."""
    world.write(HEAD + TWO_MOVES)
    with suppress(ApiError):
        world.apply(["drop-after:1:POST:/v2/incident_updates", "drop-before:2-:GET:/v2/incident_updates"])


def test_what_an_update_moved_whose_answer_was_lost_is_nobody_elses_move(world: World) -> None:
    """The next run goes on with the second update as it was declared, and keeps nothing."""
    dead_after_the_first(world)

    world.settle()

    assert now(world, "status", "severity") == ["Monitoring", "Major"]
    assert not told.notices(world.plan(), KEPT)


def test_people_who_undo_what_a_lost_update_moved_are_not_fought(world: World) -> None:
    """They bring it back to where it was before: that is a move of theirs, in the next plan and in the one after."""
    dead_after_the_first(world)
    moved(world, status="Investigating", severity="Minor")

    world.settle()
    world.settle()

    assert now(world, "status", "severity") == ["Investigating", "Minor"]
    assert world.updates(incident(world)) == ["It is bad.", "It is less bad."]


def test_an_update_asked_for_in_vain_goes_without_a_move_that_people_overtook(world: World) -> None:
    """It never arrived, and people moved the incident meanwhile: it is posted as the plan shows it, not as it was."""
    world.write(HEAD + TWO_MOVES)
    with suppress(ApiError):
        world.apply(["drop-before:1-:POST:/v2/incident_updates", "drop-before:2-:GET:/v2/incident_updates"])
    moved(world, status="Monitoring")

    world.settle()

    assert now(world, "status", "severity") == ["Monitoring", "Major"]
    assert world.updates(incident(world)) == ["It is bad.", "It is less bad."]


PASSED_OVER = """
    - {id: second, status: Monitoring}
    - {id: third, message: Rolled back.}
    - {id: fourth, message: All is well., status: Fixing}
"""


def test_an_update_that_people_overtook_is_passed_over_for_good(world: World) -> None:
    """It stands before others that are posted, and has nothing to say: no later plan posts or refuses it, all tell."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Investigating")
    moved(world, status="Fixing")
    world.write(HEAD + FIRST + PASSED_OVER)

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "Rolled back.", "All is well."]
    assert now(world, "status") == ["Fixing"]
    again = world.plan()
    assert again.is_empty
    assert not again.refusals
    assert any("update `second` is not posted" in message for message in told.notices(again, KEPT))


def test_an_update_that_went_without_its_move_and_whose_answer_was_lost_moves_nothing_later(world: World) -> None:
    """People had moved the incident before; that the run died does not make their status ours to change."""
    world.write(HEAD.replace("  updates:\n", ""))
    world.settle()
    moved(world, status="Investigating")
    moved(world, status="Fixing")
    world.write(HEAD + "    - {id: first, message: Rolled back., status: Monitoring}\n")
    with suppress(ApiError):
        world.apply(["drop-after:1:POST:/v2/incident_updates", "drop-before:2-:GET:/v2/incident_updates"])

    world.settle()
    world.settle()

    assert now(world, "status") == ["Fixing"]
    assert world.updates(incident(world)) == ["Rolled back."]


def test_a_move_that_an_edit_made_is_not_taken_for_an_update_before_the_words(tmp_path: Path) -> None:
    """Without the state: the move without words stands behind them, so it is no update that is declared before them."""
    world = World(tmp_path, idempotency="forget", behaviour=Behaviour(triages=True))
    world.write(HEAD + "    - {id: first, status: Reviewing}\n    - {id: second, message: It is over.}\n")
    world.settle()
    world.lose_state()

    world.settle()

    assert world.updates(incident(world)) == ["It is over."]
    assert not world.plan().refusals


def test_words_are_not_left_unsaid_for_a_move_that_an_edit_made(world: World) -> None:
    """What is recorded tells what was posted: an edit that moved the same does not stand for an update behind words."""
    write = HEAD.replace("  declare_as: {severity: Minor}\n", "  severity: Minor\n")
    world.write(write.replace("  updates:\n", "  status: Fixing\n  updates:\n") + FIRST)
    world.settle()
    world.write(write.replace("  updates:\n", "  status: Monitoring\n  updates:\n") + FIRST)
    world.settle()
    world.write(write + FIRST + THIRD + "    - {id: fourth, status: Monitoring}\n")

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "Rolled back."]


def test_an_update_posted_in_triage_is_recognised_by_what_else_it_moved(tmp_path: Path) -> None:
    """Without a message, a record or the API's memory: its status could not be moved, its severity was."""
    world = World(tmp_path, "forget", behaviour=Behaviour(triages=True))
    world.write(HEAD + "    - {id: first, status: Fixing, severity: Major}\n")
    world.settle()
    world.lose_state()
    since = len(world.requests())

    world.apply()

    assert [one for one in told.writes(world, since) if "incident_updates" in one] == []


def test_an_update_that_goes_without_a_status_made_in_the_same_run_is_noted(world: World) -> None:
    """People moved the incident meanwhile; what is remembered of it holds no mention of what was not there yet."""
    world.write(HEAD + FIRST)
    world.settle()
    moved(world, status="Monitoring")
    status = "kind: IncidentStatus\nmetadata: {name: next}\n"
    status += "spec: {name: Next, description: Next, category: live, rank: 44}\n"
    world.write(HEAD + FIRST + "    - {id: second, message: Going on., status: Next}\n---\n" + status)

    world.settle()

    assert world.updates(incident(world)) == ["We are looking into it.", "Going on."]
    assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
    assert world.plan().is_empty


def test_what_people_moved_back_to_where_it_began_stays_also_where_only_the_key_tells_that_it_exists(
    world: World,
) -> None:
    """Closed by us, taken up again by people, and the state lost: nobody closes it again."""
    world.idempotency = "conflict"
    world.write_raw(ACME % "adopt: never", "reconciler.yaml")
    manifest = HEAD.replace("  updates:\n", "  status: Closed\n  updates:\n") + FIRST
    world.write(manifest)
    world.settle()
    world.lose_state()
    moved(world, status="Investigating")

    world.apply()
    world.settle()

    assert now(world, "status") == ["Investigating"]
    assert len(world.incidents()) == 1
