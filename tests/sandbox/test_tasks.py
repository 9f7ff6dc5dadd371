from typing import Any

import httpx
import pytest

from reconciler.sandbox import Behaviour

from .conftest import Api, Maker, problems

Json = dict[str, Any]

every_kind = pytest.mark.parametrize("kind", ["action", "follow_up"])


def _told(kind: str, text: str) -> Json:
    return {"description" if kind == "action" else "title": text}


def _created(api: Api, kind: str, incident: Json, text: str = "Roll back", **fields: Any) -> httpx.Response:
    return api.post(f"/v3/{kind}s", json={"incident_id": incident["id"], **_told(kind, text), **fields})


def _create(api: Api, kind: str, incident: Json, text: str = "Roll back", **fields: Any) -> Json:
    response = _created(api, kind, incident, text, **fields)
    assert response.status_code == 201, response.text
    created: Json = response.json()[kind]
    return created


def _replaced(api: Api, kind: str, task: Json, status: str = "outstanding", **fields: Any) -> httpx.Response:
    body = {**_told(kind, "Roll back"), "status": status, **fields}
    return api.put(f"/v3/{kind}s/{task['id']}", json=body)


def _replace(api: Api, kind: str, task: Json, status: str = "outstanding", **fields: Any) -> Json:
    response = _replaced(api, kind, task, status, **fields)
    assert response.status_code == 200, response.text
    replaced: Json = response.json()[kind]
    return replaced


def _texts(api: Api, kind: str, **params: Any) -> list[str]:
    response = api.get(f"/v3/{kind}s", params=params)
    assert response.status_code == 200, response.text
    return [task["description" if kind == "action" else "title"] for task in response.json()[f"{kind}s"]]


def _user(api: Api, email: str) -> str:
    (user,) = api.get("/v2/users", params={"email": email, "include_inactive": "true"}).json()["users"]
    return str(user["id"])


def _log(api: Api, incident: Json, kind: str) -> list[Json]:
    params = {"incident_id": incident["id"]}
    entries = api.get("/v2/incident_activity_log_entries", params=params).json()["incident_activity_log_entries"]
    return [entry["content"][entry["type"]] for entry in entries if entry["type"].startswith(kind)]


@every_kind
def test_a_task_is_created_shown_and_listed(api: Api, kind: str) -> None:
    """It is outstanding, belongs to its incident, and tells who made it and for whom."""
    incident = api.declare()
    bob = _user(api, "bob@example.com")

    task = _create(api.as_person("alice@example.com"), kind, incident, "Roll back", assignee_id=bob)

    assert task.items() >= {"incident_id": incident["id"], "status": "outstanding", **_told(kind, "Roll back")}.items()
    assert task["assignee"]["email"] == "bob@example.com"
    assert task["creator"]["user"]["email"] == "alice@example.com"
    assert task["created_at"] == task["updated_at"]
    assert "completed_at" not in task
    assert api.get(f"/v3/{kind}s/{task['id']}").json()[kind] == task
    assert api.get(f"/v3/{kind}s").json()[f"{kind}s"] == [task]


@every_kind
def test_a_task_is_replaced(api: Api, kind: str) -> None:
    """Text, status and assignee change; who made it and when does not."""
    task = _create(api, kind, api.declare())
    carol = _user(api, "carol@example.com")

    replaced = _replace(api, kind, task, "not_doing", **_told(kind, "Roll forward"), assignee_id=carol)

    assert replaced.items() >= {"status": "not_doing", **_told(kind, "Roll forward")}.items()
    assert replaced["assignee"]["email"] == "carol@example.com"
    assert (replaced["creator"], replaced["created_at"]) == (task["creator"], task["created_at"])
    assert replaced["updated_at"] > task["updated_at"]


@every_kind
def test_a_completed_task_knows_since_when(api: Api, kind: str) -> None:
    """The moment stays through later changes, and goes when the task is taken up again."""
    task = _create(api, kind, api.declare())

    completed = _replace(api, kind, task, "completed")
    retold = _replace(api, kind, task, "completed", **_told(kind, "Rolled back"))
    resumed = _replace(api, kind, task, "outstanding")

    assert completed["completed_at"] == completed["updated_at"] == retold["completed_at"]
    assert "completed_at" not in resumed


@every_kind
def test_null_unassigns_and_silence_does_not(api: Api, kind: str) -> None:
    """A PUT without the assignee leaves it; null takes it away."""
    task = _create(api, kind, api.declare(), assignee_id=_user(api, "bob@example.com"))

    left = _replace(api, kind, task, "completed")
    unassigned = _replace(api, kind, task, "completed", assignee_id=None)

    assert left["assignee"]["email"] == "bob@example.com"
    assert "assignee" not in unassigned


@every_kind
def test_replacing_by_the_same_changes_nothing(api: Api, kind: str) -> None:
    """Neither the task, nor the log, nor the data; an answer may be sent back whole."""
    incident = api.declare()
    task = _create(api, kind, incident)

    same = _replace(api, kind, task)
    whole = api.put(f"/v3/{kind}s/{task['id']}", json=task).json()[kind]

    assert same == whole == task
    assert not api.app.requests()[-1]["changed"]
    assert len(_log(api, incident, kind)) == 1


