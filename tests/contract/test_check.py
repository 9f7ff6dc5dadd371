"""The check finds what is planted: one exchange that is as documented, and every way to make it something else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reconciler.sandbox.recording import Exchange, Request, Sent
from tests.contract.check import find_breaches
from tests.contract.document import PATH, find_operation, operations

pytestmark = pytest.mark.skipif(not PATH.exists(), reason=f"NO PUBLISHED API DOCUMENT AT {PATH}")

JSON = {"Content-Type": "application/json"}
SEVERITY = {
    "id": "01ABC",
    "name": "Major",
    "description": "Customers cannot pay",
    "rank": 3,
    "created_at": "2026-11-20T09:12:00Z",
    "updated_at": "2026-11-20T09:12:00.25Z",
}
INCIDENT = {
    "idempotency_key": "a",
    "visibility": "public",
    "incident_timestamp_values": [{"incident_timestamp_id": "01ABC", "value": "2026-11-20T09:12:00Z"}],
}
REFUSED = {"type": "not_found", "status": 404, "request_id": "1", "errors": [{"code": "not_found", "message": "gone"}]}
CREATE = Request("POST", "/v1/severities", body=b'{"name": "Major", "description": "Customers cannot pay"}')
LIST = Request("GET", "/v2/incidents", "page_size=250&mode[one_of]=test&custom_field[01ABC][one_of]=x")


def sent(body: Any, status: int = 201) -> Sent:
    """Return an answer."""
    return Sent(status, JSON, json.dumps(body).encode())


def told(request: Request, answer: Sent | None = None, *, faulty: bool = False) -> list[str]:
    """Return what the check says of an exchange, without the exchange itself."""
    answer = answer or sent({"severity": SEVERITY})
    found = find_breaches(Exchange(request, answer, is_faulty=faulty))
    return [f"{breach.part}: {breach.told}" for breach in found]


def asked(**changes: Any) -> list[str]:
    """Return what the check says of a request that was granted without a word."""
    request = replace(LIST, **changes)
    return told(request, Sent(200), faulty=True)


def declared(**changes: Any) -> list[str]:
    """Return what the check says of an incident's creation that was granted; a field of None is left out."""
    body = {name: value for name, value in {**INCIDENT, **changes}.items() if value is not None}
    return asked(method="POST", query="", body=json.dumps(body).encode())


def answered(**changes: Any) -> list[str]:
    """Return what the check says of a severity in an answer; a property of None is left out."""
    severity = {name: value for name, value in {**SEVERITY, **changes}.items() if value is not None}
    return told(CREATE, sent({"severity": severity}))


def test_what_is_documented_is_no_breach() -> None:
    """The exchanges that the others are made from have nothing wrong with them."""
    assert [*told(CREATE), *asked(), *declared(), *answered()] == []


def test_a_path_that_is_not_there_is_found() -> None:
    """Neither a path nor a method may be made up."""
    assert asked(path="/v2/incidentz") == ["path: there is no such operation"]
    assert asked(path="/v2/incidents/") == ["path: there is no such operation"]
    assert asked(method="DELETE") == ["path: there is no such operation"]


def test_a_deprecated_path_is_found() -> None:
    """What is about to go is not to be used."""
    assert asked(path="/v1/incidents", query="") == ["path: /v1/incidents is deprecated"]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("colour=red", "colour: is no documented parameter"),
        ("[one_of]=red", "[one_of]: is no documented parameter"),
        ("mode[like]=test", "mode[like]: like is none of its operators: one_of"),
        ("status[gte]=x", "status[gte]: gte is none of its operators: not_in, one_of"),
        ("incident_type[gte]=x", "incident_type[gte]: gte is none of its operators: not_in, one_of"),
        ("custom_field[01ABC][like]=x", "custom_field[01ABC][like]: like is none of its operators: "),
        ("mode=test", "mode: takes 1 pairs of brackets, not 0"),
        ("custom_field[one_of]=x", "custom_field[one_of]: takes 2 pairs of brackets, not 1"),
        ("after[one_of]=x", "after[one_of]: takes 0 pairs of brackets, not 1"),
        ("page_size=501", "page_size: 501 is not from 1 to 500"),
        ("page_size=many", "page_size: 'many' is not an integer"),
        ("page_size=1&page_size=2", "page_size: is given several times"),
        ("sort_by=name", "sort_by: 'name' is none of created_at_newest_first, created_at_oldest_first"),
    ],
)
def test_a_query_that_is_not_documented_is_found(query: str, problem: str) -> None:
    """A parameter's name, its brackets, its operator and its value are what the document has."""
    (found,) = asked(query=query)

    assert found.startswith(f"query: {problem}")


