import pytest

from reconciler.sandbox import ConnectionDropped, Faults, Sandbox, ScriptError
from reconciler.sandbox.faults import Kind

from .conftest import Api, Maker


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("", "write KIND"),
        ("drop-before", "write KIND"),
        ("drop-before:", "write KIND"),
        ("drop-before:x", "x is not a number such as 3"),
        ("drop-before:1:", "write KIND"),
        ("drop-before:-3", "nor a range"),
        ("drop-before:0", "count from 1"),
        ("drop-before:5-3", "ends where it begins"),
        ("explode:3", "there are drop-before, drop-after"),
        ("drop-after:3:FETCH", "FETCH is not a method"),
        ("drop-after:3:GET:v2", "write KIND"),
        ("drop-after=2:3", "drop-after takes no time"),
        ("slow-body=long:3", "not a time in seconds"),
        ("429:101%", "more than always"),
    ],
)
def test_nonsense_is_refused_with_a_reason(spec: str, said: str) -> None:
    """The text names the specification and what is wrong with it."""
    with pytest.raises(ValueError, match=said) as error:
        Faults.parse(["drop-before:1", spec])

    assert repr(spec) in str(error.value)


def _declared(api: Api, number: int) -> bool:
    try:
        api.declared(idempotency_key=f"key-{number}")
    except ConnectionDropped:
        return False
    return True


@pytest.mark.parametrize(
    ("spec", "answered"),
    [
        ("drop-before:2", [True, False, True, True]),
        ("drop-before:2-", [True, False, False, False]),
        ("drop-before:2-3", [True, False, False, True]),
        ("drop-before:2:POST", [True, False, True, True]),
        ("drop-before:2:post", [True, False, True, True]),
        ("drop-before:2:write", [True, False, True, True]),
        ("drop-before:1:GET", [True, True, True, True]),
    ],
)
def test_a_fault_strikes_the_requests_that_it_counts(make_api: Maker, spec: str, answered: list[bool]) -> None:
    """By number, from a number on, in a range, and of one method."""
    api = make_api(faults=Faults.parse([spec]))

    assert [_declared(api, number) for number in range(4)] == answered


def test_only_matching_requests_are_counted(make_api: Maker) -> None:
    """Reads between writes do not count for a fault of writes."""
    api = make_api(faults=Faults.parse(["drop-before:2:write"]))

    api.get("/v1/identity")
    assert _declared(api, 1)
    api.get("/v1/identity")

    assert not _declared(api, 2)


def test_dropped_before_changes_nothing(make_api: Maker) -> None:
    """The request is not handled; the log has it, without an answer."""
    api = make_api(faults=Faults.parse(["drop-before:1:POST"]))

    assert not _declared(api, 1)

    (logged,) = api.app.requests()
    assert (logged["key"], logged["status"], logged["changed"]) == ("sandbox", 0, False)
    assert logged["idempotency_key"] == "key-1"
    assert api.get("/v2/incidents").json()["incidents"] == []


def test_dropped_after_is_committed(make_api: Maker) -> None:
    """The incident is there, though its answer was lost; asking again with the key finds it."""
    api = make_api(faults=Faults.parse(["drop-after:1:POST"]))

    assert not _declared(api, 1)

    assert api.app.requests()[-1]["changed"]
    assert _declared(api, 1)
    assert len(api.get("/v2/incidents").json()["incidents"]) == 1


def test_several_faults_count_on_their_own(make_api: Maker) -> None:
    """Each has its own count of the requests that match it."""
    api = make_api(faults=Faults.parse(["drop-after:1", "drop-before:3"]))

    assert [_declared(api, number) for number in range(4)] == [False, True, False, True]


def test_every_sandbox_counts_from_its_own_start(make_api: Maker) -> None:
    """The same faults given to two sandboxes strike both."""
    faults = Faults.parse(["drop-before:1"])

    assert [_declared(make_api(faults=faults), 1) for _ in range(2)] == [False, False]


def _statuses(api: Api, requests: int, path: str = "/v1/identity") -> list[int]:
    return [api.get(path).status_code for _ in range(requests)]


