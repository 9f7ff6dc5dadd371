"""A transaction in, the incidents as a board of columns by status out; a column shows its newest incidents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.sandbox import moments
from reconciler.sandbox.incidents.incident import COLUMNS, Incident, from_row
from reconciler.sandbox.page import badges
from reconciler.sandbox.page.badges import CATEGORIES, Badges, Severity, Status
from reconciler.sandbox.page.instants import Instant, shown
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]

CARDS: Final = 50  # in one column; a list of one status shows as many at a time
_ALWAYS_THERE: Final = "live"  # columns of this category are shown empty, too: it is where incidents begin


@dataclass(frozen=True, slots=True)
class Card:
    """One incident on the board."""

    number: int
    name: str
    severity: Severity | None
    lead: str | None
    badges: Badges
    created: Instant


@dataclass(frozen=True, slots=True)
class Column:
    """The incidents in one status: the newest ones, and how many there are."""

    status: Status
    count: int
    cards: tuple[Card, ...]

    @property
    def rest(self) -> int:
        """How many are not shown."""
        return self.count - len(self.cards)


@dataclass(frozen=True, slots=True)
class Category:
    """One stage of an incident's life, with those of its columns that are worth showing."""

    id: str
    name: str
    count: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """All incidents by the stage of their life."""

    categories: tuple[Category, ...]

    @property
    def count(self) -> int:
        """How many incidents there are."""
        return sum(category.count for category in self.categories)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The incidents in one status from some number downwards; `older` is the number to go on below, if any is left."""

    status: Status
    count: int
    cards: tuple[Card, ...]
    older: int | None


def read_board(transaction: Transaction, now: datetime) -> Board:
    """Read the newest incidents of each status; the time it takes hardly depends on how many there are."""
    counts = dict(transaction.query("SELECT status, COUNT(*) FROM incident GROUP BY status"))
    newest = """SELECT number FROM
        (SELECT number, ROW_NUMBER() OVER (PARTITION BY status ORDER BY number DESC) AS place FROM incident)
        WHERE place <= ?"""
    sql = f"SELECT {COLUMNS} FROM incident WHERE number IN ({newest}) ORDER BY number DESC"  # noqa: S608 - constants
    cards: dict[str, list[Card]] = {}
    for incident in map(from_row, transaction.query(sql, (CARDS,))):
        cards.setdefault(incident.status, []).append(_card(transaction, incident, now))
    columns = [_column(status, counts, cards) for status in _statuses(transaction, counts)]
    return Board(tuple(_category(identifier, name, columns) for identifier, name in CATEGORIES.items()))


def read_shelf(transaction: Transaction, identifier: str, below: int | None, now: datetime) -> Shelf | None:
    """Read incidents of one status, newest first, below a number if one is given; None for an unknown status."""
    counts = dict(transaction.query("SELECT status, COUNT(*) FROM incident GROUP BY status"))
    found = [status for status in _statuses(transaction, counts) if status.id == identifier]
    if not found:
        return None
    sql = f"""SELECT {COLUMNS} FROM incident WHERE status = ? AND number < ?
        ORDER BY number DESC LIMIT {CARDS + 1}"""  # noqa: S608 - constants
    rows = transaction.query(sql, (identifier, below if below is not None else 2**62))
    cards = tuple(_card(transaction, incident, now) for incident in map(from_row, rows[:CARDS]))
    return Shelf(found[0], counts.get(identifier, 0), cards, cards[-1].number if len(rows) > CARDS else None)


def _statuses(transaction: Transaction, counts: Mapping[str, int]) -> list[Status]:
    organisation = transaction.organisation
    there = organisation.all("incident_status")
    known = {body["id"] for body in there}
    gone = [organisation.get("incident_status", identifier) for identifier in counts if identifier not in known]
    return [badges.status(body) for body in sorted([*there, *gone], key=lambda body: body["rank"])]


def _card(transaction: Transaction, incident: Incident, now: datetime) -> Card:
    organisation = transaction.organisation
    severity = organisation.get("severity", incident.severity) if incident.severity else None
    return Card(
        number=incident.number,
        name=incident.body["name"],
        severity=badges.severity(organisation, severity) if severity else None,
        lead=badges.lead(organisation, incident),
        badges=badges.badges(organisation, incident),
        created=shown(moments.from_microseconds(incident.created), now),
    )


def _column(status: Status, counts: Mapping[str, int], cards: Mapping[str, list[Card]]) -> Column:
    return Column(status, counts.get(status.id, 0), tuple(cards.get(status.id, ())))


def _category(identifier: str, name: str, columns: Iterable[Column]) -> Category:
    own = [column for column in columns if column.status.category == identifier]
    worth = tuple(column for column in own if column.count or identifier == _ALWAYS_THERE)
    return Category(identifier, name, sum(column.count for column in own), worth)
