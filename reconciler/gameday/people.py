"""What simulated people do, sent to a sandbox in their name; what became of it, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.errors import AnswerLost, Conflict, Misused, Rejected, Unauthorised
from reconciler.gameday import words
from reconciler.gameday.directory import Directory
from reconciler.gameday.events import Acted
from reconciler.gameday.script import Assign, Close, Set, Task, Update
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import UPDATE, wrapped
from reconciler.kinds.spec import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from reconciler.api import Client
    from reconciler.gameday.script import Act
    from reconciler.kinds.spec import Field
    from reconciler.workspace import Workspace

TRIES = 3
TITLES = {"action": "description", "follow_up": "title"}
"""Where each kind of task says what is to be done."""


class People:
    """Those who act in a sandbox while a script runs.

    `client_as` gives a client for which the sandbox takes whoever has an e-mail address to be acting; `run_id` is
    what their updates are known by, so that a run that is taken up again has none posted twice. Of `private` incidents
    no text is told. Raises `Misused` for an account whose people are real.
    """

    def __init__(
        self,
        workspace: Workspace,
        client_as: Callable[[str], Client],
        run_id: str,
        private: Collection[str] = (),
    ) -> None:
        if not workspace.is_practice:
            raise Misused(
                "simulated people act in a sandbox alone, and this account is real",
                "rehearse with --sandbox, or leave --cast out",
            )
        self._client_as, self._run, self._private = client_as, run_id, private
        self._directory: Directory | None = None

    def act(self, act: Act, incident_id: str, at: float, time: float) -> Acted:
        """Do what one of them does; what the sandbox refuses is told in `failed`. Raises `ApiError` when it is away."""
        told = words.told(act.deed, self._private)
        failed = self._try(act, incident_id)
        return Acted(at, time, act.id, act.who, act.deed.incident, told, failed)

    def _try(self, act: Act, incident: str) -> str:
        """Do it, and return why it could not be done, empty where it was."""
        client = self._client_as(act.who)
        directory = self._directory = self._directory or Directory(client)
        try:
            self._do(act, incident, client, directory)
        except Unauthorised:
            raise
        except (Rejected, _Unknown) as refusal:
            # What it names may be there by the next time.
            directory.forget()
            return str(refusal)
        return ""

    def _do(self, act: Act, incident: str, client: Client, names: Directory) -> None:
        match act.deed:
            case Update(_, _, fields):
                key = {"incident_id": incident, "idempotency_key": f"cast-{self._run}-{act.id}"}
                _send(client, UPDATE.path, key | _body(UPDATE.fields, fields, act, names))
            case Task(_, noun, text):
                _create(client, noun, incident, text, act.who)
            case Close():
                _edit(client, incident, {"incident_status_id": names.closed()})
            case Assign(_, role, to):
                _edit(client, incident, _body(INCIDENT.fields, {"roles": {role: to or act.who}}, act, names))
            case Set(_, fields):
                _edit(client, incident, _body(INCIDENT.fields, names.suited(fields, act.source), act, names))


class _Unknown(Exception):
    """What an act names is not there."""


def _body(table: Mapping[str, Field], fields: Mapping[str, Any], act: Act, names: Directory) -> dict[str, Any]:
    """Return the properties of a request for fields as a manifest has them."""
    leaves = {
        path: leaf
        for name, row in table.items()
        if name in fields
        for path, leaf in row.type.desire((name,), fields[name], lambda *_: act.source, names)
    }
    if problems := names.problems():
        raise _Unknown("; ".join(problems))
    return encode(table, leaves)


def _edit(client: Client, incident: str, body: dict[str, Any]) -> None:
    _send(client, f"{INCIDENT.path}/{incident}/actions/edit", wrapped(body, notify=False))


def _create(client: Client, noun: str, incident: str, text: str, who: str) -> None:
    """Create a task, unless they created it already: tasks have no key that tells one from another."""
    mode = client.get(f"{INCIDENT.path}/{incident}").body[INCIDENT.item]["mode"]
    title, path = TITLES[noun], f"/v3/{noun}s"

    def is_there() -> bool:
        found = client.list(path, f"{noun}s", {"incident_id": incident, "incident_mode": mode}, page_size=250)
        return any(one[title] == text and one["creator"].get("user", {}).get("email") == who for one in found)

    _send(client, path, {"incident_id": incident, title: text}, is_there)


def _send(client: Client, path: str, body: Mapping[str, Any], is_done: Callable[[], bool] = lambda: False) -> None:
    """Send what may be sent twice, or may be seen to be done; raises `AnswerLost` where no answer comes at all."""
    for tries_left in reversed(range(TRIES)):
        if is_done():
            return
        try:
            client.send("POST", path, body)
        except AnswerLost:
            if not tries_left:
                raise
        except Conflict:
            # The key was used before: it is done.
            if "idempotency_key" not in body:
                raise
            return
        else:
            return
