"""Incident memberships: who may see a private incident besides those who declared it or have a role in it."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Object, Text
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents.activity import Entry, write
from reconciler.sandbox.incidents.incident import Incident, in_body, touch
from reconciler.sandbox.incidents.sight import is_member
from reconciler.sandbox.organisation import person
from reconciler.sandbox.resource import Answer, Call, Resource, Route

Json = dict[str, Any]

KIND = "incident_membership"
PATH = "/v1/incident_memberships"
BODY = Object({"incident_id": Text(required=True), "user_id": Text(required=True)})


def _grant(call: Call) -> Answer:
    incident, user = _private(call), _user(call)
    if not user["is_active"]:
        raise invalid("user_id", f"{user['name']} is not active", "not_found")
    membership = _memberships(incident).get(user["id"])
    # The document is silent on granting twice; whoever lost the first answer gets it again.
    if membership is None or not membership["is_granted"]:
        now = moments.written(call.now)
        membership = {"id": call.new_id(), "is_granted": True, "created_at": now, "updated_at": now}
        _keep(call, incident, user, membership)
    dates = {name: membership[name] for name in ("id", "created_at", "updated_at")}
    return Answer(201, {KIND: {**dates, "incident_id": incident.id, "user": person(user)}})


def _revoke(call: Call) -> Answer:
    incident, user = _private(call), _user(call)
    if not is_member(incident.body, user["id"]):
        raise invalid("user_id", f"{user['name']} is not a member of this incident", "not_found")
    write(call, incident, [Entry("incident_membership_revoked", f"{user['name']} is no longer a member")])
    _keep(call, incident, user, {"is_granted": False})
    return Answer(204)


def _private(call: Call) -> Incident:
    incident = in_body(call)
    if incident.visibility != "private":
        raise invalid("incident_id", "everybody sees a public incident; only private ones have members")
    return incident


def _user(call: Call) -> Json:
    return call.organisation.refer("user", call.body["user_id"], "user_id")


def _memberships(incident: Incident) -> dict[str, Json]:
    memberships: dict[str, Json] = incident.body.get("members", {})
    return memberships


def _keep(call: Call, incident: Incident, user: Json, membership: Json) -> None:
    touch(call, incident.told(members={**_memberships(incident), user["id"]: membership}))


RESOURCE = Resource(
    KIND,
    (
        Route("POST", PATH, _grant, ("incident_memberships.grant",), body=BODY),
        Route("POST", f"{PATH}/actions/revoke", _revoke, ("incident_memberships.revoke",), body=BODY),
    ),
)
