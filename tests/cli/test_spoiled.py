"""States and journals that somebody edited, or that a disk spoiled: told in words, whatever part of them is wrong."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planfile.desk import Desk, typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANIFESTS = """
kind: Incident
metadata: {name: one}
spec:
  name: One
  mode: test
  severity: Dire
  custom_fields: {Affected services: [Checkout]}
  roles: {Incident Lead: alice@example.com}
  updates: [{id: first, message: Hello}, {id: second, message: Again, status: Fixing}]
  timeline: [{id: deploy, at: 2026-11-20T09:05:00Z, title: Deploy}]
---
kind: Severity
metadata: {name: dire}
spec: {name: Dire, description: Nothing works}
---
kind: CustomField
metadata: {name: identity-field}
spec: {name: Reconciler key, description: The key of the incident, type: text}
"""
WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {manifests: [incidents], identity_field: Reconciler key}
"""
OTHERS: tuple[Any, ...] = (None, True, 3, 2.5, " ", "xy", [], [None], [1, 2], {}, {"a": "x"})
"""A value of each type that JSON has, and of some shapes."""
COMMANDS = (("plan",), ("drift",), ("state", "list"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, dict[str, list[Any]]]:
    """Give a desk whose manifests are applied, and its memory in every form that it lies on a disk in, by file."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.write_raw(WORKSPACE, "reconciler.yaml")
    desk.write(MANIFESTS, "incidents/all.yaml")
    desk.apply(["drop-before:3-:write"])
    open_ = [json.loads(line) for line in desk.store.journal.read_text(encoding="utf-8").splitlines()]
    desk.settled()
    state = json.loads(desk.store.path.read_text(encoding="utf-8"))
    desk.store.path.unlink()
    return desk, {"state.json": [state], "journal": [*open_, *_as_noted(state)]}


def _as_noted(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a journal that tells the same as a state, and a line of each other sort."""
    for key, record in state["resources"].items():
        yield {"outcome": ["create", key], "records": {key: record}}
    yield {"used": "0123"}
    yield {"outcome": ["rename", "Severity/fatal"], "records": {}, "renamed": ["Severity/dire", "Severity/fatal", ""]}
    yield {"outcome": ["forget", "Severity/fatal"], "records": {}, "buried": ["Severity/fatal", "abandoned", ""]}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each value below one."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from _places(one, (*path, name))


def _with(values: list[Any], path: tuple[Any, ...], other: Any) -> list[Any]:
    """Return the same values, with another one at a path."""
    changed = copy.deepcopy(values)
    at: Any = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = other
    return changed


@given(data=st.data())
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("file", ["state.json", "journal"])
def test_no_value_of_another_type_is_a_crash(
    told: tuple[Desk, dict[str, list[Any]]], file: str, data: st.DataObject
) -> None:
    """It is refused as no state or journal of this program, or does not matter; never a defect."""
    desk, memory = told
    values = memory[file]
    path = data.draw(st.sampled_from([path for path in _places(values) if len(path) > 1]))
    other = data.draw(st.sampled_from(OTHERS))
    command = data.draw(st.sampled_from(COMMANDS))
    _put(desk.store.path.parent, file, _with(values, path, other))

    ended = typed(desk.folder, *command, "--sandbox", "-v")

    assert ended.code != 1, ended.stderr
    assert "defect" not in ended.stderr


def _put(folder: Path, file: str, values: list[Any]) -> None:
    for name in ("state.json", "journal"):
        (folder / name).unlink(missing_ok=True)
    (folder / file).write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "other"),
    [("sent", " "), ("body", 3), ("body", {}), ("key", None), ("time", "noon"), ("time", 1e300), ("path", [])],
)
def test_an_intent_whose_parts_are_none_is_no_journal_of_ours(
    told: tuple[Desk, dict[str, list[Any]]], name: str, other: Any
) -> None:
    """At its line, with what to do: nothing of it is sent."""
    desk, memory = told
    number = next(number for number, line in enumerate(memory["journal"]) if "intent" in line)
    _put(desk.store.path.parent, "journal", _with(memory["journal"], (number, name), other))

    ended = typed(desk.folder, "plan", "--sandbox")

    assert ended.code == 4
    assert f"journal:{number + 1}: not a journal of this program\nhint: move the file away" in ended.stderr


def test_what_was_sent_and_answered_is_a_pair(told: tuple[Desk, dict[str, list[Any]]]) -> None:
    """A text of two letters is none."""
    desk, memory = told
    path = (0, "resources", "Incident/one", "fields", "name")
    _put(desk.store.path.parent, "state.json", _with(memory["state.json"], path, "xy"))

    ended = typed(desk.folder, "plan", "--sandbox")

    assert ended.code == 4
    assert "state.json: not a state of this program\nhint: move the file away" in ended.stderr
