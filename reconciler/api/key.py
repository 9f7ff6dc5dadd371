"""The API key in, a header on each request out, and the key in nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx

from reconciler.errors import KeyProblem
from reconciler.secrecy import Secrets

if TYPE_CHECKING:
    from collections.abc import Generator

_VISIBLE = re.compile(r"[!-~]+")


class Bearer(httpx.Auth):
    """The key, where nothing prints it; outer whitespace is dropped."""

    def __init__(self, key: str, others: Secrets | None = None) -> None:
        self._key = key.strip()
        self.secrets = (others or Secrets()).with_key(self._key)

    def __repr__(self) -> str:
        return "Bearer(…)"

    def check(self) -> None:
        """Raise `KeyProblem` unless the key can stand in a header."""
        if not self._key:
            raise KeyProblem("the API key is empty", "set INCIDENT_API_KEY (Settings, API keys)")
        if not _VISIBLE.fullmatch(self._key):
            raise KeyProblem(
                "the API key holds a line break, a space or another character that no key has",
                "copy the key again, alone and on one line",
            )

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the key on a request (httpx calls this)."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request

    def hide(self, text: str) -> str:
        """Return `text` without the key."""
        return self.secrets.hide(text)
