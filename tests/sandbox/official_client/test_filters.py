"""Every filter that the official client offers, and pages followed to the end."""

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.sandbox.ids import seed_id
from tests.processes import serving

from .calls import ALICE, BOB, CHECKOUT, DETECTION, FIXING, LEAD, MAJOR, MINOR, PATH, SERVICE, Ground
from .client import Official

Json = dict[str, Any]

NUMBER, OPTION, SECURITY = seed_id("field", 3), seed_id("option", 1), seed_id("type", 2)
LONG_AGO, RECENT = "2020-01-01", "2020-01-01~2200-01-01"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Official]:
    """Return the client of a sandbox with three incidents that differ in everything that can be filtered on."""
    with serving(tmp_path_factory.mktemp("three")) as url, Official(url) as official:
        declare = Ground(official).incident
        declare(name="minor", mode="standard", severity_id=MINOR)
        declare(
            name="major",
            mode="standard",
            severity_id=MAJOR,
            incident_status_id=FIXING,
            custom_field_entries=[
                {"custom_field_id": NUMBER, "values": [{"value_numeric": "9"}]},
                {"custom_field_id": DETECTION, "values": [{"value_option_id": OPTION}]},
            ],
            incident_role_assignments=[{"incident_role_id": LEAD, "assignee": {"email": "bob@example.com"}}],
        )
        declare(name="security", mode="retrospective", visibility="private", incident_type_id=SECURITY)
        declare(name="drill", mode="test")
        yield official


ALL = ["security", "major", "minor"]
INCIDENT_FILTERS: list[tuple[Json, list[str]]] = [
    ({}, ALL),
    ({"sort_by": "created_at_oldest_first"}, ALL[::-1]),
    ({"status": {"one_of": [FIXING]}}, ["major"]),
    ({"status": {"not_in": [FIXING]}}, ["security", "minor"]),
    ({"status_category": {"one_of": ["live"]}}, ALL),
    ({"status_category": {"not_in": ["live"]}}, []),
    ({"severity": {"one_of": [MAJOR]}}, ["major"]),
    ({"severity": {"not_in": [MAJOR]}}, ["security", "minor"]),
    ({"severity": {"gte": [MAJOR]}}, ["major"]),
    ({"severity": {"lte": [MINOR]}}, ["security", "minor"]),
    ({"incident_type": {"one_of": [SECURITY]}}, ["security"]),
    ({"incident_type": {"not_in": [SECURITY]}}, ["major", "minor"]),
    ({"mode": {"one_of": ["test"]}}, ["drill"]),
    ({"mode": {"one_of": ["test", "standard"]}}, ["drill", "major", "minor"]),
    ({"created_at": {"gte": [LONG_AGO]}}, ALL),
    ({"created_at": {"lte": [LONG_AGO]}}, []),
    ({"created_at": {"date_range": [RECENT]}}, ALL),
    ({"updated_at": {"gte": [LONG_AGO]}}, ALL),
    ({"updated_at": {"lte": [LONG_AGO]}}, []),
    ({"updated_at": {"date_range": [RECENT]}}, ALL),
    ({"incident_role": {LEAD: {"one_of": [BOB]}}}, ["major"]),
    ({"incident_role": {LEAD: {"one_of": [ALICE]}}}, []),
    ({"incident_role": {LEAD: {"is_blank": ["true"]}}}, ["security", "minor"]),
    ({"incident_role": {LEAD: {"is_blank": ["false"]}}}, ["major"]),
    ({"custom_field": {DETECTION: {"one_of": [OPTION]}}}, ["major"]),
    ({"custom_field": {DETECTION: {"not_in": [OPTION]}}}, ["security", "minor"]),
    ({"custom_field": {DETECTION: {"is_blank": ["false"]}}}, ["major"]),
    ({"custom_field": {DETECTION: {"is_blank": ["true"]}}}, ["security", "minor"]),
    ({"custom_field": {NUMBER: {"gte": ["9"]}}}, ["major"]),
    ({"custom_field": {NUMBER: {"lte": ["8.5"]}}}, []),
    ({"status": {"one_of": [FIXING]}, "severity": {"one_of": [MINOR]}}, []),
    ({"status": {"one_of": [FIXING]}, "severity": {"one_of": [MINOR]}, "filter_mode": "any"}, ALL),
]


