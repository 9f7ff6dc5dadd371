"""The table of a configuration kind in, its list, create, show, replace and delete out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import INT64, Object, Shape
from reconciler.sandbox.errors import ApiError, Problem, invalid, not_found
from reconciler.sandbox.incidents import index
from reconciler.sandbox.incidents.facets import facet
from reconciler.sandbox.organisation import Organisation, visible
from reconciler.sandbox.resource import Answer, Call, Resource, Route
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

START = "2026-01-05T09:00:00Z"  # when the organisation of every new sandbox was set up
DATES = {"created_at": START, "updated_at": START}


def _as_made(_body: Json) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Lookup:
    """A kind that can be listed and shown, in one page, and not changed."""

    kind: str
    path: str
    items: str
    item: str
    view: tuple[str, ...]
    seed: Sequence[Json]
    order: Callable[[Json], Any] = _as_made

    def resource(self) -> Resource:
        """Make the resource."""
        listing = Route("GET", self.path, self.list, self.view)
        return Resource(self.kind, (listing, self.showing()), self.seed)

    def showing(self) -> Route:
        """Make the route of a single object."""
        return Route("GET", f"{self.path}/<id>", self.show, self.view)

    def list(self, call: Call) -> Answer:
        """Answer all objects."""
        found = sorted(call.organisation.all(self.kind), key=self.order)
        return Answer(200, {self.items: [visible(body) for body in found]})

    def show(self, call: Call) -> Answer:
        """Answer one object."""
        return Answer(200, {self.item: visible(find(call, self.kind))})


def _nothing_missing(_body: Json, _organisation: Organisation) -> Json:
    return {}


def _nothing_wrong(_body: Json, _organisation: Organisation) -> Iterator[Problem]:
    yield from ()


def _never_in_use(_call: Call, _body: Json) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind that can be created, replaced and deleted as well.

    `creating` and `replacing` are the fields that a POST and a PUT take; `answered` are those that only answers
    have, and that a PUT may send back; `wiped` those that a PUT without them removes. `defaults` fills in what a
    create leaves out, `check` finds what is wrong with an object as it would be, `in_use` why it cannot be deleted.
    """

    lookup: Lookup
    creating: Mapping[str, Shape]
    replacing: Mapping[str, Shape]
    edit: tuple[str, ...]
    deleted: int
    answered: frozenset[str] = frozenset({"id", "created_at", "updated_at"})
    wiped: frozenset[str] = frozenset()
    is_dated: bool = True
    defaults: Callable[[Json, Organisation], Json] = _nothing_missing
    check: Callable[[Json, Organisation], Iterator[Problem]] = _nothing_wrong
    in_use: Callable[[Call, Json], str | None] = _never_in_use
    listing: Route | None = None

    def resource(self) -> Resource:
        """Make the resource."""
        path, one = self.lookup.path, f"{self.lookup.path}/<id>"
        routes = (
            self.listing or Route("GET", path, self.lookup.list, self.lookup.view),
            self.lookup.showing(),
            Route("POST", path, self._create, self.edit, body=Object(self.creating)),
            Route("PUT", one, self._replace, self.edit, body=Object(self.replacing, ignored=self.answered)),
            Route("DELETE", one, self._delete, self.edit),
        )
        return Resource(self.lookup.kind, routes, self.lookup.seed)

    def _create(self, call: Call) -> Answer:
        dates = self._dated(call, "created_at", "updated_at")
        given = _kept(call, self.creating)
        filled = {"id": call.new_id()} | self.defaults(given, call.organisation) | given | dates
        return self._keep(call, filled, 201)

    def _replace(self, call: Call) -> Answer:
        live = find(call, self.lookup.kind)
        given = _kept(call, self.replacing)
        left = {name: value for name, value in live.items() if name not in self.wiped}
        filled = left | given
        if filled == live:
            return Answer(200, {self.lookup.item: visible(live)})
        return self._keep(call, filled | self._dated(call, "updated_at"), 200)

    def _keep(self, call: Call, body: Json, status: int) -> Answer:
        problems = tuple(self.check(body, call.organisation))
        if problems:
            raise ApiError(422, problems)
        call.store.configure(self.lookup.kind, body["id"], body)
        return Answer(status, {self.lookup.item: visible(body)})

    def _delete(self, call: Call) -> Answer:
        live = find(call, self.lookup.kind)
        reason = self.in_use(call, live)
        if reason:
            raise invalid("id", reason, "in_use")
        call.store.unconfigure(live["id"])
        return Answer(self.deleted)

    def _dated(self, call: Call, *names: str) -> Json:
        return {name: moments.written(call.now) for name in names} if self.is_dated else {}


def _kept(call: Call, shapes: Mapping[str, Shape]) -> Json:
    """Return those properties of the body that have a shape, as they are kept; a 422 where that leaves too little."""
    given = form(call.behaviour).fields({name: value for name, value in call.body.items() if name in shapes})
    problems = tuple(Object(shapes).problems(given))
    if problems:
        raise ApiError(422, problems)
    return given


def find(call: Call, kind: str) -> Json:
    """Return the object that the path names, or raise a 404."""
    found = call.organisation.find(kind, call.path["id"])
    if found is None:
        raise not_found(f"{kind.replace('_', ' ')} {call.path['id']!r}")
    return found


def page(found: Sequence[Json], call: Call) -> tuple[list[Json], Json]:
    """Cut one page out of a list that is whole in memory; `after` names the last object of the page before."""
    size, after = call.query.get("page_size", 25), call.query.get("after")
    begin = 0
    if after:
        begin = next((place + 1 for place, body in enumerate(found) if body["id"] == after), -1)
        if begin < 0:
            raise unknown_after(after)
    shown = [visible(body) for body in found[begin : begin + size]]
    return shown, page_meta(size, shown, has_more=begin + size < len(found))


def page_meta(size: int, shown: Sequence[Json], *, has_more: bool) -> Json:
    """Describe a page; `after` is absent on the last one."""
    # The document lets the answer say at most 250, also where the question may ask for more.
    meta: Json = {"page_size": min(size, 250)}
    return meta | {"after": shown[-1]["id"]} if has_more else meta


def unknown_after(after: str) -> ApiError:
    """Refuse to go on after an object that is not in the list."""
    return invalid("after", f"{after!r} is not in this list", "not_found")


def next_rank(kind: str, organisation: Organisation, **within: str) -> Json:
    """Return the next rank above all of a kind (among those with these properties), else the highest free one."""
    taken = {body["rank"] for body in organisation.all(kind) if body.items() >= within.items()}
    highest = min(max(taken, default=0) + 1, INT64.stop - 1)
    return {"rank": next(rank for rank in range(highest, INT64.start - 1, -1) if rank not in taken)}


def same_name(kind: str, body: Json, organisation: Organisation, name: str = "name", *within: str) -> Iterator[Problem]:
    """Find another object of the kind with the same name (among those that share the properties `within`)."""
    for other in organisation.all(kind):
        is_rival = other["id"] != body["id"] and all(other[shared] == body[shared] for shared in within)
        if is_rival and other[name] == body[name]:
            yield Problem("not_unique", f"{name} {body[name]!r} is taken", name)
            return


def any_incident(call: Call, kind: str, *of: str) -> bool:
    """Tell whether an incident has a facet, such as `status ID`."""
    return bool(index.having(call.store, [facet(kind, *of)]))
