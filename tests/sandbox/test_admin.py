import json
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Rates

from .conftest import Api, Maker, problems

Json = dict[str, Any]


@pytest.fixture
def admin(api: Api) -> httpx.Client:
    """Somebody on the sandbox's own machine, who has no key."""
    return httpx.Client(transport=httpx.WSGITransport(app=api.app), base_url="http://sandbox")


def _logged(admin: httpx.Client, **query: Any) -> Json:
    answer: Json = admin.get("/_sandbox/requests", params=query).json()
    return answer


def test_the_log_tells_every_request_oldest_first(api: Api, admin: httpx.Client) -> None:
    """Time, key, method, path, query, status, idempotency key, and whether data changed."""
    api.declare(idempotency_key="the-key")
    api.as_key("sandbox-viewer").get("/v2/incidents", params={"page_size": 5})
    api.as_key("sandbox-viewer").post("/v1/severities", json={"name": "Huge", "description": "x"})

    first, second, third = _logged(admin)["requests"]

    assert list(first) == ["time", "key", "method", "path", "query", "status", "idempotency_key", "changed"]
    assert (first["key"], first["method"], first["path"]) == ("sandbox", "POST", "/v2/incidents")
    assert (first["status"], first["idempotency_key"], first["changed"]) == (200, "the-key", True)
    assert (second["key"], second["query"], second["changed"]) == ("sandbox-viewer", "page_size=5", False)
    assert (third["status"], third["changed"]) == (403, False)


def test_the_log_comes_in_pages(api: Api, admin: httpx.Client) -> None:
    """Each page says what to go on after; the last one does not, and then tells what came later."""
    for number in range(5):
        api.get(f"/v2/incidents/{number + 1}")
    paths, after = [], "0"
    while after:
        page = _logged(admin, page_size=2, after=after)
        paths += [request["path"] for request in page["requests"]]
        after = page["pagination_meta"].get("after", "")

    api.get("/v1/identity")

    assert paths == [f"/v2/incidents/{number}" for number in (1, 2, 3, 4, 5)]
    later = _logged(admin, after=page["pagination_meta"]["last"])
    assert [request["path"] for request in later["requests"]] == ["/v1/identity"]


def test_what_is_asked_of_the_sandbox_itself_is_not_logged(admin: httpx.Client) -> None:
    """The log is of the API's requests; looking at it leaves no trace."""
    _logged(admin)

    assert _logged(admin)["requests"] == []


def test_reset_makes_it_new(api: Api, admin: httpx.Client) -> None:
    """No incident, no key, no severity of one's own, an empty log; the numbers begin again."""
    api.declare(idempotency_key="the-key")
    api.post("/v1/severities", json={"name": "Huge", "description": "x"})

    assert admin.post("/_sandbox/reset").status_code == 200

    assert _logged(admin) == {"requests": [], "pagination_meta": {"page_size": 100, "last": "0"}}
    assert [severity["name"] for severity in api.get("/v1/severities").json()["severities"]][-1] == "Critical"
    assert api.declare(idempotency_key="the-key")["reference"] == "INC-1"


def test_reset_lets_faults_count_anew(api: Api, admin: httpx.Client) -> None:
    """A test that begins with a reset sees the same faults each time."""
    admin.put("/_sandbox/faults", json={"faults": [{"kind": "500-before", "requests": 1}]})

    statuses = []
    for _ in range(2):
        statuses += [api.get("/v1/identity").status_code for _ in range(2)]
        admin.post("/_sandbox/reset")

    assert statuses == [500, 200, 500, 200]


