from typing import Any

import pytest

from .conftest import Api, problems

Json = dict[str, Any]

SEVERITY = ("/v1/severities", {"name": "Huge", "description": "Very bad"})
STATUS = ("/v1/incident_statuses", {"name": "Mitigated", "description": "Held", "category": "live"})
ROLE = ("/v2/incident_roles", {"name": "Scribe", "shortform": "scribe", "description": "Writes", "instructions": ""})
FIELD = ("/v2/custom_fields", {"name": "Region", "description": "Where", "field_type": "text"})

every_kind = pytest.mark.parametrize(("path", "body"), [SEVERITY, STATUS, ROLE, FIELD], ids=lambda p: str(p)[:20])
READ_ONLY = [
    "/v1/incident_types",
    "/v2/incident_timestamps",
    "/v2/users",
    "/v3/catalog_types",
    "/v2/schedules",
    "/v2/escalation_paths",
]


def _created(api: Api, path: str, body: Json) -> Json:
    response = api.post(path, json=body)
    assert response.status_code == 201, response.text
    (item,) = response.json().values()
    created: Json = item
    return created


def _listed(api: Api, path: str) -> list[Json]:
    (items,) = (value for value in api.get(path).json().values() if isinstance(value, list))
    return list(items)


@every_kind
def test_an_object_is_created_shown_and_listed(api: Api, path: str, body: Json) -> None:
    """What was sent comes back, with an ID."""
    created = _created(api, path, body)

    (shown,) = api.get(f"{path}/{created['id']}").json().values()
    assert shown == created
    assert created in _listed(api, path)
    assert body.items() <= created.items()


@every_kind
def test_an_object_is_replaced(api: Api, path: str, body: Json) -> None:
    """The live object with a field changed may be sent back whole."""
    created = _created(api, path, body)

    response = api.put(f"{path}/{created['id']}", json={**created, "name": "Renamed"})

    (replaced,) = response.json().values()
    assert response.status_code == 200
    assert replaced == {**created, "name": "Renamed", "updated_at": replaced["updated_at"]}


@every_kind
def test_replacing_by_the_same_changes_nothing(api: Api, path: str, body: Json) -> None:
    """A PUT of what is there is no change."""
    created = _created(api, path, body)

    response = api.put(f"{path}/{created['id']}", json=created)

    assert next(iter(response.json().values())) == created
    assert not api.app.requests()[-1]["changed"]


@every_kind
def test_an_object_is_deleted(api: Api, path: str, body: Json) -> None:
    """It is gone after that."""
    created = _created(api, path, body)

    response = api.delete(f"{path}/{created['id']}")

    assert response.status_code in (202, 204)
    assert response.content == b""
    assert api.get(f"{path}/{created['id']}").status_code == 404
    assert created not in _listed(api, path)


@every_kind
def test_names_are_unique(api: Api, path: str, body: Json) -> None:
    """A second object of the same name is a 422 on the name, created or renamed."""
    first = _created(api, path, body)
    second = _created(api, path, {**body, "name": "Another"})

    created = api.post(path, json=body)
    renamed = api.put(f"{path}/{second['id']}", json={**second, "name": first["name"]})

    assert [problems(answer) for answer in (created, renamed)] == [[("not_unique", "name")]] * 2


@every_kind
def test_wrong_bodies_are_refused(api: Api, path: str, body: Json) -> None:
    """A missing name, a wrong type and an unknown field are all told."""
    response = api.post(path, json={**body, "name": 7, "description": None, "colour": "red"})
    missing = api.post(path, json={})

    assert response.status_code == missing.status_code == 422
    assert {field for _, field in problems(response)} == {"name", "description", "colour"}
    assert ("is_required", "name") in problems(missing)


