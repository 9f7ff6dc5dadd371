"""Verdicts: what people did, when it was looked at, and what comes of an expectation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.gameday.events import Judged, Verdict
from reconciler.gameday.expecting import Rules, Watched, judge
from reconciler.gameday.script import (
    FieldFilled,
    RoleAssigned,
    SeverityAtLeast,
    StatusReached,
    TaskCreated,
    UpdatePosted,
)
from reconciler.gameday.seeing import Did
from reconciler.model import Mover
from tests.gameday import scenes

DUE, WITHIN, PATIENCE = 100.0, 300.0, 120.0
END = DUE + WITHIN
RANKS = {"minor": 1.0, "major": 2.0, "critical": 3.0}
BOB, KEY, FLOW = ("Bob Baker", "user"), ("gameday", "api_key"), ("Tidy up", "workflow")
CONDITIONS = [
    RoleAssigned("Incident Lead"),
    UpdatePosted(),
    UpdatePosted("customers? .* affected"),
    SeverityAtLeast("Major"),
    StatusReached("Fixing"),
    FieldFilled("Affected services"),
    TaskCreated("action", "roll ?back"),
    TaskCreated("follow_up"),
]
NAMES = ("Incident Lead", "Affected services", "Minor", "Critical", "Investigating", "Fixing", "Monitoring")
SORTS = (
    *(("role", name, "") for name in ("Incident Lead", "Communications Lead")),
    *(("status", name, "") for name in ("Investigating", "Fixing", "Monitoring")),
    *(("severity", name, "") for name in ("Minor", "Critical")),
    ("field", "Affected services", "Checkout"),
    *(("update", "", text) for text in ("customers are affected", "hello")),
    *(("action", "", text) for text in ("Rolled back; rollback done", "hello")),
    ("follow_up", "", "hello"),
    ("other", "", "hello"),
)
MOMENTS = st.integers(0, 1000).map(float)
AT = datetime(2026, 11, 20, tzinfo=UTC)


def did(what: str, at: float, by: tuple[str, str] = BOB, *, name: str = "", text: str = "", is_set: bool = True) -> Did:
    """Return something that was done."""
    rank = (RANKS.get(name.lower(), float(NAMES.index(name) if name in NAMES else 0)), 0.0)
    return Did(what, Mover(*by, AT), at, f"{what}-{at}", name, text, is_set, rank)


deeds = st.lists(
    st.builds(
        lambda sort, at, by, is_set: did(sort[0], at, by, name=sort[1], text=sort[2], is_set=is_set),
        st.sampled_from(SORTS),
        MOMENTS,
        st.sampled_from([BOB, KEY, FLOW]),
        st.booleans(),
    ),
    max_size=8,
).map(lambda dids: tuple(sorted(dids, key=lambda one: one.at)))
conditions = st.sampled_from(CONDITIONS)


def seen_by(dids: tuple[Did, ...], looks: list[float], gap: float = PATIENCE) -> Watched:
    """Return what is known after looks at these times, each of which sees what was done until then."""
    watched = Watched()
    for look in sorted(looks):
        watched = watched.looked(look, [one for one in dids if one.at <= look], gap)
    return watched


def judged(condition: object, watched: Watched, at: float = 5000.0, *, never: bool = False) -> Judged | None:
    """Return the verdict at a moment."""
    step = scenes.expected(DUE, condition, WITHIN, never=never)  # type: ignore[arg-type]
    return judge(step, DUE, watched, Rules(PATIENCE, RANKS), at, 0.0)


def verdict(condition: object, watched: Watched, at: float = 5000.0, *, never: bool = False) -> Verdict | None:
    """Return the verdict alone."""
    told = judged(condition, watched, at, never=never)
    return told.verdict if told else None


@given(conditions, deeds, st.floats(DUE, END), st.lists(MOMENTS, max_size=6), st.booleans())
def test_what_people_do_in_the_window_is_never_missed(
    condition: object, others: tuple[Did, ...], at: float, looks: list[float], never: bool
) -> None:
    """Whatever else happens, and whenever it was looked, if only at the end: it holds, and what must never be fails."""
    met = {
        RoleAssigned: did("role", at, name="incident lead"),
        UpdatePosted: did("update", at, text="Customers are affected"),
        SeverityAtLeast: did("severity", at, name="Critical"),
        StatusReached: did("status", at, name="Fixing"),
        FieldFilled: did("field", at, name="Affected services", text="Checkout"),
        TaskCreated: did(getattr(condition, "noun", ""), at, text="Roll back"),
    }[type(condition)]
    dids = tuple(sorted([*others, met], key=lambda one: one.at))

    told = judged(condition, seen_by(dids, [*looks, END]), never=never)

    assert told is not None
    assert told.verdict is (Verdict.FAILED if never else Verdict.HELD)
    assert told.after is not None
    assert told.after <= at - DUE


@given(conditions, deeds, st.lists(MOMENTS, max_size=6))
def test_what_only_programs_do_never_counts(condition: object, dids: tuple[Did, ...], looks: list[float]) -> None:
    """Neither a key's writes nor a workflow's hold, and neither break what must never be."""
    programs = tuple(one for one in dids if not one.by.is_person)
    watched = seen_by(programs, [*map(float, range(0, int(END), 60)), *looks, END])

    assert verdict(condition, watched) is Verdict.FAILED
    assert verdict(condition, watched, never=True) is Verdict.HELD


def test_what_the_script_did_before_is_nobodys_either() -> None:
    """A role that it gave to somebody, a status that it moved to, stand and count for nothing."""
    given, moved = did("role", 50, KEY, name="Incident Lead"), did("status", 50, KEY, name="Fixing")

    assert verdict(RoleAssigned("Incident Lead"), seen_by((given,), [END])) is Verdict.FAILED
    assert verdict(StatusReached("Fixing"), seen_by((moved,), [END])) is Verdict.FAILED


@pytest.mark.parametrize(("at", "detail"), [(END, "done by API key gameday, not by a person"), (END + 1, "")])
def test_who_did_it_instead_is_told_of_the_window_alone(at: float, detail: str) -> None:
    """What the script did itself when the window was over is no answer to why nobody else had."""
    told = judged(UpdatePosted(), seen_by((did("update", at, KEY, text="hello"),), [END, END + 2]))

    assert told
    assert (told.verdict, told.detail) == (Verdict.FAILED, detail)


@given(conditions, deeds, st.lists(MOMENTS, max_size=6), st.booleans())
def test_what_people_do_after_the_window_never_counts(
    condition: object, dids: tuple[Did, ...], looks: list[float], never: bool
) -> None:
    """By the account's time, however late it was looked."""
    late = tuple(one for one in dids if one.at > END)
    watched = seen_by(late, [*map(float, range(0, int(END), 60)), END, *looks])

    assert verdict(condition, watched, never=never) is (Verdict.HELD if never else Verdict.FAILED)


