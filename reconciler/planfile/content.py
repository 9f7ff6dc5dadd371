"""A plan with all that it takes to apply it later ⇄ the text of its file. Pure; the disk is the command's.

The file is the JSON that `plan --format json` prints, and beside it `saved`: the plan whole, what it was made for and
from, what each change rests on, and a checksum. The checksum guards against accidents (a file that was cut short or
edited), not against people: whoever can write the file can compute it, and only what the manifests still ask for is
ever applied.

No file holds a text of a private incident unless that was asked for. What stands there instead is a digest with a
salt of the plan's own: equal texts of two plans cannot be told to be equal. It does not hide a text that somebody
who has the file can guess, such as a status word or a short title.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping  # noqa: TC003  (the file is read by the types of these fields)
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.errors import Refused
from reconciler.model import Adopt, Delete, Edit, Live, Plan
from reconciler.planfile import codec, resting
from reconciler.secrecy.private import veiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.model import Change, Manifest

FORMAT_VERSION = 1
PLAN_AGAIN = "plan again: `reconciler plan --out FILE`"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which manifests a plan was made of (`paths` from the workspace's root), and the flags that shaped it."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    on_drift: str = ""
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """A plan as its file holds it: its live objects are known by ID alone, and private texts are digests.

    `manifests` is a digest of what it was made from, `rests_on` what each change rests on.
    """

    id: str
    made_at: str
    version: str
    base_url: str
    namespace: str
    manifests: str
    salt: str
    rests_on: Mapping[str, Mapping[str, str]]
    plan: Plan
    scope: Scope = field(default_factory=Scope)
    shows_private: bool = False


def saved(
    plan: Plan,
    manifests: Iterable[Manifest],
    scope: Scope,
    *,
    plan_id: str,
    salt: str,
    made_at: str,
    version: str,
    base_url: str,
    namespace: str,
    shows_private: bool,
) -> Saved:
    """Return a plan as it is saved. `plan_id` and `salt` are random; `made_at` is a time in ISO 8601."""
    return Saved(
        id=plan_id,
        made_at=made_at,
        version=version,
        base_url=base_url,
        namespace=namespace,
        manifests=fingerprint(manifests, salt),
        salt=salt,
        rests_on=resting.digests(plan, salt),
        plan=portable(plan if shows_private else veiled(plan, salt)),
        scope=scope,
        shows_private=shows_private,
    )


def portable(plan: Plan) -> Plan:
    """Return a plan whose live objects are known by ID, reference and link alone: what else they say is no plan."""
    return replace(
        plan,
        changes=tuple(map(_portable, plan.changes)),
        live={key: _who(live) for key, live in plan.live.items()},
    )


def _portable(change: Change) -> Change:
    match change:
        case Edit(live=live) if live is not None:
            return replace(change, live=_who(live))
        case Adopt(live=live) | Delete(live=live):
            return replace(change, live=_who(live))
        case _:
            return change


def _who(live: Live) -> Live:
    return Live(live.id, {}, {}, live.reference, live.link)


def fingerprint(manifests: Iterable[Manifest], salt: str) -> str:
    """Return a digest of what manifests say, with variables and defaults filled in; comments and places count not."""
    said = sorted((str(one.key), one.metadata, one.spec) for one in manifests)
    return _sha(json.dumps([salt, said], separators=(",", ":"), sort_keys=True, default=str))


def written(saved: Saved, printed: Mapping[str, Any], hide: Callable[[str], str] = str) -> str:
    """Return the text of a plan's file; `printed` is what `--format json` shows of it.

    `hide` takes out of it what no file may hold, such as a key that somebody wrote into an incident.
    """
    text = hide(_text({**printed, "format_version": FORMAT_VERSION, "saved": codec.encode(saved, Saved)}))
    return f'{text},\n"checksum": "{_checksum(text)}"\n}}\n'


def read(text: str, name: str) -> Saved:
    """Read the text of a plan's file, which messages call `name`.

    Raises `Refused` where it is none, is of a newer version, was cut short or edited.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        told = "cut short, or no plan file at all" if text.lstrip().startswith("{") else "not a plan file"
        raise Refused(f"{name}: {told}", PLAN_AGAIN) from None
    if not (isinstance(content, dict) and isinstance(content.get("format_version"), int)):
        raise Refused(f"{name}: not a plan file", PLAN_AGAIN)
    if content["format_version"] > FORMAT_VERSION:
        raise Refused(
            f"{name}: written by a newer version (format {content['format_version']})",
            "upgrade: pip install --upgrade incident-reconciler",
        )
    if "saved" not in content:
        raise Refused(f"{name}: a plan as it is printed, which cannot be applied", PLAN_AGAIN)
    if content.pop("checksum", None) != _checksum(_text(content)):
        raise Refused(f"{name}: edited or damaged since it was written (its checksum differs)", PLAN_AGAIN)
    try:
        found: Saved = codec.decode(content["saved"], Saved)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(f"{name}: not a plan file of this version", PLAN_AGAIN) from None
    return found


def is_saved(text: str) -> bool:
    """Tell whether a text is that of a plan's file, of whatever version and whether or not it can be applied."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"format_version", "saved", "checksum"} <= content.keys()


def _checksum(text: str) -> str:
    return f"sha256:{_sha(text)}"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _text(content: Mapping[str, Any]) -> str:
    """Return JSON up to its last brace, with a line for each name and each item of a list.

    `indent` would take the slow encoder. How a file is laid out does not count: this is how it is laid out again.
    """
    return "{\n" + ",\n".join(f"{_line(name)}: {_lines(value)}" for name, value in content.items())


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_line, value)) + "\n]"
    return _line(value)


_line = json.JSONEncoder(ensure_ascii=False).encode
