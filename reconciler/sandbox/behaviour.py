"""How the sandbox behaves where the document leaves it open: one frozen value, for all requests or for one."""

from dataclasses import dataclass
from typing import Final

IDEMPOTENCY: Final = ("return", "conflict", "invalid", "forget")


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an API may do and a client must bear.

    `idempotency` is what a repeated key is answered with: the object that the first request made (`return`), a 409
    (`conflict`), a 422 (`invalid`), or a second object (`forget`). A key is remembered for `key_lifetime` seconds (None
    is for ever); `refuses_changed` answers 422 to a known key with another body. `rewrites` stores texts, sets and
    numbers in a form of the server's own. An incident moves on by itself `post_incident_pace` seconds after it
    entered a post-incident status (None is never). `long_ids` gives what is created IDs of another format. `triages`
    lets every incident of the type Default begin in triage.

    Raises ValueError for an `idempotency` that is none of these.
    """

    idempotency: str = "return"
    key_lifetime: float | None = None
    refuses_changed: bool = False
    rewrites: bool = False
    post_incident_pace: float | None = None
    long_ids: bool = False
    triages: bool = False

    def __post_init__(self) -> None:
        if self.idempotency not in IDEMPOTENCY:
            raise ValueError(f"idempotency is one of {', '.join(IDEMPOTENCY)}, not {self.idempotency!r}")
