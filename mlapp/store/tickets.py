"""TicketStore: single-use tickets, which any process that shares the store can redeem."""

import hashlib
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mlapp.store import atomic_files

MAX_OUTSTANDING = 1_000
"""Tickets that are neither redeemed nor expired; beyond, the oldest are void."""


class TicketStore:
    """Tickets for one GET request each. A file per ticket has its digest as name, and its expiry as modification time.

    Deleting the file redeems the ticket: it succeeds only once.
    """

    lifetime_s = 60
    """From the issue of a ticket until it must have been redeemed."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder / "tickets"
        self._clock = clock
        self._write_errors = atomic_files.WriteErrors(self.folder)

    def issue(self, path: str) -> str:
        """Return a new ticket for a path.

        Raises:
            Unavailable: the disk is full, or read-only.
        """
        ticket = secrets.token_urlsafe(32)
        with self._write_errors.translated():
            atomic_files.create_folder(self.folder)
            self._remove_old()
            file, expires_at = self._file(path, ticket), self._clock() + self.lifetime_s
            file.touch(exist_ok=False)
            os.utime(file, (expires_at, expires_at))
        return ticket

    def redeem(self, path: str, ticket: str) -> bool:
        """Return whether a ticket is valid for a path, and make it void.

        Raises:
            Unavailable: the store is read-only.
        """
        file = self._file(path, ticket)
        with self._write_errors.translated():
            expires_at = _expiry(file)
            with suppress(FileNotFoundError):
                file.unlink()
                return self._clock() < expires_at
        return False

    def _file(self, path: str, ticket: str) -> Path:
        return self.folder / hashlib.sha256(f"{path} {ticket}".encode(errors="replace")).hexdigest()

    def _remove_old(self) -> None:
        """Remove tickets that expired a while ago, and the oldest ones beyond `MAX_OUTSTANDING`."""
        tickets = sorted(self.folder.iterdir(), key=_expiry, reverse=True)
        for place, file in enumerate(tickets):
            # One of another process may not have its expiry yet.
            if place >= MAX_OUTSTANDING - 1 or _expiry(file) < self._clock() - self.lifetime_s:
                file.unlink(missing_ok=True)


def _expiry(file: Path) -> float:
    """Return the Unix time at which a ticket expires; 0 if it is void."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return 0
