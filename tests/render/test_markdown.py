from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as some

from reconciler.model import Cause, FieldChange, Key, Live, Plan
from reconciler.render import markdown
from tests.benchmark_render import plan_of
from tests.render import hostile, plans
from tests.render.hostile import TEXTS
from tests.render.snapshots import snapshot


def many(number: int, text: str) -> Plan:
    """Return a plan that edits many incidents."""
    field = FieldChange("summary", None, text, Cause.MANIFEST)
    changes = tuple(
        replace(plans.edited(field), key=Key("Incident", f"incident-{index}"), live=Live("01", {}, {}))
        for index in range(number)
    )
    return plans.plan(changes=changes)


def test_a_comment_has_a_summary_who_will_notice_and_a_diff_of_each_resource() -> None:
    """What a reviewer reads in a pull request."""
    told = markdown.comment(plans.plan())

    assert told == snapshot("comment.md", told)


def test_a_text_cannot_leave_its_fence() -> None:
    """A fence is longer than any run of backticks inside it."""
    hostile = "```\n</details><script>alert(1)</script>\n`````\n# heading"
    told = markdown.comment(plans.plan(changes=(plans.edited(FieldChange("summary", None, hostile, Cause.MANIFEST)),)))

    fence = re.search(r"^(`{3,})diff$", told, re.MULTILINE)
    assert fence is not None
    assert len(fence[1]) == 6
    inside = told.split(fence[0])[1].split(f"\n{fence[1]}\n")[0]
    assert "<script>" in inside
    assert "<script>" not in told.replace(inside, "")


def test_a_sentence_mentions_nobody_and_links_nothing() -> None:
    """Outside of fences markup, HTML, mentions and references are text."""
    told = markdown.escaped("<img src=x> @alice fixes #12 and !34: [x](https://evil.example) *now*")

    assert told == (
        "&lt;img src=x&gt; @&#8203;alice fixes #&#8203;12 and !&#8203;34: "
        r"\[x\](https:&#8203;//evil.example) \*now\*"
    )


def test_a_long_plan_is_told_by_kind() -> None:
    """A comment that GitHub would refuse helps nobody: the names are kept, the fields left out."""
    told = markdown.comment(many(400, "x" * 300))

    assert len(told.encode()) <= markdown.MOST_BYTES
    assert "~ incident-399" in told
    assert "xxx" not in told
    assert "### Who will notice" in told


def test_a_huge_plan_is_told_in_counts() -> None:
    """Who will notice is told whatever the size."""
    told = markdown.comment(many(10_000, "x"))

    assert len(told.encode()) <= markdown.MOST_BYTES
    assert "| edit | 10,000 |" in told
    assert "| `~` Incident | 10,000 |" in told
    assert "- 3 active workflows run on standard incidents" in told


def test_even_endless_sentences_make_a_comment_that_can_be_posted() -> None:
    """The last resort cuts the sentences themselves."""
    told = markdown.comment(replace(many(10_000, "x"), who_will_notice=("@" * 10_000,) * 100))

    assert len(told.encode()) <= markdown.MOST_BYTES
    assert "### Who will notice" in told


def test_wide_characters_count_by_their_bytes() -> None:
    """65,536 is a limit of bytes."""
    told = markdown.comment(many(60, "火" * 500))

    assert len(told.encode()) <= markdown.MOST_BYTES


@settings(max_examples=12, deadline=None)
@given(
    changes=some.sampled_from([0, 1, 60, 700, 5_000]),
    others=some.sampled_from([0, 3, 1_000]),
    sentences=some.sampled_from([1, 40]),
    told=some.one_of(TEXTS, some.sampled_from(["x" * 5_000, "@\U0001f525\u200b" * 400, "`" * 900, "\\" * 3_000])),
)
def test_no_comment_is_too_long_to_post(changes: int, others: int, sentences: int, told: str) -> None:
    """Whatever there is how much of: at most 65,536 bytes, with the counts and the gravest of who will notice."""
    hostile_plan = hostile.plan(told)
    plan = replace(
        plan_of(changes, told, name="n" * 40),
        refusals=hostile_plan.refusals * others,
        notices=hostile_plan.notices * others,
        who_will_notice=("2 people are paged", *((told,) * sentences)),
    )

    comment = markdown.comment(plan)

    assert len(comment.encode(errors="strict")) <= markdown.MOST_BYTES
    assert comment.endswith("\n")
    assert f"{others:,} refused" in comment or not others
    if changes:
        assert "### Who will notice\n\n- 2 people are paged\n" in comment
        assert f"{changes // 2 or 1:,} to " in comment
