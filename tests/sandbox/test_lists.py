from typing import Any

import pytest

from .conftest import Api, problems

Json = dict[str, Any]


def _names(api: Api, *pairs: tuple[str, str]) -> list[str]:
    response = api.get("/v2/incidents", params=list(pairs))
    assert response.status_code == 200, response.text
    return [incident["name"] for incident in response.json()["incidents"]]


def test_incidents_are_newest_first_unless_asked(api: Api) -> None:
    """The order can be turned round."""
    for name in "abc":
        api.declare(name=name)

    assert _names(api) == ["c", "b", "a"]
    assert _names(api, ("sort_by", "created_at_oldest_first")) == ["a", "b", "c"]


@pytest.mark.parametrize("order", ["created_at_newest_first", "created_at_oldest_first"])
def test_pages_hold_every_incident_once(api: Api, order: str) -> None:
    """Following `after` to its end meets all of them, and the count is of all pages."""
    names = [api.declare(name=f"{number}")["name"] for number in range(5)]
    seen: list[str] = []
    params: dict[str, str] = {"page_size": "2", "sort_by": order}

    while True:
        answer = api.get("/v2/incidents", params=params).json()
        seen += [incident["name"] for incident in answer["incidents"]]
        assert answer["pagination_meta"]["total_record_count"] == 5
        if "after" not in answer["pagination_meta"]:
            break
        params["after"] = answer["pagination_meta"]["after"]

    assert sorted(seen) == names


def test_a_new_incident_does_not_shift_the_pages(api: Api) -> None:
    """What is declared while someone turns pages neither hides nor repeats an incident."""
    for name in "abc":
        api.declare(name=name)
    first = api.get("/v2/incidents", params={"page_size": 2}).json()
    api.declare(name="d")

    assert _names(api, ("after", first["pagination_meta"]["after"])) == ["a"]


def test_test_and_tutorial_incidents_are_listed_by_name_of_mode_only(api: Api) -> None:
    """Without the filter they are left out."""
    for mode in ("standard", "retrospective", "test", "tutorial"):
        api.declare(name=mode, mode=mode)

    assert _names(api) == ["retrospective", "standard"]
    assert _names(api, ("mode[one_of]", "test")) == ["test"]
    assert _names(api, ("mode[one_of]", "test"), ("mode[one_of]", "standard")) == ["test", "standard"]


@pytest.fixture
def three(api: Api) -> Api:
    """Return a sandbox with three incidents that differ in everything that can be filtered on."""
    option = api.get("/v1/custom_field_options", params={"custom_field_id": api.field("Detection method")}).json()
    api.declare(name="minor", severity_id=api.severity("Minor"))
    api.declare(
        name="major",
        severity_id=api.severity("Major"),
        incident_status_id=api.status("Documenting"),
        custom_field_entries=[
            {"custom_field_id": api.field("Customers affected"), "values": [{"value_numeric": "9"}]},
            {
                "custom_field_id": api.field("Detection method"),
                "values": [{"value_option_id": option["custom_field_options"][0]["id"]}],
            },
        ],
    )
    api.declare(
        name="critical",
        severity_id=api.severity("Critical"),
        visibility="private",
        incident_type_id=api.id_of("/v1/incident_types", "Security"),
        custom_field_entries=[
            {"custom_field_id": api.field("Customers affected"), "values": [{"value_numeric": "120"}]}
        ],
        incident_role_assignments=[
            {"incident_role_id": api.role("Incident Lead"), "assignee": {"email": "bob@example.com"}}
        ],
    )
    return api


def test_incidents_are_filtered_by_their_own_fields(three: Api) -> None:
    """Status, category, severity (also by rank) and type, each with its operators."""
    major = three.severity("Major")
    documenting = three.status("Documenting")

    assert _names(three, ("status[one_of]", documenting)) == ["major"]
    assert _names(three, ("status[not_in]", documenting)) == ["critical", "minor"]
    assert _names(three, ("status_category[one_of]", "learning")) == ["major"]
    assert _names(three, ("status_category[not_in]", "learning")) == ["critical", "minor"]
    assert _names(three, ("severity[one_of]", major)) == ["major"]
    assert _names(three, ("severity[not_in]", major)) == ["critical", "minor"]
    assert _names(three, ("severity[gte]", major)) == ["critical", "major"]
    assert _names(three, ("severity[lte]", major)) == ["major", "minor"]
    security = three.id_of("/v1/incident_types", "Security")
    assert _names(three, ("incident_type[one_of]", security)) == ["critical"]
    assert _names(three, ("incident_type[not_in]", security)) == ["major", "minor"]


