"""What a request says in, how a server that rewrites keeps it out: texts, links, numbers, moments and sets. Pure.

Each form is idempotent: what was kept is, sent back, kept as it is. Some lose what no reader can find again.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from reconciler.sandbox import moments
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.layout import lay_out

Json = dict[str, Any]

EMOJI: Final = {":fire:": "🔥", ":tada:": "🎉", ":warning:": "⚠️", ":white_check_mark:": "✅"}
_EMOJI = re.compile("|".join(EMOJI))


def exact(text: str) -> str:
    """Compose the signs of a text (Unicode's NFC), and leave the rest."""
    return unicodedata.normalize("NFC", text)


def name(text: str) -> str:
    """Trim what people look things up by."""
    return exact(text).strip()


def title(text: str) -> str:
    """Bring a text onto one line, with single blanks."""
    return " ".join(exact(text).split())


def prose(text: str) -> str:
    """Lay Markdown out anew, with pictures in place of the names of emoji."""
    return lay_out(_EMOJI.sub(lambda found: EMOJI[found[0]], exact(text)))


def link(text: str) -> str:
    """Write the host of an address in lower case, and a slash where it has no path."""
    if not text.strip():
        return ""
    parts = urlsplit(exact(text).strip())
    user, at, host = parts.netloc.rpartition("@")
    return exact(urlunsplit(parts._replace(netloc=f"{user}{at}{host.lower()}", path=parts.path or "/")))


def number(text: str) -> str:
    """Keep a number as precisely as a float can: `120.0`."""
    return repr(float(text)) if text else ""


def moment(text: str) -> str:
    """Keep the whole second of a moment, written with six digits behind the point."""
    return moments.parse(text).strftime("%Y-%m-%dT%H:%M:%S.000000Z").zfill(27)


def choices(values: Iterable[str]) -> list[str]:
    """Put a set into an order of the server's own."""
    return sorted(values, key=lambda value: value[::-1])


@dataclass(frozen=True, slots=True)
class Form:
    """In which form each kind of value is kept; the default is as it was sent."""

    exact: Callable[[str], str] = str
    name: Callable[[str], str] = str
    title: Callable[[str], str] = str
    prose: Callable[[str], str] = str
    link: Callable[[str], str] = str
    number: Callable[[str], str] = str
    moment: Callable[[str], str] = str
    choices: Callable[[Iterable[str]], list[str]] = list

    def fields(self, body: Json) -> Json:
        """Return a configured object as it is kept; what a field holds is told by what it is called."""
        forms = {
            "name": self.name,
            "shortform": self.name,
            "value": self.exact,
            "description": self.prose,
            "instructions": self.prose,
        }
        return {
            field: forms[field](value) if field in forms and isinstance(value, str) else value
            for field, value in body.items()
        }


AS_SENT: Final = Form()
REWRITTEN: Final = Form(exact, name, title, prose, link, number, moment, choices)


def form(behaviour: Behaviour) -> Form:
    """Return the form in which a sandbox that behaves like this keeps what it is sent."""
    return REWRITTEN if behaviour.rewrites else AS_SENT
