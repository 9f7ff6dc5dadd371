"""An account and the incidents of a run → what is known of them, read a request at a time; nothing is written.

A job is a reading under way: each `next` of it sends one request, and it ends with its last. So whoever holds the
budget decides when the next one leaves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.errors import ApiError, Forbidden
from reconciler.gameday import expecting, seeing
from reconciler.gameday.expecting import Watched
from reconciler.gameday.hosting import Shown
from reconciler.gameday.seeing import Account
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import MODES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from reconciler.api import Client
    from reconciler.gameday.script import GameDay

    Json = Mapping[str, Any]
    Job = Iterator[None]

LONGEST_ANSWER = 5.0
"""Seconds that an answer is awaited: the next step of the script must not wait for it."""
LISTS = {
    "log": ("/v2/incident_activity_log_entries", "incident_activity_log_entries"),
    seeing.UPDATES: ("/v2/incident_updates", "incident_updates"),
    seeing.ACTIONS: ("/v3/actions", "actions"),
    seeing.FOLLOW_UPS: ("/v3/follow_ups", "follow_ups"),
}
NOTHING = Watched()
_DAY = timedelta(days=1)


class Unreadable(ApiError):
    """The API answered with what cannot be understood: entries without an ID, a list that is none."""


class Incidents:
    """What is known of a run's incidents, by their names in the script.

    `script` tells which script time a Unix time was. `longest_gap` is how long nobody may look for a window to count
    as watched.
    """

    def __init__(self, client: Client, day: GameDay, script: Callable[[float], float], longest_gap: float) -> None:
        self._client = client.impatient(LONGEST_ANSWER)
        self._day, self._script = day, script
        self._watched: dict[str, Watched] = {}
        self._accounts: dict[str, Account] = {}
        self._live: dict[str, Json] = {}
        self._versions: dict[str, tuple[str, ...]] = {}
        self._longest_gap = longest_gap
        self.private: Collection[str] = ()
        """Incidents that are private whatever the account says."""
        self.ranks: Mapping[str, float] | None = None
        """Of the account's severities, once they were read."""

    def of(self, name: str) -> Watched:
        """Return what is known of an incident."""
        return self._watched.get(name, NOTHING)

    def is_private(self, name: str) -> bool:
        """Tell whether an incident is private, as far as the script and the account say."""
        return name in self.private or self._live.get(name, {}).get("visibility") == "private"

    def is_changed(self, name: str) -> bool:
        """Tell whether something has happened to an incident since it was read, or it never was."""
        known = self._versions.get(name)
        return known is None or (name in self._live and _version(self._live[name]) != known)

    def glanced(self, name: str, at: float) -> None:
        """Note that somebody watches, and will know what has happened to an incident at the next look."""
        self._watched[name] = self.of(name).glanced(at, self._longest_gap)

    def missed(self, name: str, at: float, why: str) -> None:
        """Note that an incident could not be read, though the API is there."""
        self._watched[name] = self.of(name).missed(at, why)

    def away(self, name: str, at: float) -> None:
        """Note that the API is away; for a while that is no gap yet."""
        known = self.of(name)
        if not known.spans or at - known.spans[-1][1] > self._longest_gap:
            self._watched[name] = known.missed(at)

    def shown(self) -> dict[str, Shown]:
        """Return the incidents as they were last listed; a private one without its title."""
        return {name: self._shown(name, live) for name, live in self._live.items()}

    def _shown(self, name: str, live: Json) -> Shown:
        title = name if self.is_private(name) else str(live.get("name") or name)
        status, severity = (_name_of(live.get(part)) for part in ("incident_status", "severity"))
        return Shown(name, title, str(live.get("reference") or ""), status, severity)

    def ranking(self) -> Job:
        """Read the severities of the account; none are known where this key may not."""
        return _understood(self._ranking(), "/v1/severities")

    def listing(self, ids: Mapping[str, str], begun: float) -> Job:
        """Read the list of incidents as far as those of the run stand on it, which began at Unix time `begun`."""
        return _understood(self._listing(ids, begun), INCIDENT.path)

    def reading(self, name: str, identifier: str, at: float) -> Job:
        """Read all that was done to one incident."""
        return _understood(self._reading(name, identifier, at), LISTS["log"][0])

    def _ranking(self) -> Job:
        try:
            self.ranks = expecting.ranks_of(self._client.list("/v1/severities", "severities"))
        except Forbidden:
            self.ranks = {}
        yield from ()

    def _listing(self, ids: Mapping[str, str], begun: float) -> Job:
        names = {identifier: name for name, identifier in ids.items()}
        query = {"mode[one_of]": list(MODES), "created_at[gte]": _day_before(begun)}
        for page in self._client.pages(INCIDENT.path, INCIDENT.items, query, page_size=INCIDENT.page_size):
            for live in page.items:
                if name := names.pop(str(live.get("id")), ""):
                    self._live[name] = live
            if not names:
                return
            if page.after:
                yield

    def _reading(self, name: str, identifier: str, at: float) -> Job:
        version = _version(self._live[name]) if name in self._live else ()
        log: list[Json] = []
        yield from self._pages("log", {"incident_id": identifier}, log)
        if not log:
            raise ValueError("nobody has declared it")
        account = seeing.carried(self._accounts.get(name) or Account(had_severity=self._had_severity(name)), log)
        for part in list(seeing.lacking(account)):
            yield
            found: list[Json] = []
            try:
                yield from self._pages(part, self._query(part, name, identifier), found)
            except Forbidden:
                # The log tells that there are some; this key may not see what they say.
                found.clear()
                account = replace(account, forbidden=account.forbidden | {part})
            account = replace(account, lists={**account.lists, part: found})
        dids = seeing.done(account, identifier, self._script)
        self._accounts[name], self._versions[name] = account, version
        self._watched[name] = self.of(name).looked(at, dids, self._longest_gap)

    def _pages(self, part: str, query: Mapping[str, str], into: list[Json]) -> Job:
        path, items = LISTS[part]
        for page in self._client.pages(path, items, query):
            if not all(item["id"] for item in page.items):
                raise ValueError("an entry without an ID")
            into += page.items
            if page.after:
                yield

    def _query(self, part: str, name: str, identifier: str) -> dict[str, str]:
        if part == seeing.UPDATES:
            return {"incident_id": identifier}
        template = self._day.incidents.get(name)
        declared = str(template.spec.get("mode", "standard")) if template else "standard"
        # Without a mode, what belongs to a test incident is left out.
        return {"incident_id": identifier, "incident_mode": str(self._live.get(name, {}).get("mode") or declared)}

    def _had_severity(self, name: str) -> bool:
        if name not in self._day.incidents:
            return True
        spec = self._day.incidents[name].spec
        return bool(spec.get("severity") or (spec.get("declare_as") or {}).get("severity"))


def _understood(job: Job, path: str) -> Job:
    """Send the requests of a job; what it cannot make sense of is a failure like any other."""
    try:
        yield from job
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable("GET", path, "the answer cannot be understood") from error


def _name_of(live: Any) -> str:
    return str(live.get("name") or "") if isinstance(live, dict) else ""


def _version(live: Json) -> tuple[str, ...]:
    return str(live.get("updated_at", "")), str(live.get("last_activity_at", ""))


def _day_before(time: float) -> str:
    # Filters by date are shown with whole days, so they are used with a day of overlap.
    return (datetime.fromtimestamp(time, UTC) - _DAY).date().isoformat()