def test_incidents_are_filtered_by_custom_field_and_role(three: Api) -> None:
    """Options, numbers, blanks and assignees."""
    number, method = three.field("Customers affected"), three.field("Detection method")
    options = three.get("/v1/custom_field_options", params={"custom_field_id": method}).json()
    alert = options["custom_field_options"][0]["id"]
    bob = three.get("/v2/users", params={"email": "bob@example.com"}).json()["users"][0]["id"]
    lead = three.role("Incident Lead")

    assert _names(three, (f"custom_field[{method}][one_of]", alert)) == ["major"]
    assert _names(three, (f"custom_field[{method}][not_in]", alert)) == ["critical", "minor"]
    assert _names(three, (f"custom_field[{number}][gte]", "10")) == ["critical"]
    assert _names(three, (f"custom_field[{number}][lte]", "10")) == ["major"]
    assert _names(three, (f"custom_field[{number}][is_blank]", "true")) == ["minor"]
    assert _names(three, (f"custom_field[{number}][is_blank]", "false")) == ["critical", "major"]
    assert _names(three, (f"incident_role[{lead}][one_of]", bob)) == ["critical"]
    assert _names(three, (f"incident_role[{lead}][is_blank]", "true")) == ["major", "minor"]
    assert _names(three, (f"incident_role[{lead}][is_set]", "true")) == ["critical"]


def test_filters_are_joined_by_and_unless_asked(three: Api) -> None:
    """`filter_mode=any` takes what fulfils one of them."""
    both = (("severity[one_of]", three.severity("Major")), ("status[one_of]", three.status("Investigating")))

    assert _names(three, *both) == []
    assert _names(three, *both, ("filter_mode", "any")) == ["critical", "major", "minor"]


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
def test_incidents_are_filtered_by_day(three: Api, column: str) -> None:
    """A day is its midnight."""
    assert len(_names(three, (f"{column}[gte]", "2020-01-01"))) == 3
    assert _names(three, (f"{column}[lte]", "2020-01-01")) == []
    assert len(_names(three, (f"{column}[date_range]", "2020-01-01~2200-01-01"))) == 3
    assert _names(three, (f"{column}[date_range]", "2020-01-01~2020-02-01")) == []


def test_the_count_is_of_what_the_filter_leaves(three: Api) -> None:
    """A filter counts for `total_record_count` too."""
    answer = three.get("/v2/incidents", params={"severity[gte]": three.severity("Major"), "page_size": 1}).json()

    assert answer["pagination_meta"]["total_record_count"] == 2


