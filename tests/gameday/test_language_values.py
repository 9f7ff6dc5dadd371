"""What cannot be filled in, or not be written out, is told where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gameday.language import INCIDENTS, case, cast, said, steps, with_noise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CASES = {
    "unknown-parameter": case(
        steps(
            "{at: 1m, note: 'In ${param:regoin} and ${param:region}'}", before="parameters: {region: {default: eu}}\n"
        ),
        "11:22: `regoin` is not a parameter of this game day; did you mean `region`?",
        "hint: the parameters are region",
    ),
    "unknown-scope": case(
        steps("{at: 1m, note: 'In ${parm:region}'}"),
        "10:22: there is nothing that `${parm:region}` could stand for; did you mean `param`?",
        "hint: write `$${` for the text itself",
    ),
    "each-outside": case(
        steps("{at: 1m, note: '${each:value}'}"),
        "10:22: `${each:value}` stands outside of an incident with `for_each`",
        "hint: write `$${` for the text itself",
    ),
    "each-unknown": case(
        steps("{at: 1m, declare: noise}", incidents=with_noise("[a, b]", "${each:vlaue}")),
        "8:37: an item of `for_each` has no `vlaue`; did you mean `value`?",
        "hint: it has number, value",
    ),
    "run-unknown": case(
        steps("{at: 1m, note: '${run:name}'}"), "10:22: `${run:name}` cannot stand here", "hint: a run has `${run:id}`"
    ),
    "run-in-an-id": case(
        steps("{id: 'a-${run:id}', at: 1m, note: x}"),
        "10:12: `${run:id}` cannot stand here",
        "hint: an identity is the same in every run",
    ),
    "open-end": case(
        steps("{at: 1m, note: 'In ${param:region'}"),
        "10:22: `${param:` does not go on with a name and `}`",
        "hint: write `$${` for the text itself",
    ),
    "env-missing": case(
        steps("{at: 1m, note: '${env:NOWHERE_SET}'}"),
        "10:22: the environment has no `NOWHERE_SET`",
        "hint: set it, or write `${env:NOWHERE_SET:default}`",
    ),
    "env-secret": case(
        steps("{at: 1m, note: '${env:MY_TOKEN}'}"),
        "10:22: `MY_TOKEN` looks like a secret, and this is sent to incident.io",
        "hint: leave it out, or give a variable that holds no secret another name",
    ),
    "env-in-an-id": case(
        steps("{at: 1m, update: {incident: outage, id: '${env:HOME}', message: x}}"),
        "10:47: `${env:HOME}` stands in an identity",
        "hint: an identity must read the same on every machine: write it out",
    ),
    "unused-parameter": case(
        steps(before="parameters: {region: {default: eu}}\n"),
        "6:16: nothing mentions the parameter `region`",
        "hint: write `${param:region}` where it belongs, or take it out",
    ),
    "default-of-another-type": case(
        steps("{at: 1m, note: 'In ${param:region}'}", before="parameters: {region: {type: integer, default: eu}}\n"),
        "6:49: `eu` is not a whole number, as `region` says it is",
        "hint: change the value, or its `type:`",
    ),
    "default-of-another-value": case(
        steps("{at: 1m, note: 'In ${param:region}'}", before="parameters: {region: {default: eu, enum: [us, uk]}}\n"),
        "6:34: `eu` is none of the values that `region` may have",
        "hint: the values are us, uk",
    ),
    "no-such-type": case(
        steps("{at: 1m, note: 'In ${param:region}'}", before="parameters: {region: {type: text}}\n"),
        "6:31: `text` is not a value of `type`",
        "hint: the values are string, integer, number, boolean, duration",
    ),
    "no-duration": case(
        steps("{at: 1m, note: 'In ${param:region}'}", before="parameters: {region: {type: duration, default: soon}}\n"),
        "6:50: `soon` is not a span of time such as 5m, as `region` says it is",
        "hint: change the value, or its `type:`",
    ),
    "items-alike": case(
        steps("{at: 1m, declare: noise}", incidents=with_noise("[a b, a-b]")),
        "8:29: `a-b` makes the same name as another item",
        "hint: a name takes a-z, 0-9 and - of its item",
    ),
    "items-nameless": case(
        steps("{at: 1m, declare: noise}", incidents=with_noise("['!']")),
        "8:24: `!` makes no name",
        "hint: a name takes a-z, 0-9 and - of its item",
    ),
    "no-items": case(
        steps("{at: 1m, declare: noise}", incidents=with_noise("[]")),
        "8:23: `for_each` needs at least 1 entry, and has 0",
        "hint: write one, or leave the field out",
    ),
    "too-many-items": case(
        steps("{at: 1m, declare: noise}", incidents=with_noise("{count: 5000}")),
        "8:31: `count` cannot be more than 500: `5000`",
    ),
    "name-taken": case(
        steps(
            "{at: 1m, declare: noise}",
            "{at: 1m, declare: noise-a}",
            incidents=INCIDENTS
            + "  noise-a: {name: N, severity: Minor}\n  noise: {for_each: [a], name: N, severity: Minor}\n",
        ),
        "9:5: two incidents would be called `noise-a`",
        "hint: change one of the items, or the name",
    ),
    "fill-in-cast": case(
        steps(before=cast("at: 3m, update: {incident: outage, message: '${param:x}'}")),
        "7:71: `x` is not a parameter of this game day",
        "hint: declare it under `parameters:`",
    ),
    "no-span-in-a-parameter": case(
        steps("{at: '${param:region}', note: x}", before="parameters: {region: {default: a}}\n"),
        "11:12: `${param:region}` cannot stand here: `a` cannot be `at`",
        "hint: How long after the start: 90s, 5m or 1h30m.",
    ),
    "for-each-of-a-parameter": case(
        steps(
            "{at: 1m, declare: noise}",
            incidents=with_noise("'${param:many}'"),
            before="parameters: {many: {default: a}}\n",
        ),
        "9:23: `${param:many}` cannot stand here: `for_each` must be a list or a mapping, not the text `a`",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, ...]]:
    """What `validate` says of all of them."""
    return said(CASES, tmp_path_factory.mktemp("values"))


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_filled_in_is_told_at_its_place(name: str, told: Mapping[str, tuple[str, ...]]) -> None:
    """A placeholder, a parameter or an item that means nothing is told at its place."""
    assert told.get(name, ()) == CASES[name].said


def test_what_fills_a_title_in_is_a_text_there(tmp_path: Path) -> None:
    """A title may be nothing but an item's number; one that is written as a number is still told."""
    numbered = with_noise("{count: 2}", "${each:number}")
    cases = {
        "numbered": case(steps("{at: 1m, declare: noise}", incidents=numbered)),
        "bare": case(steps("{at: 1m, declare: noise}", incidents=numbered.replace("'${each:number}'", "7"))),
    }

    assert list(said(cases, tmp_path)) == ["bare"]
