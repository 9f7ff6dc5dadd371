"""Options of custom fields that people touched: known by their value, else by their ID, and never a dead end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import Key
from tests.core import told
from tests.world import ACME

if TYPE_CHECKING:
    from tests.world import World

FIELD = """
kind: CustomField
metadata: {name: f}
spec: {name: Where, type: single_select, description: w, options: [%s]}
"""
INCIDENT = """
kind: Incident
metadata: {name: %s}
spec: {name: %s, mode: test, severity: Major, custom_fields: {Where: %s}}
"""


def write(world: World, options: str, *where: str) -> None:
    """Declare the field, and an incident for each value."""
    names = ("a", "b")
    incidents = [INCIDENT % (name, name, at) for name, at in zip(names, where, strict=False)]
    world.write("---\n".join([FIELD % options, *incidents]))


def options(world: World) -> dict[str, str]:
    """Return the IDs of the field's options by their values."""
    field = world.listed("/v2/custom_fields", "custom_fields")["Where"]["id"]
    listed = world.ask("GET", f"/v1/custom_field_options?custom_field_id={field}&page_size=250")
    return {one["value"]: one["id"] for one in listed["custom_field_options"]}


def called(world: World, old: str, new: str) -> None:
    """Let a person give an option another value."""
    path = f"/v1/custom_field_options/{options(world)[old]}"
    world.ask("PUT", path, {"value": new, "sort_key": 10}, person="bob@example.com")


def chosen(world: World) -> list[Any]:
    """Return what each incident has, oldest first."""
    fields = [one["custom_field_entries"] for one in world.incidents()]
    return [
        value["value_option"]["value"]
        for entries in fields
        for entry in entries
        if entry["custom_field"]["name"] == "Where"
        for value in entry["values"]
    ]


@pytest.fixture
def known(world: World) -> World:
    """Give a world with a field of two options, one of which is chosen."""
    world.write_raw(ACME % "", "reconciler.yaml")
    write(world, "EU, US", "EU")
    world.settle()
    return world


def test_the_value_that_people_gave_an_option_may_be_followed(known: World) -> None:
    """What has the value that is declared is that option: nothing is left to do."""
    before = options(known)
    called(known, "EU", "Europe")
    write(known, "Europe, US", "Europe")

    told.assert_quiet(known)

    known.settle()
    assert options(known) == {"Europe": before["EU"], "US": before["US"]}


def test_a_value_that_was_followed_away_from_may_be_declared_anew(known: World) -> None:
    """Also where what others delete is not made again: it is another option by now."""
    known.write_raw(ACME % "drift: {CustomField: {options: keep}}", "reconciler.yaml")
    called(known, "EU", "Europe")
    write(known, "Europe, US", "Europe")
    known.settle()
    write(known, "EU, Europe, US", "Europe", "EU")

    known.settle()

    assert options(known).keys() == {"Europe", "US", "EU"}
    assert chosen(known) == ["Europe", "EU"]
    told.assert_quiet(known)


def test_an_option_that_another_checkout_made_again_is_that_option(known: World) -> None:
    """The recorded ID is gone, and the value decides; what was found is remembered."""
    field = known.listed("/v2/custom_fields", "custom_fields")["Where"]["id"]
    known.ask("DELETE", f"/v1/custom_field_options/{options(known)['US']}", person="bob@example.com")
    known.ask("POST", "/v1/custom_field_options", {"custom_field_id": field, "value": "US", "sort_key": 20})

    told.assert_quiet(known)

    known.settle()
    assert known.memory.state.records[Key("CustomField", "f", ("option", "US"))].id == options(known)["US"]


@pytest.mark.parametrize("policy", ["overwrite", "keep", "fail"])
def test_an_option_that_people_renamed_can_be_chosen_all_the_same(known: World, policy: str) -> None:
    """It is known by its ID: whoever has it keeps it, and a new incident gets it, whatever it is called by now."""
    known.write_raw(ACME % f"drift: {{CustomField: {policy}}}", "reconciler.yaml")
    before = options(known)["EU"]
    called(known, "EU", "Europe")
    write(known, "EU, US", "EU", "EU")

    plan = known.plan()
    known.apply()

    assert [str(one.key) for one in plan.refusals] == (["CustomField/f"] if policy == "fail" else [])
    value = "EU" if policy == "overwrite" else "Europe"
    assert options(known)[value] == before
    assert chosen(known) == [value, value]
    assert known.plan().is_empty


def test_values_that_people_exchanged_are_taken_as_they_are(known: World) -> None:
    """No two options have one value, so none can be put back before the other; an incident has what it says."""
    for old, new in (("EU", "x"), ("US", "EU"), ("x", "US")):
        called(known, old, new)

    known.settle()

    assert chosen(known) == ["EU"]
    told.assert_quiet(known)