def test_private_incidents_are_hidden_without_global_access(three: Api) -> None:
    """Lists leave them out, showing one is a 404, and its updates are not told either."""
    editor = three.as_key("sandbox-editor")
    private = three.get("/v2/incidents/3").json()["incident"]
    three.updated(private, message="Secret")

    assert _names(editor) == ["major", "minor"]
    assert editor.get("/v2/incidents/3").status_code == 404
    assert editor.get(f"/v2/incidents/{private['id']}").status_code == 404
    assert editor.get("/v2/incident_updates").json()["incident_updates"] == []
    assert editor.get("/v2/incident_updates", params={"incident_id": private["id"]}).status_code == 404
    assert editor.edited(private, name="Mine").status_code == 404
    assert problems(editor.updated(private, message="Mine")) == [("not_found", "incident_id")]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v2/incidents", {"page_size": "0"}),
        ("/v2/incidents", {"page_size": "251"}),
        ("/v2/incidents", {"page_size": "ten"}),
        ("/v2/incidents", {"after": "01NOTHERE"}),
        ("/v2/incidents", {"sort_by": "name"}),
        ("/v2/incidents", {"filter_mode": "some"}),
        ("/v2/incidents", {"status": "live"}),
        ("/v2/incidents", {"status[is]": "live"}),
        ("/v2/incidents", {"status[one_of][more]": "live"}),
        ("/v2/incidents", {"mode[one_of]": "drill"}),
        ("/v2/incidents", {"status_category[one_of]": "open"}),
        ("/v2/incidents", {"severity[gte]": "01NOTHERE"}),
        ("/v2/incidents", {"created_at[gte]": "yesterday"}),
        ("/v2/incidents", {"created_at[date_range]": "2026-01-01"}),
        ("/v2/incidents", {"custom_field[01NOTHERE][one_of]": "x"}),
        ("/v2/incidents", {"incident_role[01NOTHERE][is_blank]": "true"}),
        ("/v2/incidents", {"custom_field": "x"}),
        ("/v2/incidents", {"colour": "red"}),
        ("/v1/severities", {"page_size": "10"}),
        ("/v2/incident_updates", {"page_size": "251"}),
        ("/v2/incident_updates", {"after": "01NOTHERE"}),
        ("/v2/incident_timeline_items", {}),
        ("/v2/users", {"page_size": "10001"}),
        ("/v2/users", {"include_inactive": "perhaps"}),
        ("/v2/users", {"after": "01NOTHERE"}),
        ("/v2/escalation_paths", {"page_size": "26"}),
        ("/v3/catalog_entries", {"page_size": "10"}),
        ("/v1/custom_field_options", {}),
    ],
)
def test_a_wrong_parameter_is_refused(api: Api, path: str, params: dict[str, str]) -> None:
    """Unknown names, operators, values and IDs are a 422 that names the parameter."""
    response = api.get(path, params=params)

    assert response.status_code == 422
    assert problems(response)[0][1] != ""


ALICE = "01SANDB0XVSER0000000000001"
CREATES: dict[str, Json] = {
    "/v2/incident_updates": {"idempotency_key": "", "message": "Told"},
    "/v2/incident_timeline_items": {"idempotency_key": "", "timestamp": "2026-11-20T09:12:00Z", "title": "Seen"},
    "/v3/actions": {"description": "Do it"},
    "/v3/follow_ups": {"title": "Do it"},
    "/v2/escalations": {"idempotency_key": "", "title": "Wake up", "user_ids": [ALICE]},
}
LOG = "/v2/incident_activity_log_entries"


def _filled(api: Api, path: str, incident: Json) -> list[str]:
    """Add three to what a path lists of an incident, and return all IDs in their order; an action fills the log."""
    into = "/v3/actions" if path == LOG else path
    body = CREATES[into] | {"incident_id": incident["id"]}
    for number in range(3):
        key = {"idempotency_key": f"{incident['id']} {number}"} if "idempotency_key" in body else {}
        made = api.post(into, json=body | key)
        assert made.status_code == 201, made.text
    return _listed(api, path, incident)


def _listed(api: Api, path: str, incident: Json, **params: str) -> list[str]:
    of = "incident[one_of]" if "escalations" in path else "incident_id"
    response = api.get(path, params={of: incident["id"], **params})
    assert response.status_code == 200, response.text
    (items,) = (value for value in response.json().values() if isinstance(value, list))
    return [item["id"] for item in items]


@pytest.mark.parametrize("path", [*CREATES, LOG])
def test_a_page_begins_behind_any_record_of_its_list(api: Api, path: str) -> None:
    """Each of them is a place to go on from."""
    incident = api.declare()
    listed = _filled(api, path, incident)

    rests = [_listed(api, path, incident, after=one) for one in listed]

    assert rests == [listed[number:] for number in range(1, len(listed) + 1)]


@pytest.mark.parametrize("path", [path for path in (*CREATES, LOG) if path != "/v2/escalations"])
def test_a_record_of_another_incident_is_no_place_to_go_on_from(api: Api, path: str) -> None:
    """It is as unknown to the list as one that does not exist."""
    first, second = api.declare(), api.declare()
    _filled(api, path, first)
    (other, *_) = _filled(api, path, second)

    answers = [api.get(path, params={"incident_id": first["id"], "after": after}) for after in (other, "01NOTHERE")]

    assert [problems(answer) for answer in answers] == [[("not_found", "after")]] * 2
    assert answers[0].json()["errors"][0]["message"] == f"{other!r} is not in this list"


