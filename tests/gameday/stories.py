"""Runs to report on, as their journals would tell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday.events import (
    Aborted,
    Acted,
    Begun,
    Cleaned,
    Ended,
    Event,
    GoneOn,
    Held,
    Judged,
    Left,
    Looked,
    Over,
    Paused,
    Planned,
    Resumed,
    Seen,
    State,
    StepTold,
    Verdict,
)
from reconciler.gameday.story import Story, story_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BEGAN = 1_795_590_000.0
DB = "db-failover"
LINK = "https://app.incident.io/acme/incidents/142"
STEPS = (
    Planned("declare-db-failover", 0, "declare", DB, "declare db-failover"),
    Planned("brief", 60, "pause", "", "pause: Brief the observers."),
    Planned("lead", 60, "expect", DB, "expect within 5m Incident Lead assigned on db-failover", 300),
    Planned("first-notice", 120, "expect", DB, "expect within 5m an update on db-failover", 300),
    Planned("quiet", 120, "expect", DB, "expect for 20m never status Closed on db-failover", 1200),
    Planned("escalate", 300, "set", DB, "set severity Critical on db-failover"),
    Planned("second-region", 420, "update", DB, 'update db-failover: "us-east-1 is slow too", Fixing'),
    Planned("raised", 420, "expect", DB, "expect within 5m severity Critical or above on db-failover", 300),
    Planned("deploy", 480, "timeline", DB, "timeline item deploy on db-failover"),
    Planned("comms", 540, "assign", DB, "assign Communications Lead of db-failover to alice@example.com"),
    Planned("watch", 540, "note", "", "note: Watch the channel."),
    Planned(
        "customers",
        600,
        "expect",
        DB,
        "expect within 10m an update that matches /customers? .* affected/ on db-failover",
        600,
    ),
    Planned("services", 600, "expect", DB, "expect within 15m Affected services filled on db-failover", 900),
    Planned("roll-back", 660, "expect", DB, f"expect within 15m an action that matches /roll ?back/ on {DB}", 900),
    Planned("close-db-failover", 1800, "close", DB, "close db-failover"),
)


def begun(
    steps: Sequence[Planned] = STEPS,
    incidents: dict[str, str] | None = None,
    *,
    run: str = "region-failover-20261121-090000",
    gameday: str = "region-failover",
    title: str = "Region failover",
    private: Sequence[str] = (),
    end: float = 1800,
    host: str = "alice@laptop",
    cast: str = "",
    digest: str = "d1",
    time: float = BEGAN,
) -> Begun:
    """Return the beginning of a run."""
    return Begun(
        0,
        time,
        run,
        gameday,
        title,
        digest,
        tuple(steps),
        incidents or {DB: "Database failover in eu-west-1"},
        tuple(private),
        {"region": "eu-west-1"},
        end,
        cast=cast,
        organisation="https://app.incident.io/acme",
        host=host,
    )


def done(step: str, at: float, late: float = 0.4, *, time: float | None = None, **facts: str) -> StepTold:
    """Return a step that was done a little after it was due."""
    moment = BEGAN + at if time is None else time
    return StepTold(at + late, moment + late, step, State.DONE, **facts)


def seen(at: float, what: str, who: str, text: str, incident: str = DB, category: str = "") -> Seen:
    """Return what a person did."""
    return Seen(at, BEGAN + at, incident, what, who, text, f"{what}-{incident}-{at}", category)


def judged(
    step: str, at: float, verdict: Verdict, after: float | None = None, who: str = "", detail: str = ""
) -> Judged:
    """Return a verdict that fell at a time of the run's clock."""
    return Judged(at, BEGAN + at, step, verdict, after, who, detail)


def told(events: Iterable[Event]) -> Story:
    """Return the story of events, which stand in the order of their times."""
    return story_of(sorted(events, key=lambda event: event.time))