def test_a_snapshot_is_brought_back(api: Api, admin: httpx.Client) -> None:
    """What came after it is gone, under the name that it was kept under."""
    first = api.declare()
    admin.post("/_sandbox/snapshot", json={"name": "before"})
    api.edit(first, name="Renamed")
    api.declare()

    assert admin.post("/_sandbox/restore", json={"name": "before"}).json() == {"name": "before"}

    (left,) = api.get("/v2/incidents").json()["incidents"]
    assert left["name"] == first["name"]
    assert admin.get("/_sandbox/snapshots").json() == {"snapshots": ["before"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/_sandbox/restore", b'{"name": "never"}', 404, "there is no snapshot 'never'; there are none"),
        ("POST", "/_sandbox/snapshot", b'{"name": "No Name"}', 422, "write 1 to 63 of a-z"),
        ("POST", "/_sandbox/snapshot", b'{"nam": "x"}', 422, "nam is not a field"),
        ("POST", "/_sandbox/snapshot", b"[]", 422, "must be an object"),
        ("POST", "/_sandbox/snapshot", b"{", 400, "not JSON"),
        ("POST", "/_sandbox/spend", b'{"requests": -1}', 422, "must not be negative"),
        ("POST", "/_sandbox/spend", b"", 422, "requests is required"),
        ("POST", "/_sandbox/spend", b'{"requests": 1, "key": "nope"}', 422, "'nope' is no key of this sandbox"),
        ("PUT", "/_sandbox/faults", b'{"faults": [{"kind": "explode"}]}', 422, "there are drop-before"),
        ("GET", "/_sandbox/requests?after=x", b"", 422, "not what a page ended with"),
        ("GET", "/_sandbox/requests?page_size=0", b"", 422, "from 1 to 1000"),
        ("GET", "/_sandbox/nothing", b"", 404, "there are /_sandbox/faults"),
        ("DELETE", "/_sandbox/reset", b"", 405, "takes POST"),
    ],
)
def test_nonsense_gets_the_documented_error(
    admin: httpx.Client, method: str, path: str, body: bytes, status: int, said: str
) -> None:
    """Also what is not part of the API answers as the API does."""
    response = admin.request(method, path, content=body)

    assert response.status_code == status
    assert said in response.json()["errors"][0]["message"]


def test_pages_from_elsewhere_may_ask_nothing(admin: httpx.Client) -> None:
    """A web page in somebody's browser cannot empty their sandbox; the sandbox's own pages could."""
    foreign = admin.post("/_sandbox/reset", headers={"Origin": "https://evil.example.com"})
    own = admin.post("/_sandbox/reset", headers={"Origin": "http://sandbox"})

    assert (foreign.status_code, problems(foreign)) == (403, [("foreign_origin", "")])
    assert own.status_code == 200


def test_the_api_has_no_such_paths(api: Api) -> None:
    """What is the sandbox's own stands nowhere under /v1, /v2 or /v3."""
    for version in ("v1", "v2", "v3"):
        assert api.post(f"/{version}/_sandbox/reset").status_code == 404


def test_another_client_can_spend_the_allowance(make_api: Maker) -> None:
    """Requests that are taken out at once are missing from what the next answer says."""
    api = make_api(rates=Rates(60))
    admin = httpx.Client(transport=httpx.WSGITransport(app=api.app), base_url="http://sandbox")

    spent = admin.post("/_sandbox/spend", json={"requests": 50}).json()

    assert spent == {"remaining": 10}
    assert api.get("/v1/identity").headers["X-RateLimit-Remaining"] == "9"
    assert admin.post("/_sandbox/spend", json={"requests": 500}).json() == {"remaining": 0}
    assert api.get("/v1/identity").status_code == 429


def test_faults_are_set_added_and_taken_away(api: Api, admin: httpx.Client) -> None:
    """A script takes the place of what there was; the answer says how far each fault has come."""
    script = {"seed": 7, "faults": [{"kind": "503-before", "method": "GET", "requests": 2}]}
    admin.put("/_sandbox/faults", json=script)
    statuses = [api.get("/v1/identity").status_code for _ in range(3)]

    (told,) = admin.get("/_sandbox/faults").json()["faults"]

    assert statuses == [200, 503, 200]
    assert told == {
        "kind": "503-before",
        "method": "GET",
        "requests": "2-2",
        "probability": 1.0,
        "seconds": 1.0,
        "seen": 3,
        "struck": 1,
    }
    added = admin.post("/_sandbox/faults", json={"faults": [{"kind": "500-before"}]}).json()
    assert [fault["kind"] for fault in added["faults"]] == ["503-before", "500-before"]
    assert admin.delete("/_sandbox/faults").json()["faults"] == []
    assert api.get("/v1/identity").status_code == 200


def test_written_faults_can_be_read_again(admin: httpx.Client) -> None:
    """What is told of faults is a script, apart from the counts."""
    admin.put("/_sandbox/faults", json={"seed": 3, "faults": [{"kind": "429", "requests": "4-", "times": 2}]})
    told = admin.get("/_sandbox/faults").json()
    script = {
        **told,
        "faults": [{k: v for k, v in fault.items() if k not in ("seen", "struck")} for fault in told["faults"]],
    }

    assert admin.put("/_sandbox/faults", content=json.dumps(script)).json() == told
