"""An expectation, when it was due, what was seen and when it was looked → what came of it, as soon as that is certain.

Pure. Only what people did counts: neither the script's own writes nor those of another key or a workflow do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import alike
from reconciler.gameday.events import Judged, Verdict
from reconciler.gameday.patterns import is_found
from reconciler.gameday.script import (
    Expect,
    FieldFilled,
    RoleAssigned,
    SeverityAtLeast,
    StatusReached,
    TaskCreated,
    UpdatePosted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.gameday.script import Condition, Step
    from reconciler.gameday.seeing import Did

FAR = float("inf")
UNWATCHED_END = "nobody looked when its window ended"


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of an incident: what was done to it, oldest first, and when that was looked at.

    `looks` are the times (script seconds) at which reading all of it began. `spans` are those in which somebody ran
    the script and the API was there: what was done in them is found at the next look, with its time. `tried` is when
    it could last not be read, and `why`.
    """

    dids: tuple[Did, ...] = ()
    looks: tuple[float, ...] = ()
    spans: tuple[tuple[float, float], ...] = ()
    tried: float = -FAR
    why: str = ""

    def looked(self, at: float, dids: Sequence[Did], longest_gap: float) -> Watched:
        """Return what is known after a look."""
        return replace(self.glanced(at, longest_gap), dids=tuple(dids), looks=(*self.looks, at), tried=at, why="")

    def missed(self, at: float, why: str = "") -> Watched:
        """Return what is known after a look that failed."""
        return replace(self, tried=max(at, self.tried), why=why)

    def glanced(self, at: float, longest_gap: float) -> Watched:
        """Return what is known where somebody watches by now; a longer gap begins a span of its own."""
        begin, end = self.spans[-1] if self.spans else (at, at)
        if at - end > longest_gap:
            return replace(self, spans=(*self.spans, (at, at)))
        return replace(self, spans=(*self.spans[:-1], (begin, max(at, end))))


@dataclass(frozen=True, slots=True)
class Rules:
    """What verdicts depend on besides: `patience` is the longest gap, `ranks` are those of severities by name.

    Without `ranks` nothing is known of the account's severities yet.
    """

    patience: float
    ranks: Mapping[str, float] | None = None
    is_private: bool = False
    slack: float = 0.0
    """Seconds by which the account's times may be off: people are given them, at either end of a window."""


def judge(step: Step, due: float, watched: Watched, rules: Rules, at: float, time: float) -> Judged | None:
    """Return what came of an expectation at script time `at` (Unix time `time`); None while that is open.

    What holds, or must never have, is told as soon as it was seen, by its own time, however late it was looked; that it
    does not, once the window's end was looked at, and in time.
    """
    expect = step.deed
    assert isinstance(expect, Expect)
    window = _window(expect, due, rules.slack)
    met = _met(expect, window, watched.dids, rules.ranks or {})
    if met:
        verdict = Verdict.FAILED if expect.never else Verdict.HELD
        detail = "" if rules.is_private else met.told
        after = min(max(met.at - due, 0.0), expect.within)
        return Judged(at, time, step.id, verdict, after, met.by.who, detail)
    came, detail = _unmet(expect, due, watched, rules)
    return Judged(at, time, step.id, came, detail=detail) if came else None


def _window(expect: Expect, due: float, slack: float) -> tuple[float, float]:
    given = -slack if expect.never else slack
    return due - given, due + expect.within + given


def _unmet(expect: Expect, due: float, watched: Watched, rules: Rules) -> tuple[Verdict | None, str]:
    end = due + expect.within
    closing = next((look for look in watched.looks if look >= end), FAR)
    if _is_unknown(expect.condition, rules.ranks):
        return Verdict.NOT_OBSERVED, "no severity of this name is known"
    if closing is FAR:
        # However late it is: as long as nobody has tried to look, a look may still show what people did in time.
        is_given_up = watched.tried > end + rules.patience
        return (Verdict.NOT_OBSERVED, watched.why or UNWATCHED_END) if is_given_up else (None, "")
    window = _window(expect, due, rules.slack)
    if why := _gap(expect, due, closing, watched, rules) or _hidden(expect, window, watched.dids):
        return Verdict.NOT_OBSERVED, why
    if expect.never:
        return Verdict.HELD, ""
    return Verdict.FAILED, _instead(expect, window, watched.dids, rules.ranks or {})


