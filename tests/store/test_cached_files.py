"""CachedRead: files that are read again only after a change."""

import os
import threading
import time
from pathlib import Path

import pytest

from mlapp.store.cached_files import CachedRead


def write(path: Path, text: str, at_s: int) -> None:
    path.write_text(text)
    os.utime(path, (at_s, at_s))


def test_unchanged_file_is_read_once(tmp_path: Path):
    path, reads = tmp_path / "file", list[str]()

    def read() -> str:
        reads.append(path.read_text())
        return reads[-1]

    cached = CachedRead(path, read)
    assert cached.get() is None

    write(path, "old", 1)
    assert (cached.get(), cached.get(), reads) == ("old", "old", ["old"])
    write(path, "new", 2)
    assert (cached.get(), cached.get(), reads) == ("new", "new", ["old", "new"])


def test_value_of_an_earlier_read_is_not_kept_as_that_of_a_later_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path, has_read, may_return, clock = tmp_path / "file", threading.Event(), threading.Event(), time.time_ns
    write(path, "old", 1)

    def read() -> str:
        text = path.read_text()
        if threading.current_thread() is earlier:
            has_read.set()
            may_return.wait(5)
        return text

    def time_ns() -> int:
        """Let the earlier read end while the later one is in progress."""
        if threading.current_thread() is not earlier and not may_return.is_set():
            may_return.set()
            earlier.join(5)
        return clock()

    monkeypatch.setattr(time, "time_ns", time_ns)
    cached = CachedRead(path, read)
    earlier = threading.Thread(target=cached.get)
    earlier.start()
    has_read.wait(5)
    write(path, "new", 2)

    assert (cached.get(), cached.get()) == ("new", "new")
