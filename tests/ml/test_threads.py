"""Thread limits."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from joblib import cpu_count
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_info

from mlapp.ml.threads import threads_for, use_one_thread


def threads_of(api: str) -> set[int]:
    assert HistGradientBoostingRegressor  # loads OpenMP
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == api}


@pytest.mark.parametrize(("rows", "threads"), [(50_000, 1), (50_001, cpu_count())])
def test_threads_follow_the_size_of_the_table(rows, threads):
    with threads_for(rows):
        assert threads_of("openmp") == {threads}
        assert threads_of("blas") == {1}


def test_use_one_thread_limits_the_calling_thread():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(use_one_thread).result()

        assert pool.submit(threads_of, "openmp").result() == {1}
