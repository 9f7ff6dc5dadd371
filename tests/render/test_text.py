from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from reconciler.model import Adopt, Cause, Edit, FieldChange, Key, Live, Notice, Plan, Topic
from reconciler.render import page, text
from tests.render import plans
from tests.render.snapshots import snapshot

if TYPE_CHECKING:
    from reconciler.model import Change, Leaves

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def in_a_pipe(plan: Plan) -> str:
    """Return a plan as it goes through a pipe."""
    stream = io.StringIO()
    page.write(text.page(plan, page.layout_of(stream)), stream)
    return stream.getvalue()


def on_a_screen(plan: Plan) -> str:
    """Return a plan as a terminal gets it."""
    stream = Screen()
    page.write(text.page(plan, page.layout_of(stream)), stream)
    return stream.getvalue()


def of(*changes: Change) -> str:
    """Return a plan with nothing but some changes, as it goes through a pipe."""
    return in_a_pipe(plans.plan(changes=changes, refusals=(), notices=()))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Give a terminal of 80 columns with colours, whatever the tests run in."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return monkeypatch


def test_in_a_pipe_the_plan_is_one_page_of_plain_text() -> None:
    """Who will notice comes first, then each resource with what changes, then what is left alone, then the counts."""
    told = in_a_pipe(plans.plan())

    assert told == snapshot("pipe.txt", told)


def test_on_a_terminal_of_80_columns_nothing_is_wider(terminal: pytest.MonkeyPatch) -> None:
    """Long lines are cut or go on below where they began."""
    del terminal
    told = ESCAPES.sub("", on_a_screen(plans.plan()))

    assert told == snapshot("terminal.txt", told)
    assert max(map(len, told.splitlines())) <= 80


def test_colour_repeats_what_the_words_say(terminal: pytest.MonkeyPatch) -> None:
    """A create is green and has its plus; without the colours the text is the same."""
    del terminal
    told = on_a_screen(plans.plan())

    assert "\x1b[32m+ \x1b[0m\x1b[1mIncident/checkout-latency-2026-11\x1b[0m" in told


def test_no_color_is_respected(terminal: pytest.MonkeyPatch) -> None:
    """With NO_COLOR no colour is sent, and not a word is lost."""
    with_colour = on_a_screen(plans.plan())
    terminal.setenv("NO_COLOR", "1")
    without = on_a_screen(plans.plan())

    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", without)
    assert ESCAPES.sub("", without) == ESCAPES.sub("", with_colour)


def test_a_wide_screen_is_used_up_to_120_columns(terminal: pytest.MonkeyPatch) -> None:
    """The places of the manifests stand at the right end, and not a screen's width away from what they belong to."""
    terminal.setenv("COLUMNS", "300")
    told = ESCAPES.sub("", on_a_screen(plans.plan()))

    assert max(map(len, told.splitlines())) == 120


def test_an_empty_plan_says_that_there_is_nothing_to_do() -> None:
    """One line about what was read, one about what it came to."""
    told = in_a_pipe(plans.empty())

    assert told == (
        "Workspace acme, app.incident.io/acme: 3 files, 16 resources\n\nPlan: nothing to do, 12 unchanged.\n"
    )


def test_a_short_change_stands_on_one_line_with_its_cause() -> None:
    """What it was, what it will be, and why."""
    told = of(plans.edited(FieldChange("severity", "Minor", "Major", Cause.DRIFT)))

    assert "    severity   Minor -> Major  (drifted)\n" in told


def test_a_long_text_is_shown_as_the_lines_that_change() -> None:
    """A change in the middle of a long text shows two lines around it and leaves the rest out."""
    old = "\n".join(f"line {number}" for number in range(40))
    told = of(plans.edited(FieldChange("summary", old, old.replace("line 20", "line twenty"), Cause.MANIFEST)))

    assert (
        "        line 18\n        line 19\n      - line 20\n      + line twenty\n        line 21\n        line 22\n"
        in told
    )
    assert "line 17" not in told


def test_a_text_that_is_replaced_by_a_huge_one_does_not_fill_the_screen() -> None:
    """Sixty lines of a difference are shown, and how many there are."""
    told = of(plans.edited(FieldChange("summary", None, "\n".join(map(str, range(500))), Cause.MANIFEST)))

    assert "… 440 more lines" in told
    assert len(told.splitlines()) < 80


def test_a_list_is_shown_as_the_members_that_come_and_go() -> None:
    """What stays in a list is not repeated."""
    told = in_a_pipe(plans.plan())

    assert "    custom_fields.Affected services  drifted\n      - Search\n      + Payments\n" in told