@pytest.mark.parametrize(("given", "names"), INCIDENT_FILTERS, ids=lambda value: str(value)[:60])
def test_incidents_are_filtered(three: Official, given: Json, names: list[str]) -> None:
    """Each filter and operator; the count is of what it leaves."""
    answer = three.ask("incidents_v2_list", **given)

    assert [incident.name for incident in answer.incidents] == names
    assert answer.pagination_meta.total_record_count == len(names)


@pytest.mark.parametrize("order", ["created_at_newest_first", "created_at_oldest_first"])
def test_pages_of_incidents_are_followed_to_the_end(three: Official, order: str) -> None:
    """One by one, each is met once."""
    found = [incident.name for incident in three.follow("incidents_v2_list", page_size=1, sort_by=order)]

    assert found == (ALL if order.endswith("newest_first") else ALL[::-1])


@pytest.mark.parametrize(
    ("create", "listing", "given"),
    [
        ("incident_updates_v2_create", "incident_updates_v2_list", {"message": "Told"}),
        ("incident_timeline_items_v2_create", "incident_timeline_items_v2_list", {}),
        ("actions_v3_create", "actions_v3_list", {}),
        ("follow_ups_v3_create", "follow_ups_v3_list", {"assignee_team_id": None}),
    ],
)
def test_pages_of_one_incident_are_followed_to_the_end(ground: Ground, create: str, listing: str, given: Json) -> None:
    """What was made is met once, and nothing of another incident."""
    incident = ground.incident(mode="standard")
    ground.made(create)
    told = {name: value for name, value in given.items() if value}
    made = [ground.made(create, incident_id=incident, **told) for _ in range(5)]

    found = list(ground.official.follow(listing, incident_id=incident, page_size=2))

    assert sorted(one.id for one in found) == sorted(made)
    assert {one.incident_id for one in found} == {incident}


def test_pages_of_a_log_are_followed_to_the_end(ground: Ground) -> None:
    """Oldest first; single entries are picked by their IDs."""
    incident, official = ground.incident(), ground.official
    for name in "abc":
        body = {"incident": {"name": name}, "notify_incident_channel": False}
        official.ask("incidents_v2_edit", id=incident, body=body)
    call = "incident_activity_log_entries_v2_list"

    found = list(official.follow(call, incident_id=incident, page_size=1))

    picked = official.ask(call, incident_id=incident, id=[found[1].id, found[3].id]).incident_activity_log_entries
    assert [entry.content.incident_rename.new_name for entry in found[1:]] == ["a", "b", "c"]
    assert [entry.content.incident_rename.new_name for entry in picked] == ["a", "c"]


def test_pages_of_options_are_followed_to_the_end(ground: Ground) -> None:
    """Of one custom field, which may have more than a page."""
    field = ground.made("custom_fields_v2_create", field_type="multi_select")
    made = [ground.made("custom_field_options_v1_create", custom_field_id=field) for _ in range(5)]

    found = ground.official.follow("custom_field_options_v1_list", custom_field_id=field, page_size=2)

    assert [option.id for option in found] == made


@pytest.mark.parametrize("kind", ["actions_v3", "follow_ups_v3"])
def test_tasks_are_filtered(ground: Ground, kind: str) -> None:
    """By incident, mode, and when they were created and updated."""
    official, call = ground.official, f"{kind}_list"
    incident = ground.incident(mode="tutorial")
    made = ground.made(f"{kind}_create", incident_id=incident)
    here: Json = {"incident_id": incident, "incident_mode": "tutorial"}

    def found(**given: Any) -> list[str]:
        return [one.id for one in official.follow(call, **given)]

    assert found(**here) == [made]
    assert found(incident_id=incident) == []
    assert found(incident_mode="tutorial") == [made]
    assert found(**here, created_at={"gte": [LONG_AGO]}, updated_at={"date_range": [RECENT]}) == [made]
    assert found(**here, created_at={"lte": [LONG_AGO]}) == []
    assert found(**here, updated_at={"lte": [LONG_AGO]}) == []


