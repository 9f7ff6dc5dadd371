"""A create or a post in, what it made out: asked for until that is known, and looked for where an answer was lost."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import kinds
from reconciler.errors import AnswerLost, ApiError, Conflict, Interrupted
from reconciler.kinds.incident import MEMBER
from reconciler.kinds.spec import ChildKind
from reconciler.model import Create
from reconciler.sending.answered import Answered, answered
from reconciler.sending.losses import STOPPED, Silent, Vanished
from reconciler.sending.searching import EVER, Contested, Search, Unrecognised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Key, Post, Request
    from reconciler.sending.run import Run
    from reconciler.state import Intent

TRIES = 4
FIRST_PAUSE = 0.5
"""Seconds before a create is asked for again; doubled each time."""
UNPROCESSABLE = 422


@dataclass(slots=True)
class Asking:
    """One create on its way; `lost` is how its answer was lost, `search` how it is looked for."""

    run: Run
    request: Request
    intent: Intent
    search: Search
    envelope: str
    timeout: float | None
    lost: ApiError | None = None
    was_used: bool = False
    """Whether an earlier run has made it, as its key tells."""

    @classmethod
    def of(cls, run: Run, change: Create | Post, request: Request, intent: Intent) -> Asking:
        """Return a request that is about to be sent, with where to look for what it made."""
        table = kinds.table(change.key)
        others = run.others() | frozenset(change.not_these if isinstance(change, Create) else ())
        since, floor = (datetime.fromtimestamp(one, UTC) for one in (intent.time, run.since))
        search = Search(
            run.client,
            change.key,
            request.body,
            others,
            since,
            is_sure=intent.is_servers,
            floor=floor,
            sent=intent.sent,
            beside=partial(run.beside, intent.step),
            is_mine=not run.was_asked(intent),
        )
        return cls(run, request, intent, search, table.item, None if isinstance(table, ChildKind) else table.timeout)

    def ask(self) -> Answered:
        """Send it until it is known what it made; raises `AnswerLost` where that cannot be found out."""
        if self.run.was_asked(self.intent) and (found := self._look()):
            # The API may have forgotten the key since, and would make a second one.
            return Answered(found, is_older=True)
        pause = FIRST_PAUSE
        for _ in range(TRIES):
            if told := self._once():
                return told
            if found := self._look_later(pause):
                return Answered(found, is_older=self.was_used)
            pause *= 2
        lost = self._loss()
        kind = Vanished if isinstance(lost, Conflict) else AnswerLost
        raise kind("POST", self.request.path, lost.message, request_id=lost.request_id)

    def _once(self) -> Answered | None:
        """Send it once; None where the answer was lost, which `lost` tells then."""
        try:
            begun = time.monotonic()
            answer = self.run.client.send(
                self.request.method, self.request.path, self.request.body, timeout=self.timeout
            )
            return answered(answer, self.envelope, time.monotonic() - begun)
        except AnswerLost as error:
            self.lost = error
        except Conflict as error:
            if adds_member(self.search.key):
                raise
            # The key was used, by whichever run, at whatever time: by this one only if it has asked before.
            self.was_used = self.was_used or self.lost is None
            self.lost, self.search = error, replace(self.search, since=EVER, is_sure=True, is_mine=False)
        except Interrupted:
            if self.lost is None:
                self.run.not_done(self.intent.step)
                raise
            raise self._silent(STOPPED) from None
        except ApiError as error:
            if self.lost is None or error.status == UNPROCESSABLE:
                raise
            raise self._silent(f"then {error.message}") from error
        return None

    def _look(self) -> Mapping[str, Any] | None:
        """Look for what was asked for; raises `Silent` where that is not answered, `Unrecognised` as it is."""
        try:
            return self.search.find()
        except Unrecognised:
            raise
        except ApiError as error:
            raise Silent("POST", error.path, error.message) from error

    def _look_later(self, pause: float) -> Mapping[str, Any] | None:
        try:
            for _ in range(TRIES - 1):
                self.run.sleep(pause)
                with suppress(Contested):
                    return self._look()
            self.run.sleep(pause)
            return self._look()
        except Interrupted as error:
            raise self._silent(STOPPED) from error

    def _silent(self, then: str) -> Silent:
        lost = self._loss()
        return Silent("POST", lost.path, f"{lost.message}; {then}")

    def _loss(self) -> ApiError:
        assert self.lost is not None
        return self.lost


def adds_member(key: Key) -> bool:
    """Return whether what is made is a membership, which has no key and is there once."""
    return key.child[:1] == (MEMBER.noun,)