def good(*, slower: float = 0.0, run: str = "region-failover-20261121-090000", time: float = BEGAN) -> Story:
    """Return a run that went well, with one expectation that failed; `slower` seconds later in all that people did."""
    late = slower
    failed = judged("customers", 1200, Verdict.FAILED, detail="people did it too late")
    return told(
        [
            begun(run=run, time=time),
            done("declare-db-failover", 0, reference="INC-142", link=LINK),
            Paused(60, BEGAN + 60.1, "brief"),
            GoneOn(60, BEGAN + 60.3),
            done("brief", 60, time=BEGAN + 60.2),
            seen(130 + late, "role", "Alice Archer", "Incident Lead: Alice Archer"),
            judged("lead", 132 + late, Verdict.HELD, 70 + late, "Alice Archer", "Incident Lead: Alice Archer"),
            seen(212 + late, "update", "Bob Baker", "We are looking into it"),
            judged("first-notice", 213 + late, Verdict.HELD, 92 + late, "Bob Baker"),
            done("escalate", 300),
            done("second-region", 420, reference="INC-142"),
            seen(455 + late, "severity", "Alice Archer", "Critical"),
            judged("raised", 456 + late, Verdict.HELD, 35 + late, "Alice Archer"),
            done("deploy", 480),
            done("comms", 540),
            done("watch", 540, 0.5),
            Held(560, BEGAN + 560, 60),
            Looked(600, BEGAN + 600, (DB,)),
            seen(700, "field", "Carol Cook", "Affected services: Checkout, Search"),
            judged("services", 701, Verdict.HELD, 100, "Carol Cook"),
            seen(744, "action", "Alice Archer", "Roll back deploy 4821"),
            judged("roll-back", 745, Verdict.HELD, 84, "Alice Archer"),
            seen(930, "update", "Bob Baker", "Rolling back in eu-west-1"),
            failed,
            judged("quiet", 1320, Verdict.HELD),
            seen(1400 + late, "status", "Alice Archer", "Monitoring", category="live"),
            seen(1640 + late, "status", "Alice Archer", "Documenting", category="learning"),
            done("close-db-failover", 1800),
            Ended(1801, BEGAN + 1801),
            Cleaned(1802, BEGAN + 1802, DB, "already", reference="INC-142"),
            Over(1800, BEGAN + 1803),
        ]
    )


def aborted() -> Story:
    """Return a run that the host ended after eight minutes, where cleanup could not close the incident."""
    return told(
        [
            begun(host="bob@desk"),
            done("declare-db-failover", 0, reference="INC-150", link=LINK),
            done("brief", 60),
            judged("lead", 360, Verdict.FAILED),
            StepTold(300.4, BEGAN + 300.4, "escalate", State.FAILED, "422: `Critical` is not a severity any more"),
            seen(340, "update", "Bob Baker", "On it"),
            judged("first-notice", 341, Verdict.HELD, 220, "Bob Baker"),
            StepTold(420.1, BEGAN + 420.1, "second-region", State.BEGUN),
            StepTold(480, BEGAN + 480, "deploy", State.SKIPPED, "skipped by the host"),
            Aborted(500, BEGAN + 500, "the host asked for it"),
            Cleaned(500, BEGAN + 501, DB, "failed", "503 after 5 attempts", "INC-150"),
        ]
    )


def resumed() -> Story:
    """Return a run whose host's laptop slept for five minutes, and which another host took up."""
    return told(
        [
            begun(run="region-failover-20261121-110000"),
            done("declare-db-failover", 0, reference="INC-160", link=LINK),
            done("brief", 60),
            seen(100, "role", "Alice Archer", "Incident Lead: Alice Archer"),
            judged("lead", 101, Verdict.HELD, 40, "Alice Archer"),
            Looked(180, BEGAN + 180, (DB,)),
            Resumed(490, BEGAN + 490, "bob@desk"),
            judged("first-notice", 490.5, Verdict.NOT_OBSERVED, detail="nobody watched from 03:00 to 08:10"),
            StepTold(491, BEGAN + 491, "escalate", State.MISSED, "3m 10s late"),
            done("second-region", 420, 71),
            done("deploy", 480, 12),
            done("comms", 540),
            done("watch", 540),
            judged("raised", 720, Verdict.FAILED),
            seen(800, "update", "Bob Baker", "Customers in eu-west-1 are affected"),
            judged("customers", 801, Verdict.HELD, 200, "Bob Baker"),
            judged("quiet", 1320, Verdict.NOT_OBSERVED, detail="nobody watched from 03:00 to 08:10"),
            seen(1400, "status", "Alice Archer", "Closed", category="closed"),
            judged("services", 1500, Verdict.FAILED),
            judged("roll-back", 1560, Verdict.FAILED),
            StepTold(1800, BEGAN + 1800, "close-db-failover", State.OVERTAKEN, "closed by Alice Archer"),
            Left(1800, BEGAN + 1800.5, "the terminal went away"),
            Resumed(1800, BEGAN + 2400, "bob@desk"),
            Ended(1801, BEGAN + 2401),
            Cleaned(1802, BEGAN + 2402, DB, "already", reference="INC-160"),
            Over(1800, BEGAN + 2403),
        ]
    )


