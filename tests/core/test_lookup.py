"""Where a resource is looked for: the order of the places, for whatever an account holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.identity import Absent, Ambiguous, Claim, Matched, Objects, OutOfSight, idempotency_key, owner
from reconciler.identity.lookup import Search
from reconciler.model import Adopt, Key
from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY = Key("Incident", "checkout")
MARKER = idempotency_key("acme", KEY)
FIELD = "01FIELD"
PLACES = ("metadata.id", "state", "tombstone", "marker", "look-alike")


def incident(number: int, *, name: str = "Other", marker: str = "", status: str = "live") -> dict[str, Any]:
    """Return an incident as a list answers it, made by an API key."""
    entry = {"custom_field": {"id": FIELD}, "values": [{"value_text": marker}] if marker else []}
    return {
        "id": f"01ID{number}",
        "reference": f"INC-{number}",
        "name": name,
        "mode": "standard",
        "visibility": "public",
        "creator": {"api_key": {}},
        "created_at": "2026-11-20T09:00:00Z",
        "incident_status": {"category": status},
        "custom_field_entries": [entry],
    }


def found(claim: Claim, *incidents: Mapping[str, Any], **search: Any) -> Any:
    """Return what one claim is found to be."""
    known = frozenset({claim.recorded_id, claim.buried_id} - {""})
    looking = Search(**{"namespace": "acme", "managed": known, "marker_field": FIELD} | search)
    return looking.incidents([claim], Objects.of(incidents))[KEY]


@given(st.sets(st.sampled_from(PLACES)), st.permutations(range(len(PLACES))))
def test_the_first_place_that_knows_it_decides(places: set[str], order: list[int]) -> None:
    """`metadata.id`, state, tombstone, marker, look-alike: in this order, whatever the account's own order is."""
    objects = [
        incident(number, name="Mine" if place == "look-alike" else "Other", marker=MARKER if place == "marker" else "")
        for number, place in enumerate(PLACES)
        if place in places
    ]
    numbers = {place: number for number, place in enumerate(PLACES) if place in places}
    claim = Claim(
        KEY,
        "Mine",
        stated_id=f"01ID{numbers['metadata.id']}" if "metadata.id" in places else "",
        recorded_id=f"01ID{numbers['state']}" if "state" in places else "",
        buried_id=f"01ID{numbers['tombstone']}" if "tombstone" in places else "",
        markers=(MARKER,),
    )
    shuffled = [objects[at] for at in order if at < len(objects)]

    match = found(claim, *shuffled)

    first = next((place for place in PLACES if place in places), None)
    assert match == (Matched(incident_of(shuffled, numbers[first]), first) if first else Absent())


def incident_of(objects: list[dict[str, Any]], number: int) -> dict[str, Any]:
    """Return the incident of a number."""
    return next(one for one in objects if one["reference"] == f"INC-{number}")


def test_several_with_its_marker_are_left_to_a_person_who_may_rule_one_out() -> None:
    """`metadata.not` holds for markers as for looks."""
    twins = [incident(1, marker=MARKER), incident(2, marker=MARKER)]

    assert isinstance(found(Claim(KEY, "Mine", markers=(MARKER,)), *twins), Ambiguous)
    assert found(Claim(KEY, "Mine", markers=(MARKER,), not_these=("INC-1",)), *twins) == Matched(twins[1], "marker")


def test_one_that_may_be_either_of_two_is_neither() -> None:
    """Two manifests that would take the same look-alike are both told."""
    other = Key("Incident", "other")
    matches = Search("acme").incidents(
        [Claim(KEY, "Mine"), Claim(other, "Mine")], Objects.of([incident(1, name="Mine")])
    )

    assert {type(one) for one in matches.values()} == {Ambiguous}


def test_an_id_that_is_not_shown_is_out_of_sight_whatever_looks_like_it() -> None:
    """It is never declared again, and nothing else taken for it."""
    assert found(Claim(KEY, "Mine", recorded_id="01GONE"), incident(1, name="Mine")) == OutOfSight("01GONE")


