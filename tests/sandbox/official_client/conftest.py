from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox import create_app
from tests.processes import serving

from .calls import TEAM, Ground
from .client import Official


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a sandbox whose organisation has a team, and whose keys never have to wait."""
    folder = tmp_path_factory.mktemp("served")
    _found_team(folder / "data.db")
    with serving(folder, "--rate-limit", "1000000", "--lower-limit", "POST /v2/escalations=1000000") as address:
        yield address


def _found_team(data: Path) -> None:
    app = create_app(data)
    entry = {"id": "01ENTRY", "name": "Platform"}
    with app.store.writing() as transaction:
        transaction.configure("team", TEAM, {"id": TEAM, "name": "Platform", "catalog_entry": entry, "members": []})
    app.close()


@pytest.fixture(scope="module")
def official(url: str) -> Iterator[Official]:
    """Return the official client, with the key that may do everything."""
    with Official(url) as client:
        yield client


@pytest.fixture(scope="module")
def viewer(url: str) -> Iterator[Official]:
    """Return the official client, with a key that only reads, and no private incidents."""
    with Official(url, "sandbox-viewer") as client:
        yield client


@pytest.fixture
def ground(official: Official) -> Ground:
    """Return what calls refer to."""
    return Ground(official)
