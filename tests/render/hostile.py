"""Texts that try to be more than texts, and plans, outcomes and exchanges with such a text wherever one can stand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as some

from reconciler.api import Exchange
from reconciler.api.exchange import Message
from reconciler.model import (
    Cause,
    Done,
    Failed,
    FieldChange,
    Key,
    Live,
    Notice,
    Observation,
    Refusal,
    Skipped,
    Source,
    Topic,
    Unknown,
    Why,
)
from tests.render import plans
from tests.render.plans import leaf

if TYPE_CHECKING:
    from reconciler.model import Outcome, Plan

PIECES = (
    "\x1b[31m", "\x1b[2J", "\x1b]8;;https://evil.example\x07here\x1b]8;;\x07", "\x1b]52;c;cm0gLXJmIC8=\x07", "\x07",
    "\b\b\b", "\r", "\n", "\t", "\x9b31m", "\x7f", "\x00", "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u2028",
    "\U000e0041", "\ud83d", "\u3164", "[red]", "[link=https://evil.example]x[/link]", "[/]", ":smile:", "@alice", "#12",
    "[x](https://evil.example)", "![x](https://evil.example/x.png)", "<https://evil.example>", "www.evil.example",
    "https://evil.example/a", "[1]: https://evil.example", "[^1]", "mailto:a@b.c", "x@evil.example", "!34", "$x$",
    "```", "````", "~~~", "`", "</details>", "</code>", "</summary>", "<details>", "| a | b |", "|---|", "%7B", "%3",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "&lt;", "&#60;", "&", '"', "'",
    "{{ 7*7 }}", "{% raw %}", "# x", "* x", "- x", "1. x", "---", "===", "**x**", "_x_", "\\", "javascript:alert(1)",
)  # fmt: skip
TEXTS = (
    some.lists(some.one_of(some.sampled_from(PIECES), some.text(max_size=3)), min_size=1, max_size=6)
    .map("".join)
    .filter(str.strip)
)


def plan(text: str) -> Plan:
    """Return a plan in which every text of the account, of a manifest and of a file's name is this one."""
    source = Source(text, 3)
    key = Key("Incident", text)
    live = Live("01L", {}, {}, text, text)
    fields = (
        FieldChange("summary", text, f"{text}\n{text}", Cause.MANIFEST),
        FieldChange(text, [text], [text, "x"], Cause.DRIFT, (text,), (f"-{text}",)),
        FieldChange("call_url", None, {text: text}, Cause.UNRECORDED),
    )
    created = replace(
        plans.created(),
        key=key,
        source=source,
        name=text,
        sent={
            ("name",): leaf(text),
            ("summary",): leaf(f"{text}\n{text}"),
            ("custom_fields", text): leaf(text, text, text),
            ("roles", "01"): leaf("01ID"),
        },
    )
    update = replace(plans.update("x", text, status=text), key=key.of("update", text), source=source)
    item = replace(plans.timeline_item(), key=key.of("timeline", text), sent={("title",): leaf(text)})
    edit = replace(plans.edited(*fields), key=Key("Incident", f"edited {text}"), source=source, live=live)
    adopted = replace(plans.adopted(), key=Key("Incident", f"adopted {text}"), live=live, how=text, source=source)
    return plans.plan(
        workspace=text,
        organisation=f"https://{text}",
        changes=(created, item, update, replace(plans.closing(), key=key, source=source), edit, adopted),
        refusals=(Refusal(Why.AMBIGUOUS, Key("Incident", f"no {text}"), source, f"{text}\n{text}", text),),
        notices=(
            Notice(Topic.FINISHED, key, text, source, text),
            Notice(Topic.KEPT, edit.key, text, source, text),
        ),
        who_will_notice=(text,),
        live={edit.key: live, adopted.key: live},
        observed={adopted.key.of(text, text): Observation("01", text, {}, {})},
        names={"01ID": text},
    )


def outcomes(text: str) -> list[Outcome]:
    """Return what became of changes, told in this text."""
    change = replace(plans.created(), key=Key("Incident", text), source=Source(text))
    return [
        Done(change, text, text, text, text, note=text),
        Failed(change, text, text, text),
        Skipped(change, text),
        Unknown(change, text, text),
    ]


def exchange(text: str) -> Exchange:
    """Return a request whose path, headers and bodies are this text."""
    message = Message.of(((text, text),), text)
    return Exchange("GET", f"/{text}", None, text, text, 0.1, 1, message, message)
