"""Plan files on the disk and for a run: written, read, held to their workspace and account, and to what holds now."""

from __future__ import annotations

import os
import secrets
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import __version__, live, planfile, reconcile
from reconciler.cli.loading import load
from reconciler.cli.options import Selection
from reconciler.cli.saving import save
from reconciler.cli.voice import voice
from reconciler.cli.way import Way, access_of
from reconciler.errors import Misused, Refused
from reconciler.planfile import PLAN_AGAIN, Known, Shown
from reconciler.render import as_json
from reconciler.state import MADE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.options import Access
    from reconciler.cli.session import Session
    from reconciler.model import Plan
    from reconciler.planfile import Held, Saved, Scope
    from reconciler.reconcile import Loaded
    from reconciler.state import Memory
    from reconciler.workspace import Workspace

ALONE = "a saved plan is applied as it is: leave PATH, --select, --exclude and --prune out"


def saved(plan: Plan, loaded: Loaded, scope: Scope, *, show_private: bool) -> Saved:
    """Return a plan as it is saved, under an ID and with a salt that nothing else has; `scope` as it was typed."""
    workspace = loaded.workspace
    root = os.path.realpath(workspace.root)
    paths = tuple(os.path.relpath(os.path.realpath(path), root) for path in scope.paths)
    return planfile.saved(
        plan,
        loaded.manifests,
        replace(scope, paths=paths),
        plan_id=secrets.token_hex(16),
        salt=secrets.token_hex(16),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        base_url=workspace.base_url,
        namespace=workspace.namespace,
        shows_private=show_private,
    )


def write(saved: Saved, name: str) -> None:
    """Write a plan's file whole or not at all, for its owner alone; raises `Refused` where the disk says no."""
    save(planfile.written(saved, as_json.plan(voice().way.told(saved.plan)), voice().hide), name, "plan")


def read(name: str) -> Saved:
    """Return the plan that a file holds; raises `Misused` where there is none, `Refused` where it cannot be used."""
    try:
        text = Path(name).read_text(encoding="utf-8")
    except IsADirectoryError:
        raise Misused(f"{name}: this is a folder, not a plan file", "name the file that `plan --out` wrote") from None
    except FileNotFoundError:
        raise Misused(f"{name}: there is no such plan file", "`reconciler plan --out FILE` writes one") from None
    except UnicodeDecodeError:
        raise Refused(f"{name}: not a plan file", PLAN_AGAIN) from None
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        raise Refused(f"{name}: the plan cannot be read: {told}", "give the right to read it") from None
    return planfile.read(text, name)


def loaded_for(saved: Saved, name: str, access: Access, allow: Sequence[str]) -> Loaded:
    """Return the manifests that a saved plan was made from.

    They say what should be, so a plan of older ones is refused as a whole: unlike other tools', a saved plan is no
    second source of truth. Raises `Refused` for them, and for another workspace or address than the plan's.
    """
    scope = saved.scope
    if access.on_drift and access.on_drift != scope.on_drift:
        raise Misused("--on-drift counts when a plan is made, and this one is", "leave it out, or plan again with it")
    workspace = access.load()
    _check_made_for(saved, name, workspace)
    as_then = replace(access, on_drift=scope.on_drift)
    paths = tuple(os.path.join(workspace.root, path) for path in scope.paths)  # noqa: PTH118  (paths stay texts)
    chosen = Selection(paths, scope.select, scope.exclude)
    loaded = load(as_then, chosen, (*scope.allow, *allow), prune=scope.prune)
    if planfile.fingerprint(loaded.manifests, saved.salt) != saved.manifests:
        raise Refused(f"{name}: the manifests changed since this plan was made", PLAN_AGAIN)
    return loaded


def _check_made_for(saved: Saved, name: str, workspace: Workspace) -> None:
    if saved.namespace != workspace.namespace:
        raise Refused(
            f"{name}: made for workspace `{saved.namespace}`, and this is `{workspace.namespace}`",
            "go to the folder of that workspace, or name its file: `--workspace FILE`",
        )
    if saved.base_url != workspace.base_url:
        is_sandbox = access_of(saved.base_url) == "--sandbox"
        raise Refused(
            f"{name}: made for {'the sandbox' if is_sandbox else saved.base_url}, and this run would reach "
            f"{'the sandbox' if workspace.is_sandbox else workspace.base_url}",
            f"add `{access_of(saved.base_url)}`, or plan again",
        )


def command_for(name: str, workspace: Workspace) -> str:
    """Return the command that applies a plan file, from the current folder."""
    way = Way.to(workspace)
    return way.command(f"apply --plan {shlex.quote(os.path.realpath(name) if way.before else name)}")


def still_holding(saved: Saved, name: str, loaded: Loaded, session: Session, memory: Memory) -> Held:
    """Read the account again, and return what of a saved plan still holds.

    Raises `Refused` for a plan of which all was done before, or was made for another account.
    """
    if saved.id in memory.state.used_plans:
        raise Refused(f"{name}: this plan was applied before", PLAN_AGAIN)
    owner = live.read_identity(session.client).dashboard_url
    if owner.rstrip("/") != saved.plan.organisation.rstrip("/"):
        raise Refused(
            f"{name}: made for {saved.plan.organisation}, and the key belongs to {owner}",
            "use a key of that organisation, or plan again",
        )
    fresh = reconcile.plan(loaded, session.client, memory)
    shown = Shown(saved.plan, saved.rests_on, saved.salt, is_veiled=not saved.shows_private)
    return planfile.hold(shown, fresh, _known(memory))


def still_shown(plan: Plan, loaded: Loaded, session: Session, memory: Memory, *, is_saved: bool) -> Held:
    """Read the account again, and return what still holds of a plan that somebody just looked at.

    A saved one is used up once the rest of it is done; any other is made anew by the same command.
    """
    fresh = reconcile.plan(loaded, session.client, memory)
    return planfile.hold(
        Shown.here(plan), fresh, _known(memory), PLAN_AGAIN if is_saved else "run the same command again"
    )


def _known(memory: Memory) -> Known:
    records = memory.state.records
    made = frozenset(key for key, record in records.items() if record.how in MADE)
    return Known({key: record.id for key, record in records.items()}, made)
