"""A kind of record that belongs to incidents in, one page of it or a single one out."""

import json
from typing import Any

from reconciler.sandbox.collection import page_meta, unknown_after
from reconciler.sandbox.errors import not_found
from reconciler.sandbox.incidents import sight
from reconciler.sandbox.incidents.filters import Condition
from reconciler.sandbox.incidents.incident import Incident, find
from reconciler.sandbox.resource import Call

Json = dict[str, Any]


def list_records(
    call: Call, kind: str, incident: str | None, *more: Condition, newest_first: bool = False
) -> tuple[list[Json], Json]:
    """Read a page of the records of one incident, or of all that this request may see, with the page's description.

    They fulfil the conditions `more` besides. A record that belongs to no incident is seen by everybody.
    """
    conditions, values = ["kind = ?", *(one.sql for one in more)], [kind, *(v for one in more for v in one.values)]
    seen, viewers = sight.condition(call)
    if incident is not None:
        conditions.append("incident = ?")
        values.append(incident)
    elif seen:
        conditions.append(f"(incident = '' OR incident IN (SELECT id FROM incident WHERE {seen}))")  # noqa: S608
        values += viewers
    after, size = call.query.get("after"), call.query.get("page_size", 25)
    if after:
        conditions.append(f"(sort, id) {'<' if newest_first else '>'} (?, ?)")
        values += _place_of(call, kind, after)
    direction = "DESC" if newest_first else "ASC"
    sql = f"""SELECT body FROM record WHERE {" AND ".join(conditions)}
        ORDER BY sort {direction}, id {direction} LIMIT {size + 1}"""  # noqa: S608 - constants and a number
    found = [json.loads(body) for (body,) in call.store.query(sql, values)]
    shown = found[:size]
    return shown, page_meta(size, shown, has_more=len(found) > size)


def find_record(call: Call, kind: str) -> tuple[Json, Incident]:
    """Return the record that the path names, and its incident; a 404 where this request sees none."""
    record = call.store.recorded(kind, call.path["id"])
    incident = find(call, record["incident_id"]) if record else None
    if record is None or incident is None:
        raise not_found(f"{kind.replace('_', ' ')} {call.path['id']!r}")
    return record, incident


def _place_of(call: Call, kind: str, after: str) -> list[str]:
    rows = call.store.query("SELECT sort, id FROM record WHERE kind = ? AND id = ?", (kind, after))
    if not rows:
        raise unknown_after(after)
    return list(rows[0])
