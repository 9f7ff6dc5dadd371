"""Facets of incidents in, sets of incidents out: a set is a whole number whose bit N tells of the incident INC-N.

So sets are joined, crossed and turned round by |, & and ~, and counted in no time, whatever a list is asked for. A
facet's set is kept in chunks, so that a change of one incident writes little.
"""

import json
from collections.abc import Collection, Iterator, Sequence

from reconciler.sandbox.incidents.conditions import marks
from reconciler.sandbox.incidents.facets import Facets
from reconciler.sandbox.store import Transaction

_CHUNK = 1024  # incidents
_BYTES = _CHUNK // 8


def keep(store: Transaction, number: int, before: Facets, after: Facets) -> None:
    """Note that an incident has other facets now."""
    changed = before.names ^ after.names
    chunk, place = divmod(number, _CHUNK)
    for name, bits in _read(store, changed, chunk).items():
        flipped = bits ^ (1 << place)
        if flipped:
            sql = "INSERT OR REPLACE INTO posting (facet, chunk, bits) VALUES (?, ?, ?)"
            store.write(sql, (name, chunk, flipped.to_bytes((flipped.bit_length() + 7) // 8, "little")))
        else:
            store.write("DELETE FROM posting WHERE facet = ? AND chunk = ?", (name, chunk))
    for amount in before.amounts - after.amounts:
        store.write("DELETE FROM amount WHERE field = ? AND value = ? AND number = ?", (*amount, number))
    for amount in after.amounts - before.amounts:
        store.write("INSERT INTO amount (field, value, number) VALUES (?, ?, ?)", (*amount, number))


def having(store: Transaction, facets: Collection[str]) -> int:
    """Return the incidents that have one of the facets."""
    chunks: dict[int, int] = {}
    sql = f"SELECT chunk, bits FROM posting WHERE facet IN ({marks(facets)})"  # noqa: S608 - marks only
    for chunk, bits in store.query(sql, tuple(facets)):
        chunks[chunk] = chunks.get(chunk, 0) | int.from_bytes(bits, "little")
    pieces = (chunks.get(chunk, 0).to_bytes(_BYTES, "little") for chunk in range(max(chunks, default=-1) + 1))
    return int.from_bytes(b"".join(pieces), "little")


def dated(store: Transaction, condition: str, values: Sequence[object]) -> int:
    """Return the incidents whose `created` or `updated` fulfils an SQL condition; there is no gap in their numbers."""
    # A single text of zeros and ones is read many times faster than a row for each incident. The limit, which is
    # none, keeps SQLite from merging the two queries: the inner one gives the order.
    sql = f"""SELECT group_concat(fulfils, '') FROM
        (SELECT {condition} AS fulfils FROM incident INDEXED BY incident_dates ORDER BY number DESC LIMIT -1)"""  # noqa: S608
    ((digits,),) = store.query(sql, values)
    return int(digits or "0", 2) << 1


def having_amount(store: Transaction, field: str, operator: str, amount: float) -> int:
    """Return the incidents that have a number in a custom field which compares so, `gte` or `lte`, to an amount."""
    # As one text, too.
    sign = {"gte": ">=", "lte": "<="}[operator]
    sql = f"SELECT json_group_array(number) FROM amount WHERE field = ? AND value {sign} ?"  # noqa: S608 - a sign
    ((text,),) = store.query(sql, (field, amount))
    numbers = json.loads(text)
    digits = bytearray(b"0") * (max(numbers, default=0) + 1)
    for number in numbers:
        digits[number] = ord("1")
    digits.reverse()
    return int(digits, 2)


def first(incidents: int, after: int | None, limit: int, *, is_oldest_first: bool) -> list[int]:
    """Return the first numbers of a set, in the order asked for, and from behind a number on."""
    order = _upwards(incidents, after) if is_oldest_first else _downwards(incidents, after)
    return [number for number, _ in zip(order, range(limit), strict=False)]


def _upwards(incidents: int, after: int | None) -> Iterator[int]:
    begin = 0 if after is None else after + 1
    digits = f"{incidents >> begin:b}"
    place = digits.rfind("1")
    while place >= 0:
        yield begin + len(digits) - 1 - place
        place = digits.rfind("1", 0, place)


def _downwards(incidents: int, after: int | None) -> Iterator[int]:
    digits = f"{incidents if after is None else incidents & ((1 << after) - 1):b}"
    place = digits.find("1")
    while place >= 0:
        yield len(digits) - 1 - place
        place = digits.find("1", place + 1)


def _read(store: Transaction, facets: Collection[str], chunk: int) -> dict[str, int]:
    sql = f"SELECT facet, bits FROM posting WHERE chunk = ? AND facet IN ({marks(facets)})"  # noqa: S608 - marks only
    read = {name: int.from_bytes(bits, "little") for name, bits in store.query(sql, (chunk, *facets))}
    return {name: read.get(name, 0) for name in facets}
