"""Changes and the roles of a key → what the key may lack. Pure; a warning, as no page says which role may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import kinds
from reconciler.model import Adopt, Create, Forget, Notice, Topic

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from reconciler.model import Change

DECLARE, EDIT, CONFIGURE = "incident_creator", "incident_editor", "manage_settings"
DOES = {
    DECLARE: "declaring incidents",
    EDIT: "editing incidents and posting updates",
    CONFIGURE: "changing the organisation's configuration",
}


def warnings(changes: Sequence[Change], roles: Collection[str]) -> Iterator[Notice]:
    """Yield one warning for each role that the changes seem to need and the key does not have.

    Nothing is said of a key that tells no roles.
    """
    if not roles:
        return
    needed = {_role(change): change for change in reversed(changes) if not isinstance(change, Adopt | Forget)}
    for role, does in DOES.items():
        if role in needed and role not in roles:
            message = f"the key has the roles {', '.join(sorted(roles))}; {does} may need {role}"
            hint = "give the key that role (Settings, API keys); what is not allowed fails alone, and the rest is done"
            yield Notice(Topic.WARNING, needed[role].key, message, needed[role].source, hint)


def _role(change: Change) -> str:
    if kinds.KINDS[change.key.kind].natural_key:
        return CONFIGURE
    return DECLARE if isinstance(change, Create) and not change.key.child else EDIT