@every_kind
def test_a_deleted_task_is_gone(api: Api, kind: str) -> None:
    """Neither shown, listed, replaced nor deleted again; pages go on behind it."""
    incident = api.declare()
    tasks = [_create(api, kind, incident, text) for text in ("a", "b", "c")]

    response = api.delete(f"/v3/{kind}s/{tasks[1]['id']}")

    one = f"/v3/{kind}s/{tasks[1]['id']}"
    assert (response.status_code, response.content) == (204, b"")
    assert _texts(api, kind) == ["a", "c"]
    assert _texts(api, kind, after=tasks[1]["id"]) == ["c"]
    answers = [api.get(one), _replaced(api, kind, tasks[1]), api.delete(one)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


@every_kind
def test_status_deleted_is_not_for_a_put(api: Api, kind: str) -> None:
    """Deleting has an endpoint of its own."""
    task = _create(api, kind, api.declare())

    response = _replaced(api, kind, task, "deleted")

    assert (response.status_code, problems(response)) == (422, [("invalid_value", "status")])


@every_kind
def test_pages_hold_every_task_once_oldest_first(api: Api, kind: str) -> None:
    """Following `after` to its end meets all of them."""
    incident = api.declare()
    for text in "abcde":
        _create(api, kind, incident, text)
    seen: list[str] = []
    params: dict[str, Any] = {"page_size": 2}

    while True:
        answer = api.get(f"/v3/{kind}s", params=params).json()
        seen += [task["id"] for task in answer[f"{kind}s"]]
        if "after" not in answer["pagination_meta"]:
            break
        params["after"] = answer["pagination_meta"]["after"]

    assert len(seen) == 5
    assert seen == sorted(seen)
    assert _texts(api, kind) == list("abcde")


@every_kind
def test_tasks_are_filtered_by_incident(api: Api, kind: str) -> None:
    """The tasks of one incident, and of no other."""
    first, second = api.declare(), api.declare()
    _create(api, kind, first, "first")
    _create(api, kind, second, "second")

    assert _texts(api, kind, incident_id=second["id"]) == ["second"]


@every_kind
def test_tasks_are_filtered_by_the_mode_of_their_incident(api: Api, kind: str) -> None:
    """Without the filter those of test and tutorial incidents are left out, also where the incident is named."""
    for mode in ("standard", "retrospective", "test", "tutorial"):
        _create(api, kind, api.declare(mode=mode), mode)
    drill = api.declare(mode="test")
    _create(api, kind, drill, "drill")

    assert _texts(api, kind) == ["standard", "retrospective"]
    assert _texts(api, kind, incident_mode="standard") == ["standard"]
    assert _texts(api, kind, incident_mode="test") == ["test", "drill"]
    assert _texts(api, kind, incident_mode="stream") == []
    assert _texts(api, kind, incident_id=drill["id"]) == []
    assert _texts(api, kind, incident_id=drill["id"], incident_mode="test") == ["drill"]


@every_kind
def test_tasks_are_filtered_by_when_they_were_created_and_updated(api: Api, kind: str) -> None:
    """To the instant, with every operator."""
    incident = api.declare()
    old, new = _create(api, kind, incident, "old"), _create(api, kind, incident, "new")
    _replace(api, kind, old, "completed", **_told(kind, "old"))

    assert _texts(api, kind, **{"created_at[gte]": new["created_at"]}) == ["new"]
    assert _texts(api, kind, **{"created_at[lte]": old["created_at"]}) == ["old"]
    assert _texts(api, kind, **{"updated_at[lte]": new["updated_at"]}) == ["new"]
    assert _texts(api, kind, **{"updated_at[gte]": new["updated_at"]}) == ["old", "new"]
    assert _texts(api, kind, **{"created_at[date_range]": "2020-01-01~2200-01-01"}) == ["old", "new"]
    assert _texts(api, kind, **{"updated_at[date_range]": "2020-01-01~2020-02-01"}) == []


@every_kind
@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"incident_id": "01NOTHERE"}, 404),
        ({"incident_mode": "drill"}, 422),
        ({"created_at[is]": "2026-01-01"}, 422),
        ({"updated_at[gte]": "yesterday"}, 422),
        ({"page_size": "251"}, 422),
        ({"after": "01NOTHERE"}, 422),
        ({"status": "completed"}, 422),
    ],
)
def test_a_wrong_parameter_is_refused(api: Api, kind: str, params: dict[str, str], status: int) -> None:
    """An incident that is not there is not found; what cannot be filtered on is named."""
    response = api.get(f"/v3/{kind}s", params=params)

    assert response.status_code == status
    assert status == 404 or next(iter(params)).startswith(problems(response)[0][1] or "?")


