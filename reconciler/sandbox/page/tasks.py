"""An incident in; what is still to be done about it, and what is done, out."""

import json
from dataclasses import dataclass
from typing import Any, Final

from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]

TASKS: Final = 100  # of each kind on one page
_NAMED: Final = {
    "assignee_id": "user",
    "assignee_team_id": "team",
    "follow_up_priority_option_id": "follow_up_priority",
}


@dataclass(frozen=True, slots=True)
class Task:
    """An action or a follow-up; the facts are who is to do it, and how urgent it is."""

    id: str
    title: str
    text: str
    status: str
    facts: tuple[str, ...]


def read_tasks(transaction: Transaction, kind: str, incident: str) -> tuple[Task, ...]:
    """Read the tasks of one kind, `action` or `follow_up`, in the order in which they were made."""
    sql = f"""SELECT body FROM record WHERE kind = ? AND incident = ? AND json_extract(body, '$.status') <> 'deleted'
        ORDER BY sort, id LIMIT {TASKS}"""  # noqa: S608 - a number
    rows = transaction.query(sql, (kind, incident))
    return tuple(_task(json.loads(body), transaction.organisation) for (body,) in rows)


def _task(body: Json, organisation: Organisation) -> Task:
    title, text = body.get("title", ""), body.get("description") or ""
    facts = (organisation.get(kind, body[name])["name"] for name, kind in _NAMED.items() if name in body)
    return Task(body["id"], title or text, text if title else "", body["status"].replace("_", " "), tuple(facts))
