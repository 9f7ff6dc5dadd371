from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.browser.plugin import BROWSER
from tests.browser.visit import Visit
from tests.processes import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    Open = Callable[..., Visit]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Api(httpx.Client):
    """A client of a served sandbox, whose every request is to succeed."""

    def __init__(self, url: str) -> None:
        self._keys = (f"key-{number}" for number in itertools.count(1))
        super().__init__(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False)

    def send_json(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Send a body, and return what the answer has in its one property."""
        response = self.request(method, path, json=body)
        assert response.is_success, response.text
        ((_, answer),) = response.json().items()
        return dict(answer)

    def declare(self, **fields: Any) -> dict[str, Any]:
        """Create an incident, by default a public Minor one."""
        told = {"visibility": "public", "name": "Checkout is slow", "severity_id": "01SANDB0XSEVER1TY000000001"}
        return self.send_json("POST", "/v2/incidents", **({"idempotency_key": next(self._keys)} | told | fields))

    def within(self, incident: dict[str, Any], path: str, **body: Any) -> dict[str, Any]:
        """Create something that belongs to an incident."""
        return self.send_json("POST", path, incident_id=incident["id"], **body)

    def once(self, incident: dict[str, Any], path: str, **body: Any) -> dict[str, Any]:
        """Create something that belongs to an incident and takes an idempotency key."""
        return self.within(incident, path, idempotency_key=next(self._keys), **body)

    def ids(self, path: str) -> dict[str, str]:
        """Return the IDs of configured objects by their names."""
        (items,) = (value for value in self.get(path).json().values() if isinstance(value, list))
        return {item["name"]: item["id"] for item in items}


# No longer than a module: while it runs, its event loop is that of the thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    path = BROWSER.find()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def url(browser: Browser, tmp_path: Path) -> Iterator[str]:
    """The address of a new sandbox."""
    assert browser.is_connected()
    with serving(tmp_path) as address:
        yield address


@pytest.fixture
def api(url: str) -> Iterator[Api]:
    """A client of the sandbox."""
    with Api(url) as client:
        yield client


@pytest.fixture
def look(browser: Browser, url: str) -> Iterator[Open]:
    """Open windows on the sandbox that have nothing to complain of when the test ends, and asked nobody else."""
    visits: list[Visit] = []

    def begin(**options: Any) -> Visit:
        visits.append(Visit(browser, url, **options))
        return visits[-1]

    yield begin
    for visit in visits:
        visit.leave()
    for visit in visits:
        assert visit.complaints == []
        assert visit.strangers == []
