import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reconciler.sandbox import Sandbox, create_app

Json = dict[str, Any]

MINOR = "01SANDB0XSEVER1TY000000001"  # the same in every sandbox


class Api(httpx.Client):
    """A client of a sandbox in this process."""

    def __init__(self, app: Sandbox, key: str = "sandbox", **headers: str) -> None:
        self.app = app
        self._keys = (f"key-{number}" for number in itertools.count(1))
        super().__init__(
            transport=httpx.WSGITransport(app=app),
            base_url="http://sandbox",
            headers={"Authorization": f"Bearer {key}", **headers},
        )

    def as_key(self, key: str) -> "Api":
        """Return a client of the same sandbox with another key."""
        return Api(self.app, key)

    def as_person(self, email: str) -> "Api":
        """Return a client of the same sandbox that acts as a person."""
        return Api(self.app, **{"X-Sandbox-Actor": email})

    def id_of(self, path: str, name: str) -> str:
        """Look up the ID of a configured object by its name."""
        (items,) = (value for value in self.get(path).json().values() if isinstance(value, list))
        return next(str(item["id"]) for item in items if item["name"] == name)

    def status(self, name: str) -> str:
        """Look up the ID of a status."""
        return self.id_of("/v1/incident_statuses", name)

    def severity(self, name: str) -> str:
        """Look up the ID of a severity."""
        return self.id_of("/v1/severities", name)

    def field(self, name: str) -> str:
        """Look up the ID of a custom field."""
        return self.id_of("/v2/custom_fields", name)

    def role(self, name: str) -> str:
        """Look up the ID of a role."""
        return self.id_of("/v2/incident_roles", name)

    def declared(self, **fields: Any) -> httpx.Response:
        """Create an incident, by default a public Minor one, and return the answer whatever it is."""
        body = {
            "idempotency_key": next(self._keys),
            "visibility": "public",
            "name": "Checkout is slow",
            "severity_id": MINOR,
        }
        given = {name: value for name, value in {**body, **fields}.items() if value is not None}
        return self.post("/v2/incidents", json=given)

    def declare(self, **fields: Any) -> Json:
        """Create an incident that is to succeed."""
        response = self.declared(**fields)
        assert response.status_code == 200, response.text
        incident: Json = response.json()["incident"]
        return incident

    def edited(self, incident: Json, **fields: Any) -> httpx.Response:
        """Edit an incident and return the answer whatever it is."""
        body = {"incident": fields, "notify_incident_channel": False}
        return self.post(f"/v2/incidents/{incident['id']}/actions/edit", json=body)

    def edit(self, incident: Json, **fields: Any) -> Json:
        """Make an edit that is to succeed."""
        response = self.edited(incident, **fields)
        assert response.status_code == 200, response.text
        edited: Json = response.json()["incident"]
        return edited

    def updated(self, incident: Json, **fields: Any) -> httpx.Response:
        """Post an update and return the answer whatever it is."""
        body = {"incident_id": incident["id"], "idempotency_key": next(self._keys), **fields}
        return self.post("/v2/incident_updates", json=body)

    def updates(self, incident: Json) -> list[Json]:
        """List the updates of an incident."""
        listed: list[Json] = self.get("/v2/incident_updates", params={"incident_id": incident["id"]}).json()[
            "incident_updates"
        ]
        return listed


def problems(response: httpx.Response) -> list[tuple[str, str]]:
    """Return the code and the field of each error of an answer."""
    return [(error["code"], error.get("source", {}).get("field", "")) for error in response.json()["errors"]]


Maker = Callable[..., Api]


@pytest.fixture
def make_api() -> Iterator[Maker]:
    """Make clients of sandboxes that are closed after the test."""
    apps: list[Sandbox] = []

    def make(**options: Any) -> Api:
        apps.append(create_app(**options))
        return Api(apps[-1])

    yield make
    for app in apps:
        app.close()


@pytest.fixture
def api(make_api: Maker) -> Api:
    """Return a client of a new sandbox in memory."""
    return make_api()
