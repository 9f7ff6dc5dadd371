"""How a run stands in, and maybe how an earlier one did; the report of how people answered out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Any

from reconciler.errors import Misused
from reconciler.gameday.comparing import Comparison, compared
from reconciler.gameday.events import Aborted, Left, Seen, State, Verdict
from reconciler.gameday.timeline import (
    PRIVATE,
    Expected,
    Gap,
    Row,
    Stood,
    What,
    expectations,
    gaps,
    is_private,
    pauses,
    rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.gameday.events import Begun, Cleaned
    from reconciler.gameday.story import Story

PAST_LIVE = frozenset({"learning", "closed", "declined", "merged", "canceled"})
"""Categories of statuses in which nobody works on an incident any more."""
SPEEDS = ("to assign", "to first update", "to resolve")
"""What is measured of each incident, from when it was declared."""


class Standing(StrEnum):
    """How a run stands."""

    NOTHING = "never begun"
    UNDER_WAY = "under way"
    LEFT = "left; it may be resumed"
    ABORTED = "aborted"
    PLAYED = "played to its end"


@dataclass(frozen=True, slots=True)
class Score:
    """How many expectations held, of those that count: what nobody observed counts neither way."""

    held: int = 0
    failed: int = 0
    not_observed: int = 0
    open: int = 0

    @property
    def counted(self) -> int:
        """Return how many count."""
        return self.held + self.failed

    @property
    def share(self) -> float | None:
        """Return the part that held, from 0 to 1; None where none counts."""
        return self.held / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class Answered:
    """An incident of the run, and how long people took, in seconds after it was declared; None: they did not."""

    name: str
    title: str
    is_private: bool = False
    reference: str = ""
    link: str = ""
    declared: float | None = None
    """When it was declared, by the run's clock; None where it was not."""
    to_assign: float | None = None
    """Until a person gave somebody a role."""
    to_first_update: float | None = None
    """Until a person posted an update."""
    to_resolve: float | None = None
    """Until a person brought it past the live statuses."""
    cleanup: str = ""
    """What cleanup did with it; empty where it did not come to it."""
    cleanup_detail: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether it was declared, and cleanup did not close it or did not come to it."""
        return self.cleanup == "failed" or (self.declared is not None and not self.cleanup)

    @property
    def times(self) -> Mapping[str, float | None]:
        """Return what is measured, by the words for it."""
        return dict(zip(SPEEDS, (self.to_assign, self.to_first_update, self.to_resolve), strict=True))


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    standing: Standing
    run: str = ""
    gameday: str = ""
    title: str = ""
    digest: str = ""
    organisation: str = ""
    hosts: tuple[str, ...] = ()
    cast: str = ""
    speed: float = 1.0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    began: float = 0.0
    """Unix time at which it began, and of the last that is known of it."""
    last: float = 0.0
    at: float = 0.0
    """Where its clock is, and where the script ends."""
    end: float = 0.0
    is_over: bool = False
    """Whether everything is cleaned up."""
    score: Score = Score()
    expectations: tuple[Expected, ...] = ()
    incidents: tuple[Answered, ...] = ()
    rows: tuple[Row, ...] = ()
    pauses: tuple[Stood, ...] = ()
    gaps: tuple[Gap, ...] = ()
    why: str = ""
    """Why it was aborted or left."""
    comparison: Comparison | None = None

    @property
    def troubles(self) -> tuple[Row, ...]:
        """Return the steps not done as written: failed, missed, skipped, overtaken, or begun and never told."""
        unhappy = {State.FAILED, State.MISSED, State.SKIPPED, State.OVERTAKEN}
        if self.is_finished:
            unhappy.add(State.BEGUN)
        return tuple(row for row in self.rows if row.what is What.STEP and row.state in unhappy)

    @property
    def unreached(self) -> int:
        """Return how many steps the run ended before."""
        return sum(row.what is What.STEP and row.state == State.UNREACHED for row in self.rows)

    @property
    def is_finished(self) -> bool:
        """Return whether nothing of the script will happen any more."""
        return self.is_over or self.standing in {Standing.ABORTED, Standing.PLAYED}

    @property
    def left_open(self) -> tuple[Answered, ...]:
        """Return the incidents that cleanup should have come to and did not, or could not close."""
        return tuple(one for one in self.incidents if one.is_open) if not self.is_over else ()

    def typical(self, what: str) -> float | None:
        """Return the median of what is measured, over the incidents that have it; None where none has."""
        found = [took for one in self.incidents if (took := one.times[what]) is not None]
        return median(found) if found else None


def of(story: Story, earlier: Story | None = None) -> Report:
    """Return the report of a run, compared with an earlier run of the same game day where one is given.

    Raises `Misused` where the two cannot be compared.
    """
    report = _alone(story)
    if earlier is None:
        return report
    before = _alone(earlier)
    if not (report.gameday and before.gameday):
        raise Misused("a run that was never begun cannot be compared", "reconciler gameday list")
    if before.gameday != report.gameday:
        told = f"`{before.run}` is a run of `{before.gameday}`, and `{report.run}` one of `{report.gameday}`"
        raise Misused(f"{told}: only runs of one game day can be compared", "reconciler gameday list")
    if before.run == report.run:
        raise Misused(f"`{report.run}` cannot be compared with itself", "reconciler gameday list")
    return replace(report, comparison=compared(before, report))


def _alone(story: Story) -> Report:
    begun = story.begun
    if begun is None:
        return Report(Standing.NOTHING)
    expected = expectations(story)
    verdicts = [one.verdict for one in expected]
    hosts = (begun.host, *(getattr(event, "host", "") for event in story.events))
    return Report(
        _standing(story),
        begun.run,
        begun.gameday,
        begun.title,
        begun.digest,
        begun.organisation,
        tuple(dict.fromkeys(filter(None, hosts))),
        begun.cast,
        begun.speed,
        # A journal that tells of none that are veiled may be older than the veil.
        dict.fromkeys(begun.parameters, PRIVATE) if begun.private and not begun.veiled else begun.parameters,
        began=begun.time,
        last=story.time,
        at=story.at,
        end=begun.end,
        is_over=story.is_over,
        score=Score(*(verdicts.count(one) for one in (Verdict.HELD, Verdict.FAILED, Verdict.NOT_OBSERVED, None))),
        expectations=expected,
        incidents=tuple(_answered(story, begun, name) for name in _names(begun)),
        rows=rows(story),
        pauses=pauses(story),
        gaps=gaps(story),
        why=next((event.why for event in reversed(story.events) if isinstance(event, Aborted | Left)), ""),
    )


def _standing(story: Story) -> Standing:
    if story.is_aborted:
        return Standing.ABORTED
    if story.is_ended:
        return Standing.PLAYED
    return Standing.LEFT if story.is_left else Standing.UNDER_WAY


def _names(begun: Begun) -> tuple[str, ...]:
    """Return the incidents, those that are declared first."""
    declared = (one.incident for one in begun.steps if one.verb == "declare")
    return tuple(dict.fromkeys((*declared, *begun.incidents)))


def _answered(story: Story, begun: Begun, name: str) -> Answered:
    told = [story.steps[one.id] for one in begun.steps if one.incident == name and one.id in story.steps]
    declares = {one.id for one in begun.steps if one.incident == name and one.verb == "declare"}
    declared = next((one.at for one in told if one.step in declares and one.state is State.DONE), None)

    def took(counts: Callable[[Seen], bool]) -> float | None:
        moments = [one.at for one in story.seen if one.incident == name and counts(one)]
        return max(min(moments) - declared, 0.0) if moments and declared is not None else None

    cleaned: Cleaned | None = story.cleaned.get(name)
    return Answered(
        name,
        PRIVATE if is_private(story, name) else begun.incidents.get(name, ""),
        is_private(story, name),
        next((one.reference for one in told if one.reference), cleaned.reference if cleaned else ""),
        next((one.link for one in told if one.link), ""),
        declared,
        took(lambda one: one.what == "role"),
        took(lambda one: one.what == "update"),
        took(lambda one: one.what == "status" and one.category in PAST_LIVE),
        cleaned.outcome if cleaned else "",
        cleaned.detail if cleaned else "",
    )
