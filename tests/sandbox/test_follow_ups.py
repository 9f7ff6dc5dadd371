from typing import Any

import pytest

from reconciler.sandbox.ids import seed_id

from .conftest import Api, problems

Json = dict[str, Any]

PATH = "/v3/follow_ups"
URGENT, MEDIUM = seed_id("priority", 1), seed_id("priority", 3)
TEAM = "01TEAM"


def _create(api: Api, **fields: Any) -> Json:
    incident = api.declare()
    response = api.post(PATH, json={"incident_id": incident["id"], "title": "Add an alert", **fields})
    assert response.status_code == 201, response.text
    created: Json = response.json()["follow_up"]
    return created


@pytest.fixture
def teamed(api: Api) -> Api:
    """Return a sandbox whose organisation has a team and a category of follow-ups."""
    entry = {"id": "01ENTRY", "name": "Platform"}
    with api.app.store.writing() as transaction:
        team = {"id": TEAM, "name": "Platform", "catalog_entry": entry, "members": []}
        transaction.configure("team", TEAM, team)
        transaction.configure("follow_up_category", "01CATEGORY", {"id": "01CATEGORY", "name": "Alerting", "rank": 1})
    return api


def test_a_follow_up_has_a_description_labels_and_a_priority(api: Api) -> None:
    """What was asked comes back; without a priority it has the organisation's default one."""
    told = _create(api, description="On p99", labels=["alerting", "slo"], follow_up_priority_option_id=URGENT)
    bare = _create(api)

    assert (told["description"], told["labels"]) == ("On p99", ["alerting", "slo"])
    assert told["priority"]["name"] == "Urgent"
    assert "description" not in bare
    assert bare["labels"] == []
    assert (bare["priority"]["id"], bare["priority"]["name"]) == (MEDIUM, "Medium")


def test_a_put_leaves_what_it_does_not_mention(api: Api) -> None:
    """An empty description and no labels are how those are emptied."""
    follow_up = _create(api, description="On p99", labels=["slo"], follow_up_priority_option_id=URGENT)
    one, body = f"{PATH}/{follow_up['id']}", {"title": "Add an alert", "status": "outstanding"}

    left = api.put(one, json=body).json()["follow_up"]
    emptied = api.put(one, json={**body, "description": "", "labels": []}).json()["follow_up"]

    assert left == follow_up
    assert "description" not in emptied
    assert (emptied["labels"], emptied["priority"]["name"]) == ([], "Urgent")


def test_the_log_tells_of_a_new_title(api: Api) -> None:
    """The old one and the new one."""
    follow_up = _create(api)

    api.put(f"{PATH}/{follow_up['id']}", json={"title": "Add a test", "status": "outstanding"})

    params = {"incident_id": follow_up["incident_id"]}
    entries = api.get("/v2/incident_activity_log_entries", params=params).json()["incident_activity_log_entries"]
    told = entries[-1]["content"]["follow_up_updated"]
    assert (told["previous_title"], told["new_title"]) == ("Add an alert", "Add a test")


def test_a_follow_up_is_for_a_team_and_of_a_category(teamed: Api) -> None:
    """Both are shown by name, and the team can be filtered on and taken away."""
    follow_up = _create(teamed, assignee_team_id=TEAM, follow_up_category_id="01CATEGORY")
    _create(teamed)

    listed = teamed.get(PATH, params={"assignee_team_id": TEAM}).json()["follow_ups"]
    body = {"title": "Add an alert", "status": "outstanding", "assignee_team_id": None}
    released = teamed.put(f"{PATH}/{follow_up['id']}", json=body).json()["follow_up"]

    assert follow_up["assignee_team"] == {"id": TEAM, "name": "Platform"}
    assert follow_up["category"]["name"] == "Alerting"
    assert listed == [follow_up]
    assert "assignee_team" not in released


@pytest.mark.parametrize(
    "field",
    ["assignee_team_id", "follow_up_category_id", "follow_up_priority_option_id", "external_issue_reference_id"],
)
def test_what_a_follow_up_refers_to_must_be_there(api: Api, field: str) -> None:
    """A new organisation has no teams, categories or issues, and only its own priorities."""
    incident = api.declare()

    response = api.post(PATH, json={"incident_id": incident["id"], "title": "x", field: "01NOTHERE"})

    assert (response.status_code, problems(response)) == (422, [("not_found", field)])


def test_teams_are_listed_and_shown(teamed: Api) -> None:
    """A new organisation has none; one that is configured is found."""
    (team,) = teamed.get("/v3/teams").json()["teams"]

    assert teamed.get(f"/v3/teams/{TEAM}").json()["team"] == team
    assert teamed.get("/v3/teams/01NOTHERE").status_code == 404
