"""Entry point: `python main.py` serves the API and the pages on one port.

Nothing heavy is imported at module level, as every training process imports this module again.
"""

import argparse
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mlapp.settings import Settings

ALLOCATOR_SETTINGS = {"MALLOC_ARENA_MAX": "1", "_RJEM_MALLOC_CONF": "dirty_decay_ms:0"}
"""Environment of training processes: glibc and the jemalloc of polars return freed memory at once.

This saves 10 to 20 MB of a peak of 515 MB, and costs 2 to 5 % of the time."""


def create_app(settings: "Settings | None" = None, *, api: bool = True, pages: bool = True) -> "FastAPI":
    """Create the services and the app from the settings."""
    from prometheus_client import CollectorRegistry

    from mlapp import app, services
    from mlapp.services.jobs.runner import Processes
    from mlapp.settings import load_settings
    from mlapp.store import JobStore, ModelStore, TrafficStore

    settings = settings or load_settings()
    access = services.AccessService(settings)
    if access.generated_key:
        # Not logged: logs are stored and shared.
        sys.stderr.write(f"MLAPP_API_KEY is not set; until the next start the full key is {access.generated_key}\n")
    store, registry = ModelStore(settings.store), CollectorRegistry()
    recorder = services.TrafficRecorder(TrafficStore(settings.store), store, registry=registry)
    monitoring = services.MonitoringService(store, recorder)
    # It takes a second, which each training would wait for.
    processes = Processes(settings.job_memory_mb, preload=("distributed",) if settings.dask else ())
    prediction = services.PredictionService(store, recorder, processes, settings.loaded_mb * 1_000_000)
    models = services.ModelService(store, prediction, settings.allowed_estimators)
    jobs = services.JobService(JobStore(settings.store), settings.max_jobs, registry)
    training = services.TrainingService(
        store, models, jobs, processes, settings.keep_versions, settings.dask, settings.allowed_estimators
    )
    metrics = services.MetricsService(store, prediction, recorder, registry)
    health = services.HealthService(store, prediction)
    wired = services.Services(models, prediction, training, jobs, health, recorder, monitoring, access, metrics)
    if not pages:
        return app.create_app(settings, wired)

    from pages import mount

    return app.create_app(
        settings, wired, api=api, mount_pages=lambda host, path: mount(host, path, wired, settings, api=api)
    )


def main() -> None:
    """Parse the arguments and serve until a signal stops the process.

    Raises:
        SystemExit: the server cannot start, with a message that says why.
    """
    # Older versions of Python reach this line if they can parse the file.
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:2]))
        raise SystemExit(
            f"Python 3.11 or newer is required, but {sys.executable} is {version}: run `uv run poe serve`."
        )
    parser = argparse.ArgumentParser(description="mlapp: API and pages on one port.")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--only-api", action="store_true", help="serve without pages")
    only.add_argument("--only-pages", action="store_true", help="serve without JSON routes, except health")
    arguments = parser.parse_args()
    try:
        _serve(api=not arguments.only_pages, pages=not arguments.only_api)
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if missing.partition(".")[0] in {"mlapp", "pages"}:
            raise
        raise SystemExit(f"{sys.executable} has no {missing}: run `uv run poe serve`, which installs it.") from None


def _serve(*, api: bool, pages: bool) -> None:
    import uvicorn

    from mlapp.logs import configure_logs
    from mlapp.ml.entry_points import SETTING, find_entry_point_error
    from mlapp.server import Connection, Server
    from mlapp.services.jobs.cpu_quota import thread_limits
    from mlapp.services.jobs.import_check import find_import_error
    from mlapp.services.temporary_files import use_own_directory
    from mlapp.settings import load_settings, warn_of_unknown_settings
    from mlapp.startup import allow_open_files, check_store, listen

    settings = load_settings()
    allowed = settings.allowed_estimators
    if reason := find_import_error(Path(__file__).parent) or find_entry_point_error(allowed):
        raise SystemExit(reason)
    configure_logs(settings)
    warn_of_unknown_settings()
    # First, as a server without a port must not train or store anything.
    sockets = listen(settings)
    check_store(settings.store)
    # Before libraries are loaded and processes started that inherit the environment.
    for name, value in (ALLOCATOR_SETTINGS | thread_limits()).items():
        os.environ.setdefault(name, value)
    # For the fork server, which imports them once for all trainings.
    os.environ[SETTING] = ",".join(allowed)
    use_own_directory()
    app = create_app(settings, api=api, pages=pages)
    allow_open_files()
    # uvicorn raises the signal again when it has stopped; stopping on SIGTERM is a success.
    signal.signal(signal.SIGTERM, lambda *_: None)
    # Slow clients are cut off after 6 s, so that the whole shutdown takes less than 10 s.
    config = uvicorn.Config(
        app,
        host=settings.host,
        http=Connection,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=6,
        server_header=False,
        # Done by a middleware; uvicorn would trust every client on this machine.
        proxy_headers=False,
    )
    # uvicorn raises KeyboardInterrupt again after Ctrl-C.
    with suppress(KeyboardInterrupt):
        Server(config, app.state.services.jobs.close).run(sockets)


if __name__ == "__main__":
    main()
