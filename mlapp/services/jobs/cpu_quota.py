"""CPU quota: limits the threads of OpenMP and BLAS to the cores that a container may use."""

import math
import os
from contextlib import suppress
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def thread_limits(cgroup: Path = CGROUP) -> dict[str, str]:
    """Return the environment variables that limit OpenMP and BLAS to the CPU quota.

    Empty without a quota, or when the quota covers all cores: scikit-learn's default is better then.
    """
    cores = _quota(cgroup)
    return {"OMP_NUM_THREADS": str(cores)} if cores and cores < len(os.sched_getaffinity(0)) else {}


def _quota(cgroup: Path) -> int | None:
    """Return the quota in cores, rounded up as joblib does.

    Source: Linux, admin-guide/cgroup-v2, cpu.max; scheduler/sched-bwc, cpu.cfs_quota_us (version 1, -1: none).
    """
    with suppress(OSError, ValueError):
        quota, period = (cgroup / "cpu.max").read_text().split()
        return math.ceil(int(quota) / int(period))
    with suppress(OSError, ValueError):
        quota, period = [(cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")]
        return math.ceil(int(quota) / int(period)) if int(quota) > 0 else None
    return None