@every_kind
def test_an_unknown_object_is_not_found(api: Api, path: str, body: Json) -> None:
    """Neither shown, replaced nor deleted."""
    one = f"{path}/01NOTHERE"
    replacing = {name: value for name, value in body.items() if name not in ("category", "field_type")}

    answers = [api.get(one), api.put(one, json=replacing), api.delete(one)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


@pytest.mark.parametrize(("path", "body"), [SEVERITY, FIELD], ids=["severity", "custom field"])
def test_some_names_have_a_limit(api: Api, path: str, body: Json) -> None:
    """Fifty characters, not more."""
    _created(api, path, {**body, "name": "x" * 50})

    response = api.post(path, json={**body, "name": "x" * 51})

    assert problems(response) == [("too_long", "name")]


@pytest.mark.parametrize("path", READ_ONLY)
def test_what_is_read_only_is_listed_and_shown(api: Api, path: str) -> None:
    """Each object of the list is found by its ID; nothing can be made."""
    listed = _listed(api, path)

    for item in listed:
        assert item in api.get(f"{path}/{item['id']}").json().values()
    assert listed != []
    assert api.get(f"{path}/01NOTHERE").status_code == 404


def test_severities_are_in_the_order_of_their_ranks(api: Api) -> None:
    """Lower is less severe; a new one without a rank is the most severe."""
    _created(api, *SEVERITY)

    names = [severity["name"] for severity in _listed(api, "/v1/severities")]

    assert names == ["Minor", "Major", "Critical", "Huge"]


def test_ranks_of_statuses_are_unique_in_their_category(api: Api) -> None:
    """The same rank in another category is fine."""
    path, body = STATUS

    taken = api.post(path, json={**body, "rank": 2})
    created = _created(api, path, {**body, "category": "learning", "rank": 30})
    moved = api.put(f"{path}/{created['id']}", json={"name": "Mitigated", "description": "", "rank": 1})

    assert [problems(answer) for answer in (taken, moved)] == [[("not_unique", "rank")]] * 2


@pytest.mark.parametrize("category", ["triage", "paused", "declined", "canceled", "merged"])
def test_some_statuses_are_not_configured(api: Api, category: str) -> None:
    """They can neither be created, nor changed, nor deleted."""
    path, body = STATUS
    (status,) = (s for s in _listed(api, path) if s["category"] == category)

    answers = [
        api.post(path, json={**body, "category": category}),
        api.put(f"{path}/{status['id']}", json={"name": "Other", "description": ""}),
        api.delete(f"{path}/{status['id']}"),
    ]

    assert [answer.status_code for answer in answers] == [422, 422, 422]


@pytest.mark.parametrize("name", ["Incident Lead", "Reporter"])
def test_some_roles_are_always_there(api: Api, name: str) -> None:
    """The lead and the reporter cannot be deleted."""
    assert api.delete(f"/v2/incident_roles/{api.role(name)}").status_code == 422


def test_what_is_in_use_is_not_deleted(api: Api) -> None:
    """A severity, status, role, field or option that an incident has stays."""
    method = api.field("Detection method")
    options = api.get("/v1/custom_field_options", params={"custom_field_id": method}).json()["custom_field_options"]
    comms = api.role("Communications Lead")
    api.declare(
        custom_field_entries=[{"custom_field_id": method, "values": [{"value_option_id": options[0]["id"]}]}],
        incident_role_assignments=[{"incident_role_id": comms, "assignee": {"email": "bob@example.com"}}],
    )
    in_use = [
        f"/v1/severities/{api.severity('Minor')}",
        f"/v1/incident_statuses/{api.status('Investigating')}",
        f"/v2/incident_roles/{comms}",
        f"/v2/custom_fields/{method}",
        f"/v1/custom_field_options/{options[0]['id']}",
    ]

    assert {api.delete(path).status_code for path in in_use} == {422}
    assert api.delete(f"/v1/custom_field_options/{options[1]['id']}").status_code == 204


def test_history_outlives_what_it_refers_to(api: Api) -> None:
    """An update still shows the severity that was deleted after it."""
    huge = _created(api, *SEVERITY)
    incident = api.declare()
    api.updated(incident, to_severity_id=huge["id"])
    api.updated(incident, to_severity_id=api.severity("Minor"))

    assert api.delete(f"/v1/severities/{huge['id']}").status_code == 202

    assert [update["new_severity"]["name"] for update in api.updates(incident)] == ["Minor", "Huge"]


def test_a_renamed_severity_shows_on_its_incidents(api: Api) -> None:
    """Incidents refer to it, they do not copy it."""
    api.declare()

    api.put(f"/v1/severities/{api.severity('Minor')}", json={"name": "Low", "description": "Little"})

    assert api.get("/v2/incidents/1").json()["incident"]["severity"]["name"] == "Low"


def test_a_field_of_the_catalog_needs_its_type(api: Api) -> None:
    """It must exist, and the field must be a select."""
    path, body = FIELD
    service = api.id_of("/v3/catalog_types", "Service")

    created = _created(api, path, {**body, "field_type": "single_select", "catalog_type_id": service})
    unknown = api.post(path, json={**body, "name": "A", "field_type": "single_select", "catalog_type_id": "01NOT"})
    text = api.post(path, json={**body, "name": "B", "catalog_type_id": service})

    assert created["catalog_type_id"] == service
    assert [problems(answer)[0][1] for answer in (unknown, text)] == ["catalog_type_id", "catalog_type_id"]


def test_a_put_without_them_wipes_a_fields_catalog_settings(api: Api) -> None:
    """The type of the field and its catalog stay; how its entries are grouped goes."""
    path, body = FIELD
    catalog_type = _listed(api, "/v3/catalog_types")[0]
    of_catalog = {"field_type": "multi_select", "catalog_type_id": catalog_type["id"]}
    grouped = {"group_by_catalog_attribute_id": catalog_type["schema"]["attributes"][0]["id"]}
    created = _created(api, path, {**body, **of_catalog, **grouped})

    replaced = api.put(f"{path}/{created['id']}", json={"name": "Region", "description": "Where"}).json()

    assert grouped.items() <= created.items()
    assert of_catalog.items() <= replaced["custom_field"].items()
    assert "group_by_catalog_attribute_id" not in replaced["custom_field"]


def test_options_belong_to_a_field(api: Api) -> None:
    """They are listed for it in pages, and an incident shows them in the order of their sort keys."""
    path, method = "/v1/custom_field_options", api.field("Detection method")
    created = _created(api, path, {"custom_field_id": method, "value": "Luck", "sort_key": 1})
    late = _created(api, path, {"custom_field_id": method, "value": "Chance"})

    page = api.get(path, params={"custom_field_id": method, "page_size": 4}).json()
    rest = api.get(path, params={"custom_field_id": method, "after": page["pagination_meta"]["after"]}).json()

    assert late["sort_key"] == 1000
    assert [len(page["custom_field_options"]), rest["custom_field_options"]] == [4, [late]]
    entries = api.declare()["custom_field_entries"]
    (field,) = (entry["custom_field"] for entry in entries if entry["custom_field"]["id"] == method)
    values = [option["value"] for option in field["options"]]
    assert values == [created["value"], "Alert", "Customer report", "Employee", "Chance"]


@pytest.mark.parametrize("value", [" Luck", "Luck ", "Lu\tck", "Lu\nck", "", "Alert"])
def test_a_wrong_option_is_refused(api: Api, value: str) -> None:
    """Outer whitespace, tabs, newlines, nothing at all, and a value that is taken."""
    body = {"custom_field_id": api.field("Detection method"), "value": value}

    response = api.post("/v1/custom_field_options", json=body)

    assert response.status_code == 422
    assert problems(response)[0][1] == "value"


@pytest.mark.parametrize("name", ["Root cause", "Affected services"])
def test_not_every_field_has_options(api: Api, name: str) -> None:
    """A text has none, and a field of the catalog has entries instead."""
    response = api.post("/v1/custom_field_options", json={"custom_field_id": api.field(name), "value": "x"})

    assert problems(response) == [("invalid_value", "custom_field_id")]


def test_one_option_value_may_be_in_two_fields(api: Api) -> None:
    """Values are unique in their field."""
    path, body = FIELD
    field = _created(api, path, {**body, "field_type": "single_select"})

    assert _created(api, "/v1/custom_field_options", {"custom_field_id": field["id"], "value": "Alert"})


def test_every_new_organisation_is_the_same(make_api: Any) -> None:
    """Names, ranks and IDs do not differ between two sandboxes."""
    first, second = make_api(), make_api()

    for path in (SEVERITY[0], STATUS[0], ROLE[0], FIELD[0], *READ_ONLY, "/v2/workflows"):
        assert _listed(first, path) == _listed(second, path)
    assert [w["state"] for w in _listed(first, "/v2/workflows")] == ["active", "disabled"]


@pytest.mark.parametrize("kind", [SEVERITY, STATUS], ids=lambda kind: kind[0])
def test_a_rank_that_nobody_gave_is_free(api: Api, kind: tuple[str, Json]) -> None:
    """It is the next above all others; above the last possible one there is none, so then the highest below."""
    path, body = kind
    given = (10, None, 2**63 - 1, None, None)

    made = [_created(api, path, {**body, "name": f"{n}"} | ({"rank": r} if r else {})) for n, r in enumerate(given)]

    assert [one["rank"] for one in made] == [10, 11, 2**63 - 1, 2**63 - 2, 2**63 - 3]


@pytest.mark.parametrize("kind", ["severities", "incident_statuses"])
def test_a_name_says_something(api: Api, kind: str) -> None:
    """Blanks alone are no name."""
    category = {"category": "live"} if kind == "incident_statuses" else {}

    response = api.post(f"/v1/{kind}", json={"name": " \t", "description": "d", **category})

    assert (response.status_code, problems(response)) == (422, [("is_required", "name")])
