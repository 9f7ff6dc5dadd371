"""Users: the people of the organisation; read only."""

from typing import Any

from reconciler.sandbox.collection import Lookup, page
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.query import Flag, Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

Json = dict[str, Any]

VIEW = ("users.view",)


def _list(call: Call) -> Answer:
    email, slack = call.query.get("email"), call.query.get("slack_user_id")
    users = [
        user
        for user in call.organisation.all("user")
        if (user["is_active"] or call.query.get("include_inactive"))
        and (email is None or user["email"].lower() == email.lower())
        and (slack is None or user["slack_user_id"] == slack)
    ]
    shown, meta = page(users, call)
    return Answer(200, {"users": shown, "pagination_meta": meta})


def _user(number: int, name: str, role: str, *, is_active: bool = True) -> Json:
    first = name.partition(" ")[0]
    return {
        "id": seed_id("user", number),
        "name": name,
        "email": f"{first.lower()}@example.com",
        "slack_user_id": f"U0{first.upper()}",
        "role": role,
        "base_role": {"id": seed_id(role, 1), "name": role.title(), "slug": role},
        "custom_roles": [],
        "seats": {"on_call": "full_access", "response": "full_access"},
        "is_active": is_active,
    }


LOOKUP = Lookup(
    "user",
    "/v2/users",
    items="users",
    item="user",
    view=VIEW,
    seed=(
        _user(1, "Alice Archer", "owner"),
        _user(2, "Bob Baker", "administrator"),
        _user(3, "Carol Cook", "responder"),
        _user(4, "Dave Dyer", "responder"),
        _user(5, "Erin Ellis", "responder", is_active=False),
    ),
)
_PARAMETERS = {**paged(10_000), "email": Word(), "slack_user_id": Word(), "include_inactive": Flag()}
RESOURCE = Resource(
    LOOKUP.kind,
    (Route("GET", LOOKUP.path, _list, VIEW, _PARAMETERS), LOOKUP.showing()),
    LOOKUP.seed,
)
