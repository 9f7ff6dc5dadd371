"""An event of a run in, the line that tells it out; None where it is of no interest to a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday.events import (
    Aborted,
    Acted,
    Away,
    Back,
    Begun,
    Cleaned,
    Ended,
    Event,
    GoneOn,
    Held,
    Judged,
    Left,
    Over,
    Paused,
    Planned,
    Resumed,
    Seen,
    State,
    StepTold,
    Verdict,
)
from reconciler.gameday.spans import clock, written
from reconciler.render.gameday.said import span
from reconciler.render.page import Line, Span, line
from reconciler.render.words import count, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.gameday.story import Story

GOOD, BAD, ODD, QUIET = "green", "bold red", "yellow", "dim"
STATES: Mapping[State, tuple[str, str]] = {
    State.DONE: ("", ""),
    State.FAILED: ("failed: ", BAD),
    State.MISSED: ("missed: ", ODD),
    State.SKIPPED: ("skipped: ", ODD),
    State.OVERTAKEN: ("overtaken: ", ODD),
    State.UNREACHED: ("not reached: ", QUIET),
}
"""What stands before a step that this became of, and in which colour; of one that is begun, nothing is told yet."""


def stamped(event: Event, story: Story) -> str | None:
    """Return the line of an event with the time of the run's clock: `[05:00] close db-failover (INC-12)`."""
    row = told(event, story)
    return f"[{clock(event.at)}] {row.text}" if row else None


def told(event: Event, story: Story) -> Line | None:  # noqa: C901, PLR0911, PLR0912  (a table of events)
    """Return what happened, for people; `story` is how the run stood after it."""
    match event:
        case Begun():
            parts = f"{count(len(event.steps), 'step')}, {clock(event.end)} long"
            return line(Span(visible(f"{event.run} begins: {event.title}"), "bold"), f" ({parts})")
        case Resumed(host=host):
            return line("taken up" + (visible(f" by {host}") if host else ""))
        case Left(why=why):
            return line(Span("left" + (visible(f": {why}") if why else ""), ODD))
        case Paused(step=step):
            words = _step(step, story).text.removeprefix("pause").removeprefix(": ") if step else ""
            return line(Span("paused" + (visible(f": {words}") if words else ""), ODD))
        case GoneOn():
            return line("goes on")
        case Held(seconds=seconds):
            return line(Span(f"the clock stands for {written(seconds)}", ODD))
        case Away(why=why):
            return line(Span(visible(f"the account cannot be read, so nobody sees what people do: {why}"), ODD))
        case Back():
            return line("the account can be read again")
        case StepTold():
            return _told_step(event, story)
        case Judged():
            return _judged(event, story)
        case Acted(who=who, text=text, failed=failed):
            return line(
                visible(f"{who}: {text}"), *([Span(visible(f", which failed: {failed}"), BAD)] if failed else [])
            )
        case Seen():
            return line(visible(seen(event)))
        case Aborted(why=why):
            return line(Span("aborted" + (visible(f": {why}") if why else ""), BAD))
        case Ended():
            return line(Span("the script is over", "bold"))
        case Cleaned():
            return _cleaned(event)
        case Over():
            return line(Span("over: nothing is left open", "bold"))
        case _:
            return None


def seen(event: Seen) -> str:
    """Return what a person did: `Alice, db-failover: Incident Lead assigned`."""
    return f"{event.who or 'somebody'}, {event.incident}: {event.text or event.what}"


def expected(step: Planned) -> str:
    """Return what is expected, without how long people have for it."""
    window = written(step.within)
    return step.text.removeprefix(f"expect within {window} ").removeprefix(f"expect for {window} ")


def _step(step: str, story: Story) -> Planned:
    steps = story.begun.steps if story.begun else ()
    return next((one for one in steps if one.id == step), Planned(step, 0.0, "", "", step))


def _told_step(event: StepTold, story: Story) -> Line | None:
    if event.state is State.BEGUN:
        return None
    before, style = STATES[event.state]
    step = _step(event.step, story)
    if step.verb == "pause" and event.state is State.DONE:
        return None
    parts: list[str | Span] = [Span(before, style)] if before else []
    parts.append(visible(step.text) + (visible(f" ({event.reference})") if event.reference else ""))
    parts += [visible(f": {event.detail}")] if event.detail else []
    return line(*parts)


def _judged(event: Judged, story: Story) -> Line:
    text = expected(_step(event.step, story))
    match event.verdict:
        case Verdict.HELD:
            after = f" after {span(event.after)}" if event.after is not None else ""
            verdict = Span(f"held{after}: ", GOOD)
        case Verdict.FAILED:
            verdict = Span("expectation failed: ", BAD)
        case Verdict.NOT_OBSERVED:
            verdict = Span("not observed: ", ODD)
    who = f" ({event.who})" if event.who else ""
    # What they did stands a line above, in their own words.
    detail = f": {event.detail}" if event.detail and event.verdict is not Verdict.HELD else ""
    return line(verdict, visible(text + who + detail))


def _cleaned(event: Cleaned) -> Line:
    known = f"{event.incident} ({event.reference})" if event.reference else event.incident
    detail = f": {event.detail}" if event.detail else ""
    match event.outcome:
        case "closed":
            return line(visible(f"closed {known}{detail}"))
        case "failed":
            return line(Span("could not close ", BAD), visible(f"{known}{detail}"))
        case outcome:
            return line(Span(visible(f"{known}: {event.detail or outcome}"), QUIET))