def test_follow_ups_are_filtered_by_team(ground: Ground) -> None:
    """The team that they are assigned to."""
    made = ground.made("follow_ups_v3_create", incident_id=ground.incident(mode="standard"))

    found = [one.id for one in ground.official.follow("follow_ups_v3_list", assignee_team_id="01TEAM")]

    assert made in found
    assert ground.official.ask("follow_ups_v3_list", assignee_team_id="01NOTHERE").follow_ups == []


def test_escalations_are_filtered(ground: Ground) -> None:
    """By path, status, alert, incident, key, and when they were created and updated."""
    incident = ground.incident()
    key = ground.new("acme/page")
    made = ground.made("escalations_v2_create", incident_id=incident, idempotency_key=key)
    here: Json = {"incident": {"one_of": [incident]}}
    matching: list[Json] = [
        here,
        {"idempotency_key": {"is": [key]}},
        {"idempotency_key": {"starts_with": [key[:-1]]}, **here},
        {"escalation_path": {"one_of": [PATH]}, **here},
        {"status": {"one_of": ["triggered"]}, **here},
        {"alert": {"not_in": ["01ALERT"]}, **here},
        {"created_at": {"gte": [LONG_AGO]}, **here},
        {"updated_at": {"date_range": [RECENT]}, **here},
    ]
    others: list[Json] = [
        {"incident": {"not_in": [incident]}, "idempotency_key": {"is": [key]}},
        {"escalation_path": {"not_in": [PATH]}, **here},
        {"status": {"not_in": ["triggered"]}, **here},
        {"alert": {"one_of": ["01ALERT"]}, **here},
        {"created_at": {"lte": [LONG_AGO]}, **here},
    ]

    def found(given: Json) -> list[str]:
        return [one.id for one in ground.official.follow("escalations_v2_list", **given)]

    assert [found(given) for given in matching] == [[made]] * len(matching)
    assert [found(given) for given in others] == [[]] * len(others)


def test_users_are_found(official: Official) -> None:
    """By e-mail and Slack ID; those who have left only where asked for; page by page."""

    def names(**given: Any) -> list[str]:
        return [user.name for user in official.follow("users_v2_list", **given)]

    assert names(email="bob@example.com") == ["Bob Baker"]
    assert names(slack_user_id="U0CAROL") == ["Carol Cook"]
    assert names(email="erin@example.com") == []
    assert names(email="erin@example.com", include_inactive=True) == ["Erin Ellis"]
    assert names(page_size=1) == ["Alice Archer", "Bob Baker", "Carol Cook", "Dave Dyer"]


@pytest.mark.parametrize("identifier", [CHECKOUT, "service-checkout", "cart"])
def test_catalog_entries_are_found(official: Official, identifier: str) -> None:
    """By ID, external ID and alias, within their type."""
    answer = official.ask("catalog_v3_list_entries", catalog_type_id=SERVICE, page_size=25, identifier=identifier)

    assert [entry.name for entry in answer.catalog_entries] == ["Checkout"]
    assert answer.catalog_type.name == "Service"
    assert len(list(official.follow("catalog_v3_list_entries", catalog_type_id=SERVICE, page_size=2))) == 5


def test_attachments_are_found(ground: Ground) -> None:
    """By incident, and by what they attach."""
    incident, call = ground.incident(), "incident_attachments_v1_list"
    external = ground.new("OPS")
    resource = {"resource_type": "jira_issue", "external_id": external}
    made = ground.made("incident_attachments_v1_create", incident_id=incident, resource=resource)

    found = [
        ground.official.ask(call, incident_id=incident).incident_attachments,
        ground.official.ask(call, resource_type="jira_issue", external_id=external).incident_attachments,
    ]

    assert [[one.id for one in each] for each in found] == [[made], [made]]
