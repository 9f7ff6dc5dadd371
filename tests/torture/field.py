"""One declared field of an incident at the end of a run: as declared, as the policy leaves it, and nobody fought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.torture import observed
from tests.torture.checks import Broken
from tests.torture.excuses import Excuse
from tests.torture.generate import LEARNING, LIVE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tests.torture.people import Deed
    from tests.torture.run import Run

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """What became of it: `wanted` by the manifest of `path`, `shown` by the account.

    `stated` is what the manifests said from a step on, `told` the topics of the last plan's notices.
    """

    run: Run
    path: str
    field: str
    wanted: Any
    shown: Any
    deeds: Sequence[Deed]
    stated: Sequence[tuple[int, observed.Fields]]
    told: Collection[str]
    is_refused: bool

    @property
    def policy(self) -> str:
        """Return what happens to it where people changed it."""
        return self.run.scene.policy("Incident", observed.table(self.field))

    def judge(self, spec: Json) -> Excuse | None:
        """Return why it is otherwise than declared, if it is; raises `Broken` where nothing allows that."""
        if self.shown == self.wanted:
            return self._not_fought()
        why = self._why()
        if observed.table(self.field) in spec.get("ignore_changes", ()):
            why = why or Excuse.IGNORED
        earlier = {str(stated[self.field]) for _, stated in self.stated if self.field in stated}
        # An incident without a status of its own begins in the first live one.
        earlier |= {LIVE[0]} if self.field == "status" else set()
        is_doubtful = str(self.shown) in earlier or bool(self.deeds)
        if self.policy == "keep" and self.run.losses and self.run.was_told(self.field) and is_doubtful:
            why = why or Excuse.UNRECORDED
        if why is None:
            people = [f"{deed.step}: {deed.before!r} -> {deed.after!r}" for deed in self.deeds]
            told = f"{self.path}: {self.field} is {self.shown!r}, the manifest says {self.wanted!r} ({self.policy})"
            raise Broken(f"{told}; people: {people}")
        return why

    def _why(self) -> Excuse | None:
        """Return why it may be otherwise than declared, as far as the plan's own words tell."""
        told, is_status, policy = self.told, self.field == "status", self.policy
        is_peoples = bool(self.deeds) and self.deeds[-1].after == self.shown
        values = {str(self.shown), str(self.wanted)}
        is_moving = self.run.scene.behaviour.post_incident_pace is not None and bool(values & set(LEARNING))
        excuses = (
            (self.is_refused, Excuse.REFUSED),
            (is_status and "finished" in told, Excuse.FINISHED),
            (is_status and "paused" in told, Excuse.PAUSED),
            (is_status and "in triage" in told, Excuse.TRIAGE),
            (is_status and (values <= set(LEARNING) or is_moving), Excuse.SETTLED),
            (is_peoples and policy != "overwrite" and "kept" in told, Excuse.KEPT),
            (is_peoples and policy == "keep" and self.run.was_told(self.field), Excuse.KEPT_ONCE),
        )
        return next((excuse for holds, excuse in excuses if holds), None)

    def _not_fought(self) -> Excuse | None:
        """What people moved is not moved back, unless the manifest asks for it anew."""
        if self.policy == "overwrite" or self.run.commands.overwrites or not self.deeds:
            return None
        last, origin = self.deeds[-1], _origin(self.deeds)
        if last.after in (self.wanted, origin):
            return None
        is_pacing = self.run.scene.behaviour.post_incident_pace is not None
        if self.field == "status" and last.after in LEARNING and is_pacing:
            return Excuse.SETTLED
        values = [(step, stated.get(self.field)) for step, stated in self.stated]
        since = {str(value) for step, value in values if step > last.step}
        before = [str(value) for step, value in values if step <= last.step]
        if not since <= set(before[-1:]):
            return None
        first_asked = next((step for step, value in values if value is not None), 0)
        if not origin and not self.run.has_ended(first_asked, last.step):
            return Excuse.UNNOTED
        if not last.after and self.run.is_unrecorded(last.step):
            return Excuse.UNSET
        raise Broken(
            f"{self.path}: people set {self.field} to {last.after!r} in step {last.step}, and under {self.policy} it "
            f"was set back to {self.wanted!r}"
        )


def _origin(deeds: Sequence[Deed]) -> Any:
    """Return what a field was before the last deeds that nothing of ours came between."""
    origin = deeds[-1].before
    for deed in reversed(deeds[:-1]):
        if deed.after != origin:
            break
        origin = deed.before
    return origin