@given(conditions, deeds, st.lists(MOMENTS, max_size=9), st.lists(MOMENTS, max_size=9), st.booleans())
def test_when_it_was_looked_does_not_matter(
    condition: object, dids: tuple[Did, ...], some: list[float], others: list[float], never: bool
) -> None:
    """Two hosts who look at other moments, and both at the window's end, come to one verdict."""
    regular = [float(at) for at in range(0, int(END), 60)]
    one = judged(condition, seen_by(dids, [*regular, *some, END]), never=never)
    other = judged(condition, seen_by(dids, [*regular, *others, END]), never=never)

    assert one
    assert other
    # Later looks may show besides that people did it too late.
    assert replace(one, detail="") == replace(other, detail="")


@given(conditions, deeds, st.lists(MOMENTS, max_size=9), MOMENTS, st.booleans())
def test_a_verdict_is_never_taken_back(
    condition: object, dids: tuple[Did, ...], looks: list[float], at: float, never: bool
) -> None:
    """What was told once is what is told later, when more was seen."""
    early = judged(condition, seen_by(dids, [look for look in looks if look <= at]), at, never=never)
    later = judged(condition, seen_by(dids, looks), 5000.0, never=never)

    if early and early.verdict is not Verdict.NOT_OBSERVED:
        assert later
        assert (early.verdict, early.after, early.who) == (later.verdict, later.after, later.who)


