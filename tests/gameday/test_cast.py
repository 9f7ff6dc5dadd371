"""Casts made from what is expected: who does what when, before anything is sent."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Misused
from reconciler.gameday import cast, script
from reconciler.gameday.answers import NO_WORDS, Suitable, breaks
from reconciler.gameday.script import (
    Assign,
    Expect,
    FieldFilled,
    RoleAssigned,
    Set,
    SeverityAtLeast,
    StatusReached,
    Task,
    TaskCreated,
    Update,
    UpdatePosted,
)
from tests.gameday import scenes
from tests.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.gameday.script import Act, Condition, GameDay

EACH: list[Condition] = [
    RoleAssigned("Incident Lead"),
    UpdatePosted(),
    UpdatePosted("customers? .* affected"),
    SeverityAtLeast("Critical"),
    StatusReached("Monitoring"),
    FieldFilled("Affected services"),
    TaskCreated("action", "roll ?back"),
    TaskCreated("follow_up"),
]


def made(day: GameDay, flag: str) -> list[tuple[float, Act]]:
    """Return the acts of a cast."""
    return list(cast.acts(day, scenes.timetable(day), flag))


def deeds(day: GameDay, flag: str = "quick") -> list[object]:
    """Return what the people of a cast do."""
    return [act.deed for _, act in made(day, flag)]


def answered(day: GameDay, flag: str) -> dict[str, float]:
    """Return how long after each step it is answered, as a share of its window."""
    due = {step.id: (at, step.deed) for at, step in scenes.timetable(day).steps}
    shares = {}
    for at, act in made(day, flag):
        begin, deed = due[act.id.removeprefix(f"{flag.replace(':', '-')}-")]
        assert isinstance(deed, Expect)
        shares[act.id] = (at - begin) / deed.within
    return shares


def watched() -> GameDay:
    """A game day that expects one of each, one after the other."""
    return scenes.day(*(scenes.expected(60.0 * number, each) for number, each in enumerate(EACH, 1)))


def test_an_empty_flag_is_the_file_s_own_cast() -> None:
    """Without a flag the cast of the file acts, and nobody else."""
    own = scenes.act(90, Assign("outage", "Incident Lead"))
    day = replace(watched(), cast=(own,))

    assert made(day, "") == [(90, own)]


def test_each_expectation_is_answered_by_what_it_is_about() -> None:
    """A quick cast does for each kind of condition what makes it hold."""
    found = deeds(watched())

    assert found == [
        Assign("outage", "Incident Lead", ""),
        Update("outage", "quick-expect-updateposted-120", {"message": "An update by Bob."}),
        Update("outage", "quick-expect-updateposted-180", {"message": "An update: customers are affected."}),
        Set("outage", {"severity": "Critical"}),
        Set("outage", {"status": "Monitoring"}),
        Set("outage", {"custom_fields": {"Affected services": Suitable.VALUE}}),
        Task("outage", "action", "To do: roll back."),
        Task("outage", "follow_up", "To do by Dave."),
    ]


def test_the_quick_answer_well_within_the_window() -> None:
    """A quick cast answers everything in the first half of its window, and several people do."""
    shares = answered(watched(), "quick")

    assert len(shares) == len(EACH)
    assert all(0 < share < 0.5 for share in shares.values())
    assert {act.who for _, act in made(watched(), "quick")} == set(cast.PEOPLE)


def test_the_slow_answer_late_and_some_too_late() -> None:
    """Of a slow cast most answer near the end of the window, and some after it."""
    shares = answered(watched(), "slow").values()

    assert len(shares) == len(EACH)
    assert all(share > 0.9 for share in shares)
    assert 0 < sum(share > 1 for share in shares) < len(EACH) / 2


def test_the_absent_do_nothing() -> None:
    """Nobody of an absent cast does anything."""
    assert made(watched(), "absent") == []


@given(st.integers())
def test_a_seed_is_a_cast(seed: int) -> None:
    """The same seed gives the same cast; an answer does not move when another expectation is taken out."""
    day, flag = watched(), f"random:{seed}"
    less = replace(day, steps=tuple(step for step in day.steps if "Monitoring" not in str(step.deed)))
    first, again, fewer = made(day, flag), made(day, flag), made(less, flag)

    assert first == again
    assert {act.id for _, act in fewer} == {act.id for _, act in first if "statusreached" not in act.id}


def test_seeds_differ_in_who_when_and_whether() -> None:
    """Over some seeds expectations are answered and not, in time and not, and what must not happen happens."""
    day = scenes.day(*(scenes.expected(60, each) for each in EACH), scenes.expected(60, EACH[1], never=True))
    casts = [made(day, f"random:{seed}") for seed in range(60)]
    after = [at - 60 for acts in casts for at, _ in acts]

    assert len({len(acts) for acts in casts}) > 1
    assert min(after) < 100
    assert 300 < max(after) < 600
    assert any("never" in act.id for acts in casts for _, act in acts)
    assert any("never" not in act.id for acts in casts for _, act in acts)


@pytest.mark.parametrize("flag", ["fast", "random", "random:", "quick:1", "absent:", "QUICK", " "])
def test_a_cast_that_is_none_is_told_with_those_that_are(flag: str) -> None:
    """A wrong flag is an error that names what may be written."""
    with pytest.raises(Misused, match=re.escape(f"--cast {flag}: there is no such cast")) as told:
        made(watched(), flag)

    assert "quick, slow, absent, or random:SEED" in told.value.hint


@pytest.mark.parametrize("flag", ["quick", "slow"])
@pytest.mark.parametrize("condition", EACH, ids=str)
def test_nobody_does_what_must_never_happen(flag: str, condition: Condition) -> None:
    """Who answers waits until it is allowed, says it otherwise, or leaves it; all the time it must not happen."""
    never = scenes.expected(60, condition, 200, never=True)
    day = scenes.day(never, *(scenes.expected(100, each, 400) for each in EACH))

    broken = [
        act.id
        for at, act in made(day, flag)
        if 60 <= at <= 260 and not isinstance(act.deed, script.Close) and breaks(act.deed, condition)
    ]

    assert broken == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(range(0, 900, 60)),
            st.sampled_from(EACH),
            st.sampled_from([30.0, 120.0, 600.0]),
            st.booleans(),
            st.sampled_from(["outage", "other"]),
        ),
        max_size=12,
    ),
    st.sampled_from(["quick", "slow"]),
)
def test_whatever_is_expected_nobody_does_what_must_never_happen(
    rows: list[tuple[int, Condition, float, bool, str]], flag: str
) -> None:
    """Of any expectations, at any times, a cast that means well breaks none; a quick one is never late."""
    steps = [
        replace(scenes.expected(at, condition, within, never=never, of=incident), id=f"step-{number}")
        for number, (at, condition, within, never, incident) in enumerate(rows)
    ]
    day = scenes.day(*steps, incidents=["outage", "other"])
    bans = [(at, at + within, incident, condition) for at, condition, within, never, incident in rows if never]
    windows = {one.id: (one.when.offset, one.when.offset + getattr(one.deed, "within", 0.0)) for one in steps}

    acts = made(day, flag)

    for at, act in acts:
        begin, end = windows[act.id.removeprefix(f"{flag}-")]
        assert begin <= at
        assert at <= end or flag == "slow"
        for since, until, incident, condition in bans:
            if act.incident == incident and since <= at <= until and not isinstance(act.deed, script.Close):
                assert not breaks(act.deed, condition)


def test_a_quick_answer_waits_for_the_end_of_a_ban() -> None:
    """What must not happen yet and is expected soon is done once it may be."""
    moved = StatusReached("Monitoring")
    day = scenes.day(scenes.expected(60, moved, 200, never=True), scenes.expected(100, moved, 400))

    ((at, _),) = made(day, "quick")

    assert 260 < at < 500


def test_what_must_never_be_said_is_not_said_in_other_letters() -> None:
    """Expressions are looked for whatever the case, in what must not be said as in what must."""
    never = scenes.expected(60, UpdatePosted("BY BOB|AN UPDATE"), 200, never=True)
    day = scenes.day(never, scenes.expected(70, UpdatePosted("database|primary"), 180))

    assert [one.fields["message"] for one in deeds(day) if isinstance(one, Update)] == ["database"]


def test_nobody_answers_what_is_closed() -> None:
    """What would be answered after the script closed the incident is not answered any more."""
    day = scenes.day(scenes.expected(60, EACH[0]), scenes.expected(60, EACH[1], 5_000))

    assert [act.id for _, act in made(day, "slow")] == ["slow-expect-roleassigned-60"]


def test_two_things_are_not_done_at_once() -> None:
    """What is expected at the same time of one incident is done one after the other, as the script has it."""
    day = scenes.day(*(scenes.expected(60, each, 600) for each in EACH))
    times = [at for at, _ in made(day, "quick")]

    assert all(later - earlier >= cast.APART for earlier, later in pairwise(times))
    assert [type(one) for one in deeds(day)] == [type(one) for one in deeds(watched())]


def test_a_role_goes_to_somebody_whom_the_script_does_not_give_it_to() -> None:
    """That a person gave it can be seen only where it changes."""
    assigns = scenes.step(30, Assign("outage", "Incident Lead", "alice@example.com"))
    day = scenes.day(assigns, scenes.expected(60, EACH[0]))

    assert deeds(day) == [Assign("outage", "Incident Lead", "bob@example.com")]


def test_a_role_that_the_script_gives_by_an_id_is_taken_all_the_same() -> None:
    """Users may be named by their IDs, of which a cast knows nothing."""
    spec = {"roles": {"Incident Lead": {"id": "01HUSER"}}, "visibility": "private", "members": [{"id": "01HOTHER"}]}
    day = scenes.day(scenes.expected(60, EACH[0]), scenes.step(30, Set("outage", {"roles": spec["roles"]})))
    day = replace(day, incidents={"outage": scenes.template("outage", spec)})

    assert deeds(day) == [Assign("outage", "Incident Lead", "")]


def test_a_private_incident_is_answered_by_those_who_see_it() -> None:
    """Whoever is neither a member nor has a role knows nothing of a private incident, and does nothing there."""
    spec = {"visibility": "private", "members": ["bob@example.com"], "roles": {"Incident Lead": "carol@example.com"}}
    day = replace(watched(), incidents={"outage": scenes.template("outage", spec)})

    quick = made(day, "quick")

    assert {act.who for _, act in quick} == {"bob@example.com", "carol@example.com"}
    assert len(quick) == len(EACH)
    assert Assign("outage", "Incident Lead", "") in [act.deed for _, act in quick if act.who == "bob@example.com"]


def test_that_no_words_were_found_is_said() -> None:
    """Whoever reads the incident sees that the expression was too much for simulated people."""
    day = scenes.day(scenes.expected(60, UpdatePosted("x{9999}")))

    (deed,) = deeds(day)

    assert isinstance(deed, Update)
    assert deed.fields["message"] == NO_WORDS.format("x{9999}")


def test_the_people_are_those_of_a_new_sandbox(tmp_path: Path) -> None:
    """Everybody of a cast that is made exists in every new sandbox, and is active."""
    users = World(tmp_path).ask("GET", "/v2/users?page_size=250")["users"]

    assert set(cast.PEOPLE) <= {user["email"] for user in users}
