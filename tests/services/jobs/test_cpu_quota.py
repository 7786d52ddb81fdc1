"""How many cores a container may use."""

import os
from pathlib import Path

import pytest

from mlapp.services.jobs.cpu_quota import thread_limits


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a container on a machine of eight cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (tmp_path / "cpu").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        ("200000 100000\n", {"OMP_NUM_THREADS": "2"}),
        ("150000 100000\n", {"OMP_NUM_THREADS": "2"}),
        ("10000 100000\n", {"OMP_NUM_THREADS": "1"}),
        ("800000 100000\n", {}),
        ("max 100000\n", {}),
    ],
)
def test_threads_keep_to_the_quota_of_a_container(cgroup: Path, line: str, limits: dict[str, str]):
    (cgroup / "cpu.max").write_text(line)

    assert thread_limits(cgroup) == limits


@pytest.mark.parametrize(("quota", "limits"), [("300000\n", {"OMP_NUM_THREADS": "3"}), ("-1\n", {})])
def test_threads_keep_to_the_quota_of_an_older_kernel(cgroup: Path, quota: str, limits: dict[str, str]):
    (cgroup / "cpu/cpu.cfs_quota_us").write_text(quota)
    (cgroup / "cpu/cpu.cfs_period_us").write_text("100000\n")

    assert thread_limits(cgroup) == limits


def test_threads_are_not_limited_where_there_are_no_quotas(cgroup: Path):
    assert thread_limits(cgroup) == {}
