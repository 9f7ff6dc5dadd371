"""A file, flags and what was played before in, what this run is to play out; offline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.cli.gameday.flags import values
from reconciler.cli.gameday.runs import command
from reconciler.errors import Misused, Refused
from reconciler.gameday import cast, log, reading, schedule
from reconciler.gameday.script import Pause
from reconciler.gameday.spans import written
from reconciler.gameday.story import Story

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.gameday.script import GameDay, Timetable
    from reconciler.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Flags:
    """How a run is to be played, as it was typed; None and empty where nothing was."""

    given: tuple[str, ...] = ()
    speed: float | None = None
    until: float | None = None
    run_id: str = ""
    cast: str = ""
    skip_pauses: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be played: `story` is what was played of it before, without events where it is a new run."""

    run_id: str
    day: GameDay
    timetable: Timetable
    story: Story
    flags: Flags
    speed: float

    @property
    def is_new(self) -> bool:
        """Tell whether nothing of it was played before."""
        return self.story.begun is None

    @property
    def end(self) -> float:
        """Return when it is over."""
        return self.timetable.end if self.flags.until is None else self.flags.until

    @property
    def pauses(self) -> int:
        """Return how many pauses are ahead."""
        due = (step for at, step in self.timetable.steps if at <= self.end and isinstance(step.deed, Pause))
        return sum(self.story.state(step.id) is None for step in due)


def cast_of(file: str, workspace: Workspace, flags: Flags) -> Part:
    """Return what a file and flags come to.

    A run that is taken up again has its parameters, speed and cast from its journal, unless they are typed. Raises
    `Invalid` with every problem of the file, `Misused` for flags that cannot be followed, `Refused` for a run that is
    over.
    """
    story = _before(workspace, flags.run_id)
    given = _parameters(story) | values(flags.given)
    _check_given(story, given)
    run_id = flags.run_id or _new_id(reading.read(file, workspace, given).name)
    day = reading.read(file, workspace, given, run_id=run_id)
    table = schedule.timetable(day)
    _check_script(story, day, run_id, workspace)
    flags = _as_before(flags, story, table)
    speed = flags.speed or 1.0
    _check_account(workspace, speed, flags.cast)
    table = replace(table, acts=cast.acts(day, table, flags.cast) if workspace.is_practice else ())
    if flags.until is not None and flags.until > table.end:
        raise Misused(
            f"--until {written(flags.until)} is behind the end of the script, which is {written(table.end)} long",
            "leave it out, or name an earlier time",
        )
    return Part(run_id, day, table, story, flags, speed)


def _before(workspace: Workspace, run_id: str) -> Story:
    if not run_id:
        return Story()
    story = log.peek(workspace, run_id)
    if story.is_over:
        hint = f"`{command(workspace, 'report', run_id)}` tells how it went; another --run-id begins anew"
        raise Refused(f"run {run_id} is over", hint)
    return story


def _check_script(story: Story, day: GameDay, run_id: str, workspace: Workspace) -> None:
    if story.begun and story.begun.digest != day.digest:
        told = "script" if story.begun.gameday == day.name else f"game day, {story.begun.gameday}"
        raise Misused(
            f"run {run_id} was begun with another {told}, or with other parameters",
            f"take the file back to what it was, or end the run: `{command(workspace, 'cleanup', run_id)}`",
        )


def _parameters(story: Story) -> dict[str, str]:
    begun = story.begun
    told = begun.parameters.items() if begun else ()
    return {name: _text(value) for name, value in told if begun and name not in begun.veiled}


def _check_given(story: Story, given: Mapping[str, str]) -> None:
    """Raise `Misused` where a run is to go on without values that its journal does not keep."""
    missing = [name for name in story.begun.typed if name not in given] if story.begun else []
    if missing:
        known = " and ".join(f"`{name}`" for name in missing)
        raise Misused(
            f"run {story.begun.run if story.begun else ''} fills private incidents with {known}, and its journal keeps "
            f"no copy of {'that' if len(missing) == 1 else 'those'}",
            "give it again as it was: " + " ".join(f"--set {name}=…" for name in missing),
        )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _new_id(name: str) -> str:
    """Return a name for a run that begins now."""
    now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    # Together at most 63 characters, as names are.
    return f"{name[: 63 - len(now) - 1].rstrip('-.')}-{now}"


def _as_before(flags: Flags, story: Story, table: Timetable) -> Flags:
    begun = story.begun
    if begun is None:
        return flags
    cut = begun.end if begun.end < table.end else None
    until = cut if flags.until is None else flags.until
    return replace(flags, speed=flags.speed or begun.speed, cast=flags.cast or begun.cast, until=until)


def _check_account(workspace: Workspace, speed: float, flag: str) -> None:
    """Raise `Misused` for what sandboxes alone do."""
    if workspace.is_practice:
        return
    if speed != 1:
        raise Misused(
            f"--speed {speed:g}: the clocks of people run at speed 1, and this account is real",
            "leave --speed out, or add --sandbox to rehearse",
        )
    if flag:
        raise Misused(
            "simulated people act in a sandbox alone, and this account is real",
            "leave --cast out, or add --sandbox to rehearse",
        )
