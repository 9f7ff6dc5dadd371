"""The game days that ship, and those that tests share, as documents: what they say is what can be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from reconciler import workspace
from reconciler.gameday import reading, schedule
from reconciler.gameday.script import Expect
from tests.gameday import scenes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.gameday.script import GameDay

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "gamedays"
DAYS = ("region-failover", "secrets-leak", "storm")
SCENES = [
    name for name, text in vars(scenes).items() if isinstance(text, str) and text.startswith(scenes.HEAD + "metadata")
]


def read(file: Path, given: Mapping[str, str] | None = None) -> GameDay:
    """Read a game day as a command with `--sandbox` does."""
    loaded = workspace.load([str(file.parent)], sandbox=True, environ={})
    return reading.read(str(file), loaded, given or {}, run_id="rehearsal")


@pytest.mark.parametrize("name", DAYS)
def test_an_example_is_what_its_schema_says(name: str) -> None:
    """An editor that knows the schema has nothing against an example, and each points its editor there."""
    text = (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    schema = json.loads((ROOT / "schemas" / "GameDay.json").read_text(encoding="utf-8"))

    assert text.startswith("# yaml-language-server: $schema=../../schemas/GameDay.json\n")
    assert [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize("name", DAYS)
def test_an_example_is_worth_hosting(name: str) -> None:
    """Each lasts about half an hour, expects things of people, some of them never, and has a cast to rehearse with."""
    day = read(EXAMPLES / f"{name}.yaml")
    table = schedule.timetable(day)
    expected = [step.deed for _, step in table.steps if isinstance(step.deed, Expect)]

    assert 30 * 60 <= table.end <= 45 * 60
    assert {deed.never for deed in expected} == {True, False}
    assert table.acts
    assert {one.spec["mode"] for one in day.incidents.values()} == {"test"}


def test_the_parameters_of_an_example_change_what_it_says() -> None:
    """A host chooses the region and when it gets worse."""
    day = read(EXAMPLES / "region-failover.yaml", {"region": "us-east-1", "escalation": "5m"})

    assert day.title == "us-east-1 goes away"
    assert day.incidents["db-failover"].spec["name"] == "Checkout errors in us-east-1"
    assert schedule.timetable(day).due["escalate"] == 300.0


def test_the_storm_hides_one_in_thirty() -> None:
    """Thirty small incidents are declared one after the other, and the big one among them."""
    due = schedule.timetable(read(EXAMPLES / "storm.yaml")).due
    noise = sorted(at for step, at in due.items() if step.startswith("declare-host-"))

    assert len(noise) == 30
    assert noise[0] < due["declare-orders"] < noise[-1]


def test_the_leak_is_private() -> None:
    """What leaked is seen by few, and they are named."""
    spec = read(EXAMPLES / "secrets-leak.yaml").incidents["leak"].spec

    assert spec["visibility"] == "private"
    assert spec["members"]
    assert spec["roles"]


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_of_the_tests_can_be_read(name: str, tmp_path: Path) -> None:
    """What tests share is written as a host may write it."""
    file = tmp_path / "day.yaml"
    file.write_text(getattr(scenes, name), encoding="utf-8")

    assert schedule.timetable(read(file)).steps
