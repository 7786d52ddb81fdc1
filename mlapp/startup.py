"""What must hold before the app is built: a port to listen on, a store to use, and enough open files.

Where it does not, the start ends with a line that names the setting.
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
"""What binding an address fails with that this machine lacks, as `::1` where IPv6 is off."""
FILES = 4_096
"""Open files that are enough for as many connections as may be, and for all else."""
UNPRIVILEGED = 1_024
"""The first port that needs no privileges.

Source: ip(7), ip_unprivileged_port_start.
"""


def listen(settings: Settings) -> list[socket.socket]:
    """Bind the port at every address of the host, and listen: connections wait there until the app is ready.

    Raises:
        SystemExit: the port is in use or privileged, or the host is no address of this machine.
    """
    host, port = settings.host, settings.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # A name that /etc/hosts lists twice has each address twice.
        return bind(dict.fromkeys((family, address) for family, _, _, _, address in found))
    except (OSError, UnicodeError) as error:
        raise SystemExit(why_not_bound(error, settings)) from None


def bind(addresses: Iterable[tuple[int, Any]]) -> list[socket.socket]:
    """Listen at those of some addresses, each with its family, that this machine has.

    Raises:
        OSError: it has none of them, or one cannot be bound.
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


def why_not_bound(error: OSError | UnicodeError, settings: Settings) -> str:
    """Return which setting keeps the server from listening, and what to set instead."""
    code = None if isinstance(error, socket.gaierror | UnicodeError) else error.errno
    port = f"{port_variable()}={settings.port}"
    if code == errno.EADDRINUSE:
        return f"{port}: the port is in use; set MLAPP_PORT to another one, or stop the program that listens there."
    if code == errno.EACCES:
        return f"{port}: {_user()} may not listen there; set MLAPP_PORT to {UNPRIVILEGED} or higher."
    reason = os.strerror(code) if code else error
    return (
        f"MLAPP_HOST={settings.host!r}: the address cannot be bound ({reason}); set MLAPP_HOST to one of this machine, "
        "such as 127.0.0.1, or to 0.0.0.0 for all of them."
    )


def check_store(folder: Path) -> None:
    """Create the folder of the store, unless it is there.

    One that cannot be written is used all the same while it holds models: they answer.

    Raises:
        SystemExit: it can be neither created nor read, or is empty and cannot be written.
    """
    step = "created"
    try:
        create_folder(folder)
        step, empty = "read", True
        with suppress(FileNotFoundError):
            empty = not any((folder / "versions").iterdir())
        if empty:
            step = "written"
            tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        in_the_way = isinstance(error, FileExistsError | NotADirectoryError)
        reason = f"{str(error.filename)!r} is no folder" if in_the_way else error.strerror
        place = "" if folder.is_absolute() else f" ({str(folder.absolute())!r})"
        raise SystemExit(
            f"MLAPP_STORE={str(folder)!r}{place}: the folder cannot be {step} ({reason}); set MLAPP_STORE to one that "
            f"{_user()} may read and write."
        ) from None


def allow_open_files() -> None:
    """Allow this process `FILES` open files where it may have fewer: many systems allow 1,024."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # No limit at all is a negative number.
    if 0 <= now < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, most) if most > 0 else FILES, most))


def _user() -> str:
    return f"user {os.geteuid()}"
