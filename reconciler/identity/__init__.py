"""Which object of the account a resource is: the key it carries, what is known of it, and where it is looked for. Pure.

`keys` says who a resource is, `claims` what manifests and memory tell of it before the account is looked at, `lookup`
where it is looked for and in which order, `matches` what can come of that. `markers` is the field that carries keys,
`carried` who carries which, and `generations` tells what else the same name was given to.
"""

from reconciler.identity.keys import DEFAULT_GENERATION, Owner, idempotency_key, marker, owner, texts
from reconciler.identity.matches import (
    Absent,
    Ambiguous,
    Asked,
    Astray,
    Claim,
    Earlier,
    Elsewhere,
    Forgotten,
    Generation,
    Marked,
    Match,
    Matched,
    Mistaken,
    Objects,
    OutOfSight,
    Taken,
    Unfinished,
    Used,
)

__all__ = [
    "DEFAULT_GENERATION",
    "Absent",
    "Ambiguous",
    "Asked",
    "Astray",
    "Claim",
    "Earlier",
    "Elsewhere",
    "Forgotten",
    "Generation",
    "Marked",
    "Match",
    "Matched",
    "Mistaken",
    "Objects",
    "OutOfSight",
    "Owner",
    "Taken",
    "Unfinished",
    "Used",
    "idempotency_key",
    "marker",
    "owner",
    "texts",
]
