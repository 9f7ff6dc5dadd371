"""Any plan that can exist is the same plan after it was written and read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import model, planfile
from reconciler.model import Key, Path, Plan, Ref, Source
from reconciler.planfile import codec, resting
from reconciler.planfile.content import portable
from reconciler.render import as_json
from reconciler.secrecy.private import veiled
from tests.planfile.desk import SEVERITY, Desk, incident
from tests.render import plans
from tests.world import World

NAMES = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,8}", fullmatch=True)
TEXTS = st.text(max_size=6)
KEYS = st.one_of(
    st.builds(Key, st.sampled_from(["Incident", "Severity", "CustomField"]), NAMES),
    st.builds(
        lambda name, noun, child: Key("Incident", name, (noun, child)),
        NAMES,
        st.sampled_from(["update", "timeline", "option"]),
        st.text(min_size=1, max_size=8),
    ),
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    bool: st.booleans(),
    Key: KEYS,
    Ref: st.builds(Ref, KEYS),
    Source: st.builds(Source, TEXTS, st.integers(1, 99), st.integers(1, 99)),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Path: st.lists(TEXTS | st.builds(Ref, KEYS), min_size=1, max_size=2).map(tuple),
}
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | PLAIN[Ref],
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.sampled_from(["$ref", "$tuple", "$pairs"]), inner, max_size=3)
        | st.tuples(inner, inner)
    ),
    max_leaves=3,
)


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return what a field of a type may hold."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any or kind in PLAIN:
        return PLAIN.get(kind, ANYTHING)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if origin is None:
        hints = get_type_hints(kind, localns=codec.ONLY_FOR_TYPES)
        return st.builds(kind, **{each.name: values(hints[each.name]) for each in fields(kind)})
    return several(origin, parts)


def several(origin: Any, parts: Any) -> st.SearchStrategy[Any]:
    """Return what a field may hold that has parts, or is one of several."""
    if origin in {dict, Mapping}:
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=1)
    if origin in {Union, UnionType}:
        return st.one_of([st.none() if part is NoneType else values(part) for part in parts])
    if origin is tuple and Ellipsis not in parts:
        return st.tuples(*map(values, parts))
    return st.lists(values(parts[0]), max_size=1).map(origin)


def written_and_read(value: Any, kind: Any) -> Any:
    """Return a value after it was on a disk."""
    return codec.decode(json.loads(json.dumps(codec.encode(value, kind))), kind)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(values(Plan))
def test_any_plan_is_the_same_after_writing_and_reading(plan: Plan) -> None:
    """Whatever it holds: references at any depth, tuples, names that look like ours, moments, people."""
    assert written_and_read(plan, Plan) == plan


@pytest.mark.parametrize("kind", get_args(model.Change), ids=lambda kind: kind.__name__)
@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_kind_of_change_is_written_and_read(kind: type, data: st.DataObject) -> None:
    """Each variant there is, and each that there will be."""
    change = data.draw(values(kind))
    plan = plans.plan(changes=(change,))

    assert written_and_read(plan, Plan) == plan


@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(values(Plan), st.text(min_size=1, max_size=8))
def test_any_plan_can_be_veiled_and_told_to_rest_on_something(plan: Plan, salt: str) -> None:
    """No content of a plan makes the way to its file fail, nor the way back."""
    private = replace(plan, private=frozenset(change.key.parent for change in plan.changes))
    shown = portable(veiled(private, salt))

    assert set(resting.digests(plan, salt)) == {str(model.step(change)) for change in plan.changes}
    assert written_and_read(shown, Plan) == shown


def test_what_nobody_thought_of_is_refused_aloud() -> None:
    """A value that JSON cannot hold is a defect, not a text."""
    with pytest.raises(TypeError):
        codec.loosely({1, 2})
    with pytest.raises(TypeError):
        codec.encode(1, bytes)


def test_the_plan_of_a_real_world_is_the_same_after_writing_and_reading(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New things, edits, updates, adoption, refusals and notices."""
    desk.declare(incident("old"), incident("moved"), incident("drifted"))
    desk.settled()
    desk.edit(desk.incident("Title of drifted")["id"], summary="By Bob")
    desk.edit(desk.incident("Title of old")["id"], severity_id=desk.severity("Critical"))
    body = {"name": "Title of found", "mode": "test", "visibility": "public", "idempotency_key": "x"}
    desk.ask("POST", "/v2/incidents", body | {"severity_id": desk.severity("Minor")})
    desk.declare(
        SEVERITY,
        incident("old"),
        incident("moved", severity="Dire", updates="[{id: first, message: Looking., status: Fixing}]"),
        incident("drifted", mode="standard"),
        incident("found", summary="Another"),
        incident("new", severity="Dire", custom_fields="{Affected services: [Checkout]}"),
    )
    desk.plan()
    saved = planfile.read(desk.file.read_text(), "plan.json")
    monkeypatch.chdir(desk.folder)
    fresh = World.plan(desk)

    assert {type(change) for change in saved.plan.changes} >= {model.Create, model.Edit, model.Post, model.Adopt}
    assert saved.plan.refusals
    assert saved.plan.notices
    assert written_and_read(saved.plan, Plan) == saved.plan == portable(fresh)
    assert as_json.plan(saved.plan) == as_json.plan(fresh)
