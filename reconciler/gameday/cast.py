"""A game day and a flag → what simulated people do and when: as the file says, or made from what is expected. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from reconciler.errors import Misused
from reconciler.gameday.answers import answer, breaks
from reconciler.gameday.script import Act, Assign, Close, Expect, Moment, Set, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.gameday.script import Condition, Deed, GameDay, Timetable

PEOPLE = ("alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com")
"""Who acts where the flag says how: the people of every new sandbox."""
FORMS = "write --cast quick, slow, absent, or random:SEED such as random:7"
APART = 5.0
"""Seconds between two things that people do to one incident."""


@dataclass(frozen=True, slots=True)
class Intent:
    """That somebody answers an expectation, so many seconds after its step."""

    who: str
    after: float
    is_bold: bool = False
    """Whether they do it although something else forbids it."""


Manner = Callable[[int, Step, Expect], Intent | None]
"""How people answer: the number of an expectation, its step and what it expects → who does it when, None for nobody."""


def acts(day: GameDay, timetable: Timetable, flag: str) -> tuple[tuple[float, Act], ...]:
    """Return what simulated people do and when, in order.

    `flag` is empty for the file's own cast, or says how each expectation is answered: `quick`, well within its window;
    `slow`, most just in time and some too late; `absent`, never; `random:SEED`, as the seed has it, and the same seed
    has it the same. Raises `Misused` for any other.
    """
    if not flag:
        return timetable.acts
    manner = _manner(flag)
    making = _Making(day, timetable, flag.replace(":", "-"))
    expected = [(at, step, step.deed) for at, step in timetable.steps if isinstance(step.deed, Expect)]
    made = (
        making.act(at, step, deed, intent)
        for number, (at, step, deed) in enumerate(expected)
        if (intent := manner(number, step, deed))
    )
    return tuple(sorted(filter(None, made), key=lambda pair: pair[0]))


def _manner(flag: str) -> Manner:
    word, colon, seed = flag.partition(":")
    if word == "random" and seed:
        return lambda _, step, deed: _at_random(Random(f"{seed}/{step.id}"), deed)  # noqa: S311 (nothing secret)
    if colon or word not in _MANNERS:
        raise Misused(f"--cast {flag}: there is no such cast", FORMS)
    return _MANNERS[word]


def _quick(number: int, _: Step, deed: Expect) -> Intent | None:
    return None if deed.never else Intent(_person(number), 0.15 * deed.within)


def _slow(number: int, _: Step, deed: Expect) -> Intent | None:
    if deed.never:
        return None
    # One in three is late, the second being the first of them.
    is_late = number % 3 == 1
    return Intent(_person(number), 1.25 * deed.within if is_late else deed.within - max(0.05 * deed.within, APART))


def _at_random(chance: Random, deed: Expect) -> Intent | None:
    happens, share = chance.random(), chance.random()
    who = chance.choice(PEOPLE)
    if deed.never:
        return Intent(who, share * deed.within, is_bold=True) if happens < _BROKEN else None
    return Intent(who, 1.2 * share * deed.within, is_bold=True) if happens < _ANSWERED else None


_MANNERS: Mapping[str, Manner] = {"quick": _quick, "slow": _slow, "absent": lambda *_: None}
_ANSWERED, _BROKEN = 0.8, 0.1
"""How many expectations are answered at random, and how many are broken that something must never happen."""


def _person(number: int) -> str:
    return PEOPLE[number % len(PEOPLE)]


@dataclass(slots=True)
class _Making:
    """Makes acts that get neither in each other's way nor in that of what must never happen."""

    day: GameDay
    timetable: Timetable
    prefix: str
    taken: dict[str, set[float]] = field(default_factory=lambda: defaultdict(set))
    """When something is done already, by incident."""

    def act(self, at: float, step: Step, deed: Expect, intent: Intent) -> tuple[float, Act] | None:
        """Return what answers an expectation; None where nobody can without doing what must never be done."""
        due, name = max(at + intent.after, at), f"{self.prefix}-{step.id}"
        never = [] if intent.is_bold else self._never(deed.incident)
        crew = self._crew(deed.incident)
        who = crew[PEOPLE.index(intent.who) % len(crew)]
        assignee = self._assignee(deed, who, crew)
        heeded = [one for begin, end, one in never if begin <= due <= end]
        done = answer(deed.incident, deed.condition, who, assignee=assignee, named=name, never=heeded)
        free = self._free(due, deed.incident, [(begin, end) for begin, end, one in never if breaks(done, one)])
        if free > max(at + deed.within, due) or free >= self._closed(deed.incident):
            return None
        self.taken[deed.incident].add(free)
        return free, Act(who, Moment(free), done, step.source, name)

    def _never(self, incident: str) -> list[tuple[float, float, Condition]]:
        """Return from when until when what must never happen to an incident."""
        steps = ((at, step.deed) for at, step in self.timetable.steps if step.incident == incident)
        return [(at, at + one.within, one.condition) for at, one in steps if isinstance(one, Expect) and one.never]

    def _free(self, due: float, incident: str, windows: list[tuple[float, float]]) -> float:
        """Return the first moment from `due` on that is in no window, and at which nothing else is done."""
        while True:
            later = max((end for begin, end in windows if begin <= due <= end), default=None)
            if later is not None:
                due = later + APART
            elif any(abs(due - one) < APART for one in self.taken[incident]):
                due += APART
            else:
                return due

    def _closed(self, incident: str) -> float:
        steps = (at for at, step in self.timetable.steps if step.deed == Close(incident))
        return min(steps, default=float("inf"))

    def _crew(self, incident: str) -> tuple[str, ...]:
        """Return who may act: of a private incident those whom the script lets see it, where it names any of them."""
        template = self.day.incidents.get(incident)
        spec = template.spec if template else {}
        if spec.get("visibility") != "private":
            return PEOPLE
        named = {*map(str, spec.get("members") or ()), *map(str, (spec.get("roles") or {}).values())}
        return tuple(one for one in PEOPLE if one in named) or PEOPLE

    def _assignee(self, deed: Expect, who: str, crew: Sequence[str]) -> str:
        """Return who gets a role, empty for whoever acts: nobody whom the script gives it to, so that it is seen."""
        role = getattr(deed.condition, "role", "")
        template = self.day.incidents.get(deed.incident)
        given = [(template.spec.get("roles") or {}).get(role)] if template else []
        given += [_given(step.deed, deed.incident, role) for _, step in self.timetable.steps]
        first = crew.index(who)
        chosen = next((one for one in (*crew[first:], *crew[:first]) if one not in given), who)
        return "" if chosen == who else chosen


def _given(deed: Deed, incident: str, role: str) -> object:
    """Return whom a step of the script gives a role to; None where it is about something else."""
    match deed:
        case Assign(of, what, to) if (of, what) == (incident, role):
            return to
        case Set(of, fields) if of == incident:
            return dict(fields.get("roles") or {}).get(role)
    return None
