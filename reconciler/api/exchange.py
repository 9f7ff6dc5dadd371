"""One try of a request and what became of it, for a log: a value that holds no key."""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = "[hidden]"
_SECRET = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"})
"""Headers whose value is nobody's business."""


@dataclass(frozen=True, slots=True)
class Message:
    """The headers and the body of a request or an answer."""

    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def of(cls, headers: tuple[tuple[str, str], ...], body: str) -> Message:
        """Return a message without the values of headers that carry secrets."""
        return cls(tuple((name, HIDDEN if name.lower() in _SECRET else value) for name, value in headers), body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One try: `status` is None where no answer came, and `trouble` says why; `attempt` counts from 1."""

    method: str
    path: str
    """With its query, as it was sent."""
    status: int | None
    trouble: str
    request_id: str
    seconds: float
    attempt: int
    request: Message
    response: Message | None

    def __str__(self) -> str:
        """Return the line that support asks for: method, path, status, request ID, milliseconds."""
        became = self.status or self.trouble
        return f"{self.method} {self.path} {became} {self.request_id or '-'} {round(self.seconds * 1000)} ms"
