from typing import Any

import httpx
import pytest

from .conftest import Api, problems

Json = dict[str, Any]

PATH = "/v1/incident_attachments"
PULL = {"resource_type": "github_pull_request", "external_id": "shop/web/42"}


def _attached(api: Api, incident: Json, **resource: Any) -> httpx.Response:
    return api.post(PATH, json={"incident_id": incident["id"], "resource": resource})


def _attach(api: Api, incident: Json, **resource: Any) -> Json:
    response = _attached(api, incident, **resource)
    assert response.status_code == 201, response.text
    attachment: Json = response.json()["incident_attachment"]
    return attachment


def _listed(api: Api, **params: str) -> list[Json]:
    response = api.get(PATH, params=params)
    assert response.status_code == 200, response.text
    listed: list[Json] = response.json()["incident_attachments"]
    return listed


def test_a_resource_is_attached_by_its_id(api: Api) -> None:
    """Its title and its link are those of the other system."""
    incident = api.declare()

    attachment = _attach(api, incident, **PULL)

    assert attachment["incident_id"] == incident["id"]
    assert attachment["resource"].items() >= PULL.items()
    assert attachment["resource"]["title"] == "shop/web/42"
    assert attachment["resource"]["permalink"].endswith("/github_pull_request/shop%2Fweb%2F42")
    assert _listed(api, incident_id=incident["id"]) == [attachment]


@pytest.mark.parametrize("kind", ["arbitrary_url", "github_pull_request"])
def test_a_resource_is_attached_by_its_link(api: Api, kind: str) -> None:
    """The link is the ID, and the title unless another is given."""
    link = "https://github.com/shop/web/pull/42"

    attachment = _attach(api, api.declare(), resource_type=kind, url=link)

    assert attachment["resource"] == {"resource_type": kind, "external_id": link, "permalink": link, "title": link}


def test_a_plain_link_may_have_a_title_and_an_emoji(api: Api) -> None:
    """The title is answered."""
    told = {"resource_type": "arbitrary_url", "url": "https://wiki.example.com/1", "emoji": "book", "title": "The wiki"}

    assert _attach(api, api.declare(), **told)["resource"]["title"] == "The wiki"


def test_attachments_are_found_by_what_they_attach(api: Api) -> None:
    """Across incidents, by type and ID together, and within one incident."""
    first, second = api.declare(), api.declare()
    pulls = [_attach(api, incident, **PULL) for incident in (first, second)]
    issue = _attach(api, first, resource_type="sentry_issue", external_id="shop/web/42")

    assert _listed(api, **PULL) == pulls
    assert _listed(api, resource_type="sentry_issue", external_id="shop/web/42") == [issue]
    assert _listed(api, resource_type="sentry_issue", external_id="none") == []
    assert _listed(api, incident_id=first["id"]) == [pulls[0], issue]
    assert _listed(api, incident_id=first["id"], resource_type="sentry_issue") == [issue]


def test_more_than_a_page_is_listed_at_once(api: Api) -> None:
    """The list has no pages."""
    incident = api.declare()

    for number in range(30):
        _attach(api, incident, resource_type="jira_issue", external_id=f"OPS-{number}")

    listed = _listed(api, incident_id=incident["id"])
    assert [one["resource"]["external_id"] for one in listed] == [f"OPS-{number}" for number in range(30)]


@pytest.mark.parametrize(
    ("params", "status", "field"),
    [
        ({}, 422, "external_id"),
        ({"resource_type": "jira_issue"}, 422, "external_id"),
        ({"external_id": "OPS-1"}, 422, "resource_type"),
        ({"external_id": "OPS-1", "resource_type": "postcard"}, 422, "resource_type"),
        ({"incident_id": "01NOTHERE"}, 404, ""),
    ],
)
def test_a_list_is_of_an_incident_or_of_a_resource(api: Api, params: Json, status: int, field: str) -> None:
    """What is missing for that is named."""
    response = api.get(PATH, params=params)

    assert response.status_code == status
    assert problems(response)[0][1] == field


