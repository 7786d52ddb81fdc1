"""mlapp: `python main.py` serves API and pages on one port.

Nothing heavy is imported at module level: every training process imports this module again.
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

FRUGAL = {"MALLOC_ARENA_MAX": "1", "_RJEM_MALLOC_CONF": "dirty_decay_ms:0"}
"""What the processes that train inherit, for glibc and polars' jemalloc to give back at once what their threads free:
10 to 20 MB of 515 at the peak, for 2 to 5 % of the time."""


def create_app(settings: "Settings | None" = None, *, api: bool = True, pages: bool = True) -> "FastAPI":
    """Wire settings → services → app."""
    from prometheus_client import CollectorRegistry

    from mlapp import app
    from mlapp.services import Services
    from mlapp.services.access.service import AccessService
    from mlapp.services.jobs.runner import Processes
    from mlapp.services.jobs.service import JobService
    from mlapp.services.models.service import ModelService
    from mlapp.services.monitoring.service import MonitoringService
    from mlapp.services.observability.health import HealthService
    from mlapp.services.observability.metrics import MetricsService
    from mlapp.services.prediction.service import PredictionService
    from mlapp.services.training import TrainingService
    from mlapp.settings import load_settings
    from mlapp.store import JobStore, ModelStore, TrafficStore

    settings = settings or load_settings()
    access = AccessService(settings)
    if access.generated_key:
        # Not a log line: those are kept, and read by others.
        sys.stderr.write(
            f"No MLAPP_API_KEY is set; until the next start the key for everything is {access.generated_key}\n"
        )
    store, registry = ModelStore(settings.store), CollectorRegistry()
    monitoring = MonitoringService(store, TrafficStore(settings.store), registry=registry)
    prediction = PredictionService(store, monitoring)
    models = ModelService(store, prediction)
    jobs = JobService(JobStore(settings.store), settings.max_jobs, registry)
    training = TrainingService(store, models, jobs, Processes(settings.job_memory_mb), settings.keep_models)
    metrics = MetricsService(store, prediction, monitoring, registry)
    health = HealthService(store, prediction)
    services = Services(models, prediction, training, jobs, health, monitoring, access, metrics)
    if not pages:
        return app.create_app(settings, services)

    from pages import mount

    return app.create_app(
        settings, services, api=api, mount_pages=lambda host, path: mount(host, path, services, settings, api=api)
    )


def main() -> None:
    """Serve until told to stop.

    Raises:
        SystemExit: the server cannot start, with a line that says why.
    """
    # An older Python gets as far as here while it can parse this file.
    if sys.version_info < (3, 11):  # noqa: UP036
        version = ".".join(map(str, sys.version_info[:2]))
        raise SystemExit(f"Python 3.11 or newer is needed, and {sys.executable} is {version}: run `uv run poe serve`.")
    parser = argparse.ArgumentParser(description="mlapp: API and pages on one port.")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--only-api", action="store_true", help="leave the pages out")
    only.add_argument("--only-pages", action="store_true", help="leave the JSON routes out (health stays)")
    chosen = parser.parse_args()
    try:
        _serve(api=not chosen.only_pages, pages=not chosen.only_api)
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if missing.partition(".")[0] in {"mlapp", "pages"}:
            raise
        raise SystemExit(f"{sys.executable} has no {missing}: run `uv run poe serve`, which installs it.") from None


def _serve(*, api: bool, pages: bool) -> None:
    import uvicorn

    from mlapp.logs import configure_logs
    from mlapp.server import Connection, Server
    from mlapp.services.jobs.cpu_quota import thread_limits
    from mlapp.services.jobs.import_check import find_import_error
    from mlapp.services.temporary_files import use_own_directory
    from mlapp.settings import load_settings, warn_of_unknown_settings
    from mlapp.startup import allow_open_files, check_store, listen

    settings = load_settings()
    if problem := find_import_error(Path(__file__).parent):
        raise SystemExit(problem)
    configure_logs(settings)
    warn_of_unknown_settings()
    # Before anything is trained or stored by a server that nobody could reach.
    sockets = listen(settings)
    check_store(settings.store)
    # Before anything starts that inherits it, and loads libraries.
    for name, value in (FRUGAL | thread_limits()).items():
        os.environ.setdefault(name, value)
    use_own_directory()
    app = create_app(settings, api=api, pages=pages)
    allow_open_files()
    # uvicorn raises the signal that stopped it once more at its end; to stop when told so is a success.
    signal.signal(signal.SIGTERM, lambda *_: None)
    # Whoever takes an answer slowly is cut off after these seconds; with them, all ends in less than ten.
    config = uvicorn.Config(
        app,
        host=settings.host,
        http=Connection,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=6,
        server_header=False,
        # The app does this itself; uvicorn would believe whoever is on this machine.
        proxy_headers=False,
    )
    # Where Ctrl-C stops it, uvicorn raises it once more.
    with suppress(KeyboardInterrupt):
        Server(config, app.state.services.jobs.close).run(sockets)


if __name__ == "__main__":
    main()
