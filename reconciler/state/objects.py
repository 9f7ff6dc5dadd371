"""A store of objects (S3, Google Cloud Storage, Azure): whole objects in and out, written only over what was read.

The one door of `obstore`. What the store says becomes words here: its own texts hold addresses that may be signed.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from reconciler import environment
from reconciler.errors import Misused, Refused
from reconciler.loopback import leads_to_this_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from obstore.store import ObjectStore

    from reconciler.state.address import Address

T = TypeVar("T")
ANSWER_TIMEOUT = timedelta(seconds=10)
CONNECT_TIMEOUT = timedelta(seconds=3)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between tries; doubled each time."""
ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
}
"""Variables with another address than the provider's own, the first that is not empty."""
ENDPOINT_SETTING = {"s3": "aws_endpoint", "az": "azure_endpoint", "gs": "google_base_url"}
SETTINGS = {
    "s3": (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
    ),
    "az": (
        "AZURE_STORAGE_ACCOUNT_NAME",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_SAS_KEY",
        "AZURE_STORAGE_TOKEN",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_FEDERATED_TOKEN_FILE",
    ),
    "gs": ("GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_KEY", "GOOGLE_APPLICATION_CREDENTIALS"),
}
"""Variables that are handed over as they are; besides these, the library asks the machine that it runs on."""
WHAT_SETS = {
    "s3": "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
}
NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|ContainerBeingDeleted|bucket does not exist")
STATUS = re.compile(r"status code: (\d{3})")
NO_CREDENTIALS = re.compile(r"token request|redential|TokenRequest|Unauthenticated|ExpiredToken|InvalidAccessKeyId")
DENIED = (401, 403)
MISSING_EXTRA = "pip install 'incident-reconciler[remote]'"


class Overtaken(Exception):
    """The object is not (any more) what was read: somebody else has written it, or removed it."""


class StoreFailed(Refused):
    """The store did not do what it was asked for; `is_passing` tells whether it may do so later."""

    def __init__(self, message: str, hint: str, *, is_passing: bool) -> None:
        super().__init__(message, hint)
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of an object was read or written: what a store needs to know to let nothing be overwritten."""

    tag: str | None
    number: str | None

    @classmethod
    def of(cls, meta: Mapping[str, Any]) -> Version:
        """Return the version that the store's answer names."""
        return cls(meta.get("e_tag"), meta.get("version"))

    @property
    def condition(self) -> dict[str, str]:
        """Return what a write over this version, and no other, is sent with."""
        told = {"e_tag": self.tag, "version": self.number}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Found:
    """An object as it was read."""

    text: bytes
    version: Version