@pytest.mark.parametrize(
    ("resource", "problem"),
    [
        ({"external_id": "1"}, ("is_required", "resource.resource_type")),
        ({"resource_type": "postcard", "external_id": "1"}, ("invalid_enum_value", "resource.resource_type")),
        ({"resource_type": "jira_issue"}, ("invalid_value", "resource")),
        ({**PULL, "url": "https://github.com/shop/web/pull/42"}, ("invalid_value", "resource")),
        ({"resource_type": "arbitrary_url", "external_id": "1"}, ("is_required", "resource.url")),
        ({"resource_type": "arbitrary_url", "url": "the wiki"}, ("invalid_value", "resource.url")),
        ({**PULL, "title": "Mine"}, ("invalid_value", "resource.title")),
        ({**PULL, "emoji": "book"}, ("invalid_value", "resource.emoji")),
    ],
)
def test_a_wrong_resource_is_refused(api: Api, resource: Json, problem: tuple[str, str]) -> None:
    """The field is named."""
    response = _attached(api, api.declare(), **resource)

    assert (response.status_code, problems(response)) == (422, [problem])


def test_a_resource_is_attached_once(api: Api) -> None:
    """To one incident; another may have it too."""
    incident = api.declare()
    _attach(api, incident, **PULL)

    assert problems(_attached(api, incident, **PULL)) == [("not_unique", "resource")]
    assert _attach(api, api.declare(), **PULL)


def test_a_resource_is_unattached(api: Api) -> None:
    """It is gone then, cannot be unattached again, and may be attached anew."""
    incident = api.declare()
    attachment = _attach(api, incident, **PULL)

    response = api.delete(f"{PATH}/{attachment['id']}")

    assert (response.status_code, response.content) == (204, b"")
    assert _listed(api, incident_id=incident["id"]) == []
    assert api.delete(f"{PATH}/{attachment['id']}").status_code == 404
    assert _attach(api, incident, **PULL)


def test_an_unknown_incident_has_no_attachments(api: Api) -> None:
    """The field is named."""
    assert problems(_attached(api, {"id": "01NOTHERE"}, **PULL)) == [("not_found", "incident_id")]


def test_the_log_tells_of_attachments(api: Api) -> None:
    """One entry when it comes, one when it goes."""
    incident = api.declare()
    attachment = _attach(api, incident, **PULL)
    api.delete(f"{PATH}/{attachment['id']}")

    params = {"incident_id": incident["id"]}
    entries = api.get("/v2/incident_activity_log_entries", params=params).json()["incident_activity_log_entries"]

    assert [(entry["type"], entry["title"]) for entry in entries[1:]] == [
        ("incident_attachment_added", "shop/web/42 attached"),
        ("incident_attachment_removed", "shop/web/42 unattached"),
    ]


def test_editors_attach_and_viewers_read(api: Api) -> None:
    """A key without the scope is refused."""
    incident = api.declare()
    viewer = api.as_key("sandbox-viewer")

    attachment = _attach(api.as_key("sandbox-editor"), incident, **PULL)

    assert _listed(viewer, incident_id=incident["id"]) == [attachment]
    refused = [_attached(viewer, incident, **PULL), viewer.delete(f"{PATH}/{attachment['id']}")]
    assert [answer.status_code for answer in refused] == [403, 403]


def test_attachments_of_private_incidents_are_hidden(api: Api) -> None:
    """Without global access they are not found by what they attach either."""
    incident = api.declare(visibility="private")
    attachment = _attach(api, incident, **PULL)
    editor = api.as_key("sandbox-editor")

    assert _listed(editor, **PULL) == []
    assert editor.delete(f"{PATH}/{attachment['id']}").status_code == 404
    assert editor.get(PATH, params={"incident_id": incident["id"]}).status_code == 404
