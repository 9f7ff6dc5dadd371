import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox import Rates
from reconciler.sandbox.limits import Limits

from .conftest import Maker

ESCALATING = ("POST", "/v2/escalations")
READING = ("GET", "/v1/identity")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


def test_a_bucket_holds_a_burst_and_refills_steadily(clock: Clock) -> None:
    """All of it at once, then as many a second as come back."""
    limits = Limits(Rates(120), clock)
    assert not any(limits.spend("a", *READING).refused for _ in range(120))

    assert limits.spend("a", *READING).refused
    clock.now += 0.5
    assert not limits.spend("a", *READING).refused
    assert limits.spend("a", *READING).refused


def test_a_lower_limit_binds_first_and_is_told(clock: Clock) -> None:
    """The binding limit leads the header, then each that applied with its window."""
    limits = Limits(Rates(), clock)

    headers = limits.spend("a", *ESCALATING).headers()

    assert headers["X-RateLimit-Limit"] == "60, 1200;window=60, 60;window=60"
    assert (headers["X-RateLimit-Remaining"], headers["X-RateLimit-Used"]) == ("59", "1")


def test_a_lower_limit_stops_its_own_operation_only(clock: Clock) -> None:
    """After sixty escalations a read goes on, and a refused request costs nothing."""
    limits = Limits(Rates(), clock)
    for _ in range(60):
        assert not limits.spend("a", *ESCALATING).refused

    refused = [limits.spend("a", *ESCALATING) for _ in range(10)]

    assert all(one.refused for one in refused)
    assert refused[0].error("a").headers["Retry-After"] == "1"
    assert limits.spend("a", *READING).binding.remaining == 1200 - 60 - 1
    assert not limits.spend("a", "GET", "/v2/escalations").refused


def test_limits_of_ones_own_are_by_method_and_pattern(clock: Clock) -> None:
    """A pattern takes every path that it fits."""
    limits = Limits(Rates(100, {("POST", "/v2/incidents/*"): 2}), clock)

    spent = [limits.spend("a", "POST", f"/v2/incidents/{number}/actions/edit").refused for number in range(3)]

    assert spent == [False, False, True]
    assert not limits.spend("a", "POST", "/v2/incidents").refused


def test_another_client_slows_the_refill(clock: Clock) -> None:
    """Of 120 requests a minute it takes 90, so half a request a second is left."""
    limits = Limits(Rates(120, others=90), clock)
    for _ in range(120):
        limits.spend("a", *READING)

    wait = limits.spend("a", *READING).binding.retry_after

    assert wait == 2
    clock.now += wait
    assert not limits.spend("a", *READING).refused


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"limit": 0}, "1 request a minute or more"),
        ({"lower": {("GET", "/"): 0}}, "1 request a minute or more"),
        ({"limit": 10, "others": 10}, "another client cannot spend 10 of 10"),
    ],
)
def test_rates_leave_something(rates: dict[str, int], said: str) -> None:
    """A sandbox that answers nothing is no use."""
    with pytest.raises(ValueError, match=said):
        Rates(**rates)  # type: ignore[arg-type]


@given(steps=st.lists(st.tuples(st.floats(0, 5), st.sampled_from([READING, ESCALATING])), max_size=200))
def test_no_more_is_ever_given_than_burst_and_refill(steps: list[tuple[float, tuple[str, str]]]) -> None:
    """Whatever the order and the pauses; and waiting for Retry-After is always enough."""
    clock = Clock()
    limits = Limits(Rates(30, {ESCALATING: 6}), clock)
    granted = {READING: 0, ESCALATING: 0}
    for pause, operation in steps:
        clock.now += pause
        allowance = limits.spend("a", *operation)
        granted[operation] += not allowance.refused
        if allowance.refused:
            clock.now += allowance.binding.retry_after
            assert not limits.spend("a", *operation).refused
            granted[operation] += 1

    passed = clock.now - 1000
    assert granted[ESCALATING] <= 6 + passed * 6 / 60 + 1e-6
    assert sum(granted.values()) <= 30 + passed * 30 / 60 + 1e-6


def test_keys_have_their_roles(make_api: Maker) -> None:
    """A key that was added is known, may do what its roles allow, and is called nothing that tells its token."""
    api = make_api(keys={"ci": ["viewer", "incident_creator"], "other": ["viewer"]})

    ci = api.as_key("ci")

    identity = ci.get("/v1/identity").json()["identity"]
    assert (identity["name"], identity["roles"]) == ("key 1", ["viewer", "incident_creator"])
    assert api.as_key("other").get("/v1/identity").json()["identity"]["name"] == "key 2"
    assert ci.declare()["creator"]["api_key"]["name"] == "key 1"
    assert ci.post("/v1/severities", json={"name": "Huge", "description": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("keys", "said"),
    [({"ci": ["king"]}, "'king' is not a role; there are viewer"), ({"a b": ["viewer"]}, "no key|not a key")],
)
def test_a_key_that_cannot_be_is_refused(make_api: Maker, keys: dict[str, list[str]], said: str) -> None:
    """A role that does not exist, or a text that no header can carry."""
    with pytest.raises(ValueError, match=said):
        make_api(keys=keys)


@pytest.mark.parametrize(
    ("operation", "is_served"),
    [
        (("POST", "/v2/incidents"), True),
        (("POST", "/v2/incidents/*"), True),
        (("GET", "/v2/incidents/01ABC"), True),
        (("GET", "*"), True),
        (("DELETE", "/v2/incidents"), False),
        (("POST", "/v2/nowhere"), False),
    ],
)
def test_a_limit_is_one_of_an_operation_that_is_served(
    make_api: Maker, operation: tuple[str, str], is_served: bool
) -> None:
    """A mistyped path would limit nothing, and nobody would notice."""
    if is_served:
        assert make_api(rates=Rates(lower={operation: 5})).get("/v1/identity").status_code == 200
        return
    with pytest.raises(ValueError, match="there is no operation"):
        make_api(rates=Rates(lower={operation: 5}))
