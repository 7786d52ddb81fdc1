"""Startup checks: addresses that cannot be bound, stores that cannot be used."""

import errno
import os
import re
import resource
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mlapp.settings import Settings
from mlapp.startup import allow_open_files, bind, bind_error_message, check_store, listen

ELSEWHERE = "192.0.2.1"
"""An address that no machine has: RFC 5737 reserves it for documentation."""


def settings(host: str = "127.0.0.1", port: int = 0) -> Settings:
    return Settings(_env_file=None, host=host, port=port)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Make a folder read-only, also for root, who becomes another user for the block."""
    folder.chmod(0o555)
    user = os.geteuid()
    os.seteuid(user or 65_534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can access, unlike those of `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def store_error(folder: Path) -> str:
    with pytest.raises(SystemExit) as stopped:
        check_store(folder)
    line = str(stopped.value)
    assert re.search(r"; set MLAPP_STORE to one that user \d+ may read and write\.$", line)
    return line.partition(";")[0]


def test_bound_port_accepts_connections():
    (bound,) = listen(settings())

    with bound, socket.create_connection(bound.getsockname()):
        pass


def test_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"^MLAPP_PORT={port}: the port is in use; set MLAPP_PORT to another"):
            listen(settings(port=port))
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(SystemExit, match=rf"^PORT={port}: the port is in use; set MLAPP_PORT to another"):
            listen(settings(port=port))


@pytest.mark.parametrize(
    ("host", "reason"), [(ELSEWHERE, os.strerror(errno.EADDRNOTAVAIL)), ("name.invalid", ".+"), ("a..b", ".*idna.*")]
)
def test_foreign_host_is_named(host: str, reason: str):
    with pytest.raises(SystemExit, match=rf"^MLAPP_HOST='{re.escape(host)}': .+ \({reason}\); set MLAPP_HOST to"):
        listen(settings(host))


def test_absent_addresses_are_skipped_if_another_is_bound():
    absent, here = (socket.AF_INET, (ELSEWHERE, 0)), (socket.AF_INET, ("127.0.0.1", 0))

    (bound,) = bind([absent, here])

    with bound:
        assert bound.getsockname()[0] == "127.0.0.1"


def test_privileged_port_is_named():
    line = bind_error_message(PermissionError(errno.EACCES, "Permission denied"), settings(port=80))

    assert re.fullmatch(r"MLAPP_PORT=80: user \d+ may not listen there; set MLAPP_PORT to 1024 or higher\.", line)


def test_store_is_created(tmp_path: Path):
    check_store(tmp_path / "a/store")

    assert list((tmp_path / "a/store").iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/store"])
def test_file_instead_of_the_store_is_named(tmp_path: Path, place: str):
    (tmp_path / "file").touch()

    line = store_error(tmp_path / place)

    assert line == f"MLAPP_STORE='{tmp_path / place}': the folder cannot be created ('{tmp_path}/file' is not a folder)"


def test_relative_store_is_also_named_with_its_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("models").touch()

    assert store_error(Path("models")).startswith(f"MLAPP_STORE='models' ('{tmp_path}/models'): the folder cannot")


@pytest.mark.parametrize(("place", "step"), [("", "written"), ("store", "created")])
def test_empty_store_must_be_writable(folder: Path, place: str, step: str):
    with unwritable(folder):
        line = store_error(folder / place)

    assert line.endswith(f"the folder cannot be {step} (Permission denied)")


def test_unreadable_store_is_named(folder: Path):
    (folder / "models").symlink_to("models")

    assert store_error(folder).endswith("cannot be read (Too many levels of symbolic links)")


def test_store_with_models_may_be_read_only(folder: Path):
    (folder / "models/churn").mkdir(parents=True)

    with unwritable(folder):
        check_store(folder)


def test_store_of_versions_without_models_is_not_opened(folder: Path):
    (folder / "versions/1").mkdir(parents=True)

    with pytest.raises(SystemExit, match=r"^MLAPP_STORE='.+': the folder was written by an earlier version .+ another"):
        check_store(folder)

    assert [path.name for path in folder.iterdir()] == ["versions"]


@pytest.mark.parametrize(("before", "after"), [(500, 600), (700, 700)])
def test_limit_of_open_files_is_raised_and_never_lowered(before: int, after: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mlapp.startup.OPEN_FILES", 600)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))
    try:
        allow_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (after, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
