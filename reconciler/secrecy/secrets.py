"""What must never be shown in, texts without it out: as it is, and as programs like to write it. Pure."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

KEY_VARIABLES = ("INCIDENT_API_KEY", "INCIDENT_IO_API_KEY", "INCIDENTIO_API_KEY")
"""Where the API key is looked for, the first that is not empty."""
SECRET = re.compile("TOKEN|SECRET|PASSW|PASSPHRASE|KEY|CREDENTIAL", re.IGNORECASE)
"""What names of variables that hold a secret have in them."""
SHORTEST_KEY = 16
"""A shorter key is a sandbox's, and a word: taking it out of every message would garble them."""
SHORTEST_PASSWORD = 8
KEY, OTHER = "[key]", "[secret]"

# A variable may also say where a secret lies; that is no secret, and messages have to name it.
_PLACE = re.compile(r"(_FILE|_PATH|_DIR|_ID|_URL|_SOCK|_NAME)$|^[~/.]|://", re.IGNORECASE)
_PROXY = re.compile(r"//([^/@\s]+)@")


@dataclass(frozen=True)
class Secrets:
    """Values that are taken out of whatever is shown, each with what stands in its place."""

    known: Mapping[str, str] = field(default_factory=dict, repr=False)

    def with_key(self, key: str) -> Secrets:
        """Return these and one API key."""
        key = key.strip()
        return Secrets({**self.known, key: KEY}) if len(key) >= SHORTEST_KEY else self

    def with_keys(self, keys: Iterable[str]) -> Secrets:
        """Return these and several API keys."""
        return reduce(Secrets.with_key, keys, self)

    def hide(self, text: str) -> str:
        """Return a text without any of them: as they are, percent-encoded, in Base64, in hex, or within JSON."""
        return self._pattern.sub(lambda found: self._forms[found[0]], text) if self.holds(text) else text

    def hidden(self, value: Any) -> Any:
        """Return a value of JSON without any of them, names included; the very same value where it holds none."""
        match value:
            case str():
                return self.hide(value)
            case dict():
                told: Any = {self.hide(name): self.hidden(item) for name, item in value.items()}
            case list():
                told = [self.hidden(item) for item in value]
            case _:
                told = value
        return value if told == value else told

    def holds(self, text: str) -> bool:
        """Tell whether a text holds one of them."""
        # So many plain searches are faster than one for a pattern with as many alternatives.
        return any(form in text for form in self._forms)

    @cached_property
    def _forms(self) -> dict[str, str]:
        return {form: shown for value, shown in self.known.items() for form in _forms(value)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))))


def of(environ: Mapping[str, str]) -> Secrets:
    """Return the secrets that an environment holds: API keys, passwords of proxies, and what is named like a secret."""
    found: dict[str, str] = {}
    for name, written in environ.items():
        value = written.strip()
        if name in KEY_VARIABLES:
            found |= {value: KEY} if len(value) >= SHORTEST_KEY else {}
        elif SECRET.search(name):
            if len(value) >= SHORTEST_KEY and not _PLACE.search(name) and not _PLACE.search(value):
                found.setdefault(value, OTHER)
        elif "proxy" in name.lower():
            found |= dict.fromkeys(_passwords(value), OTHER)
    return Secrets(found)


def _passwords(proxy: str) -> Iterator[str]:
    """Yield who a proxy is used as, and the password alone where it is no short word."""
    for user_and_password in _PROXY.findall(proxy):
        _, _, password = user_and_password.partition(":")
        if password:
            yield from {user_and_password, unquote(user_and_password)}
            yield from {each for each in (password, unquote(password)) if len(each) >= SHORTEST_PASSWORD}


_LEFT = ("", "/", "!'()*", "/!'()*;,?:@&=+$#")
"""What those who encode an address leave as it is: all of it or not, a part of it in JavaScript, or the whole."""


def _forms(value: str) -> Iterable[str]:
    """Return how a value may be written: every form of which nothing but the value is left when it is read."""
    data = value.encode(errors="surrogateescape")
    return {
        value,
        *(form for safe in _LEFT for form in (quote(value, safe=safe), quote(value, safe=safe).lower())),
        json.dumps(value)[1:-1],
        data.hex(),
        data.hex().upper(),
        *_base64(data),
    }


def _base64(data: bytes) -> Iterator[str]:
    """Yield the middle of a value in Base64 for each place at which it may begin: `Bearer ` may go before it."""
    for before in range(3):
        whole = b64encode(b"\0" * before + data).decode()
        first = (before * 8 + 5) // 6
        last = (before + len(data)) * 8 // 6
        for text in {whole[first:last], whole[first:last].replace("+", "-").replace("/", "_")}:
            if len(text) >= SHORTEST_PASSWORD:
                yield text
