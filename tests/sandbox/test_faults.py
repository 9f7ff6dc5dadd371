import pytest

from reconciler.sandbox import ConnectionDropped, Faults

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
    """The request is neither handled nor logged."""
    api = make_api(faults=Faults.parse(["drop-before:1:POST"]))

    assert not _declared(api, 1)

    assert api.app.requests() == []
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