def storm(noise: int = 30) -> Story:
    """Return a run in which many small incidents hide a big one; the big one is private."""
    big = "leak"
    names = [f"noise-{number}" for number in range(1, noise + 1)]
    titles = {name: f"Service {name.removeprefix('noise-')} is slow" for name in names} | {big: ""}
    steps = [Planned(f"declare-{name}", 20.0 * at, "declare", name, f"declare {name}") for at, name in enumerate(names)]
    steps += [
        Planned("declare-leak", 205, "declare", big, "declare leak"),
        Planned("lead", 205, "expect", big, "expect within 10m Incident Lead assigned on leak", 600),
        Planned("silence", 205, "expect", big, "expect for 15m never an update on leak", 900),
        *(
            Planned(f"read-{name}", 300, "expect", name, f"expect within 10m an update on {name}", 600)
            for name in names[:5]
        ),
        *(Planned(f"close-{name}", 1500, "close", name, f"close {name}") for name in (*names, big)),
    ]
    events: list[Event] = [
        begun(
            steps,
            titles,
            run="storm-20261121-120000",
            gameday="storm",
            title="A storm of small incidents",
            private=[big],
            end=1500,
            cast="random:7",
        ),
        done("declare-leak", 205, reference="INC-231"),
        seen(423, "role", "Carol Cook", "", big),
        Acted(420, BEGAN + 420, "a1", "carol@example.com", big, "take Incident Lead of leak"),
        judged("lead", 424, Verdict.HELD, 218, "Carol Cook"),
        judged("silence", 1105, Verdict.HELD),
        Ended(1500, BEGAN + 1500),
        Over(1500, BEGAN + 1600),
    ]
    for at, name in enumerate(names):
        events += [done(f"declare-{name}", 20.0 * at, reference=f"INC-{200 + at}"), done(f"close-{name}", 1500)]
        events.append(Cleaned(1500, BEGAN + 1510 + at, name, "already", reference=f"INC-{200 + at}"))
        if at % 3 == 0:
            then, words = 400 + 7.0 * at, f'update {name}: "looking"'
            events.append(Acted(then, BEGAN + then, f"b{at}", "bob@example.com", name, words))
            events.append(seen(402 + 7 * at, "update", "Bob Baker", "looking", name))
        if at < 5:
            held = at % 3 == 0
            verdict = Verdict.HELD if held else Verdict.FAILED
            moment = 403.0 + 7 * at if held else 900
            events.append(judged(f"read-{name}", moment, verdict, 102.0 + 7 * at if held else None))
    failed = Acted(600, BEGAN + 600, "c", "dave@example.com", "noise-2", "close noise-2", "403: dave may not close it")
    return told([*events, failed, done("close-leak", 1500), Cleaned(1500, BEGAN + 1590, big, "closed")])


def missed() -> Story:
    """Return a run whose host went away after the first step and came back when all was over."""
    late = [one for one in STEPS if one.id not in {"declare-db-failover", "close-db-failover"}]
    return told(
        [
            begun(run="region-failover-20261121-130000"),
            done("declare-db-failover", 0, reference="INC-170"),
            Resumed(4000, BEGAN + 4000, "alice@laptop"),
            *(
                judged(one.id, 4000, Verdict.NOT_OBSERVED, detail="nobody watched its window")
                if one.verb == "expect"
                else StepTold(4000, BEGAN + 4000, one.id, State.MISSED, "nobody ran the script")
                for one in late
            ),
            done("close-db-failover", 1800, 2201),
            Ended(4001, BEGAN + 4001),
            Cleaned(4001, BEGAN + 4002, DB, "closed", reference="INC-170"),
            Over(4001, BEGAN + 4003),
        ]
    )


