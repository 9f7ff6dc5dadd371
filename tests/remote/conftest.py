"""What the tests of remote state share: the stores, and machines of a team that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import shell
from tests.ports import held_port
from tests.remote.google import Google
from tests.remote.plugin import AZURITE
from tests.remote.stores import Azurite, Moto, Server
from tests.remote.team import Team

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def moto() -> Iterator[Moto]:
    """S3 on a port that stays its own while a test has it down."""
    with held_port() as port:
        server = Moto(port)
        server.up()
        yield server
        server.down()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azure in the same way; where it is not installed the tests are skipped, but fail where CI is set to true."""
    main = AZURITE.find()
    with held_port() as port:
        server = Azurite(main, tmp_path_factory.mktemp("azurite"), port)
        server.up()
        yield server
        server.down()


@pytest.fixture(scope="session")
def google() -> Iterator[Google]:
    """A stand-in for Google on a free port."""
    server = Google()
    server.up()
    yield server
    server.down()


@pytest.fixture(params=["s3", "az"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each store that runs on this machine."""
    found: Server = request.getfixturevalue({"s3": "moto", "az": "azurite"}[request.param])
    return found


@pytest.fixture
def team(tmp_path: Path, server: Server) -> Iterator[Team]:
    """People on several machines, with one account and one state, in each store."""
    with Team.gathered(tmp_path, server) as team:
        yield team


@pytest.fixture(params=["moto", "azurite", "google"])
def every_team(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    """The same, and in the stand-in for Google as well."""
    with Team.gathered(tmp_path, request.getfixturevalue(request.param)) as team:
        yield team


@pytest.fixture
def s3_team(tmp_path: Path, moto: Moto) -> Iterator[Team]:
    """The same in S3 alone, for what is the same in every store."""
    with Team.gathered(tmp_path, moto) as team:
        yield team
    moto.failing = 0


__all__ = ["shell"]
