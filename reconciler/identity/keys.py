"""The idempotency key, who a resource is and never what it says: how it is made, whose one is, who carries it. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.model import Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEME = "reconciler/1"
"""Part of every key: changing it, or anything that `idempotency_key` does, declares every incident anew."""

DEFAULT_GENERATION = "1"


def idempotency_key(namespace: str, key: Key, generation: str = DEFAULT_GENERATION) -> str:
    """Return the key that a create carries: who it is, never what it says.

    It reads `<name>.<generation>[.<id>]-<32 hex digits>`; the digits are the first of SHA-256 over the compact
    JSON array `["reconciler/1", namespace, kind, name, generation, noun of the child, id]`.
    """
    who = [SCHEME, namespace, key.kind, key.name, generation, *key.child]
    digest = hashlib.sha256(json.dumps(who, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    return f"{'.'.join((key.name, generation, *key.child[1:]))}-{digest[:32]}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an idempotency key is: the resource, and the generation of it."""

    key: Key
    generation: str


def owner(text: str, namespace: str, kind: str) -> Owner | None:
    """Return which resource of a namespace a key was made for; None for what is no key, or one of somebody else."""
    who = text.rpartition("-")[0]
    parts = who.split(".")
    # Names and generations may hold dots.
    for at in range(1, len(parts)):
        name, generation = ".".join(parts[:at]), ".".join(parts[at:])
        if name and generation and idempotency_key(namespace, Key(kind, name), generation) == text:
            return Owner(Key(kind, name), generation)
    return None


def texts(incident: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what an incident carries in custom fields as text, each with the field."""
    for entry in incident.get("custom_field_entries", ()):
        for value in entry["values"][:1]:
            if text := str(value.get("value_text") or "").strip():
                yield text, entry["custom_field"]


def marker(incident: Mapping[str, Any], marker_field: str) -> str:
    """Return the key that an incident carries in a custom field; empty where it carries none."""
    return next((text for text, field in texts(incident) if field["id"] == marker_field), "")
