"""The lease by itself, on clocks that a test moves: whoever waits never gets it while its holder may still write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import LeaseLost, Refused
from reconciler.state.lease import FREE, Lease, claim_of
from reconciler.state.objects import Found, Objects, Overtaken, StoreFailed, Version

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 60.0
TODAY = 1_800_000_000.0


class Memory(Objects):
    """A store in this process; `is_away` lets it fail, `is_careless` lets it write over anything."""

    def __init__(self) -> None:
        self.found: Found | None = None
        self.writes = 0
        self.is_away = self.is_careless = False
        self.is_deaf = False
        """It does what it is asked for, and says nothing."""

    def get(self, name: str, *, patience: float = 5.0) -> Found | None:
        """Return what is there."""
        del name, patience
        self._answer()
        return self.found

    def put(self, name: str, text: bytes, over: Version | None, *, patience: float = 5.0) -> Version:
        """Write over what was read."""
        del name, patience
        self._answer()
        if not self.is_careless and over != (self.found.version if self.found else None):
            raise Overtaken
        self.writes += 1
        self.found = Found(text, Version(str(self.writes), None))
        if self.is_deaf:
            raise StoreFailed("the store is away", "wait", is_passing=True)
        return self.found.version

    def _answer(self) -> None:
        if self.is_away:
            raise StoreFailed("the store is away", "wait", is_passing=True)


@dataclass
class Machine:
    """A computer whose clock goes on by itself, and that waits by letting the time of all pass."""

    store: Memory
    others: list[Machine] = field(default_factory=list)
    now: float = 0.0
    told: list[str] = field(default_factory=list)
    ahead: float = 0.0
    """How wrong its wall clock is."""

    def lease(self) -> Lease:
        """Return a lease of a run on this machine."""
        lease = Lease(self.store, "lock", SECONDS, "s3://bucket/acme.json", clock=lambda: self.now)
        lease.wall = lambda: TODAY + self.now + self.ahead
        return lease

    def take(self, patience: float = 0.0, *, meanwhile: Callable[[], None] = lambda: None) -> Lease:
        """Take the lease, and let something happen at each wait."""
        lease = self.lease()

        def wait(seconds: float) -> None:
            for machine in (self, *self.others):
                machine.now += seconds
            meanwhile()

        lease.take(patience, wait, self.told.append)
        return lease


def pair() -> tuple[Memory, Machine, Machine]:
    """Return a store and two machines whose clocks have nothing in common but their pace."""
    store = Memory()
    alice, bob = Machine(store, now=5.0), Machine(store, now=90_000.0, ahead=-89_995)
    bob.others = [alice]
    return store, alice, bob


def is_held(lease: Lease) -> bool:
    """Tell whether a run may still write."""
    try:
        lease.require()
    except LeaseLost:
        return False
    return True


@given(
    renewals=st.lists(st.floats(0.1, 90), max_size=8),
    ahead=st.floats(-1e8, 1e8),
    patience=st.sampled_from([0.0, 30.0, 10_000.0]),
)
def test_two_never_hold_it_at_once(renewals: list[float], ahead: float, patience: float) -> None:
    """Whenever the holder renews, and whatever the clocks show: when another has it, it has it no more."""
    _, alice, bob = pair()
    bob.ahead += ahead
    first = alice.take()
    due = [alice.now + sum(renewals[: index + 1]) for index in range(len(renewals))]

    def renew() -> None:
        while due and alice.now >= due[0]:
            due.pop(0)
            first.renew()

    try:
        second = bob.take(patience, meanwhile=renew)
    except Refused:
        assert patience < 10_000
        return

    assert not is_held(first)
    assert is_held(second)
    first.renew()
    assert is_held(second)


def test_a_lease_that_is_renewed_is_never_taken() -> None:
    """However long another waits; it is told whom it waits for, and refused with the name at the end."""
    _, alice, bob = pair()
    first = alice.take()

    with pytest.raises(Refused, match=r"another run is writing here: \S+@\S+ \(pid \d+, ") as told:
        bob.take(1_000, meanwhile=first.renew)

    assert is_held(first)
    assert len(bob.told) == 1
    assert bob.told[0].startswith("waiting for another run: ")
    assert "silent for 60 s" in told.value.hint


def test_a_lease_whose_end_is_past_is_watched_although_nobody_asked_to_wait() -> None:
    """For its whole time: its holder died long ago, or its clock is wrong."""
    _, alice, bob = pair()
    alice.take()
    with pytest.raises(Refused) as told:
        bob.take()
    assert "it ends by itself at 08:01:05 UTC if that run died" in told.value.hint
    assert bob.told == []

    bob.now, begun = bob.now + SECONDS, bob.now + SECONDS
    second = bob.take()

    assert is_held(second)
    assert bob.now - begun == pytest.approx(SECONDS)
    (line,) = bob.told
    assert line.startswith("taking the lock over in 60 s, if it stays silent till then: held by ")


def test_a_lease_that_is_renewed_while_it_is_watched_is_refused_at_once() -> None:
    """The clock was wrong: its holder is alive."""
    _, alice, bob = pair()
    first = alice.take()
    bob.ahead += 10_000
    begun = bob.now

    with pytest.raises(Refused, match="another run is writing here: "):
        bob.take(meanwhile=lambda: first.renew() if alice.now > 20 else None)

    assert bob.now - begun < 20
    assert is_held(first)


def test_a_machine_that_slept_may_not_write() -> None:
    """Although nobody took the lease: it cannot know. What it did may be written down, if nobody has."""
    store, alice, _ = pair()
    lease = alice.take()
    alice.now += SECONDS

    lease.renew()

    with pytest.raises(LeaseLost, match="while this machine slept"):
        lease.require()
    assert store.writes == 1
    lease.reclaim(0)
    assert not is_held(lease)


def test_a_lease_runs_out_before_others_may_take_it() -> None:
    """What was sent at the last moment has time to arrive."""
    _, alice, _ = pair()
    lease = alice.take()

    alice.now += SECONDS * 0.79
    assert is_held(lease)
    alice.now += SECONDS * 0.02
    assert not is_held(lease)


def test_a_store_that_is_away_is_told_as_the_reason() -> None:
    """The machine did not sleep."""
    store, alice, _ = pair()
    lease = alice.take()
    store.is_away = True
    alice.now += 40
    lease.renew()
    assert is_held(lease)
    alice.now += 10

    with pytest.raises(LeaseLost, match="the state store did not answer for 48 s"):
        lease.require()


def test_a_lease_that_was_removed_is_lost_at_the_next_renewal() -> None:
    """And its end does not disturb whoever has it by then."""
    store, alice, bob = pair()
    first = alice.take()
    assert store.found is not None
    store.put("lock", FREE, store.found.version)
    second = bob.take()

    first.renew()
    first.release()

    with pytest.raises(LeaseLost, match="another run took the lock over, or it was removed: nothing more is sent"):
        first.require()
    with pytest.raises(Overtaken):
        first.reclaim(0)
    assert is_held(second)


def test_a_renewal_whose_answer_was_lost_is_known_for_ones_own() -> None:
    """The store hung, and carried it out all the same: nobody else has had the lease."""
    store, alice, _ = pair()
    lease = alice.take()
    store.is_deaf = True
    lease.renew()
    store.is_deaf = False
    alice.now += 20

    lease.renew()
    alice.now += 40
    assert is_held(lease)
    alice.now += 20
    assert not is_held(lease)
    lease.reclaim(0)


def test_a_lease_that_was_given_back_is_free_at_once() -> None:
    """Nobody waits for it."""
    store, alice, bob = pair()
    alice.take().release()
    assert store.found is not None
    assert claim_of(store.found.text) is None

    assert is_held(bob.take())


def test_a_store_that_writes_over_anything_is_refused() -> None:
    """Some that speak the protocol pass over the condition: no run could be kept out there."""
    store, alice, _ = pair()
    store.is_careless = True

    with pytest.raises(Refused, match="this store writes over what is there although it is told not to"):
        alice.take()


@pytest.mark.parametrize("text", [b"", b"[]", b"null", b'{"token": 1}', b'{"seconds": "x", "token": "", "holder": {}}'])
def test_a_lock_that_is_not_understood_is_held(text: bytes) -> None:
    """By a newer version, perhaps; it can be removed by hand."""
    store, _, bob = pair()
    store.found = Found(text, Version("1", None))

    with pytest.raises(Refused, match="somebody that it does not name"):
        bob.take()