@pytest.mark.parametrize(
    ("spec", "status", "header", "kind"),
    [
        ("429=7:1:POST", 429, "7", "too_many_requests"),
        ("500-before:1:POST", 500, None, "api_error"),
        ("503-before=3:1:POST", 503, "3", "api_error"),
    ],
)
def test_a_failure_before_is_documented_and_keeps_nothing(
    make_api: Maker, spec: str, status: int, header: str | None, kind: str
) -> None:
    """The error has the documented form, says when to come again, and nothing was done."""
    api = make_api(faults=Faults.parse([spec]))

    failed = api.declared()

    assert (failed.status_code, failed.headers.get("Retry-After"), failed.json()["type"]) == (status, header, kind)
    assert failed.json()["request_id"] == failed.headers["X-Request-Id"]
    assert api.get("/v2/incidents").json()["incidents"] == []
    (logged, _) = api.app.requests()
    assert (logged["key"], logged["status"], logged["changed"]) == ("sandbox", status, False)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failure_after_is_committed(make_api: Maker, status: int) -> None:
    """What the request asked for is kept, although its answer says that something failed."""
    api = make_api(faults=Faults.parse([f"{status}-after:1:POST"]))

    failed = api.declared(idempotency_key="the-key")

    assert failed.status_code == status
    (kept,) = api.get("/v2/incidents").json()["incidents"]
    assert api.declare(idempotency_key="the-key")["id"] == kept["id"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gateway_answers_with_a_page(make_api: Maker, when: str) -> None:
    """A proxy's 502 is HTML, not JSON."""
    api = make_api(faults=Faults.parse([f"502-{when}:1"]))

    failed = api.get("/v1/identity")

    assert (failed.status_code, failed.headers["Content-Type"]) == (502, "text/html")
    assert "Bad Gateway" in failed.text


def test_an_answer_breaks_off_in_the_middle(make_api: Maker) -> None:
    """The connection ends before the body does; what was asked for is kept."""
    api = make_api(faults=Faults.parse(["truncated-body:1:POST"]))

    with pytest.raises(ConnectionDropped):
        api.declared()

    assert len(api.get("/v2/incidents").json()["incidents"]) == 1


def test_json_ends_in_the_middle(make_api: Maker) -> None:
    """The answer arrives whole, and what it says does not."""
    api = make_api(faults=Faults.parse(["invalid-json:1"]))

    broken = api.get("/v1/severities")

    assert (broken.status_code, len(broken.content)) == (200, int(broken.headers["Content-Length"]))
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        broken.json()


def test_an_enum_has_a_value_that_nobody_knows(make_api: Maker) -> None:
    """As when the API gains one: in one object, while the others are as they were."""
    api = make_api(faults=Faults.parse(["unknown-enum:1"]))

    statuses = api.get("/v1/incident_statuses").json()["incident_statuses"]

    assert [status["category"] for status in statuses].count("something_new") == 1
    assert statuses[0]["category"] == "triage"


def test_objects_have_a_property_that_nobody_knows(make_api: Maker) -> None:
    """As when the API gains one."""
    api = make_api(faults=Faults.parse(["extra-field:1"]))

    severities = api.get("/v1/severities").json()["severities"]

    assert all(severity["added_later"] == {"is_new": True} for severity in severities)


def test_ids_change_their_format(make_api: Maker) -> None:
    """What the struck request creates keeps the new kind of ID for ever."""
    api = make_api(faults=Faults.parse(["long-ids:1:POST"]))

    first, second = api.declare(), api.declare()

    assert (len(first["id"]) > 26, len(second["id"])) == (True, 26)
    assert {one["id"] for one in api.get("/v2/incidents").json()["incidents"]} == {first["id"], second["id"]}


@pytest.mark.parametrize(
    ("spec", "status"), [("repeat-409:2:POST", 409), ("repeat-422:2:POST", 422), ("changed-body:2:POST", 422)]
)
def test_a_repeated_key_is_refused_where_a_fault_says_so(make_api: Maker, spec: str, status: int) -> None:
    """The struck repetition is refused; the next one is answered as usual."""
    api = make_api(faults=Faults.parse([spec]))
    first = api.declare(idempotency_key="the-key", name="First")

    refused = api.declared(idempotency_key="the-key", name="Changed")

    assert (refused.status_code, refused.json()["errors"][0]["source"]["field"]) == (status, "idempotency_key")
    assert api.declare(idempotency_key="the-key")["id"] == first["id"]


@pytest.mark.parametrize(("spec", "incidents"), [("forgotten-key:2:POST", 2), ("forgotten-key=3600:2:POST", 1)])
def test_a_key_is_forgotten_where_a_fault_says_so(make_api: Maker, spec: str, incidents: int) -> None:
    """At once, or once it is as old as that."""
    api = make_api(faults=Faults.parse([spec]))

    for _ in range(2):
        api.declare(idempotency_key="the-key")

    assert len(api.get("/v2/incidents").json()["incidents"]) == incidents


def test_a_path_chooses_the_requests(make_api: Maker) -> None:
    """A pattern stands for one path or many; a method may come with it."""
    api = make_api(faults=Faults.parse(["500-before:1-:GET:/v1/*", "503-before:1-:/v2/users"]))

    assert _statuses(api, 2) == [500, 500]
    assert _statuses(api, 1, "/v2/users") == [503]
    assert _statuses(api, 1, "/v2/incidents") == [200]


def test_chance_is_repeated_under_the_same_seed(make_api: Maker) -> None:
    """Two sandboxes with one seed strike the same requests, one with another seed others; about as many as asked."""
    drawn = {
        (seed, turn): _statuses(make_api(faults=Faults.parse(["500-before:30%"], seed=seed)), 200)
        for seed in (1, 2)
        for turn in (1, 2)
    }

    assert drawn[1, 1] == drawn[1, 2]
    assert drawn[1, 1] != drawn[2, 1]
    assert all(30 < statuses.count(500) < 90 for statuses in drawn.values())


def test_chance_ends_after_so_many_times(make_api: Maker) -> None:
    """A script may say how often at the most."""
    script = {"faults": [{"kind": "500-before", "probability": 0.5, "times": 3}]}
    api = make_api(faults=Faults.read(script, seed=1))

    assert _statuses(api, 100).count(500) == 3


def test_slowness_takes_its_time(make_api: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the headers all at once, in the body piece by piece; the answer is the usual one."""
    waits: list[float] = []
    monkeypatch.setattr(Sandbox, "pause", lambda _, seconds: waits.append(seconds))
    usual = make_api().get("/v1/severities").json()
    api = make_api(faults=Faults.parse(["slow-headers=3:1", "slow-body=2:2"]))

    assert api.get("/v1/severities").json() == usual
    assert sum(waits) == pytest.approx(3.0)
    assert api.get("/v1/severities").json() == usual
    assert sum(waits) == pytest.approx(5.0)
    assert sum(0 < wait < 1 for wait in waits) > 5


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([], "script: must be an object"),
        ({}, "faults: faults is required"),
        ({"faults": [{}]}, "faults.0.kind: kind is required"),
        ({"faults": [{"kind": "explode"}]}, "faults.0.kind: explode is not a kind of fault; there are drop-before"),
        ({"faults": [{"kind": "429", "method": "FETCH"}]}, "faults.0.method: must be one of GET"),
        ({"faults": [{"kind": "429", "requests": "3-1"}]}, "faults.0.requests: requests count from 1"),
        ({"faults": [{"kind": "429", "probability": 2}]}, "faults.0.probability: must be a number from 0 to 1"),
        ({"faults": [{"kind": "429", "times": 0}]}, "faults.0.times: must be a whole number, 1 or more"),
        ({"faults": [{"kind": "429", "path": "v1"}]}, "faults.0.path: must begin with /"),
        ({"faults": [{"kind": "drop-after", "seconds": 2}]}, "faults.0.seconds: drop-after takes no time"),
        ({"faults": [{"kind": "429", "often": True}]}, "faults.0.often: often is not a field"),
        ({"faults": [], "seed": "x"}, "seed: must be an integer"),
    ],
)
def test_a_script_is_refused_with_its_place(script: object, said: str) -> None:
    """Each problem names where it stands and what would do."""
    with pytest.raises(ScriptError) as error:
        Faults.read(script)

    assert said in str(error.value)


def test_a_script_tells_all_its_problems() -> None:
    """Not only the first."""
    with pytest.raises(ScriptError) as error:
        Faults.read({"faults": [{"kind": "x", "path": "v1"}, {"kind": "429", "times": -1}]})

    places = [("faults", "0", "kind"), ("faults", "0", "path"), ("faults", "1", "times")]
    assert [path for path, _ in error.value.problems] == places


def test_a_kind_that_is_a_number_need_not_be_quoted() -> None:
    """YAML takes `kind: 429` for a number."""
    (fault,) = Faults.read({"faults": [{"kind": 429, "requests": 2}]}).faults

    assert (fault.kind, fault.seconds) == (Kind.LIMITED, 1.0)


@pytest.mark.parametrize("spec", ["500-before:1:/v2/*", "500-before:1::/v2/*"])
def test_a_path_needs_no_method(make_api: Maker, spec: str) -> None:
    """The method may be left out, with or without its colon."""
    api = make_api(faults=Faults.parse([spec]))

    assert _statuses(api, 1) == [200]
    assert _statuses(api, 2, "/v2/users") == [500, 200]


@pytest.mark.parametrize(
    ("kind", "status"),
    [("drop-after", 0), ("truncated-body", 200), ("502-after", 502), ("503-after", 503), ("429", 429)],
)
def test_the_log_has_the_status_that_left(make_api: Maker, kind: str, status: int) -> None:
    """Not the one that the request was handled with; whether it changed data is told apart."""
    api = make_api(faults=Faults.parse([f"{kind}:1:POST"]))

    _declared(api, 1)

    (logged,) = api.app.requests()
    assert (logged["status"], logged["changed"]) == (status, kind != "429")
