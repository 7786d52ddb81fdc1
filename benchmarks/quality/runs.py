"""Runs of the quality benchmarks: a program fits the splits of a table, and its results are kept in the cache."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.quality.scores import Score, score
from benchmarks.quality.tables import QualityTable, csv_of, split

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TIMEOUT_S = 600
"""Per split."""
CACHE = Path(os.environ.get("QUALITY_CACHE") or Path.home() / ".cache" / "mlapp-quality")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")} | {"POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True)
class Method:
    """What fits and predicts."""

    name: str
    key: str
    """Folder of its results in the cache."""
    command: tuple[str, ...]
    """The program, without the path of the job; empty if there are only the results in the cache."""
    options: dict[str, Any]
    """Further entries of the job."""
    code: Path | None = None
    """The checkout of mlapp."""


def path_in(variable: str) -> Path | None:
    """Return the path in an environment variable."""
    return Path(os.environ[variable]) if os.environ.get(variable) else None


def other(name: str, python: str, limit_s: float = 0) -> Method:
    """Return a method of `fit_others`, with a time limit in CPU seconds where it has one."""
    program, key = name.lower(), f"{name.lower()}-{limit_s:g}s" if limit_s else name.lower()
    command = (python, str(HERE / "fit_others.py"), program) if python else ()
    return Method(name, key, command, {"limit_s": limit_s})


def auto(name: str, code: Path = ROOT, estimator: str = "auto") -> Method:
    """Return an estimator of mlapp as a checkout has it; its results are kept until the code changes."""
    digest = hashlib.sha256()
    for path in sorted(code.glob("mlapp/**/*.py")):
        digest.update(path.read_bytes())
    command = (sys.executable, "-P", str(HERE / "fit_mlapp.py"))
    return Method(name, f"mlapp-{estimator}-{digest.hexdigest()[:12]}", command, {"estimator": estimator}, code)


def scores_of(method: Method, table: QualityTable, seeds: Iterable[int], cache: Path) -> tuple[dict[int, Score], str]:
    """Return the scores of random splits by seed, and why some are missing; fits those that are not in the cache."""
    paths, problem = run(method, table, seeds, cache)
    frame = pl.read_csv(csv_of(table, cache), infer_schema=False)
    target = frame[table.target] if table.is_classification else frame[table.target].cast(pl.Float64)
    return {
        seed: score(path, target.to_numpy()[split(table, frame, seed)[1]], is_classification=table.is_classification)
        for seed, path in paths.items()
    }, problem


def run(method: Method, table: QualityTable, seeds: Iterable[int], cache: Path) -> tuple[dict[int, Path], str]:
    """Return the files of results by seed, and why some are missing."""
    folder = cache / "results" / method.key
    results = {seed: folder / f"{table.name}-{seed}.npz" for seed in seeds}
    missing, problem = [seed for seed, path in results.items() if not path.exists()], ""
    if missing and method.command:
        folder.mkdir(parents=True, exist_ok=True)
        problem = _run(method, _job(table, {seed: results[seed] for seed in missing}, cache) | method.options)
    elif missing:
        problem = "was not fitted, as no interpreter for it was given"
    return {seed: path for seed, path in results.items() if path.exists()}, problem


def _job(table: QualityTable, results: Mapping[int, Path], cache: Path) -> dict[str, Any]:
    """Return what the programs read: the table, its rows by split, and where results go."""
    csv = csv_of(table, cache)
    frame = pl.read_csv(csv, infer_schema=False)
    splits = []
    for seed, result in results.items():
        training, test = split(table, frame, seed)
        splits.append({"seed": seed, "training": training.tolist(), "test": test.tolist(), "result": str(result)})
    return {
        "csv": str(csv),
        "target": table.target,
        "classification": table.is_classification,
        "dates": table.dates,
        "group": table.group,
        "splits": splits,
    }


def _run(method: Method, job: dict[str, Any]) -> str:
    """Run a program on a job; returns what went wrong, empty if nothing did."""
    environment = os.environ | ONE_THREAD | ({"PYTHONPATH": str(method.code)} if method.code else {})
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "job.json")
        path.write_text(json.dumps(job | {"scratch": scratch}))
        command, timeout_s = [*method.command, str(path)], TIMEOUT_S * len(job["splits"])
        options: dict[str, Any] = {"cwd": scratch, "env": environment, "capture_output": True, "text": True}
        try:
            subprocess.run(command, check=True, timeout=timeout_s, **options)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"did not run ({error})"
        except subprocess.CalledProcessError as error:
            return f"failed ({(error.stderr.strip().splitlines() or [error])[-1]})"
    return ""
