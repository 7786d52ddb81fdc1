"""Numbered folders: their names are numbers from 1, which identify versions and jobs."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from mlapp.errors import shorten
from mlapp.store.atomic_files import ABSENT, read_error

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
FOREIGN = 900_000_000
"""Folders from this number on were not created by mlapp; they must not exhaust the numbers."""


def parse_number(name: str) -> int | None:
    """Return the number that a name spells in canonical form, else None."""
    return int(name) if NUMBER.fullmatch(name) else None


def list_numbers(folder: Path, warn: Callable[[str], None]) -> list[int]:
    """Return the numbers of the subfolders, descending; empty if the folder does not exist.

    `warn` is called for each other entry.

    Raises:
        Unavailable: the folder cannot be read now.
    """
    try:
        with os.scandir(folder) as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except OSError as error:
        if error.errno in ABSENT:
            return []
        raise read_error(error) from None
    found = {name: parse_number(name) if is_folder else None for name, is_folder in names.items()}
    for name, number in found.items():
        if number is None:
            warn(f"'{shorten(name)}' in the folder {folder.name} of the store was not created by mlapp; it is ignored.")
    return sorted(filter(None, found.values()), reverse=True)


def next_number(assigned: Iterable[int]) -> int:
    """Return the number after the greatest assigned one."""
    return max((number for number in assigned if number < FOREIGN), default=0) + 1
