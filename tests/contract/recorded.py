"""A file of recorded exchanges in, the exchanges out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.recording import Exchange, Request, Sent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """Yield every exchange of a file that need not be there; a line that a killed process has torn is passed over."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                written = json.loads(line)
            except ValueError:
                continue
            yield _exchange(written)


def _exchange(written: dict[str, Any]) -> Exchange:
    request, answer = written["request"], written["answer"]
    return Exchange(
        Request(**{**request, "body": _bytes(request["body"])}),
        answer and Sent(**{**answer, "body": _bytes(answer["body"])}),
        is_faulty=written["fault"],
        is_whole=written["whole"],
    )


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")
