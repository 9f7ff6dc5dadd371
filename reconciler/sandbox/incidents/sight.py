"""A request in, the incidents that it may see out: public ones, and private ones by global access or by membership."""

from typing import Any

from reconciler.sandbox.resource import Call

Json = dict[str, Any]

# A membership decides where there is one, granted or revoked; else who declared it and who has a role are members.
_MEMBERS = """(visibility = 'public' OR COALESCE(
    (SELECT json_extract(value, '$.is_granted') FROM json_each(body, '$.members') WHERE key = ?),
    json_extract(body, '$.creator.user.id') IS ?
    OR EXISTS (SELECT 1 FROM json_each(body, '$.roles') WHERE value = ?)))"""


def sees(call: Call, visibility: str, body: Json) -> bool:
    """Tell whether the key, or the person acted for, may see an incident of this visibility and JSON part."""
    if visibility == "public" or call.key.sees_private:
        return True
    return call.person is not None and is_member(body, call.person["id"])


def is_member(body: Json, user: str) -> bool:
    """Tell whether a user belongs to a private incident."""
    membership = body.get("members", {}).get(user)
    if membership:
        return bool(membership["is_granted"])
    return body["creator"].get("user", {}).get("id") == user or user in body["roles"].values()


def readmit(body: Json, user: str) -> Json:
    """Return the memberships of an incident without the revoked one of a user, who was given a role anew."""
    members = body.get("members", {})
    kept = {identifier: one for identifier, one in members.items() if identifier != user or one["is_granted"]}
    return {"members": kept} if kept != members else {}


def condition(call: Call) -> tuple[str, tuple[str, ...]]:
    """Return the same as an SQL condition on the table of incidents, with its values; empty where all are seen."""
    if call.key.sees_private:
        return "", ()
    if call.person is None:
        return "visibility = 'public'", ()
    return _MEMBERS, (call.person["id"],) * 3