class Objects:
    """The bucket that an address names; nothing is asked for before the first read. Used from several threads."""

    def __init__(
        self, address: Address, environ: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._address, self._environ, self._sleep = address, environ, sleep
        self._opened: ObjectStore | None = None

    def get(self, name: str, *, patience: float = 5.0) -> Found | None:
        """Return an object; None where there is none. Tries for `patience` seconds; raises `StoreFailed`."""
        return self._tried(lambda: self._get(name), patience)

    def names(self, prefix: str, *, patience: float = 5.0) -> list[str]:
        """Return the names of all objects that begin like this; raises `StoreFailed`."""
        return self._tried(lambda: self._names(prefix), patience)

    def put(self, name: str, text: bytes, over: Version | None, *, patience: float = 5.0) -> Version:
        """Write an object over the version that was read, or only where there is none (`over` None).

        Raises `Overtaken` where that is not what is there, and `StoreFailed` after `patience` seconds.
        """
        was_lost = False

        def put() -> Version:
            nonlocal was_lost
            try:
                return self._put(name, text, over)
            except StoreFailed:
                was_lost = True
                raise
            except Overtaken:
                # The try before may have been carried out, and only its answer lost.
                found = self._get(name) if was_lost else None
                if found is None or found.text != text:
                    raise
                return found.version

        return self._tried(put, patience)

    def delete(self, name: str) -> None:
        """Remove an object, if it can be done now; for what is of no use any more."""
        store = self._store()
        import obstore  # noqa: PLC0415  (an extra)

        try:
            obstore.delete(store, name)
        except Exception as error:  # noqa: BLE001  (its exceptions share nothing but that)
            self._explain(error)

    def _get(self, name: str) -> Found | None:
        store = self._store()
        import obstore  # noqa: PLC0415  (an extra)

        try:
            answer = obstore.get(store, name)
            return Found(bytes(answer.bytes()), Version.of(dict(answer.meta)))
        except FileNotFoundError as error:
            if NO_BUCKET.search(str(error)):
                raise self._explain(error) from None
            return None
        except Exception as error:  # noqa: BLE001  (see above)
            raise self._explain(error) from None

    def _names(self, prefix: str) -> list[str]:
        store = self._store()
        import obstore  # noqa: PLC0415  (an extra)

        # The store's own prefixes are whole steps of a path.
        folder = prefix.rpartition("/")[0] or None
        try:
            found = [str(one["path"]) for page in obstore.list(store, folder) for one in page]
        except Exception as error:  # noqa: BLE001  (see above)
            raise self._explain(error) from None
        return sorted(name for name in found if name.startswith(prefix))

    def _put(self, name: str, text: bytes, over: Version | None) -> Version:
        store = self._store()
        import obstore  # noqa: PLC0415  (an extra)
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415

        mode: Any = over.condition if over else "create"
        try:
            return Version.of(dict(obstore.put(store, name, text, mode=mode, use_multipart=False)))
        except (AlreadyExistsError, PreconditionError):
            raise Overtaken(name) from None
        except FileNotFoundError as error:
            if over and not NO_BUCKET.search(str(error)):
                raise Overtaken(name) from None
            raise self._explain(error) from None
        except Exception as error:  # noqa: BLE001  (see above)
            raise self._explain(error) from None

    def _tried(self, ask: Callable[[], T], patience: float) -> T:
        begun, pause = time.monotonic(), FIRST_PAUSE
        while True:
            try:
                return ask()
            except StoreFailed as error:
                if not error.is_passing or time.monotonic() - begun + pause > patience:
                    raise
            self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = _open(self._address, self._environ)
        return self._opened

    def _explain(self, error: Exception) -> StoreFailed:
        """Return words for what the store says; its own may hold a signed address."""
        if isinstance(error, StoreFailed):
            return error
        told, where = str(error), f"{self._address.scheme}://{self._address.bucket}"
        status = int(found[1]) if (found := STATUS.search(told)) else 0
        if NO_BUCKET.search(told) or isinstance(error, FileNotFoundError):
            hint = f"create the bucket, or correct `state:` in reconciler.yaml (now {self._address})"
            return StoreFailed(f"{where}: there is no such bucket", hint, is_passing=False)
        denied = status in DENIED or type(error).__name__ in {"PermissionDeniedError", "UnauthenticatedError"}
        if denied or NO_CREDENTIALS.search(told):
            hint = f"check {WHAT_SETS[self._address.scheme]}, and that they may read and write {self._address}"
            answered = f" ({status})" if status else ""
            return StoreFailed(f"{where}: access denied{answered}", hint, is_passing=False)
        said = f"answered {status}" if status else "cannot be reached"
        hint = "check the network, and the endpoint that the environment names; then run the same command again"
        return StoreFailed(f"{where}: the state store {said}", hint, is_passing=True)


def _require_plain(value: str, variable: str) -> None:
    """Raise `Misused` where a variable holds what no header may."""
    if not value.isprintable():
        raise Misused(f"{variable} holds a line break or another control character", "set it anew")


def _require_url(endpoint: str, variable: str) -> None:
    """Raise `Misused` where a variable holds no address of a server: the library would panic."""
    try:
        parts = urlsplit(endpoint)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise Misused(f"{variable} holds no address of a server", "write it like https://s3.example.com, or unset it")


def _open(address: Address, environ: Mapping[str, str]) -> ObjectStore:
    """Return the library's store; raises `Misused` where the extra is not installed, or its settings are wrong."""
    try:
        from obstore.store import AzureStore, GCSStore, S3Store  # noqa: PLC0415  (an extra)
    except ImportError:
        raise Misused(f"state in {address} needs more than is installed here", MISSING_EXTRA) from None
    config: dict[str, Any] = {}
    for name in (one for one in SETTINGS[address.scheme] if environ.get(one, "").strip()):
        config[name.lower()] = environ[name].strip()  # a secret that was copied may end with a line break
        _require_plain(config[name.lower()], name)
    # The library reads these as well, and takes an empty one for an address.
    environment.drop_empty(ENDPOINTS[address.scheme])
    endpoint = next((environ[name] for name in ENDPOINTS[address.scheme] if environ.get(name)), "")
    options: Any = {"timeout": ANSWER_TIMEOUT, "connect_timeout": CONNECT_TIMEOUT}
    if endpoint:
        _require_url(endpoint, next(name for name in ENDPOINTS[address.scheme] if environ.get(name)))
        config[ENDPOINT_SETTING[address.scheme]] = endpoint
        # Credentials travel unencrypted to this machine alone, unless somebody asks for it by name.
        options["allow_http"] = leads_to_this_machine(endpoint) or environ.get("AWS_ALLOW_HTTP", "") == "true"
    store = {"s3": S3Store, "az": AzureStore, "gs": GCSStore}[address.scheme]
    # Tries are counted here: a write whose answer was lost needs more than another try.
    retry: Any = {"max_retries": 0}
    try:
        opened: ObjectStore = store(address.bucket, config=config, client_options=options, retry_config=retry)
    except Exception as error:  # noqa: BLE001  (see above)
        problem = type(error).__name__
    else:
        return opened
    raise Misused(
        f"{address}: the settings that the environment holds for it cannot be used ({problem})",
        f"check {WHAT_SETS[address.scheme]}",
    )
