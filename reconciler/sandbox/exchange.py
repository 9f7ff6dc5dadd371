"""A request on its way in: what is learned about it, its entry in the log, and the answer that leaves, out."""

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from reconciler.sandbox import moments
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.faults import Strike
from reconciler.sandbox.faults.answers import Spoiled
from reconciler.sandbox.keys import Key
from reconciler.sandbox.resource import Answer

Json = dict[str, Any]


@dataclass(slots=True)
class Exchange:
    """One request, its ID, how the sandbox behaves towards it, what strikes it, and what is learned on its way."""

    request: Request
    id: str
    behaviour: Behaviour
    strike: Strike
    headers: dict[str, str]
    key: Key | None = None
    idempotency_key: str | None = None

    def entry(self, status: int, *, changed: bool) -> Json:
        """Write the request as the log has it; the status is the one that leaves, 0 where the connection is dropped."""
        return {
            "time": moments.written(moments.now()),
            "key": self.key.name if self.key else None,
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query_string.decode("latin-1"),
            "status": self.strike.told(status),
            "idempotency_key": self.idempotency_key,
            "changed": changed,
        }

    def answered(self, answer: Answer) -> Response:
        """Write an answer as it leaves."""
        response = Response(status=answer.status)
        if answer.body is not None:
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body, separators=(",", ":"))
            response.data = text.encode()
            response.content_type = "application/json"
        return self._told(response)

    def spoiled(self, response: Response, spoiled: Spoiled) -> Response:
        """Write what a fault makes of an answer."""
        response.data = spoiled.body
        if spoiled.status is not None:
            response.status_code = spoiled.status
        response.headers.update(spoiled.headers)
        return self._told(response)

    def _told(self, response: Response) -> Response:
        response.headers["Date"] = http_date()
        response.headers["X-Request-Id"] = self.id
        for name, value in self.headers.items():
            response.headers[name] = value
        return response
