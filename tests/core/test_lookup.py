"""Where a resource is looked for: the order of the places, for whatever an account holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.identity import Absent, Ambiguous, Claim, Matched, Objects, OutOfSight, idempotency_key, owner
from reconciler.identity.lookup import Search
from reconciler.model import Key

if TYPE_CHECKING:
    from collections.abc import Mapping

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
