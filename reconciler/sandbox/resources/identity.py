"""Identity: which key this is, what it may do, and in which organisation."""

from reconciler.sandbox.organisation import DASHBOARD_URL
from reconciler.sandbox.resource import Answer, Call, Resource, Route


def _show(call: Call) -> Answer:
    identity = {
        "name": call.key.name,
        "roles": list(call.key.roles),
        "team_roles": [],
        "teams": [],
        "dashboard_url": DASHBOARD_URL,
    }
    return Answer(200, {"identity": identity})


RESOURCE = Resource("identity", (Route("GET", "/v1/identity", _show),))
