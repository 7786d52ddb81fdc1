"""Temporary files, with real processes that are killed, and a full disk."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mlapp.services.temporary_files import save_copy, use_own_directory
from tests.servers import ROOT
from tests.services.disk import full_disk

SERVER = """
import tempfile
from mlapp.services.temporary_files import save_copy, use_own_directory
use_own_directory()
print(save_copy(open("README.md", "rb")), flush=True)
input()
"""
"""A process that keeps a file until its input is closed."""
Process = subprocess.Popen[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of temporary files; restored afterwards."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def servers(folder: Path) -> Iterator[tuple[Process, Process]]:
    """Two processes with a temporary file each."""
    with ExitStack() as stack:
        command = [sys.executable, "-c", SERVER]
        started = [
            stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(2)
        ]
        for each in started:
            stack.callback(each.kill)
        yield started[0], started[1]


def kept(process: Process) -> Path:
    """The file that a process keeps."""
    assert process.stdout
    return Path(process.stdout.readline().strip())


def test_start_removes_files_of_killed_servers_only(folder: Path, servers: tuple[Process, Process]):
    killed, lives = servers
    left, used = kept(killed), kept(lives)
    killed.kill()
    killed.wait(20)
    assert left.exists()

    use_own_directory()

    assert sorted(folder.iterdir()) == sorted([used.parent, Path(tempfile.gettempdir())])
    assert used.exists()


def test_directory_is_removed_on_exit(folder: Path, servers: tuple[Process, Process]):
    for server in servers:
        assert kept(server).is_relative_to(folder)
        server.communicate("\n", timeout=20)

    assert list(folder.iterdir()) == []


def test_foreign_directories_are_not_removed(folder: Path):
    (folder / "mlapp-checkout").mkdir()
    (folder / "mlapp-notes").touch()

    use_own_directory()

    assert {"mlapp-checkout", "mlapp-notes"} < {path.name for path in folder.iterdir()}


def test_server_without_temporary_files_starts_and_logs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("tempfile.tempdir", str(folder / "gone"))

    use_own_directory()

    (message,) = caplog.messages
    assert "(No such file or directory); set TMPDIR" in message


@pytest.mark.parametrize("size", [3_000, 300_000])
def test_failed_copy_leaves_no_file(folder: Path, size: int):
    with full_disk(), pytest.raises(OSError, match="File too large"):
        save_copy(io.BytesIO(bytes(size)))

    assert list(folder.glob("mlapp-*")) == []
