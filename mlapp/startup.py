"""Startup checks: bind the port, check the store folder, raise the limit of open files.

If a check fails, the process exits with a message that names the setting.
"""

import errno
import os
import resource
import socket
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlapp.settings import Settings, port_variable
from mlapp.store.atomic_files import create_folder

ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""Errors of binding an address that this machine does not have, such as `::1` without IPv6."""
OPEN_FILES = 4_096
"""Open files that suffice for the maximum of connections and everything else."""
FIRST_UNPRIVILEGED_PORT = 1_024
"""The first port that requires no privileges.

Source: ip(7), ip_unprivileged_port_start.
"""


def listen(settings: Settings) -> list[socket.socket]:
    """Listen on the port at every address of the host; connections wait in the backlog until the app is ready.

    Raises:
        SystemExit: the port is in use or privileged, or the host is not an address of this machine.
    """
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A duplicate in /etc/hosts gives each address twice.
        return bind(dict.fromkeys((family, address) for family, _, _, _, address in found))
    except (OSError, UnicodeError) as error:
        raise SystemExit(bind_error_message(error, settings)) from None


def bind(addresses: Iterable[tuple[int, Any]]) -> list[socket.socket]:
    """Listen at all of the addresses, each with its family, that this machine has.

    Raises:
        OSError: the machine has none of them, or one cannot be bound.
    """
    sockets, absent = [], None
    for family, address in addresses:
        try:
            sockets.append(socket.create_server(address, family=family))
        except OSError as error:
            if error.errno not in ABSENT:
                raise
            absent = error
    if absent and not sockets:
        raise absent
    return sockets


def bind_error_message(error: OSError | UnicodeError, settings: Settings) -> str:
    """Return the setting that prevents the server from listening, and what to set instead."""
    code = None if isinstance(error, socket.gaierror | UnicodeError) else error.errno
    port = f"{port_variable()}={settings.port}"
    if code == errno.EADDRINUSE:
        return f"{port}: the port is in use; set MLAPP_PORT to another one, or stop the program that listens there."
    if code == errno.EACCES:
        return f"{port}: {_user()} may not listen there; set MLAPP_PORT to {FIRST_UNPRIVILEGED_PORT} or higher."
    reason = os.strerror(code) if code else error
    return (
        f"MLAPP_HOST={settings.host!r}: the address cannot be bound ({reason}); set MLAPP_HOST to one of this machine, "
        "such as 127.0.0.1, or to 0.0.0.0 for all of them."
    )


def check_store(folder: Path) -> None:
    """Create the folder of the store if it does not exist.

    A read-only folder with models is accepted, as they can serve requests.

    Raises:
        SystemExit: the folder cannot be created or read, is empty and read-only, or holds versions without models.
    """
    step = "created"
    try:
        create_folder(folder)
        step, empty = "read", True
        if any(entry.name == "versions" for entry in folder.iterdir()):
            raise SystemExit(
                f"MLAPP_STORE={str(folder)!r}: the folder was written by an earlier version of mlapp, whose versions "
                "belong to no model; set MLAPP_STORE to another folder, and train again."
            )
        with suppress(FileNotFoundError):
            empty = not any((folder / "models").iterdir())
        if empty:
            step = "written"
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        not_a_folder = isinstance(error, FileExistsError | NotADirectoryError)
        reason = f"{str(error.filename)!r} is not a folder" if not_a_folder else error.strerror
        path = "" if folder.is_absolute() else f" ({str(folder.absolute())!r})"
        raise SystemExit(
            f"MLAPP_STORE={str(folder)!r}{path}: the folder cannot be {step} ({reason}); set MLAPP_STORE to one that "
            f"{_user()} may read and write."
        ) from None


def allow_open_files() -> None:
    """Raise the limit of open files of this process to `OPEN_FILES`; the default of many systems is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Negative: no limit.
    if 0 <= soft < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard) if hard > 0 else OPEN_FILES, hard))


def _user() -> str:
    return f"user {os.geteuid()}"
