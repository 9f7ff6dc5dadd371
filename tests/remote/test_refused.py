"""What cannot be used is refused in words, before anything is sent, and without a secret in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import ROOT
from tests.remote.stores import KEY
from tests.remote.team import WORKSPACE

if TYPE_CHECKING:
    from tests.cli.shell import Shell
    from tests.remote.stores import Azurite, Moto

APPLY = ("apply", "--auto-approve")


def asking(shell: Shell, state: str, **environ: str) -> str:
    """Return what an apply says on stderr that gets no state."""
    shell.workspace("one")
    shell.write("reconciler.yaml", WORKSPACE % (state, 60))
    shell.environ = {"INCIDENT_API_KEY": "sandbox", "INCIDENT_IO_BASE_URL": "http://127.0.0.1:9", **environ}
    ended = shell.run(*APPLY)
    assert ended.code in {3, 4}, ended
    return ended.stderr


def test_a_bucket_that_is_not_there_is_told(shell: Shell, moto: Moto) -> None:
    """And not taken for a state that is empty."""
    told = asking(shell, "s3://nowhere/acme.json", **moto.environ)

    assert told == (
        "error: s3://nowhere: there is no such bucket\n"
        "hint: create the bucket, or correct `state:` in reconciler.yaml (now "
        "s3://nowhere/acme.sandbox-127.0.0.1-9.json)\n"
    )


def test_a_bucket_that_is_not_there_gives_no_plan(shell: Shell, moto: Moto) -> None:
    """It would create everything anew."""
    shell.workspace("one")
    shell.write("reconciler.yaml", WORKSPACE % ("s3://nowhere/acme.json", 60))
    shell.environ = {"INCIDENT_API_KEY": "sandbox", "INCIDENT_IO_BASE_URL": "http://127.0.0.1:9", **moto.environ}

    ended = shell.run("plan")

    assert ended.code == 4
    assert ended.stderr.startswith("error: s3://nowhere: there is no such bucket\n")


def test_a_store_that_cannot_be_reached_is_told(shell: Shell, moto: Moto) -> None:
    """With what to check."""
    told = asking(shell, "s3://bucket/acme.json", **moto.environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})

    assert told.startswith("error: s3://bucket: the state store cannot be reached\nhint: check the network")
    assert "canary" not in told


def test_credentials_that_are_wrong_are_told_without_them(shell: Shell, azurite: Azurite) -> None:
    """Which variables hold them is said; what they hold is not."""
    wrong = "c2VjcmV0" + KEY[8:]
    told = asking(shell, "az://container/acme.json", **azurite.environ | {"AZURE_STORAGE_ACCOUNT_KEY": wrong})

    assert "az://container: access denied (403)" in told
    assert "AZURE_STORAGE_ACCOUNT_KEY" in told
    assert wrong not in told
    assert "c2VjcmV0" not in told


@pytest.mark.parametrize("value", ["", "{}", "not json"])
def test_settings_that_cannot_be_used_are_told(shell: Shell, value: str) -> None:
    """A key of Google's that is none."""
    told = asking(
        shell, "gs://bucket/acme.json", GOOGLE_SERVICE_ACCOUNT_KEY=value, GOOGLE_BASE_URL="http://127.0.0.1:9"
    )

    assert "gs://bucket" in told
    assert "check " in told
    assert "GOOGLE_APPLICATION_CREDENTIALS" in told or "network" in told


@pytest.mark.parametrize("endpoint", ["not-a-url", "http://", "http://[", "ftp://host", "host:9000"])
def test_an_endpoint_that_is_no_address_is_told_by_its_variable(shell: Shell, endpoint: str) -> None:
    """And what it should look like."""
    told = asking(shell, "s3://bucket/acme.json", AWS_ENDPOINT_URL=endpoint)

    assert told == (
        "error: AWS_ENDPOINT_URL holds no address of a server\n"
        "hint: write it like https://s3.example.com, or unset it\n"
    )


def test_variables_that_ci_left_empty_or_ended_with_a_line_break_do_no_harm(shell: Shell, moto: Moto) -> None:
    """An endpoint that is empty is none, and a secret ends before its line break."""
    harmless = {"AWS_ENDPOINT_URL_S3": "", "AWS_SESSION_TOKEN": "a\n"}
    told = asking(shell, "s3://nowhere/acme.json", **moto.environ | harmless)
    broken = asking(shell, "s3://nowhere/acme.json", **moto.environ | {"AWS_SESSION_TOKEN": "a\nb"})

    assert told.startswith("error: s3://nowhere: there is no such bucket\n")
    assert broken.startswith("error: AWS_SESSION_TOKEN holds a line break or another control character\n")


def test_a_store_that_forbids_is_asked_for_its_credentials(shell: Shell, moto: Moto) -> None:
    """403 is no trouble of the network, and trying again is of no use."""
    moto.failing = 403
    try:
        told = asking(shell, "s3://bucket/acme.json", **moto.environ)
    finally:
        moto.failing = 0

    assert told.startswith("error: s3://bucket: access denied (403)\nhint: check AWS_ACCESS_KEY_ID")


def test_credentials_do_not_travel_unencrypted(shell: Shell) -> None:
    """Plain HTTP is for this machine alone."""
    told = asking(shell, "s3://bucket/acme.json", AWS_ENDPOINT_URL="http://192.0.2.1", AWS_ACCESS_KEY_ID="canary")

    assert "s3://bucket" in told
    assert "canary" not in told


def test_a_missing_extra_is_told_with_what_installs_it(shell: Shell) -> None:
    """Whoever keeps state in a file needs no such library."""
    shell.write("without/obstore.py", "raise ImportError('not installed')\n")
    shell.workspace("one")
    shell.write("reconciler.yaml", WORKSPACE % ("s3://bucket/acme.json", 60))
    shell.environ = {"INCIDENT_API_KEY": "sandbox", "INCIDENT_IO_BASE_URL": "http://127.0.0.1:9"}
    shell.environ["PYTHONPATH"] = f"{shell.folder / 'without'}:{ROOT}"

    ended = shell.run("plan")

    assert ended.code == 3
    assert ended.stderr == (
        "error: state in s3://bucket/acme.sandbox-127.0.0.1-9.json needs more than is installed here\n"
        "hint: pip install 'incident-reconciler[remote]'\n"
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("s4://bucket/acme.json", "`s4://` is no store that state can be kept in"),
        ("s3:/bucket/acme.json", "`s3:/bucket/acme.json` is no address: the scheme ends with ://"),
        ("s3://", "the bucket is missing"),
        ("s3:///acme.json", "the bucket is missing"),
        ("s3://bucket", "the name of the state in the bucket is missing"),
        ("az://bucket/folder/", "the name of the state in the bucket is missing"),
        ("s3://Bucket/acme.json", "`Bucket` is not the name of a bucket"),
        ("s3://key:secret@bucket/acme.json", "credentials do not belong into an address"),
        ("gs://bucket/../acme.json", "`../acme.json` is not the name of an object"),
        ("gs://bucket/a//acme.json", "`a//acme.json` is not the name of an object"),
        ("s3://bucket/acme.json?versionId=1", "`acme.json?versionId=1` is not the name of an object"),
    ],
)
def test_an_address_that_cannot_be_is_a_problem_at_its_line(shell: Shell, address: str, problem: str) -> None:
    """Offline, as everything that can be known without the network."""
    shell.workspace("one")
    shell.write("reconciler.yaml", WORKSPACE % (address, 60))

    ended = shell.run("validate")

    assert ended.code == 3
    assert f"reconciler.yaml:4:39: {problem}" in ended.stderr