@pytest.mark.parametrize("adopt", [True, False])
def test_a_look_alike_is_a_question_of_adopting_a_marker_is_not(*, adopt: bool) -> None:
    """`adopt: never` takes nothing by its looks, and knows what carries the key."""
    claim = Claim(KEY, "Mine", markers=(MARKER,))

    assert isinstance(found(claim, incident(1, name="Mine"), adopt=adopt), Matched if adopt else Absent)
    assert isinstance(found(claim, incident(1, marker=MARKER), adopt=adopt), Matched)


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES)
def test_a_key_tells_whose_it_is(name: str, generation: str) -> None:
    """Names and generations may hold dots: the digits decide."""
    text = idempotency_key("acme", Key("Incident", name), generation)

    whose = owner(text, "acme", "Incident")

    assert whose is not None
    assert (whose.key.name, whose.generation) == (name, generation)
    assert owner(text, "other", "Incident") is None
    assert owner(text[:-1] + ("0" if text[-1] != "0" else "1"), "acme", "Incident") is None


def test_two_that_state_one_incident_are_both_left_to_a_person() -> None:
    """Once by its reference, once by its ID: neither is taken for it."""
    other = Key("Incident", "other")
    claims = [Claim(KEY, "Mine", stated_id="INC-1"), Claim(other, "Theirs", stated_id="01ID1")]

    matches = Search(namespace="acme").incidents(claims, Objects.of([incident(1)]))

    assert {key: type(match) for key, match in matches.items()} == {KEY: Ambiguous, other: Ambiguous}


def test_what_is_managed_and_ruled_out_is_left_to_a_person() -> None:
    """`metadata.not` counts whatever the state says."""
    claim = Claim(KEY, "Mine", recorded_id="01ID1", not_these=("INC-1",))

    match = found(claim, incident(1))

    assert isinstance(match, Ambiguous)
    assert "`not`" in match.reason


OTHERS = """
kind: Incident
metadata: {name: slow%s}
spec: {name: Search slow, mode: test, severity: Minor, updates: [{id: first, message: It is slow.}]}
---
kind: Incident
metadata: {name: down%s}
spec: {name: Search down, mode: test, severity: Minor, updates: [{id: first, message: It is down.}]}
"""


@pytest.fixture
def mistyped(tmp_path: Path) -> World:
    """Two incidents without a state, and a manifest of the first that names the second; nothing carries a key."""
    world = World(tmp_path, idempotency="forget")
    world.write((OTHERS % ("", "")).partition("---")[0])
    world.settle()
    world.write(OTHERS % ("", ""))
    world.settle()
    world.lose_state()
    world.write(OTHERS % (", id: INC-2", ""))
    return world


def posted(world: World) -> list[str]:
    """Return the updates of all incidents, by the incidents' names."""
    return [text for name in ("Search slow", "Search down") for text in world.updates(world.incident(name)["id"])]


def test_a_number_that_all_else_speaks_against_is_told_at_its_place(mistyped: World) -> None:
    """The incident stays the one that it looks like, and nothing is declared or posted again."""
    before = [one["name"] for one in mistyped.incidents()]

    refusal = told.refusal(mistyped.plan())
    mistyped.apply()

    assert (refusal.source.line, refusal.source.column) == (3, 28)
    assert refusal.message == "`id:` names INC-2 (Search down), which looks like Incident/down"
    assert refusal.hint == (
        "correct `id:`; if it is this one all the same, write `not: [INC-2]` below `metadata:` of Incident/down"
    )
    assert [one["name"] for one in mistyped.incidents()] == before
    assert posted(mistyped) == ["It is slow.", "It is down."]


def test_once_the_number_is_right_all_is_found_again(mistyped: World) -> None:
    """Typed as told, nothing is left to do."""
    mistyped.write(OTHERS % (", id: INC-1", ""))

    mistyped.settle()

    assert posted(mistyped) == ["It is slow.", "It is down."]
    told.assert_quiet(mistyped)


def test_a_number_counts_where_the_other_says_that_it_is_not_it(mistyped: World) -> None:
    """A person may know better than looks: one manifest names it, and the other lets go of it."""
    text = OTHERS % (", id: INC-2", ", not: [INC-2]")
    mistyped.write(text.replace(", updates: [{id: first, message: It is slow.}]", ""))

    (change,) = [one for one in mistyped.plan().changes if isinstance(one, Adopt)]

    assert (change.key.name, change.live.reference) == ("slow", "INC-2")