def _gap(expect: Expect, due: float, closing: float, watched: Watched, rules: Rules) -> str:
    """Return why it was not watched well enough; `closing` is when it was looked at after its window's end."""
    end = due + expect.within
    if not _is_gapless(watched, end, closing, rules.patience):
        return UNWATCHED_END
    if isinstance(expect.condition, SeverityAtLeast) and rules.ranks is None:
        return "the severities could not be read"
    if expect.never and not _is_gapless(watched, due, end, rules.patience):
        return "nobody watched for a part of its window"
    return ""


def _hidden(expect: Expect, window: tuple[float, float], dids: Sequence[Did]) -> str:
    """Return why nobody can tell whether people met the condition: they may have, in words that were not read."""
    match expect.condition:
        case TaskCreated(noun):
            what = noun
        case UpdatePosted():
            what = "update"
        case _:
            return ""
    done = (one for one in dids if one.what == what and one.hidden and one.by.is_person)
    within = (one for one in done if window[0] <= one.at <= window[1])
    return next((f"what {one.by.who} wrote is not known: {one.hidden}" for one in within), "")


def _met(expect: Expect, window: tuple[float, float], dids: Sequence[Did], ranks: Mapping[str, float]) -> Did | None:
    """Return what met the condition: what people had done before and holds still, or did first in the window."""
    begin, end = window
    before = _standing(expect, [did for did in dids if did.at < begin], ranks)
    if before:
        return before
    within = (did for did in dids if begin <= did.at <= end and did.by.is_person)
    return next((did for did in within if _meets(expect.condition, did, ranks)), None)


def _standing(expect: Expect, dids: Sequence[Did], ranks: Mapping[str, float]) -> Did | None:
    """Return what people did that still holds after these; updates and tasks are told, and hold nothing."""
    standing: Did | None = None
    for did in dids:
        if _meets(expect.condition, did, ranks):
            standing = standing or (did if did.by.is_person else None)
        elif standing and _undoes(expect, did, standing):
            standing = None
    return None if standing and standing.what in ("update", "action", "follow_up") else standing


def _meets(condition: Condition, did: Did, ranks: Mapping[str, float]) -> bool:
    match condition:
        case RoleAssigned(role):
            return did.what == "role" and did.is_set and is_called(did.name, role)
        case UpdatePosted(pattern):
            return did.what == "update" and not did.hidden and _matches(pattern, did.text)
        case SeverityAtLeast(severity):
            wanted = ranks.get(_title(severity), FAR)
            return did.what == "severity" and (is_called(did.name, severity) or did.rank[0] >= wanted)
        case StatusReached(status):
            return did.what == "status" and is_called(did.name, status)
        case FieldFilled(field):
            return did.what == "field" and did.is_set and is_called(did.name, field)
        case TaskCreated(noun, pattern):
            return did.what == noun and (not pattern or (not did.hidden and _matches(pattern, did.text)))


def _undoes(expect: Expect, did: Did, standing: Did) -> bool:
    """Tell whether something ends what stood: a status is reached also when people have gone further since."""
    match expect.condition:
        case RoleAssigned() | FieldFilled():
            return did.what == standing.what and is_called(did.name, standing.name) and not did.is_set
        case StatusReached():
            return did.what == "status" and (expect.never or did.rank < standing.rank)
        case _:
            return did.what == standing.what == "severity"


def _matches(pattern: str, text: str) -> bool:
    # A server may have rewritten the Markdown: what people read of it is looked through as well.
    return any(is_found(pattern, form) for form in (text, alike.gist(text)))


def _instead(expect: Expect, window: tuple[float, float], dids: Sequence[Did], ranks: Mapping[str, float]) -> str:
    """Return who did what people were expected to do, where it was none of them; or when they did."""
    met = [did for did in dids if did.at >= window[0] and _meets(expect.condition, did, ranks)]
    program = next((did for did in met if did.at <= window[1] and not did.by.is_person), None)
    if program:
        return f"done by {program.by.who}, not by a person"
    return "people did it too late" if any(did.by.is_person for did in met) else ""


def _is_gapless(watched: Watched, due: float, end: float, patience: float) -> bool:
    return any(begin <= due + patience and until >= end for begin, until in watched.spans)


def _is_unknown(condition: Condition, ranks: Mapping[str, float] | None) -> bool:
    return isinstance(condition, SeverityAtLeast) and ranks is not None and _title(condition.severity) not in ranks


def ranks_of(severities: Sequence[Mapping[str, object]]) -> dict[str, float]:
    """Return the ranks of an account's severities, by their names as `judge` compares them."""
    return {_title(one["name"]): float(str(one.get("rank") or 0)) for one in severities}


def is_called(one: str, other: str) -> bool:
    """Tell whether two names are one; case does not matter, since people write what they remember."""
    return _title(one) == _title(other)


def _title(name: object) -> str:
    return alike.title(name).casefold()