@given(conditions, st.lists(st.floats(0, END - 1), max_size=9), st.floats(END + PATIENCE + 1, 5000), st.booleans())
def test_a_window_whose_end_nobody_looked_at_is_not_observed(
    condition: object, looks: list[float], late: float, never: bool
) -> None:
    """A look that comes later than `catch_up` tells nothing of what did not happen."""
    assert verdict(condition, seen_by((), looks).missed(END + PATIENCE), never=never) is None
    assert verdict(condition, seen_by((), looks).missed(END + PATIENCE + 1), never=never) is Verdict.NOT_OBSERVED
    assert verdict(condition, seen_by((), [*looks, late]), never=never) is Verdict.NOT_OBSERVED


@pytest.mark.parametrize("gap", [119, 121])
def test_what_must_never_be_is_watched_without_long_gaps(gap: int) -> None:
    """A gap as long as `catch_up` is none; a longer one leaves it open what happened."""
    watched = seen_by((), [100, 200, 200 + gap, END - 1, END])

    assert verdict(UpdatePosted(), watched, never=True) is (Verdict.HELD if gap < 120 else Verdict.NOT_OBSERVED)
    assert verdict(UpdatePosted(), watched) is Verdict.FAILED


@pytest.mark.parametrize(
    ("then", "held"),
    [
        (did("role", 60, name="Incident Lead", is_set=False), False),
        (did("role", 60, KEY, name="Incident Lead", is_set=False), False),
        (did("role", 60, KEY, name="Incident Lead"), True),
        (did("role", 60, name="Communications Lead", is_set=False), True),
    ],
    ids=["given up", "taken away", "given to another", "another role"],
)
def test_what_people_did_before_counts_as_long_as_it_stands(then: Did, held: bool) -> None:
    """After no seconds."""
    watched = seen_by((did("role", 50, name="Incident Lead"), then), [END])

    told = judged(RoleAssigned("Incident Lead"), watched)
    assert told
    assert (told.verdict, told.after) == ((Verdict.HELD, 0.0) if held else (Verdict.FAILED, None))


@pytest.mark.parametrize(("then", "held"), [("Monitoring", True), ("Investigating", False)])
def test_a_status_was_reached_unless_it_was_gone_back_on(then: str, held: bool) -> None:
    """Further on is fine; for what must never be, only where the incident is counts."""
    watched = seen_by((did("status", 50, name="Fixing"), did("status", 60, name=then)), [150, 250, 350, END])

    assert verdict(StatusReached("Fixing"), watched) is (Verdict.HELD if held else Verdict.FAILED)
    assert verdict(StatusReached("Fixing"), watched, never=True) is Verdict.HELD


@pytest.mark.parametrize("message", ["**Customers** in Europe\nare affected", "- a customer is\n- affected"])
def test_messages_are_searched_as_people_read_them(message: str) -> None:
    """A server may write Markdown anew; case and lines do not matter."""
    assert (
        verdict(UpdatePosted("customers? .*affected"), seen_by((did("update", 150, text=message),), [END]))
        is Verdict.HELD
    )


def test_an_unknown_severity_holds_nothing_and_fails_nobody() -> None:
    """An account that has none of this name could not have been brought there."""
    assert verdict(SeverityAtLeast("Apocalyptic"), seen_by((), [END])) is Verdict.NOT_OBSERVED


def test_of_a_private_incident_no_word_is_told() -> None:
    """Who and when, and nothing else."""
    step = scenes.expected(DUE, UpdatePosted(), WITHIN)
    watched = seen_by((did("update", 150, text="The key is hunter2"),), [END])

    told = judge(step, DUE, watched, Rules(PATIENCE, RANKS, is_private=True), END, 0.0)

    assert told
    assert (told.who, told.detail) == ("Bob Baker", "")
