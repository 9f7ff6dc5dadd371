"""What may be otherwise than declared at the end, each with the sentence of the design that allows it; all counted."""

from __future__ import annotations

from enum import Enum


class Excuse(Enum):
    """Why something that was declared is not so, and that is right."""

    KEPT = "drift policy: incidents keep status, severity and roles where people moved them; told"
    KEPT_ONCE = "the same, found kept when the incident was adopted, and told by the plan that adopted it"
    IGNORED = "ignore_changes: set at creation, then left to people"
    FINISHED = "finished: its status is left, its open updates are not posted; told"
    PAUSED = "paused: its status is left, its open updates wait until people resume it; told"
    TRIAGE = "in triage: a person must accept it; told"
    SETTLED = "post-incident statuses move by themselves, so one is as good as another"
    REFUSED = "ambiguous, impossible, unknown, out of sight or changed on both sides: left alone whole; told"
    UNSAID = "an update's status: people moved it, and without a message nothing is left to post; told"
    POSTED_WITHOUT = "an update without a message is known by what it moved, and what stands before a posted one was"
    UNRECORDED = "without a record nobody can tell whose an old value is; under keep it counts as people's; told"
    UNSET = "without a record, a field that people emptied looks like one that was never set"
    UNNOTED = "unrecorded: people set first what no run has come to ask for, so that none could note what stood there"
    EARLIER = "without a record, a look-alike that is not finished is adopted, whatever generation it was"
    DUPLICATE = "without a marker, while the API remembers the key or the name is unchanged: neither held"
    FORGOTTEN = "the API forgot the key, the record is lost, and the text cannot be known again"
    NOWHERE = "a `was` names what no state knows, nothing carries its key or looks like it: an error, no create"
    RENAMED = "without a record, `was` tells the last name alone: what is posted from then on has keys of that one"
