"""Incidents: list, create, show and edit."""

from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.collection import page_meta, unknown_after
from reconciler.sandbox.incidents import declare, edit, incident, once
from reconciler.sandbox.incidents.filters import PARAMETERS, Condition, condition
from reconciler.sandbox.incidents.incident import COLUMNS, Incident
from reconciler.sandbox.incidents.render import incident_answer
from reconciler.sandbox.resource import Answer, Call, Resource, Route

Json = dict[str, Any]

KIND = "incident"
PATH = "/v2/incidents"
VIEW = ("incidents.view",)


def _list(call: Call) -> Answer:
    wanted = condition(call)
    size = call.query.get("page_size", 25)
    found = [incident.from_row(row) for row in _rows(call, wanted, size + 1)]
    now = moments.microseconds(call.now)
    shown = [incident_answer(one, call.organisation, now) for one in found[:size]]
    meta = page_meta(size, shown, has_more=len(found) > size)
    return Answer(200, {"incidents": shown, "pagination_meta": {**meta, "total_record_count": _count(call, wanted)}})


def _rows(call: Call, wanted: Condition | None, limit: int) -> list[tuple[Any, ...]]:
    is_oldest_first = call.query.get("sort_by") == "created_at_oldest_first"
    clauses, values = ([wanted.sql], list(wanted.values)) if wanted else ([], [])
    after = call.query.get("after")
    if after:
        last = incident.find(call, after)
        if last is None:
            raise unknown_after(after)
        clauses.append(f"number {'>' if is_oldest_first else '<'} ?")
        values.append(last.number)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    order = "ASC" if is_oldest_first else "DESC"
    sql = f"""SELECT {COLUMNS} FROM incident NOT INDEXED {where} ORDER BY number {order} LIMIT {limit}"""  # noqa: S608
    return call.store.query(sql, values)


def _count(call: Call, wanted: Condition | None) -> int:
    sql = f"SELECT COUNT(*) FROM incident {f'WHERE {wanted.sql}' if wanted else ''}"  # noqa: S608
    ((count,),) = call.store.query(sql, wanted.values if wanted else ())
    return int(count)


def _create(call: Call) -> Answer:
    first = once.first(call, KIND)
    if first is not None:
        ((*row,),) = call.store.query(f"SELECT {COLUMNS} FROM incident WHERE id = ?", (first,))  # noqa: S608
        return _answer(call, incident.from_row(tuple(row)))
    declared = declare.declare(call)
    once.remember(call, KIND, declared.id)
    return _answer(call, declared)


def _show(call: Call) -> Answer:
    return _answer(call, incident.in_path(call))


def _edit(call: Call) -> Answer:
    return _answer(call, edit.edit(call, incident.in_path(call)))


def _answer(call: Call, shown: Incident) -> Answer:
    return Answer(200, {"incident": incident_answer(shown, call.organisation, moments.microseconds(call.now))})


RESOURCE = Resource(
    KIND,
    (
        Route("GET", PATH, _list, VIEW, PARAMETERS),
        Route("POST", PATH, _create, ("incidents.create",), body=declare.BODY),
        Route("GET", f"{PATH}/<id>", _show, VIEW),
        Route("POST", f"{PATH}/<id>/actions/edit", _edit, VIEW, body=edit.BODY, root=edit.ROOT),
    ),
)
