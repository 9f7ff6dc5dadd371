"""A sandbox with incidents of a run, a clock that a test moves, people who act, and a watch over all of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.gameday.events import Judged, Looked, Seen, State, StepTold
from reconciler.gameday.story import Story, after
from reconciler.gameday.watching import Watch
from reconciler.sandbox import moments
from tests.gameday import scenes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reconciler.api import Client
    from reconciler.gameday.events import Event
    from reconciler.gameday.script import GameDay
    from tests.world import World

EPOCH = 1_800_000_000.0
"""Unix time at which a run begins."""


@dataclass
class Post:
    """One run at speed 1 whose clock moves only by `forward`; what happens in the account happens at what it shows."""

    world: World
    day: GameDay
    client: Client
    at: float = 0.0
    ids: dict[str, str] = field(default_factory=dict)
    story: Story = field(default_factory=Story)
    asked: int = 0

    def __post_init__(self) -> None:
        """Take up the run."""
        self.take_up()
        self.note([StepTold(0, EPOCH, "begin", State.DONE)])

    def take_up(self) -> None:
        """Watch as a process does that has just begun."""
        self.watch = Watch(self.client, self.day, scenes.timetable(self.day))

    def now(self) -> datetime:
        """Return what time it is in the sandbox: what the clock of the run shows, and never the same twice."""
        self.asked += 1
        return moments.from_microseconds(int((EPOCH + self.at) * 1_000_000) + self.asked)

    def declare(self, name: str = "outage", **fields: Any) -> str:
        """Declare an incident as the run does."""
        template = self.day.incidents[name].spec
        body = {
            "idempotency_key": name,
            "name": template["name"],
            "visibility": "public",
            "mode": template["mode"],
            "incident_status_id": self.world.status(template.get("status", "Investigating")),
            **fields,
        }
        if severity := template.get("severity"):
            body["severity_id"] = self.world.severity(severity)
        incident = self.world.ask("POST", "/v2/incidents", body)["incident"]
        self.ids[name] = incident["id"]
        return str(incident["id"])

    def person(self, method: str, path: str, body: Any, who: str = "bob@example.com") -> Any:
        """Do something as a person, or as the run's key where that is nobody."""
        return self.world.ask(method, path, body, person=who)

    def edit(self, name: str = "outage", who: str = "bob@example.com", **fields: Any) -> None:
        """Edit an incident."""
        body = {"incident": fields, "notify_incident_channel": False}
        self.person("POST", f"/v2/incidents/{self.ids[name]}/actions/edit", body, who)

    def post(self, message: str, name: str = "outage", who: str = "bob@example.com", **moves: Any) -> None:
        """Post an update."""
        body = {"incident_id": self.ids[name], "idempotency_key": f"{who}{self.asked}", "message": message, **moves}
        self.person("POST", "/v2/incident_updates", body, who)

    def assign(self, name: str = "outage", who: str = "bob@example.com", to: str = "", role: str = "") -> None:
        """Give a role to somebody."""
        found = self.world.listed("/v2/incident_roles", "incident_roles")[role or "Incident Lead"]["id"]
        assigned = {"incident_role_id": found, "assignee": {"email": to or who}}
        self.edit(name, who, incident_role_assignments=[assigned])

    def forward(self, seconds: float, step: float = 1.0) -> list[Event]:
        """Let time pass, looking every so often; return what was told."""
        told = []
        end = self.at + seconds
        while self.at < end:
            self.at = min(self.at + step, end)
            told += self.look()
        return told

    def look(self, *, is_last: bool = False) -> list[Event]:
        """Look once."""
        told = self.watch.look(self.story, self.ids, self.at, EPOCH + self.at, is_last=is_last)
        self.note(told)
        return told

    def sweep(self) -> list[Seen]:
        """Read at the end what was not noted yet."""
        told = list(self.watch.sweep(self.story, self.ids, self.at, EPOCH + self.at))
        self.note(told)
        return told

    def note(self, events: Sequence[Event]) -> None:
        """Keep what was told, as a journal does."""
        for event in events:
            self.story = after(self.story, event)

    def verdict(self, step: str) -> Judged:
        """Return what came of an expectation, to the second."""
        judged = self.story.verdicts[step]
        return judged if judged.after is None else replace(judged, after=round(judged.after))

    @property
    def looked(self) -> list[Looked]:
        """Return what was noted to have been looked at."""
        return [event for event in self.story.events if isinstance(event, Looked)]


@contextmanager
def post(
    world: World, day: GameDay, faults: Sequence[str] = (), *, key: str = "sandbox", **declared: Any
) -> Iterator[Post]:
    """Watch over a game day in a sandbox whose incidents are declared already, with these fields."""
    with pytest.MonkeyPatch.context() as patch, world.client(faults, key, read_only=True) as client:
        one = Post(world, day, client)
        patch.setattr(moments, "now", one.now)
        for name in day.incidents:
            one.declare(name, **declared)
        yield one