@pytest.mark.parametrize(
    "path", ["/v2/incidents", "/v2/incident_updates", "/v3/actions", "/v3/follow_ups", "/v2/escalations"]
)
def test_what_is_hidden_is_no_place_to_go_on_from(api: Api, path: str) -> None:
    """What belongs to a private incident is unknown to who does not see it, and so is the incident."""
    private = api.declare(visibility="private")
    hidden = private["id"] if path == "/v2/incidents" else _filled(api, path, private)[0]
    api.declare()

    answers = [client.get(path, params={"after": hidden}) for client in (api, api.as_key("sandbox-editor"))]

    assert answers[0].status_code == 200
    assert (answers[1].status_code, problems(answers[1])) == (422, [("not_found", "after")])


def test_what_has_left_the_filters_is_still_a_place_to_go_on_from(api: Api) -> None:
    """While someone turns pages, the last one of a page is closed, completed or deleted; the next page follows it."""
    one, two = api.declare(), api.declare()
    api.edit(two, incident_status_id=api.status("Closed"))
    tasks = _filled(api, "/v3/actions", one)
    api.delete(f"/v3/actions/{tasks[0]}")

    live = api.get("/v2/incidents", params={"status_category[one_of]": "live", "after": two["id"]}).json()["incidents"]

    assert [incident["id"] for incident in live] == [one["id"]]
    assert _listed(api, "/v3/actions", one, after=tasks[0]) == tasks[1:]


def test_a_number_is_no_place_to_go_on_from(api: Api) -> None:
    """A cursor is an ID."""
    api.declare()

    assert problems(api.get("/v2/incidents", params={"after": "1"})) == [("not_found", "after")]


def test_users_are_found_by_email_and_slack_id(api: Api) -> None:
    """Somebody who has left is listed only where asked for."""
    found = {
        name: [user["name"] for user in api.get("/v2/users", params=params).json()["users"]]
        for name, params in {
            "email": {"email": "BOB@example.com"},
            "slack": {"slack_user_id": "U0CAROL"},
            "left": {"email": "erin@example.com"},
            "asked": {"email": "erin@example.com", "include_inactive": "true"},
        }.items()
    }

    assert found == {"email": ["Bob Baker"], "slack": ["Carol Cook"], "left": [], "asked": ["Erin Ellis"]}


@pytest.mark.parametrize("identifier", ["service-payments", "billing"])
def test_catalog_entries_are_found_by_identifier(api: Api, identifier: str) -> None:
    """By external ID or alias, and by ID."""
    params: dict[str, Any] = {"catalog_type_id": api.id_of("/v3/catalog_types", "Service"), "page_size": 25}

    answer = api.get("/v3/catalog_entries", params={**params, "identifier": identifier}).json()

    (entry,) = answer["catalog_entries"]
    assert entry["name"] == "Payments"
    assert api.get(f"/v3/catalog_entries/{entry['id']}").json()["catalog_entry"] == entry
    assert len(api.get("/v3/catalog_entries", params={**params, "identifier": entry["id"]}).json()) == 3


def test_small_lists_have_pages_too(api: Api) -> None:
    """Users come in pages that hold everybody once."""
    params: dict[str, Any] = {"page_size": 3}

    first = api.get("/v2/users", params=params).json()
    second = api.get("/v2/users", params={**params, "after": first["pagination_meta"]["after"]}).json()

    assert [len(page["users"]) for page in (first, second)] == [3, 1]
    assert "after" not in second["pagination_meta"]


def test_catalog_entries_are_found_by_name_where_their_type_says_so(api: Api) -> None:
    """A name is an identifier only then."""
    service = api.id_of("/v3/catalog_types", "Service")
    params: dict[str, Any] = {"catalog_type_id": service, "page_size": 25, "identifier": "Payments"}
    assert api.get("/v3/catalog_entries", params=params).json()["catalog_entries"] == []

    with api.app.store.writing() as transaction:
        found = transaction.organisation.get("catalog_type", service)
        transaction.configure("catalog_type", service, found | {"use_name_as_identifier": True})

    (entry,) = api.get("/v3/catalog_entries", params=params).json()["catalog_entries"]
    assert entry["name"] == "Payments"
