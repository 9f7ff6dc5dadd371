"""The script and the cast of a game day as written → steps and acts, one for each incident concerned. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.gameday import spans
from reconciler.gameday.conditions import condition, slug_of
from reconciler.gameday.script import (
    Act,
    Assign,
    Close,
    Declare,
    Deed,
    Expect,
    Moment,
    Note,
    Pause,
    Set,
    Step,
    Task,
    Timeline,
    Update,
)
from reconciler.kinds.schema.gameday import ACTS, VERBS
from reconciler.nearest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.documents import Document
    from reconciler.gameday.templates import Templates

LONGEST_ID = 63


@dataclass(slots=True)
class Writing:
    """Writes out the script of one document, and adds to `problems` what is wrong with it.

    `last` is the step that `after` counts from, by what a script calls it: of a whole group the last one.
    """

    document: Document
    templates: Templates
    problems: list[Problem] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in the order in which they are written, those that make no sense left out."""
        rows = self.document.value["spec"]["script"]
        for index, row in enumerate(rows):
            if "id" in row:
                self._claim(row["id"], ("spec", "script", index, "id"))
        found = [step for index, row in enumerate(rows) for step in self._steps(row, ("spec", "script", index))]
        return tuple(map(self._counted_from_last, found))

    def acts(self) -> tuple[Act, ...]:
        """Return what simulated people do, in the order in which it is written."""
        rows = self.document.value["spec"].get("cast", ())
        return tuple(act for index, row in enumerate(rows) for act in self._acts(row, index))

    def _claim(self, name: str, path: tuple[str | int, ...]) -> None:
        if name in self.taken:
            told = f"two steps have the ID `{name}`"
            self.problems.append(Problem(self.document.at(*path), told, "give each an ID of its own"))
        self.taken.add(name)

    def _steps(self, row: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Step]:
        """Yield the steps that one of the list comes to: one for each incident that it is about."""
        when, verb = self._when(row, path), self._verb(row, VERBS, path)
        if not when or not verb:
            return
        names = self._incidents(verb, row[verb], path)
        every = self._every(row, names, path)
        called = row.get("id") or self._made_id(verb, row[verb], names)
        made = ""
        for number, incident in enumerate(names or [""]):
            deed = self._deed(verb, row[verb], incident, called, path)
            if deed is None:
                continue
            made = self._id_within(called, incident) if incident and len(names) > 1 else called
            moment = Moment(when.offset + every * number, when.after)
            yield Step(made, moment, deed, self.document.at(*path), path)
        self.last[called] = made

    def _counted_from_last(self, step: Step) -> Step:
        after = self.last.get(step.when.after, step.when.after)
        return Step(step.id, Moment(step.when.offset, after), step.deed, step.source, step.path)

    def _acts(self, row: Mapping[str, Any], index: int) -> Iterator[Act]:
        path = ("spec", "cast", index)
        when, verb = self._when(row, path), self._verb(row, ACTS, path)
        if not when or not verb:
            return
        moment = Moment(when.offset, self.last.get(when.after, when.after))
        said = row[verb]
        names = self._incidents(verb, said, path)
        for incident in names:
            called = f"cast-{index + 1}" + (f"-{incident}" if len(names) > 1 else "")
            deed = (
                Task(incident, verb, said["text"])
                if verb in {"action", "follow_up"}
                else self._deed(verb, said, incident, called, path)
            )
            if isinstance(deed, Assign | Update | Set | Task | Close):
                yield Act(row["as"], moment, deed, self.document.at(*path), called, path)

    def _when(self, row: Mapping[str, Any], path: tuple[str | int, ...]) -> Moment | None:
        """Return when a row is due; None, and a problem, where that cannot be told."""
        if "at" in row and "after" in row:
            told = "a step is due `at` a time or `after` another step, not both"
            self.problems.append(Problem(self.document.key_at(*path, "after"), told, "take one of them out"))
            return None
        if "at" in row:
            offset = self._seconds(row["at"], (*path, "at"))
            return None if offset is None else Moment(offset)
        step, _, later = (part.strip() for part in row["after"].partition("+"))
        offset = self._seconds(later or "0s", (*path, "after"))
        return None if offset is None else Moment(offset, step)

    def _seconds(self, text: str, path: tuple[str | int, ...]) -> float | None:
        try:
            return spans.seconds(text)
        except ValueError as error:
            self.problems.append(Problem(self.document.at(*path), str(error)))
            return None

    def _verb(self, row: Mapping[str, Any], verbs: tuple[str, ...], path: tuple[str | int, ...]) -> str:
        """Return what a row does; nothing, and a problem, where that is more than one thing."""
        found = [name for name in row if name in verbs]
        if len(found) == 1:
            return found[0]
        told = f"a step does one thing, and this one has `{'` and `'.join(found)}`"
        place = self.document.key_at(*path, found[1])
        self.problems.append(Problem(place, told, "write a step of its own for each"))
        return ""

    def _incidents(self, verb: str, said: Any, path: tuple[str | int, ...]) -> tuple[str, ...]:
        """Return the incidents that a row is about; a problem where there is none of that name."""
        if verb in {"pause", "note"}:
            return ()
        name, below = (said, ()) if isinstance(said, str) else (said["incident"], ("incident",))
        if not (found := self.templates.of(name)) and name not in self.templates.broken:
            told = f"`{name}` is not an incident of this game day{did_you_mean(name, self.templates.names)}"
            hint = f"the incidents are {listed(self.templates.names)}"
            self.problems.append(Problem(self.document.at(*path, verb, *below), told, hint))
        return found or ("",)

    def _every(self, row: Mapping[str, Any], names: tuple[str, ...], path: tuple[str | int, ...]) -> float:
        """Return how far apart the incidents of a group are."""
        if "every" not in row:
            return 0.0
        is_group = bool(names) and (not names[0] or bool(self.templates.incidents[names[0]].group))
        if not is_group or (len(names) == 1 and names[0] in row.values()):
            told = "`every` is for the incidents of a `for_each`, and this step is about one at most"
            self.problems.append(Problem(self.document.key_at(*path, "every"), told, "take it out"))
        return self._seconds(row["every"], (*path, "every")) or 0.0

    def _made_id(self, verb: str, said: Any, names: tuple[str, ...]) -> str:
        """Return the ID of a step that states none: what it does, and a number where another has that already."""
        about = said if verb in {"declare", "close"} else said["incident"] if names else ""
        detail = ""
        if verb in {"update", "timeline"}:
            detail = said.get("id", "")
        if verb == "expect":
            verb, detail = ("never" if "never" in said else verb), slug_of(said)
        whole = "-".join(filter(None, [verb, about, detail]))[:LONGEST_ID].rstrip("-.")
        made, number = whole, 1
        while made in self.taken:
            number += 1
            made = f"{whole[: LONGEST_ID - len(str(number)) - 1].rstrip('-.')}-{number}"
        self.taken.add(made)
        return made

    def _id_within(self, called: str, incident: str) -> str:
        """Return the ID of the step of one incident of a group."""
        item = incident.removeprefix(f"{self.templates.incidents[incident].group}-")
        made = f"{called}-{item}"
        number = 1
        while made in self.taken:
            number += 1
            made = f"{called}-{item}-{number}"
        self.taken.add(made)
        return made

    def _deed(self, verb: str, said: Any, incident: str, called: str, path: tuple[str | int, ...]) -> Deed | None:  # noqa: PLR0911
        """Return what a row does to an incident; None where there is no such incident, or it makes no sense."""
        match verb:
            case "pause":
                return Pause(said if isinstance(said, str) else "")
            case "note":
                return Note(said)
            case _ if not incident:
                return None
            case "declare":
                return Declare(incident)
            case "close":
                return Close(incident)
            case "set":
                return Set(incident, _fields(said))
            case "update":
                return Update(incident, said.get("id", called), _fields(said))
            case "timeline":
                return Timeline(incident, said.get("id", called), _fields(said))
            case "assign":
                return Assign(incident, said["role"], said.get("to", ""))
        return self._expectation(said, incident, path)

    def _expectation(self, said: Mapping[str, Any], incident: str, path: tuple[str | int, ...]) -> Expect | None:
        before = len(self.problems)
        expected, wrong = condition(self.document, said, (*path, "expect"))
        self.problems += [one for one in wrong if one not in self.problems]
        within = self._seconds(said["within"], (*path, "expect", "within"))
        if within == 0:
            place = self.document.at(*path, "expect", "within")
            self.problems.append(Problem(place, "nobody can do anything within no time", "write a longer `within:`"))
        if expected is None or not within or len(self.problems) > before:
            return None
        return Expect(incident, expected, within, never="never" in said)


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in {"incident", "id"}}
