"""Exchanges with the API in; lines of a log for people, or facts for programs, out."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

from reconciler.render.words import visible
from reconciler.secrecy.private import PEOPLE, digest, veiled_property

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.api import Exchange

LONGEST_BODY = 2_000
"""Characters of a body that are shown."""

Facts = dict[str, Any]


class Log:
    """Tells exchanges; texts of incidents that are not known to be public are digests, unless `shows_private`.

    With `is_detailed` headers and bodies are told too. Used from many threads.
    """

    def __init__(self, *, is_detailed: bool, shows_private: bool) -> None:
        self._is_detailed, self._shows_private = is_detailed, shows_private
        self._public: set[str] = set()
        self._lock = threading.Lock()

    def text(self, exchange: Exchange) -> str:
        """Return an exchange as lines for people."""
        rows = [visible(str(exchange))]
        if self._is_detailed:
            rows += self._rows(">", exchange.request.headers, self._sent(exchange))
            if exchange.response:
                rows += self._rows("<", exchange.response.headers, self._received(exchange))
        return "\n".join(rows)

    def facts(self, exchange: Exchange) -> Facts:
        """Return an exchange as facts for programs."""
        told: Facts = {
            "method": exchange.method,
            "path": exchange.path,
            "status": exchange.status,
            "seconds": round(exchange.seconds, 6),
            "request_id": exchange.request_id or None,
            "attempt": exchange.attempt,
        }
        if exchange.trouble:
            told["trouble"] = exchange.trouble
        if self._is_detailed:
            told["request"] = {"headers": dict(exchange.request.headers), "body": self._sent(exchange)}
            if exchange.response:
                told["response"] = {"headers": dict(exchange.response.headers), "body": self._received(exchange)}
        return told

    def _rows(self, sign: str, headers: tuple[tuple[str, str], ...], body: str) -> Iterator[str]:
        for name, value in headers:
            yield f"  {sign} {visible(name)}: {visible(value)}"
        if body:
            yield f"  {sign} {visible(body)}"

    def _received(self, exchange: Exchange) -> str:
        assert exchange.response is not None
        return self._shown(exchange, exchange.response.body)

    def _sent(self, exchange: Exchange) -> str:
        if exchange.response:
            self._learn(exchange.response.body)  # whether what was made is public, the answer says
        return self._shown(exchange, exchange.request.body)

    def _shown(self, exchange: Exchange, body: str) -> str:
        if not self._shows_private and _CONFIGURATION.search(exchange.path) is None:
            self._learn(body)
            body = self._veiled(exchange.path, body)
        more = len(body) - LONGEST_BODY
        return f"{body[:LONGEST_BODY]}… ({more:,} more characters)" if more > 0 else body

    def _learn(self, body: str) -> None:
        for incident in _incidents(_parsed(body)):
            with self._lock:
                if incident.get("visibility") == "public":
                    self._public.add(str(incident.get("id")))
                else:
                    self._public.discard(str(incident.get("id")))

    def _veiled(self, path: str, body: str) -> str:
        value = _parsed(body)
        if not isinstance(value, dict):
            return digest(body) if body.strip() else ""
        with self._lock:
            public = frozenset(self._public)
        # What the API has against a request is told as an error anyway.
        is_open = "errors" in value or any(part in public for part in path.split("/"))
        return json.dumps(_veil(value, public, is_open=is_open), ensure_ascii=False)


_CONFIGURATION = re.compile(
    r"^/(_|v\d+/(incident_(roles|statuses|types|timestamps)|severities|custom_field|catalog|users|workflows|"
    r"identity|schedules|escalation_paths|teams))"
)
"""Paths of what is no incident nor a part of one: the organisation's configuration, of which no text is private."""


def _veil(value: Any, public: frozenset[str], *, is_open: bool) -> Any:
    """Return a value with digests for the texts of incidents that are not known to be public."""
    match value:
        case dict():
            if "visibility" in value:
                is_open = value["visibility"] == "public"
            elif "incident_id" in value:
                is_open = value["incident_id"] in public
            return {name: _part(name, item, public, is_open=is_open) for name, item in value.items()}
        case list():
            return [_part("", item, public, is_open=is_open) for item in value]
        case _:
            return value


def _part(name: str, value: Any, public: frozenset[str], *, is_open: bool) -> Any:
    if isinstance(value, dict | list) and (is_open or name not in PEOPLE):
        return _veil(value, public, is_open=is_open)
    return value if is_open or name in _OPEN else veiled_property(name, value)


_OPEN = frozenset({"after", "created_at", "updated_at", "reference", "page_size", "total_record_count"})


def _parsed(body: str) -> Any:
    try:
        return json.loads(body) if body.strip() else None
    except (ValueError, RecursionError):
        return None


def _incidents(value: Any) -> Iterator[dict[str, Any]]:
    """Yield what looks like an incident: each of a list of them, or the one."""
    if isinstance(value, dict):
        one, several = value.get("incident"), value.get("incidents")
        found = [*(several if isinstance(several, list) else ()), one]
        yield from (each for each in found if isinstance(each, dict) and "visibility" in each)
