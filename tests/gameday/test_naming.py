"""What a script names is looked for in the account before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.gameday import naming
from reconciler.gameday.script import (
    FieldFilled,
    RoleAssigned,
    SeverityAtLeast,
    StatusReached,
    TaskCreated,
    UpdatePosted,
)
from tests.gameday import scenes

if TYPE_CHECKING:
    from reconciler.gameday.script import Condition
    from tests.world import World


def test_every_name_that_the_account_does_not_have_is_told_with_the_nearest(world: World) -> None:
    """All at once, each at its step: nobody could meet such an expectation."""
    wrong: list[Condition] = [
        RoleAssigned("Incident Leed"),
        SeverityAtLeast("Mayor"),
        StatusReached("Fixin"),
        FieldFilled("Root cuse"),
    ]
    steps = [scenes.expected(60, condition) for condition in wrong]
    with world.client(read_only=True) as client:
        problems = naming.problems(scenes.bare(*steps), steps, (), client)

    told = [problem.message for problem in problems]
    assert {message.partition("did you mean ")[2] for message in told} == {
        "`Incident Lead`?",
        "`Major`?",
        "`Fixing`?",
        "`Root cause`?",
    }
    assert {problem.source for problem in problems} == {scenes.HERE}


def test_only_the_lists_that_are_named_are_read(world: World) -> None:
    """Each costs a request."""
    steps = [scenes.expected(60, condition) for condition in (UpdatePosted("x"), TaskCreated("action"))]
    with world.client(read_only=True) as client:
        assert not naming.problems(scenes.bare(), steps, (), client)
        assert client.request_count == 0
        more = [*steps, *[scenes.expected(60, RoleAssigned("Incident Lead"))] * 9]
        assert not naming.problems(scenes.bare(), more, (), client)
        assert client.request_count == 1
