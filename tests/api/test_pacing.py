from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.api.pacing import ACCOUNT, LONGEST_HOLD, SLOWEST, Bucket, Limit, Told, read_limits, told

seconds = st.floats(0, 500, allow_nan=False)
limits = st.builds(Limit, st.integers(1, 2000), st.integers(1, 600)).filter(lambda limit: limit.is_sane)


@dataclass(frozen=True)
class Step:
    """What may happen to a bucket: time passes, a request asks to leave, one arrives, an answer says something."""

    passed: float
    said: str
    number: float


steps = st.lists(
    st.builds(
        Step, seconds | st.floats(-5, 0), st.sampled_from(["ask", "ask and get", "arrived", "correct", "hold"]), seconds
    ),
    max_size=60,
)


@settings(deadline=None)
@given(limits, steps)
def test_no_more_leaves_than_capacity_and_refill(limit: Limit, story: list[Step]) -> None:
    """Whatever answers say and however the clock behaves, at most capacity + rate x time is let through."""
    now = latest = 0.0
    bucket, sent = Bucket(limit, now), 0
    for step in story:
        now += step.passed
        latest = max(latest, now)
        _tell(bucket, step, now)
        for _ in range(int(step.number) if step.said.startswith("ask") else 0):
            if bucket.delay(now) == 0:
                bucket.take(now)
                sent += 1
                if step.said == "ask and get":
                    bucket.arrived()

        assert sent <= limit.capacity + limit.rate * latest + 1e-6


@settings(deadline=None)
@given(limits, steps)
def test_a_request_never_waits_for_ever(limit: Limit, story: list[Step]) -> None:
    """Whatever answers said, the wait is bounded, and at its end the request may leave."""
    now = 0.0
    bucket = Bucket(limit, now)
    for step in story:
        now += max(0.0, step.passed)
        _tell(bucket, step, now)

    delay = bucket.delay(now)

    assert delay <= LONGEST_HOLD + 1 / SLOWEST
    assert bucket.delay(now + delay) < 1e-6


def _tell(bucket: Bucket, step: Step, now: float) -> None:
    match step.said:
        case "arrived" if bucket.under_way:
            bucket.arrived()
        case "correct":
            bucket.correct(step.number - 100, now)
        case "hold":
            bucket.hold(step.number, now)


def test_a_full_bucket_lets_1200_through_and_then_20_a_second() -> None:
    """The published allowance: a burst of 1,200, then 20 a second for ever."""
    bucket = Bucket(ACCOUNT, 0)
    for _ in range(1200):
        assert bucket.delay(0) == 0
        bucket.take(0)

    assert bucket.delay(0) == pytest.approx(1 / 20)


def test_what_other_keys_spend_is_not_there_for_us() -> None:
    """An answer that says that less remains than we thought is believed."""
    bucket = Bucket(ACCOUNT, 0)
    bucket.correct(0, 0)

    assert bucket.delay(0) == pytest.approx(1 / 20)


def test_an_answer_cannot_give_back_what_was_spent() -> None:
    """An answer made before our other requests arrived says more than there is."""
    bucket = Bucket(Limit(10), 0)
    for _ in range(10):
        bucket.take(0)
        bucket.arrived()
    bucket.correct(9, 0)

    assert bucket.delay(0) > 0


def test_requests_under_way_are_not_counted_twice_as_there() -> None:
    """What remained when an answer was made may be gone to those that are still on their way."""
    bucket = Bucket(Limit(100), 0)
    for _ in range(5):
        bucket.take(0)
    bucket.arrived()
    bucket.correct(4, 0)

    assert bucket.delay(0) > 0


def test_a_clock_that_goes_back_makes_nobody_wait() -> None:
    """Time that was taken back costs no tokens."""
    assert Bucket(ACCOUNT, 1000).delay(0) == 0


def test_a_hold_ends_with_one_request_not_with_a_burst() -> None:
    """After a Retry-After one request succeeds, so one is let through, and the next as the limit refills."""
    bucket = Bucket(ACCOUNT, 0)
    bucket.hold(7, 0)

    assert bucket.delay(0) == pytest.approx(7)
    bucket.take(7)
    assert bucket.delay(7) == pytest.approx(1 / 20)


@pytest.mark.parametrize(
    ("header", "limits", "binding"),
    [
        ("60, 1200;window=60, 60;window=60", (Limit(60, 60), Limit(1200, 60)), Limit(60, 60)),
        ("1200, 1200;window=60", (Limit(1200, 60),), Limit(1200, 60)),
        ("60,60;window=3600,1200;window=60", (Limit(60, 3600), Limit(1200, 60)), Limit(60, 3600)),
        ("300", (Limit(300, 60),), Limit(300, 60)),
        (' 5 ; name="x" ; w=1 ', (Limit(5, 1),), Limit(5, 1)),
        ("1200, nonsense, 5;window=", (Limit(1200, 60),), Limit(1200, 60)),
        ("1;window=99999", (Limit(1, 60),), Limit(1, 60)),
        ("0, 1200;window=60", (Limit(1200, 60),), None),
        ("60, 0;window=60, 60;window=0", (Limit(60, 60),), Limit(60, 60)),
        ("", (), None),
        ("unlimited", (), None),
        ("-1", (), None),
    ],
)
def test_limits_are_read_leniently(header: str, limits: tuple[Limit, ...], binding: Limit | None) -> None:
    """The binding limit comes first, then each with its window; what makes no sense is left out."""
    assert read_limits(header) == (tuple(dict.fromkeys(limits)), binding)


@settings(deadline=None)
@given(st.text(alphabet='0123456789;,=window "-x'))
@example("1" * 5000)
def test_a_header_of_any_text_gives_sane_limits(header: str) -> None:
    """No header can make a limit that lets nothing through."""
    limits, binding = read_limits(header)

    assert all(limit.is_sane for limit in limits)
    assert binding is None or binding in limits


def test_what_remains_is_believed_before_the_reset() -> None:
    """X-RateLimit-Remaining says it exactly."""
    headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "99"}

    assert told(headers, datetime.fromtimestamp(0, UTC)) == Told((Limit(60),), Limit(60), 3)


@pytest.mark.parametrize("remaining", ["", "lots", "-1", "nan"])
def test_what_remains_follows_from_the_reset(remaining: str) -> None:
    """A bucket of 60 that is full in 20 seconds by the server's own clock holds 40."""
    headers = {"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": remaining, "X-RateLimit-Reset": "1020"}

    assert told(headers, datetime.fromtimestamp(1000, UTC)).remaining == pytest.approx(40)


def test_no_headers_say_nothing() -> None:
    """Headers may be absent."""
    assert told({}, None) == Told()
