"""Texts → parts of a name or of an ID. Pure."""

from __future__ import annotations

import re
import unicodedata


def slug(text: str) -> str:
    """Return a text as a part of a name: a-z, 0-9, and - for what is between; empty where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