@every_kind
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"incident_id": "01NOTHERE"}, ("not_found", "incident_id")),
        ({"incident_id": "1"}, ("not_found", "incident_id")),
        ({"assignee_id": "01NOTHERE"}, ("not_found", "assignee_id")),
        ({"assignee_id": None}, ("invalid_type", "assignee_id")),
        ({"status": "completed"}, ("unknown_field", "status")),
    ],
)
def test_a_wrong_create_is_refused(api: Api, kind: str, fields: Json, problem: tuple[str, str]) -> None:
    """The field is named."""
    response = _created(api, kind, api.declare(), **fields)

    assert (response.status_code, problems(response)) == (422, [problem])


@every_kind
def test_a_task_has_a_text_and_a_status(api: Api, kind: str) -> None:
    """Neither can be left out of a PUT, and the text cannot be empty."""
    (name,) = _told(kind, "")
    task = _create(api, kind, api.declare())

    missing = api.put(f"/v3/{kind}s/{task['id']}", json={})
    empty = _created(api, kind, api.declare(), "")

    assert set(problems(missing)) == {("is_required", name), ("is_required", "status")}
    assert problems(empty) == [("is_required", name)]


@every_kind
def test_who_has_left_gets_no_task(api: Api, kind: str) -> None:
    """Neither a new one nor one that is there."""
    erin = _user(api, "erin@example.com")
    incident = api.declare()
    task = _create(api, kind, incident)

    answers = [_created(api, kind, incident, assignee_id=erin), _replaced(api, kind, task, assignee_id=erin)]

    assert [problems(answer) for answer in answers] == [[("not_found", "assignee_id")]] * 2


@every_kind
def test_an_unknown_task_is_not_found(api: Api, kind: str) -> None:
    """Neither shown, replaced nor deleted."""
    one = f"/v3/{kind}s/01NOTHERE"

    answers = [api.get(one), _replaced(api, kind, {"id": "01NOTHERE"}), api.delete(one)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


@every_kind
def test_editors_handle_tasks_and_viewers_read_them(api: Api, kind: str) -> None:
    """A key without the scope is refused with its name."""
    incident = api.declare()
    viewer = api.as_key("sandbox-viewer")

    task = _create(api.as_key("sandbox-editor"), kind, incident)

    assert viewer.get(f"/v3/{kind}s/{task['id']}").status_code == 200
    refused = [_created(viewer, kind, incident), _replaced(viewer, kind, task), viewer.delete(f"/v3/{kind}s/1")]
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert f"{kind}s.destroy" in refused[2].json()["errors"][0]["message"]


@every_kind
def test_tasks_of_private_incidents_are_hidden(api: Api, kind: str) -> None:
    """Without global access they are neither listed, shown, changed nor made."""
    incident = api.declare(visibility="private")
    task = _create(api, kind, incident)
    editor = api.as_key("sandbox-editor")
    one = f"/v3/{kind}s/{task['id']}"

    assert _texts(editor, kind) == []
    answers = [editor.get(one), _replaced(editor, kind, task), editor.delete(one)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert editor.get(f"/v3/{kind}s", params={"incident_id": incident["id"]}).status_code == 404
    assert problems(_created(editor, kind, incident)) == [("not_found", "incident_id")]


@every_kind
def test_the_log_tells_of_tasks(api: Api, kind: str) -> None:
    """Who made, changed and deleted them, what was changed, and that the incident was active."""
    incident = api.declare()
    alice = api.as_person("alice@example.com")
    bob = _user(api, "bob@example.com")

    task = _create(api, kind, incident)
    _replace(alice, kind, task, "completed", assignee_id=bob)
    _replace(alice, kind, task, "completed", assignee_id=None)
    alice.delete(f"/v3/{kind}s/{task['id']}")

    created, assigned, unassigned, deleted = _log(api, incident, kind)
    assert created == {f"{kind}_id": task["id"], "actor": {"api_key": created["actor"]["api_key"]}}
    assert (assigned["previous_status"], assigned["new_status"]) == ("outstanding", "completed")
    assert assigned["new_assignee"]["email"] == unassigned["previous_assignee"]["email"] == "bob@example.com"
    assert not {"new_status", "new_assignee"} & unassigned.keys()
    assert (deleted["new_status"], deleted["updater"]["user"]["email"]) == ("deleted", "alice@example.com")
    shown = api.get(f"/v2/incidents/{incident['id']}").json()["incident"]
    assert shown["last_activity_at"] > shown["updated_at"] == incident["updated_at"]


@every_kind
def test_a_server_that_rewrites_keeps_tasks_in_its_own_form(make_api: Maker, kind: str) -> None:
    """What is sent back is kept as it is, and a text that is nothing but blanks is none."""
    api = make_api(behaviour=Behaviour(rewrites=True))
    incident = api.declare()

    task = _create(api, kind, incident, "Roll back\u0020\u0020")

    text = task["description" if kind == "action" else "title"]
    assert text == "Roll back"
    assert _replace(api, kind, task, **_told(kind, text)) == task
    assert problems(_created(api, kind, incident, "\u0020")) == [("is_required", *_told(kind, ""))]
