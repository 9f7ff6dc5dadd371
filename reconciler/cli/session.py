"""A workspace and flags in, a connected account and what is remembered of it out."""

from __future__ import annotations

import traceback
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import api
from reconciler.api.key import Bearer
from reconciler.cli.stopping import Stopping
from reconciler.cli.telling import tell
from reconciler.cli.voice import voice
from reconciler.errors import Misused, ReconcilerError, Refused
from reconciler.secrecy import Secrets
from reconciler.state import store_of
from reconciler.state.disk import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx import BaseTransport

    from reconciler.api import Client
    from reconciler.cli.options import Access
    from reconciler.state import Store
    from reconciler.workspace import Workspace

FAULTS_VARIABLE = "RECONCILER_SANDBOX_FAULTS"
"""Faults of the sandbox in this process, as `reconciler sandbox serve --fault` takes them, between commas."""
IDEMPOTENCY_VARIABLE = "RECONCILER_SANDBOX_IDEMPOTENCY"
"""What a repeated key gets there, as `reconciler sandbox serve --idempotency` takes it."""
ACTOR_HEADER = "X-Sandbox-Actor"
"""By which a sandbox takes a request for what a person did; an account knows no such header."""
RECORD_VARIABLE = "RECONCILER_SANDBOX_RECORD"
"""A file for every request and its answer, as `reconciler sandbox serve --record` takes it."""


class Unexpected(ReconcilerError):
    """A defect of ours; `details` is its traceback without the key."""

    def __init__(self, name: str, details: str) -> None:
        super().__init__(name)
        self.details = details


@dataclass(frozen=True, slots=True)
class Session:
    """One run against one account."""

    client: Client
    store: Store
    stopping: Stopping
    client_as: Callable[[str], Client]
    """Gives a client for which a sandbox takes whoever has this e-mail address to be acting; kept open as long."""


@contextmanager
def connected(
    workspace: Workspace, access: Access, *, read_only: bool, stopping: Stopping | None = None
) -> Iterator[Session]:
    """Give a client of the account, and the store of what is remembered; signals are heeded while it lasts.

    Nothing is sent and nothing is written yet; `read_only` makes sure that it stays like that; `stopping` says what
    signals do, if something else than in every command. Raises `KeyProblem`, and `Misused` for a real account and a
    workspace without a name.
    """
    workspace.require_name()
    if warning := workspace.key_warning():
        tell(f"warning: {warning}", err=True)
    key = workspace.key()
    speaker = voice()
    speaker.keep({key, *workspace.keys()})
    stopping = stopping or Stopping(is_json=speaker.is_json)
    store = store_of(
        workspace,
        lock_timeout=access.lock_timeout,
        wait=api.Clock(stopping.event).wait,
        tell=lambda line: tell(line, err=True),
    )
    with ExitStack() as stack:
        stack.enter_context(_told_without(key))
        transport = stack.enter_context(_sandbox(workspace, read_only=read_only)) if workspace.is_sandbox else None
        connect = partial(
            api.connect,
            workspace.base_url,
            key,
            timeout=access.timeout,
            read_only=read_only,
            stop=stopping.event,
            secrets=Secrets().with_keys(workspace.keys()),
            log=speaker.exchange if speaker.verbosity else None,
            transport=transport,
            permit=store.require_lock,
        )
        client = stack.enter_context(connect())
        stack.enter_context(stopping.heeded())
        yield Session(
            client,
            store,
            stopping,
            cache(lambda email: stack.enter_context(connect(headers={ACTOR_HEADER: email}))),
        )


@contextmanager
def _sandbox(workspace: Workspace, *, read_only: bool) -> Iterator[BaseTransport]:
    """Give a way to the sandbox of this workspace; only reading one that is not there yet makes no file."""
    # Imported here because it takes 80 ms.
    from reconciler.sandbox import (  # noqa: PLC0415  (see above)
        Behaviour,
        ConnectionDropped,
        Faults,
        NoRoomError,
        NotASandboxError,
        Rates,
        create_app,
    )

    data = workspace.sandbox_data
    record = workspace.environ.get(RECORD_VARIABLE, "")
    faults = [spec.strip() for spec in workspace.environ.get(FAULTS_VARIABLE, "").split(",") if spec.strip()]
    try:
        if not read_only:
            with explained(data):
                data.parent.mkdir(parents=True, exist_ok=True)
        app = create_app(
            None if read_only and not data.exists() else data,
            behaviour=Behaviour(workspace.environ.get(IDEMPOTENCY_VARIABLE, "return")),
            faults=Faults.parse(faults),
            rates=Rates(_UNLIMITED, lower={}),
            record=Path(record) if record else None,
        )
    except NoRoomError as error:
        raise Refused(f"the sandbox cannot be started: {error}", "run the same command again then") from None
    except (ValueError, NotASandboxError) as error:
        raise Misused(f"the sandbox cannot be started: {error}", f"move {data} away to begin anew") from None
    try:
        yield api.in_process(app, ConnectionDropped)
    finally:
        app.close()


_UNLIMITED = 1_000_000
"""Requests a minute: nobody waits for an emulated limit in their own process."""


@contextmanager
def _told_without(key: str) -> Iterator[None]:
    """Turn what nobody expected into an error whose details do not hold the key."""
    try:
        yield
    except (ReconcilerError, OSError, click.ClickException):
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, the key must not be in it)
        told = Bearer(key).hide("".join(traceback.format_exception(error)))
        raise Unexpected(type(error).__name__, told) from None
