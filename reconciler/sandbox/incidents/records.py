"""A kind of record that belongs to incidents in, one page of it or a single one out."""

import json
from typing import Any

from reconciler.sandbox.collection import page_meta, unknown_after
from reconciler.sandbox.errors import not_found
from reconciler.sandbox.incidents import sight
from reconciler.sandbox.incidents.conditions import Condition
from reconciler.sandbox.incidents.incident import Incident, find
from reconciler.sandbox.resource import Call

Json = dict[str, Any]


def list_records(
    call: Call, kind: str, incident: str | None, *more: Condition, newest_first: bool = False
) -> tuple[list[Json], Json]:
    """Read a page of the records of one incident, or of all that this request may see, with the page's description.

    They fulfil the conditions `more` besides. A record that belongs to no incident is seen by everybody.
    """
    wanted = [*_wanted(call, kind, incident), *more]
    after, size = call.query.get("after"), call.query.get("page_size", 25)
    if after:
        place = _place_of(call, _wanted(call, kind, incident), after)
        wanted.append(Condition(f"(sort, id) {'<' if newest_first else '>'} (?, ?)", place))
    direction = "DESC" if newest_first else "ASC"
    found = _read(call, wanted, f"ORDER BY sort {direction}, id {direction} LIMIT {size + 1}")
    shown = found[:size]
    return shown, page_meta(size, shown, has_more=len(found) > size)


def all_records(call: Call, kind: str, incident: str | None, *more: Condition) -> list[Json]:
    """Read the same without pages."""
    return _read(call, [*_wanted(call, kind, incident), *more], "ORDER BY sort, id")


def _wanted(call: Call, kind: str, incident: str | None) -> list[Condition]:
    wanted = [Condition("kind = ?", (kind,))]
    seen, viewers = sight.condition(call)
    if incident is not None:
        wanted.append(Condition("incident = ?", (incident,)))
    elif seen:
        # Asked of each record of the page: to collect all incidents that are seen takes longer than a page may.
        within = f"(incident = '' OR EXISTS (SELECT 1 FROM incident AS its WHERE its.id = incident AND {seen}))"  # noqa: S608
        wanted.append(Condition(within, viewers))
    return wanted


def _read(call: Call, wanted: list[Condition], order: str) -> list[Json]:
    return [json.loads(body) for (body,) in _select(call, "body", wanted, order)]


def _select(call: Call, columns: str, wanted: list[Condition], order: str = "") -> list[tuple[Any, ...]]:
    values = [value for one in wanted for value in one.values]
    sql = f"SELECT {columns} FROM record WHERE {' AND '.join(one.sql for one in wanted)} {order}"  # noqa: S608
    return call.store.query(sql, values)


def find_record(call: Call, kind: str) -> tuple[Json, Incident]:
    """Return the record that the path names, and its incident; a 404 where this request sees none."""
    record = call.store.recorded(kind, call.path["id"])
    incident = find(call, record["incident_id"]) if record else None
    if record is None or incident is None:
        raise not_found(f"{kind.replace('_', ' ')} {call.path['id']!r}")
    return record, incident


def _place_of(call: Call, wanted: list[Condition], after: str) -> tuple[str, str]:
    # Without the filters: what has left them since the page before still has its place.
    rows = _select(call, "sort, id", [*wanted, Condition("id = ?", (after,))])
    if not rows:
        raise unknown_after(after)
    sort, identifier = rows[0]
    return sort, identifier
