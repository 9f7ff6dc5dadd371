"""Teams: groups of people who own things; a new organisation has none, and the API makes none."""

from reconciler.sandbox.collection import Lookup, page
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged


def _list(call: Call) -> Answer:
    shown, meta = page(call.organisation.all(LOOKUP.kind), call)
    return Answer(200, {LOOKUP.items: shown, "pagination_meta": meta})


LOOKUP = Lookup("team", "/v3/teams", items="teams", item="team", view=("catalog_entries.view",), seed=())
RESOURCE = Resource(
    LOOKUP.kind,
    (Route("GET", LOOKUP.path, _list, LOOKUP.view, paged()), LOOKUP.showing()),
)