@pytest.mark.parametrize(
    "hostile",
    [
        "[bold red]markup[/]",
        "\x1b[2J\x1b]0;title\x07",
        "\u202egnp.exe",
        "a\rb",
        "\x9b31m",
        "[link=https://x]y[/link]",
        ":smile:",
    ],
)
def test_nothing_in_a_text_reaches_the_terminal_as_a_command(terminal: pytest.MonkeyPatch, hostile: str) -> None:
    """Markup is shown as it is, control characters as escapes; the terminal gets none but our own colours."""
    del terminal
    change = plans.edited(FieldChange("summary", "before", hostile, Cause.MANIFEST))
    told = on_a_screen(
        plans.plan(
            changes=(change, plans.update(hostile, hostile)),
            who_will_notice=(hostile,),
            workspace=hostile,
            notices=(Notice(Topic.WARNING, Key("Incident", "x"), hostile, hint=hostile),),
        )
    )

    rest = ESCAPES.sub("", told)
    assert rest.isprintable() or set(filter(lambda char: not char.isprintable(), rest)) == {"\n"}
    if hostile.isprintable():
        assert rest.count(hostile) >= 5


def test_an_adopted_incident_says_how_it_was_found_and_what_was_recognised() -> None:
    """Adopting is a change of its own, with the incident's reference."""
    told = in_a_pipe(plans.plan())

    assert (
        "> Incident/login-slow  INC-99                             incidents/login.yaml:1\n"
        "    adopt INC-99, found by its name, mode and visibility\n"
        "    recognised 2 updates\n"
    ) in told


def test_many_notices_of_one_topic_are_told_in_short() -> None:
    """Ten of them are enough to know; JSON has them all."""
    many = tuple(Notice(Topic.UNDECLARED, Key("Incident", f"x{number}"), "left as it is") for number in range(42))
    told = in_a_pipe(plans.plan(notices=many))

    assert told.count("left as it is") == 10
    assert "  … 32 more (`--format json` lists all)\n" in told


def test_a_create_that_an_earlier_run_left_open_reads_by_names() -> None:
    """What is asked for again is known by the IDs of its request only; the plan's names tell what they mean."""
    unfinished = replace(
        plans.created(), unfinished=True, sent={("name",): plans.leaf("x"), ("roles/01R",): plans.leaf("01U")}
    )
    told = in_a_pipe(plans.plan(changes=(unfinished,), names={"01R": "Incident Lead", "01U": "Alice"}))

    assert "    asked for again: an earlier run never learned the answer\n" in told
    assert "    roles      Incident Lead: Alice\n" in told


def test_a_move_that_makes_room_says_so() -> None:
    """Two severities that exchange their ranks: one steps aside first."""
    room = FieldChange("rank", 10, 31, Cause.MANIFEST)
    key = Key("Severity", "minor")
    aside = replace(plans.edited(room, key=key), makes_room=True)
    told = of(aside, plans.edited(FieldChange("rank", 31, 20, Cause.MANIFEST), key=key))

    assert "    makes room for another, then moves on\n    rank       10 -> 31" in told
    assert "    rank       31 -> 20" in told


def test_the_plan_of_ten_thousand_changes_takes_no_time() -> None:
    """The text of a plan grows with its changes, not with their square."""
    changes = tuple(
        Edit(
            Key("Incident", f"x{number}"),
            plans.created().source,
            plans.created().request,
            {},
            (FieldChange("severity", "Minor", "Major", Cause.DRIFT),),
            Live("01", {}, {}),
        )
        for number in range(10_000)
    )
    told = of(*changes)

    assert told.count("Minor -> Major") == 10_000


def test_adopting_alone_counts_in_the_summary() -> None:
    """An adoption sends nothing, and is a change all the same."""
    adopt: Adopt = plans.adopted()
    told = in_a_pipe(plans.plan(changes=(adopt,), refusals=(), unchanged=()))

    assert "  0 requests\n" in told
    assert told.endswith("Plan: 1 to adopt.\n")


@pytest.mark.parametrize("word", ["latency ", "x", "障害", "évènement "])
def test_nothing_is_wider_than_a_screen_and_nothing_is_cut(word: str) -> None:
    """Names, titles, summaries and messages of any length and script go on below: all that is sent is shown."""
    long, key = (word * 120).strip(), Key("Incident", "checkout-" * 30)
    sent: Leaves = {("name",): plans.leaf(long), ("summary",): plans.leaf(long)}
    created = replace(plans.created(), key=key, name=long, sent=sent)
    post = replace(plans.update("first", long), key=key.of("update", "first"))
    item = replace(plans.timeline_item(), key=key.of("timeline", "a"), sent={("title",): plans.leaf(long)})
    plan = plans.plan(changes=(created, post, item), refusals=(), notices=())
    shown = page.plain(text.page(plan), page.screen(80))
    whole = re.sub(r"\s", "", shown)

    assert [row for row in shown.split("\n") if cell_len(row) > 80] == []
    assert whole.count(re.sub(r"\s", "", long)) == 4
    assert re.sub(r"\s", "", str(key)) in whole
    assert "…" not in shown