def nothing() -> Story:
    """Return what is known of a run that was never begun."""
    return Story()


def under_way() -> Story:
    """Return a run in the middle, its clock standing."""
    return told([*good().events[:8], Paused(213, BEGAN + 300)])


def large(incidents: int = 50, steps: int = 500, people: int = 2_000) -> Story:
    """Return a run of many steps over many incidents, with much that people did."""
    names = [f"incident-{number}" for number in range(incidents)]
    verbs = ("declare", "set", "update", "timeline", "assign", "expect", "update", "expect", "update", "close")
    planned = []
    for number in range(steps):
        verb, name = verbs[min(number // incidents, 9)], names[number % incidents]
        text = f"expect within 10m an update on {name}" if verb == "expect" else f"{verb} {name} number {number}"
        within = 600 if verb == "expect" else 0
        planned.append(Planned(f"step-{number}", 7.0 * number, verb, name, text, within))
    events: list[Event] = [
        begun(
            planned,
            {name: f"The {name} of a large run" for name in names},
            end=7.0 * steps,
            gameday="large",
            run="large",
        )
    ]
    for number, one in enumerate(planned):
        if one.verb == "expect":
            verdict = (Verdict.HELD, Verdict.FAILED, Verdict.NOT_OBSERVED)[number % 3]
            events.append(judged(one.id, one.at + 500, verdict, 490 if number % 3 == 0 else None))
        else:
            events.append(done(one.id, one.at, reference=f"INC-{number % incidents}"))
    kinds = ("update", "role", "severity", "status", "field", "action", "follow_up", "other")
    for number in range(people):
        at = 7.0 * steps * number / people
        words = "We are looking into what customers of this service tell us"
        events.append(
            seen(at, kinds[number % 8], f"Person {number % 12}", words, names[number * 7 % incidents], "live")
        )
    return told([*events, Ended(7.0 * steps, BEGAN + 7 * steps), Over(7.0 * steps, BEGAN + 7 * steps + 1)])


def hostile(text: str) -> Story:
    """Return a run in which every text of the account, of the file and of people is this one."""
    steps = (
        Planned("declare", 0, "declare", text, text),
        Planned("update", 60, "update", text, text),
        Planned("lead", 60, "expect", text, text, 300),
        Planned("fails", 60, "expect", text, text, 300),
        Planned("pause", 90, "pause", "", text),
    )
    events: list[Event] = [
        Begun(
            0,
            BEGAN,
            text,
            text,
            text,
            text,
            steps,
            {text: text},
            parameters={text: text},
            end=600,
            cast=text,
            organisation=text,
            host=text,
        ),
        StepTold(0, BEGAN + 1, "declare", State.DONE, text, text, text),
        StepTold(60, BEGAN + 60, "update", State.FAILED, text),
        Judged(100, BEGAN + 100, "lead", Verdict.HELD, 40, text, text),
        Judged(400, BEGAN + 400, "fails", Verdict.FAILED, None, text, text),
        Seen(90, BEGAN + 90, text, "update", text, text, text),
        Seen(91, BEGAN + 91, text, text, text, text, text),
        Acted(92, BEGAN + 92, text, text, text, text, text),
        Paused(93, BEGAN + 93, "pause"),
        Left(94, BEGAN + 94, text),
        Resumed(95, BEGAN + 95, text),
        Aborted(96, BEGAN + 96, text),
        Cleaned(97, BEGAN + 97, text, "failed", text, text),
    ]
    return story_of(events)


ALL = {
    "good": good,
    "aborted": aborted,
    "resumed": resumed,
    "storm": storm,
    "missed": missed,
    "nothing": nothing,
    "under_way": under_way,
}