def test_a_parameter_that_is_missing_is_found() -> None:
    """A list that needs a parameter is not asked without it."""
    assert asked(path="/v2/incident_timeline_items", query="") == ["query: incident_id: is required"]


def test_a_flag_is_true_or_false() -> None:
    """A parameter that is a boolean takes two words."""
    assert asked(path="/v2/users", query="include_inactive=yes") == [
        "query: include_inactive: 'yes' is neither true nor false"
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"visibility": None}, '$: "visibility" is a required property'),
        ({"visibility": "secret"}, '$.visibility: "secret" is not one of '),
        ({"name": 7}, '$.name: 7 is not of type "string"'),
        ({"colour": "red"}, "$: Additional properties are not allowed ('colour' was unexpected)"),
        (
            {"incident_timestamp_values": [{"incident_timestamp_id": "1", "value": "2026-11-20 09:12"}]},
            '$.incident_timestamp_values[0].value: "2026-11-20 09:12" is not a "date-time"',
        ),
    ],
)
def test_a_body_that_is_not_documented_is_found(changes: dict[str, Any], problem: str) -> None:
    """Required properties, types, enums, formats and names of a body are what the document has, at any depth."""
    (found,) = declared(**changes)

    assert found.startswith(f"request: {problem}")


@pytest.mark.parametrize("body", [b"", b"{", b'{"rank": NaN}', '{"name": "x"}'.encode("utf-16"), b"[" * 10_000])
def test_a_body_that_is_not_json_is_found(body: bytes) -> None:
    """Only JSON in UTF-8 is a body."""
    (found,) = told(replace(CREATE, body=body))

    assert found.startswith("request: it is not JSON: ")


def test_an_integer_of_more_than_64_bits_is_found() -> None:
    """A number has the length that its format names."""
    (found,) = told(replace(CREATE, body=json.dumps({"name": "x", "description": "y", "rank": 2**63}).encode()))

    assert found.startswith(f"request: $.rank: {2**63} is greater than")


