"""A pytest plugin for other people's tests: `incident_sandbox`, an emulated account on a port of its own."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.sandbox import Sandbox

MARK = "incident_sandbox"
THREADS = 8
"""Requests that one test can have under way at once."""


class IncidentSandbox:
    """An account that a test may do anything to: `url` and `key` are what the program under test is given."""

    def __init__(self, app: Sandbox, url: str) -> None:
        self._app = app
        self.url = url
        self.key = "sandbox"

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables from which incident.io's clients take the address and the key."""
        return {"INCIDENT_IO_BASE_URL": self.url, "INCIDENT_API_KEY": self.key, "INCIDENT_IO_API_KEY": self.key}

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request so far, oldest first: time, key, method, path, query, status, idempotency_key, changed."""
        return self._app.requests()

    @property
    def writes(self) -> list[dict[str, Any]]:
        """The requests that changed data."""
        return [request for request in self.requests if request["changed"]]

    def fault(self, *specs: str, seed: int = 0) -> None:
        """Let things go wrong from now on, in place of what did: `drop-after:2:POST`, `503-before=2:5%:GET`.

        Requests are counted from here. Nothing given, nothing goes wrong. Raises ValueError for what is no fault.
        """
        from reconciler.sandbox import Faults  # noqa: PLC0415  (a test run without a sandbox imports none)

        self._app.faults.replace(Faults.parse(specs, seed))

    def script(self, script: Mapping[str, Any]) -> None:
        """Let things go wrong as a fault script says; raises ValueError with every problem of it."""
        from reconciler.sandbox import Faults  # noqa: PLC0415  (see above)

        self._app.faults.replace(Faults.read(dict(script)))

    def reset(self) -> None:
        """Make everything as it was when the test began; faults count from the start again."""
        self._app.reset()

    def snapshot(self, name: str = "default") -> None:
        """Remember everything under a name."""
        self._app.store.snapshot(name)

    def restore(self, name: str = "default") -> None:
        """Bring everything back to what it was under a name."""
        self._app.store.restore(name)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(idempotency='return', key_lifetime=None, refuses_changed=False, rewrites=False, "
        "triages=False, post_incident_pace=None, latency=0.0, rate_limit=None, keys={}, faults=[], seed=0): "
        "how the sandbox of this test behaves",
    )


@pytest.fixture
def incident_sandbox(request: pytest.FixtureRequest) -> Iterator[IncidentSandbox]:
    """Give an emulated incident.io account, new for each test, in memory and on a free port of this machine."""
    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(MARK))):
        if mark.args:
            raise pytest.UsageError(f"{MARK} takes its options by name, as in {MARK}(idempotency='conflict')")
        options |= mark.kwargs
    _check(options)
    with _made(options) as app, _served(app) as url:
        yield IncidentSandbox(app, url)


def _is_seconds(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value < math.inf)


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and value > 0)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "key_lifetime": (_is_seconds, "a number of seconds"),
    "post_incident_pace": (_is_seconds, "a number of seconds"),
    "latency": (_is_seconds, "a number of seconds"),
    "rate_limit": (_is_count, "a number of requests a minute"),
    "refuses_changed": (_is_truth, "True or False"),
    "rewrites": (_is_truth, "True or False"),
    "triages": (_is_truth, "True or False"),
    "idempotency": (lambda value: isinstance(value, str), "one of 'return', 'conflict', 'invalid' and 'forget'"),
    "seed": (lambda value: type(value) is int, "a whole number"),
    "faults": (_is_texts, "a list such as ['drop-after:1:POST']"),
    "keys": (
        lambda value: isinstance(value, dict) and all(_is_texts(roles) for roles in value.values()),
        "a mapping such as {'ci': ['viewer']}",
    ),
}
"""The options of the mark, and how each is written."""


def _check(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in _FORMS:
            raise pytest.UsageError(f"{MARK}: there is no {name}; there are {', '.join(_FORMS)}")
        is_right, form = _FORMS[name]
        if not is_right(value):
            raise pytest.UsageError(f"{MARK}: {name} is {form}, not {value!r}")


@contextmanager
def _made(options: dict[str, Any]) -> Iterator[Sandbox]:
    from reconciler.sandbox import Behaviour, Faults, Rates, create_app  # noqa: PLC0415  (see above)

    unlimited = Rates(1_000_000, lower={})
    named = ("latency", "rate_limit", "keys", "faults", "seed")
    latency, limit, keys, faults, seed = (options.pop(name, None) for name in named)
    try:
        app = create_app(
            behaviour=Behaviour(**options),
            latency=latency or 0.0,
            faults=Faults.parse(faults or (), seed or 0),
            # Nobody waits for an emulated limit, unless a test is about it.
            rates=Rates(limit) if limit else unlimited,
            keys=keys,
        )
    except ValueError as error:
        raise pytest.UsageError(f"{MARK}: {error}") from error
    try:
        yield app
    finally:
        app.close()


@contextmanager
def _served(app: Sandbox) -> Iterator[str]:
    from reconciler.sandbox.serve import Server  # noqa: PLC0415  (see above)

    server = Server(app, threads=THREADS)
    thread = threading.Thread(target=server.run, name="incident-sandbox", daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.stop()
        thread.join()
