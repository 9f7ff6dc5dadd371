"""A moment in, a ULID out: identifiers that sort by time, and readable ones for what every new sandbox holds."""

import secrets
import threading
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
_RANDOM_BITS = 80
# The alphabet has no I, L, O and U, because people misread them.
_READABLE = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", " ": None, "_": None})


class _Maker:
    """Makes ULIDs that never go backwards within one process, also inside one millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        """Return the next number: 48 bits of milliseconds, 80 of chance."""
        fresh = (time.time_ns() // 1_000_000 << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS - 1)
        with self._lock:
            self._last = max(fresh, self._last + 1)
            return self._last


_MAKER = _Maker()


def new_id(*, is_long: bool = False) -> str:
    """Make an identifier that nothing else has, later in order than all made before by this process.

    The API may change the format of its IDs at any time: a long one is no ULID any more.
    """
    made = _encode(_MAKER.next())
    return f"{made}-{secrets.token_hex(8)}" if is_long else made


def seed_id(kind: str, number: int) -> str:
    """Name an object of the organisation that every new sandbox starts with; the same each time."""
    return f"01SANDB0X{kind.upper().translate(_READABLE)[:13]:0<13}{number:04d}"


def _encode(number: int) -> str:
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