def test_a_body_of_another_type_is_found() -> None:
    """A body that says it is a form is none that the document has."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    assert told(replace(CREATE, headers=form)) == ["request: its Content-Type is application/x-www-form-urlencoded"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"surplus": True}, "$.severity: Additional properties are not allowed ('surplus' was unexpected)"),
        ({"rank": None}, '$.severity: "rank" is a required property'),
        ({"rank": "3"}, '$.severity.rank: "3" is not of type "integer"'),
        ({"created_at": "yesterday"}, '$.severity.created_at: "yesterday" is not a "date-time"'),
    ],
)
def test_an_answer_that_is_not_documented_is_found(changes: dict[str, Any], problem: str) -> None:
    """Every property of an answer is documented, there, and of its type and format."""
    assert answered(**changes) == [f"answer: {problem}"]


def test_an_answer_that_is_no_json_is_found() -> None:
    """A page where an object should be is found, by what it says it is and by what it is."""
    page, *rest = told(CREATE, Sent(201, {"Content-Type": "text/html"}, b"<html>"))

    assert page == "answer: its Content-Type is text/html"
    assert rest[0].startswith("answer: it is not JSON")


def test_an_answer_that_its_client_left_is_not_judged_and_its_request_is() -> None:
    """Of a slow answer whose client was killed only a piece is known; what was asked for is known whole."""
    cut = Exchange(CREATE, Sent(201, JSON, b'{"severity": {"name": "Maj'), is_whole=False)

    assert list(find_breaches(cut)) == []
    (breach,) = find_breaches(replace(cut, request=replace(CREATE, query="surplus=1")))
    assert breach.part == "query"


def test_the_schema_is_that_of_the_status() -> None:
    """A granted body under a refusal's status, a refusal's under a granted one, and one beside a 204 are found."""
    severity = {"severity": SEVERITY}

    assert 'answer: $: "errors" is a required property' in told(CREATE, sent(severity, 422))
    assert 'answer: $: "errors" is a required property' in told(CREATE, sent(severity, 418))
    assert 'answer: $: "severity" is a required property' in told(CREATE, sent(REFUSED, 201))
    assert told(Request("DELETE", "/v2/custom_fields/01ABC"), sent(severity, 204)) == [
        "answer: there is a body, and none is documented"
    ]


def test_a_refusal_names_its_own_status() -> None:
    """The status in the body is that of the answer, and the type is one of the document's."""
    assert told(CREATE, sent(REFUSED, 404)) == []
    assert '$.type: "gone" is not one of' in told(CREATE, sent({**REFUSED, "type": "gone"}, 404))[0]
    assert told(CREATE, sent(REFUSED, 409)) == ["answer: $.status: 409 was expected"]


@pytest.mark.parametrize("status", [200, 302, 502])
def test_a_status_that_is_not_documented_is_found(status: int) -> None:
    """A success has one status; beyond the document's are only more refusals."""
    assert told(CREATE, sent({"severity": SEVERITY}, status)) == ["status: it is not documented"]


def test_a_fault_excuses_the_answer_alone() -> None:
    """An answer that was to be broken may be; what it was asked for may not."""
    page = Sent(200, {"Content-Type": "text/html"}, b"<html>")

    assert told(LIST, page, faulty=True) == []
    assert told(replace(LIST, query="colour=red"), page, faulty=True) == ["query: colour: is no documented parameter"]


def test_only_our_own_program_may_not_ask_for_nonsense() -> None:
    """A test may ask for what is not there, as long as the sandbox refuses it; our program may not, not even then."""
    nonsense = replace(LIST, query="colour=red")
    ours = replace(nonsense, headers={"User-Agent": "incident-reconciler/1.0"})
    refused = sent(REFUSED, 404)

    assert told(nonsense, refused) == []
    assert told(ours, refused) == ["query: colour: is no documented parameter"]
    assert [str(breach) for breach in find_breaches(Exchange(ours, None))] == [
        "GET /v2/incidents?colour=red -> dropped: query: colour: is no documented parameter"
    ]


def test_an_object_may_be_replaced_by_what_was_answered() -> None:
    """People send back what they got; our own program sends what the document has."""
    replaced = Request("PUT", "/v1/severities/01ABC", headers=JSON, body=json.dumps(SEVERITY).encode())
    granted = sent({"severity": SEVERITY}, 200)
    ours = replace(replaced, headers={**JSON, "User-Agent": "incident-reconciler/1.0"})

    assert told(replaced, granted) == []
    assert "Additional properties" in told(ours, granted)[0]


@pytest.mark.parametrize("path", ["/", "/_sandbox/requests", "/v4/incidents", "/v2incidents", "/incidents/1"])
def test_what_is_no_traffic_with_the_api_is_left_out(path: str) -> None:
    """Pages and the sandbox's own interface answer as they like."""
    assert told(Request("BREW", path), Sent(200, {}, b"<html>")) == []


def test_every_operation_is_found_by_its_path() -> None:
    """A path finds its own template, words before braces, and every operation has one success."""
    for (method, path), operation in operations().items():
        assert find_operation(method, path) is operation
        assert operation.echoed is not None
    edit = find_operation("POST", "/v2/incidents/01ABC/actions/edit")

    assert edit is operations()["POST", "/v2/incidents/{id}/actions/edit"]
