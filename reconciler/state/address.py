"""Where a remote state lies: the text that a workspace says in, a bucket and a path out. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

STORES = {"s3": "Amazon S3 and what speaks its protocol", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
"""What each scheme means."""
BUCKET = re.compile(r"[a-z0-9$][a-z0-9._-]{1,221}")
STEP = re.compile(r"[A-Za-z0-9!_.*'()=+,-]+")


@dataclass(frozen=True, slots=True)
class Address:
    """An object in a bucket (Azure calls it a container)."""

    scheme: str
    bucket: str
    path: str

    def __str__(self) -> str:
        """Return it as it is written in a workspace."""
        return f"{self.scheme}://{self.bucket}/{self.path}"

    @property
    def lock_name(self) -> str:
        """Return the name of the object that a run holds while it may write."""
        return f"{self.path}.lock"

    @property
    def journal_name(self) -> str:
        """Return the name of the object that a run's journal is uploaded to."""
        return f"{self.path}.journal"

    def beside(self, label: str) -> Address:
        """Return the address of a neighbour: `acme.json` and `x` make `acme.x.json`."""
        stem, dot, ending = self.path.rpartition(".")
        named = f"{stem}.{label}.{ending}" if dot and "/" not in ending else f"{self.path}.{label}"
        return replace(self, path=named)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address; raises `ValueError` with what is wrong with it."""
        scheme, slashes, rest = text.partition("://")
        bucket, _, path = rest.partition("/")
        if not slashes:
            raise ValueError(f"`{text}` is no address: the scheme ends with ://")
        if scheme not in STORES:
            raise ValueError(f"`{scheme}://` is no store that state can be kept in")
        if "@" in bucket:
            raise ValueError("credentials do not belong into an address; they are taken from the environment")
        if not BUCKET.fullmatch(bucket):
            raise ValueError(f"`{bucket}` is not the name of a bucket" if bucket else "the bucket is missing")
        if not path or path.endswith("/"):
            raise ValueError("the name of the state in the bucket is missing")
        steps = path.split("/")
        if any(not STEP.fullmatch(step) or step in {".", ".."} for step in steps):
            raise ValueError(f"`{path}` is not the name of an object; it may have letters, digits and !_.*'()=+,-")
        return cls(scheme, bucket, path)


def is_remote(text: str) -> bool:
    """Tell whether a text names a store of objects rather than a file."""
    return "://" in text
