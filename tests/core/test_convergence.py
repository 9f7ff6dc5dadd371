"""Apply twice is apply once: for any incident, any change of its manifest, and any loss of state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    import pytest

LIVE = ["Investigating", "Fixing", "Monitoring"]
ENDS = ["Documenting", "Reviewing", "Closed"]
SEVERITIES = ["Minor", "Major", "Critical"]
WORDS = st.text(
    st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="$"), min_size=1, max_size=12
).filter(lambda text: text.strip())


def optional(**fields: Any) -> Any:
    """Return specs with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


FIELDS = optional(
    summary=WORDS,
    call_url=st.sampled_from(["https://meet.example.com/a", "https://meet.example.com/b"]),
    custom_fields=optional(
        **{
            "Root cause": WORDS | st.none(),
            "Customers affected": st.integers(0, 10**6) | st.none(),
            "Detection method": st.sampled_from(["Alert", "Employee"]),
            "Affected services": st.lists(st.sampled_from(["Checkout", "search", "billing"]), unique=True, max_size=3),
        }
    ),
    roles=optional(**{"Incident Lead": st.sampled_from(["alice@example.com", "bob@example.com"]) | st.none()}),
    timestamps=optional(**{"Reported at": st.sampled_from(["2026-11-20T09:12:00Z", "2026-11-20 10:00+01:00"])}),
    timeline=st.lists(st.fixed_dictionaries({"at": st.just("2026-11-20T09:05:00Z"), "title": WORDS}), max_size=2),
)
UPDATES = st.lists(
    optional(message=WORDS, status=st.sampled_from(LIVE), severity=st.sampled_from(SEVERITIES)).filter(bool), max_size=3
)


class Quoted(yaml.SafeDumper):
    """Writes every text in quotes: what YAML 1.1 takes for a text may be a number by the rules of 1.2, such as 1E9."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def spec(fields: dict[str, Any], updates: list[dict[str, Any]], end: str | None) -> dict[str, Any]:
    """Return the spec of an incident that is right as far as can be known without the network."""
    made: dict[str, Any] = {"name": "Any incident", "mode": "test", "declare_as": {"severity": "Minor"}, **fields}
    made["updates"] = [{"id": f"u{number}", **update} for number, update in enumerate(updates)]
    made["timeline"] = [{"id": f"t{number}", **item} for number, item in enumerate(fields.get("timeline", ()))]
    if end and not any("status" in update for update in updates):
        made["status"] = end
    return made


def write(world: World, made: dict[str, Any]) -> None:
    """Declare the incident."""
    value = {"apiVersion": "reconciler/v1", "kind": "Incident", "metadata": {"name": "any"}, "spec": made}
    world.write_raw(yaml.dump(value, Dumper=Quoted, allow_unicode=True), "any.yaml")


# An example is a whole account: there are few of them, and looking for a smaller one would take minutes.
RARELY = settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@RARELY
@given(fields=FIELDS, updates=UPDATES, end=st.none() | st.sampled_from(LIVE + ENDS), lost=st.booleans())
def test_apply_twice_is_apply_once(
    tmp_path_factory: pytest.TempPathFactory, fields: Any, updates: Any, end: str | None, *, lost: bool
) -> None:
    """After an apply nothing is left to do; with the state lost, nothing is there twice."""
    world = World(tmp_path_factory.mktemp("world"))
    write(world, spec(fields, updates, end))
    world.settle()
    (before,) = world.incidents()
    messages = world.updates(before["id"])
    told.assert_quiet(world)
    if lost:
        world.lose_state()
    since = len(world.requests())

    world.settle()

    assert told.writes(world, since) == []
    assert [told.lasting(one) for one in world.incidents()] == [told.lasting(before)]
    assert world.updates(before["id"]) == messages
    told.assert_quiet(world)


@RARELY
@given(FIELDS, FIELDS, UPDATES, UPDATES, st.none() | st.sampled_from(LIVE), st.none() | st.sampled_from(LIVE + ENDS))
def test_any_change_of_a_manifest_takes_one_apply(
    tmp_path_factory: pytest.TempPathFactory,
    first: Any,
    second: Any,
    updates: Any,
    more: Any,
    begin: str | None,
    end: str | None,
) -> None:
    """Whatever changes, updates are added at the end, and one apply is enough."""
    world = World(tmp_path_factory.mktemp("world"))
    write(world, spec(first, updates, begin))
    world.settle()
    write(world, spec(second, [*updates, *more], end))

    world.settle()

    plan = world.plan()
    assert plan.is_empty, plan.changes
    assert not plan.refusals
    (one,) = world.incidents()
    said = [update["message"] for update in [*updates, *more] if "message" in update]
    assert [text.strip() for text in world.updates(one["id"])] == [text.strip() for text in said]
