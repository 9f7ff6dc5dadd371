"""Small game days for tests: documents as a host writes them, and the same as values for what reads no files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.gameday.script import Act, Close, Declare, Expect, GameDay, Moment, Step, Template, Timetable
from reconciler.model import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.gameday.script import Assign, Condition, Deed, Set, Task, Update

HERE = Source("gameday.yaml", 1, 1)
HEAD = "apiVersion: reconciler/v1\nkind: GameDay\n"

WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {manifests: [incidents]}
"""
"""A workspace that game days lie beside: they are none of its manifests."""

QUIET = (
    HEAD
    + """\
metadata: {name: quiet}
spec:
  title: One incident, nothing expected
  incidents:
    outage: {name: Checkout is down, severity: Major}
  script:
    - {at: 0s, declare: outage}
    - {at: 1m, update: {incident: outage, id: first-notice, message: Customers cannot pay.}}
    - {at: 2m, set: {incident: outage, severity: Critical}}
    - {at: 3m, update: {incident: outage, id: cause-found, message: A bad deploy., status: Fixing}}
    - {at: 5m, close: outage}
"""
)
"""Every step is the script's own."""

FAILOVER = (
    HEAD
    + """\
metadata: {name: failover, labels: {team: payments}}
spec:
  title: Failover of ${param:region}
  description: The database of a region is lost, and a person should notice.
  catch_up: 2m
  parameters:
    region: {type: string, default: eu-west-1, description: The region that is lost., enum: [eu-west-1, us-east-1]}
  incidents:
    db-failover:
      name: Database failover in ${param:region}
      severity: Major
  cast:
    - {as: alice@example.com, after: declare-db-failover + 1m, assign: {incident: db-failover, role: Incident Lead}}
    - {as: bob@example.com, at: 4m, update: {incident: db-failover, message: Failing over., status: Fixing}}
  script:
    - {at: 0s, declare: db-failover}
    - {at: 1m, expect: {incident: db-failover, role: Incident Lead, assigned: true, within: 5m}}
    - {id: escalate, at: 3m, set: {incident: db-failover, severity: Critical}}
    - {after: escalate, expect: {incident: db-failover, update: posted, within: 5m}}
    - {at: 3m, expect: {incident: db-failover, never: {status: Closed}, within: 6m}}
    - {at: 10m, close: db-failover}
"""
)
"""One incident, a parameter, a cast that does what is expected."""

WATCHED = (
    HEAD
    + """\
metadata: {name: watched}
spec:
  title: Everything that can be expected
  incidents:
    outage: {name: Checkout is down, severity: Minor}
  script:
    - {at: 0s, declare: outage}
    - {id: lead, at: 1m, expect: {incident: outage, role: Incident Lead, within: 5m}}
    - {id: posted, at: 1m, expect: {incident: outage, update: posted, within: 5m}}
    - {id: told, at: 1m, expect: {incident: outage, message: 'customers? .* affected', within: 10m}}
    - {id: raised, at: 1m, expect: {incident: outage, severity: {at_least: Critical}, within: 5m}}
    - {id: calm, at: 1m, expect: {incident: outage, status: Monitoring, within: 15m}}
    - {id: counted, at: 1m, expect: {incident: outage, custom_field: Affected services, filled: true, within: 15m}}
    - {id: rolled-back, at: 1m, expect: {incident: outage, action: created, matching: 'roll ?back', within: 15m}}
    - {id: learned, at: 1m, expect: {incident: outage, follow_up: created, within: 15m}}
    - {id: open, at: 1m, expect: {incident: outage, never: {status: Closed}, within: 18m}}
    - {id: silent, at: 1m, expect: {incident: outage, never: {message: 'hunter\\d'}, within: 18m}}
    - {at: 20m, close: outage}
"""
)
"""An expectation of each kind, two of them `never`."""

GROUP = (
    HEAD
    + """\
metadata: {name: group}
spec:
  title: Noise around one that matters
  incidents:
    big: {name: Payments are lost, severity: Critical}
    noise:
      for_each: [checkout, search, basket]
      name: "${each:value} is slow (${each:number})"
      severity: Minor
  script:
    - {at: 0s, every: 20s, declare: noise}
    - {after: declare-noise + 30s, declare: big}
    - {at: 5m, close: noise}
    - {at: 6m, close: big}
"""
)
"""A group declared one after the other, and closed at once."""

PAUSED = (
    HEAD
    + """\
metadata: {name: paused}
spec:
  title: The host has a word
  incidents:
    outage: {name: Checkout is down, severity: Minor}
  script:
    - {at: 0s, declare: outage}
    - {at: 1m, note: The first five minutes are theirs.}
    - {at: 2m, pause: Brief the observers.}
    - {at: 3m, update: {incident: outage, id: second, message: It is worse than it looked.}}
    - {at: 4m, close: outage}
"""
)
"""A note and a pause."""


def template(name: str, spec: Mapping[str, Any] | None = None, group: str = "") -> Template:
    """Return an incident that a script may declare; `mode: test` as the reader fills it in."""
    filled = {"name": f"Title of {name}", "severity": "Minor", "mode": "test", **(spec or {})}
    return Template(name, filled, HERE, group)


def step(at: float, deed: Deed, identifier: str = "") -> Step:
    """Return a step of a script; without an ID it gets one that tells it from those of other times."""
    named = identifier or f"{type(deed).__name__.lower()}-{getattr(deed, 'incident', '')}-{at:g}".replace("--", "-")
    return Step(named, Moment(at), deed, HERE)


def expected(
    at: float, condition: Condition, within: float = 300.0, *, never: bool = False, of: str = "outage"
) -> Step:
    """Return a step that expects something of people."""
    verb = "never" if never else "expect"
    return step(at, Expect(of, condition, within, never), f"{verb}-{type(condition).__name__}-{at:g}".lower())


def act(at: float, deed: Assign | Update | Set | Task | Close, who: str = "alice@example.com") -> Act:
    """Return what a simulated person does."""
    return Act(who, Moment(at), deed, HERE, f"{who.partition('@')[0]}-{at:g}")


def day(*steps: Step, incidents: Iterable[str] = ("outage",), cast: Iterable[Act] = ()) -> GameDay:
    """Return a game day whose incidents are declared at its start and closed at its end, with steps in between."""
    names = tuple(incidents)
    declared = [step(0, Declare(name), f"declare-{name}") for name in names]
    ends = [one.when.offset + getattr(one.deed, "within", 0.0) for one in steps]
    closed = [step(max(ends, default=0.0) + 600.0, Close(name), f"close-{name}") for name in names]
    return GameDay(
        name="scene",
        title="A scene",
        description="",
        source=HERE,
        incidents={name: template(name) for name in names},
        steps=(*declared, *steps, *closed),
        cast=tuple(cast),
        digest="scene",
    )


def bare(*steps: Step, incidents: Iterable[str] = ("outage",)) -> GameDay:
    """Return a game day with these steps and no others."""
    return replace(day(incidents=incidents), steps=steps)


def timetable(of: GameDay) -> Timetable:
    """Return when everything of a game day is due whose moments are all counted from the start."""
    steps = sorted(((one.when.offset, one) for one in of.steps), key=lambda pair: pair[0])
    acts = sorted(((one.when.offset, one) for one in of.cast), key=lambda pair: pair[0])
    return Timetable(tuple(steps), tuple(acts))
